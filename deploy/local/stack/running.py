"""The stack of one run: by addresses from the environment, else embedded; gone when the run ends."""

import asyncio
import contextlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.local.stack.kafka import embedded_kafka, kafka_answers
from deploy.local.stack.mongodb import embedded_mongodb, mongodb_answers
from deploy.local.stack.server import EmbeddedServer, GivenServer, Server, StackError

KAFKA_ADDRESS = "HESABI_KAFKA_BOOTSTRAP"
MONGO_ADDRESS = "HESABI_MONGO_URI"
RUNS = Path(__file__).parents[3] / ".local"


@dataclass(frozen=True, slots=True)
class Stack:
    """Where Kafka and MongoDB listen, and how to break them and bring them back."""

    kafka_bootstrap: str
    mongo_uri: str
    kafka: Server
    mongo: Server


@contextlib.asynccontextmanager
async def running_stack(say: Callable[[str], None] | None = None) -> AsyncIterator[Stack]:
    """A stack that answers, until the block ends; `say` gets a line for what takes long (default: standard error).

    The embedded servers end with this process even if it is killed. The handles may be used from any event loop, but
    start them from the thread that entered the block.

    Raises:
        StackError: it cannot run here.
    """
    say = say or _to_standard_error
    async with contextlib.AsyncExitStack() as cleanup:
        kafka_bootstrap, kafka = _given_kafka() or await _embedded_kafka(cleanup, say)
        mongo_uri, mongo = _given_mongodb() or _embedded_mongodb(cleanup)
        try:
            async with asyncio.TaskGroup() as starts:
                starts.create_task(kafka.start())
                starts.create_task(mongo.start())
        except* StackError as errors:
            raise errors.exceptions[0] from None
        yield Stack(kafka_bootstrap, mongo_uri, kafka, mongo)


def _given_kafka() -> tuple[str, Server] | None:
    address = os.environ.get(KAFKA_ADDRESS)
    return (address, GivenServer("Kafka", lambda: kafka_answers(address))) if address else None


def _given_mongodb() -> tuple[str, Server] | None:
    uri = os.environ.get(MONGO_ADDRESS)
    return (uri, GivenServer("MongoDB", lambda: mongodb_answers(uri))) if uri else None


async def _embedded_kafka(cleanup: contextlib.AsyncExitStack, say: Callable[[str], None]) -> tuple[str, Server]:
    address, server = await embedded_kafka(_run_folder(cleanup) / "kafka", say)
    return address, _ended_with(cleanup, server)


def _embedded_mongodb(cleanup: contextlib.AsyncExitStack) -> tuple[str, Server]:
    uri, server = embedded_mongodb(_run_folder(cleanup) / "mongodb")
    return uri, _ended_with(cleanup, server)


def _ended_with(cleanup: contextlib.AsyncExitStack, server: EmbeddedServer) -> EmbeddedServer:
    cleanup.callback(server.kill_now)
    return server


def _run_folder(cleanup: contextlib.AsyncExitStack) -> Path:
    """A new folder, named after this process and removed at the end; what killed processes left is removed, too."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise StackError(
            f"The embedded stack needs Linux on x86-64. Elsewhere give addresses: {KAFKA_ADDRESS} and {MONGO_ADDRESS}."
        )
    RUNS.mkdir(exist_ok=True)
    for left in RUNS.glob("run-*"):
        if not Path("/proc", left.name.split("-")[1]).exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(dir=RUNS, prefix=f"run-{os.getpid()}-"))
    cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _to_standard_error(line: str) -> None:
    print(line, file=sys.stderr, flush=True)

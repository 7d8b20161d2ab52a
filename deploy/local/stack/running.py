"""The stack of one run: by addresses from the environment, else containers, else embedded; gone when the run ends."""

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
from typing import Final, Literal, Protocol, assert_never

from deploy.local.stack.kafka import embedded_kafka, kafka_answers
from deploy.local.stack.mongodb import embedded_mongodb, mongodb_answers
from deploy.local.stack.server import GivenServer, Server, StackError

KAFKA_ADDRESS = "HESABI_KAFKA_BOOTSTRAP"
MONGO_ADDRESS = "HESABI_MONGO_URI"
WAY = "HESABI_STACK"
RUNS = Path(__file__).parents[3] / ".local"

Way = Literal["containers", "embedded"]
WAYS: Final = ("auto", "containers", "embedded")
"""What HESABI_STACK may say of a server without a given address; `auto` takes containers where they can be had."""


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

    Servers end with this process; if it is killed, embedded ones do so all the same, and containers are removed by the
    next one that needs some. The handles may be used from any event loop, but
    start them from the thread that entered the block.

    Raises:
        StackError: it cannot run here.
    """
    say = say or _to_standard_error
    async with contextlib.AsyncExitStack() as cleanup:
        given_kafka, given_mongodb = _given_kafka(), _given_mongodb()
        way: Way = "embedded" if given_kafka and given_mongodb else await asyncio.to_thread(_way, say)
        kafka_bootstrap, kafka = given_kafka or await _own_kafka(way, cleanup, say)
        mongo_uri, mongo = given_mongodb or await _own_mongodb(way, cleanup)
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


def _way(say: Callable[[str], None]) -> Way:
    asked = os.environ.get(WAY, "auto")
    if asked not in WAYS:
        raise StackError(f"{WAY} is one of {', '.join(WAYS)}")
    if asked == "embedded":
        return "embedded"
    from deploy.local.stack.containers import why_no_containers  # noqa: PLC0415 - absent where the others are used

    reason = why_no_containers(say)
    if reason and asked == "containers":
        raise StackError(f"{WAY}=containers, but {reason}")
    return "embedded" if reason else "containers"


async def _own_kafka(way: Way, cleanup: contextlib.AsyncExitStack, say: Callable[[str], None]) -> tuple[str, Server]:
    match way:
        case "embedded":
            address, embedded = await embedded_kafka(_run_folder(cleanup) / "kafka", say)
            return address, _ended_with(cleanup, embedded)
        case "containers":
            from deploy.local.stack.containers import container_kafka  # noqa: PLC0415

            address, container = await asyncio.to_thread(container_kafka)
            return address, _ended_with(cleanup, container)
        case _:
            assert_never(way)


async def _own_mongodb(way: Way, cleanup: contextlib.AsyncExitStack) -> tuple[str, Server]:
    match way:
        case "embedded":
            uri, embedded = embedded_mongodb(_run_folder(cleanup) / "mongodb")
            return uri, _ended_with(cleanup, embedded)
        case "containers":
            from deploy.local.stack.containers import container_mongodb  # noqa: PLC0415

            uri, container = await asyncio.to_thread(container_mongodb)
            return uri, _ended_with(cleanup, container)
        case _:
            assert_never(way)


class _Own(Server, Protocol):
    def kill_now(self) -> None: ...


def _ended_with(cleanup: contextlib.AsyncExitStack, server: _Own) -> Server:
    cleanup.callback(server.kill_now)
    return server


def _run_folder(cleanup: contextlib.AsyncExitStack) -> Path:
    """A new folder, named after this process and removed at the end; what killed processes left is removed, too."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise StackError(
            "The embedded stack needs Linux on x86-64. Elsewhere start a Docker engine, or give addresses: "
            f"{KAFKA_ADDRESS} and {MONGO_ADDRESS}."
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

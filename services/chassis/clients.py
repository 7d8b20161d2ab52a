"""aiokafka's clients, opened and closed so that nothing stays open, whatever the broker does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

STOP_LIMIT_S: Final = 2.0


Client = AIOKafkaConsumer | AIOKafkaProducer | AIOKafkaAdminClient


async def start(client: Client) -> None:
    """Start a client, which is to be stopped also if this fails.

    Cancelled meanwhile, the library forgets the connection by which it asks for the cluster (trap 43): the start may
    then come to its end first, for at most `STOP_LIMIT_S`.

    Raises:
        KafkaError: the broker does not answer.
    """
    starting = asyncio.create_task(client.start())  # type: ignore[no-untyped-call]
    try:
        await asyncio.shield(starting)
    except asyncio.CancelledError:
        await _ended(starting, STOP_LIMIT_S)
        raise


async def stop(
    client: Client, stopping: Coroutine[Any, Any, None] | None = None, limit_s: float = STOP_LIMIT_S
) -> None:
    """Let the client's own way to stop, or `stopping`, run for so long, and then close its connections.

    Without a broker it would not end by itself (trap 16). And it calls itself off, connections still open, where a
    fetch waits for its next try (trap 44): that must not seem to be a cancellation of whoever stops it."""
    if stopping is None:
        is_admin = isinstance(client, AIOKafkaAdminClient)
        stopping = client.close() if is_admin else client.stop()  # type: ignore[union-attr]
    await _ended(asyncio.create_task(stopping), limit_s)
    connections = client.client if isinstance(client, AIOKafkaProducer) else client._client  # noqa: SLF001
    await _ended(asyncio.create_task(connections.close()), limit_s)


async def _ended(task: asyncio.Task[None], limit_s: float) -> None:
    """Wait so long for the task to end, then call it off. What it raises is of no interest any more."""
    try:
        await asyncio.wait([task], timeout=limit_s)
    finally:
        task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def opened(client: Client) -> AsyncIterator[None]:
    """The client is started here and stopped on leaving.

    Raises:
        KafkaError: the broker does not answer.
    """
    try:
        await start(client)
        yield
    finally:
        await stop(client)

"""aiokafka's clients, opened and closed so that nothing stays open, whatever the broker does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

STOP_LIMIT_S: Final = 2.0


class Client(Protocol):
    """Any of aiokafka's."""

    def start(self) -> Coroutine[Any, Any, None]:
        """Connect."""


async def start(client: Client) -> None:
    """Start a client, which is to be stopped also if this fails.

    Cancelled meanwhile, the library forgets the connection by which it asks for the cluster (trap 43): the start may
    then come to its end first, for at most `STOP_LIMIT_S`.

    Raises:
        KafkaError: the broker does not answer.
    """
    starting = asyncio.create_task(client.start())
    try:
        await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.wait([starting], timeout=STOP_LIMIT_S)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        raise


@contextlib.asynccontextmanager
async def opened(client: AIOKafkaConsumer | AIOKafkaAdminClient) -> AsyncIterator[None]:
    """The client is started here, and stopped on leaving within `STOP_LIMIT_S`: without a broker it never would by
    itself (trap 16).

    Raises:
        KafkaError: the broker does not answer.
    """
    stop: Callable[[], Awaitable[None]] = client.close if isinstance(client, AIOKafkaAdminClient) else client.stop
    try:
        await start(client)
        yield
    finally:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(STOP_LIMIT_S):
                await stop()

"""aiokafka's clients, opened and closed so that nothing stays open, whatever the broker does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import GroupCoordinatorNotAvailableError, NoError, NotCoordinatorForGroupError, for_code
from aiokafka.protocol.commit import OffsetFetchRequest

STOP_LIMIT_S: Final = 2.0

_send_to_coordinator: Any = GroupCoordinator._send_req  # noqa: SLF001


async def _heard(coordinator: GroupCoordinator, request: Any) -> Any:
    """A coordinator's answer, with what it says of the group as a whole. The client reads what is said of partitions
    only, and of those a coordinator says nothing that loads its groups, or is theirs no more: after a restart of the
    broker a group would seem to have committed nothing (trap 49). The client tries again on what is raised here.

    Raises:
        KafkaError: the coordinator cannot say what the group has committed.
    """
    response = await _send_to_coordinator(coordinator, request)
    if isinstance(request, OffsetFetchRequest):
        error = for_code(getattr(response, "error_code", NoError.errno))
        if error in (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError):
            coordinator.coordinator_dead()
        if error is not NoError:
            raise error(coordinator.group_id)
    return response


GroupCoordinator._send_req = _heard  # type: ignore[method-assign]  # noqa: SLF001

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

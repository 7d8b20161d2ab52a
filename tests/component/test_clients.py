"""What was begun to be opened is closed (traps 16, 43 and 44)."""

import asyncio
import contextlib
import gc
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.conn import AIOKafkaConnection
from aiokafka.protocol.metadata import MetadataRequest

from contracts.topics import ACCOUNTS_COMMANDS
from deploy.local.stack import Stack
from deploy.local.stack.topics import create_topics
from services.chassis.clients import opened
from services.chassis.consumer import LaneConsumer
from tests.eventually import eventually


async def all_garbage() -> None:
    """What a collected connection closes is garbage itself when the loop has turned."""
    for _ in range(5):
        gc.collect()
        await asyncio.sleep(0)


async def cancelled_while_it_asks(work: Callable[[], Awaitable[None]], patch: pytest.MonkeyPatch) -> list[str]:
    """What stays open of work that is cancelled as soon as a client has asked for the cluster."""
    send: Any = AIOKafkaConnection.send
    asked = asyncio.Event()

    def sending(connection: Any, request: Any, *rest: Any, **more: Any) -> Any:
        if isinstance(request, MetadataRequest):
            asked.set()
        return send(connection, request, *rest, **more)

    patch.setattr(AIOKafkaConnection, "send", sending)
    await all_garbage()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        task = asyncio.ensure_future(work())
        await asyncio.wait_for(asked.wait(), 10)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()
        del task
        await all_garbage()
    return [str(each.message).split(" <", maxsplit=1)[0] for each in told]


async def a_consumer(stack: Stack) -> None:
    async with opened(AIOKafkaConsumer(bootstrap_servers=stack.kafka_bootstrap, group_id=None)):
        await asyncio.Event().wait()


async def an_admin(stack: Stack) -> None:
    async with opened(AIOKafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)):
        await asyncio.Event().wait()


async def a_producer(stack: Stack) -> None:
    async with opened(AIOKafkaProducer(bootstrap_servers=stack.kafka_bootstrap)):
        await asyncio.Event().wait()


@pytest.mark.parametrize("work", [a_consumer, an_admin, a_producer])
async def test_trap_43_a_start_that_is_cancelled_leaves_nothing_open(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, work: Callable[[Stack], Awaitable[None]]
) -> None:
    assert await cancelled_while_it_asks(lambda: work(stack), monkeypatch) == []


async def test_trap_43_the_library_by_itself_leaves_a_connection(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    async def by_itself() -> None:
        consumer = AIOKafkaConsumer(bootstrap_servers=stack.kafka_bootstrap, group_id=None)
        try:
            await consumer.start()
        finally:
            await consumer.stop()

    assert await cancelled_while_it_asks(by_itself, monkeypatch) == ["Unclosed AIOKafkaConnection"]


async def test_trap_16_a_client_is_left_whatever_it_does(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    async def for_ever() -> None:
        await asyncio.Event().wait()

    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)
    with monkeypatch.context() as deaf:
        deaf.setattr(admin, "start", for_ever)
        deaf.setattr(admin, "close", for_ever)
        leaving = asyncio.ensure_future(opened(admin).__aenter__())
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.wait([leaving], timeout=60)
        assert leaving.cancelled()


async def test_a_broker_that_is_not_there_is_told() -> None:
    nowhere = AIOKafkaAdminClient(bootstrap_servers="127.0.0.1:1")
    with pytest.raises(Exception, match="Unable to bootstrap"):
        async with opened(nowhere):
            raise AssertionError("it never starts")


async def stuck_in_its_next_try(consumer: Any) -> None:
    """As a fetch of a partition whose leader refuses connections."""
    waits = asyncio.create_task(asyncio.Event().wait())
    await asyncio.sleep(0)
    consumer._fetcher._pending_tasks.add(waits)


async def test_trap_44_a_client_that_calls_its_own_stop_off_is_closed_and_nobody_else_is_called_off(
    stack: Stack,
) -> None:
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=stack.kafka_bootstrap, group_id=None)

    async def work() -> None:
        async with opened(consumer):
            await stuck_in_its_next_try(consumer)
            raise OSError("the read broke")

    with pytest.raises(OSError, match="the read broke"):
        await work()
    assert consumer._client._sync_task is None
    assert not any(connection.connected() for connection in consumer._client._conns.values())


async def test_trap_46_a_client_that_does_not_hear_that_it_is_stopped_is_ended_all_the_same(
    stack: Stack, topic_prefix: str
) -> None:
    topic = replace(ACCOUNTS_COMMANDS, name=topic_prefix + "two", partitions=2)
    await create_topics(stack.kafka_bootstrap, [topic])
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=stack.kafka_bootstrap, group_id=None)
    async with opened(consumer):
        fetcher = consumer._fetcher
        consumer.assign([TopicPartition(topic.name, 0)])
        await eventually(lambda: fetcher._pending_tasks)
        consumer.assign([TopicPartition(topic.name, 1)])
    assert fetcher._fetch_task.done()
    assert not any(connection.connected() for connection in consumer._client._conns.values())


async def test_trap_44_a_lane_s_consumer_stops_as_a_whole(stack: Stack) -> None:
    consumer: Any = LaneConsumer(bootstrap_servers=stack.kafka_bootstrap, group_id=None)
    await consumer.start()
    await stuck_in_its_next_try(consumer)
    await consumer.stop()
    assert consumer._client._sync_task is None

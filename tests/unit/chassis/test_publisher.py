"""How a producer is given up."""

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any, cast
from unittest.mock import AsyncMock, Mock

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.cluster import ClusterMetadata
from aiokafka.errors import KafkaConnectionError
from aiokafka.producer.message_accumulator import BatchBuilder, MessageAccumulator

from services.chassis import publisher
from services.chassis.document import Record
from services.chassis.publisher import KafkaPublisher, PublishFailed, fail_all
from tests.eventually import eventually
from tests.own_loop import on_its_own_loop

RECORD = Record("accounts.events", b"k", b"v", [])


@on_its_own_loop
async def test_a_batch_that_was_being_tried_again_fails_without_a_complaint() -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    waiting = MessageAccumulator(ClusterMetadata(), 1_000, 0, 60)
    place = TopicPartition("identity.events", 0)
    record = await waiting.add_message(place, b"k", b"v", timeout=1)
    waiting.reenqueue(waiting._pop_batch(place))
    fail_all(waiting)
    with pytest.raises(KafkaConnectionError):
        await record
    await asyncio.sleep(0)
    assert complaints == []


@on_its_own_loop
async def test_a_batch_that_nobody_has_taken_fails_without_a_complaint() -> None:
    """The library tells a batch that failed to two futures, and one of them is nobody's: where it is forgotten, its
    exception would be logged as a bug of ours."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    waiting = MessageAccumulator(ClusterMetadata(), 1_000, 0, 60)
    record = await waiting.add_message(TopicPartition("identity.events", 0), b"k", b"v", timeout=1)
    fail_all(waiting)
    with pytest.raises(KafkaConnectionError):
        await record
    del waiting, record
    gc.collect()
    assert complaints == []


async def test_who_waits_for_a_producer_whose_end_hangs_waits_no_longer_than_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publisher, "STOP_LIMIT_S", 0.05)

    class Hanging:
        """Of a broker that is frozen: a request in flight does not come back."""

        async def close(self) -> None:
            await asyncio.Event().wait()

    class Producer:
        _sender, client = Hanging(), AsyncMock()
        _message_accumulator = MessageAccumulator(ClusterMetadata(), 1_000, 0, 60)

    place = TopicPartition("identity.events", 0)
    record = await Producer._message_accumulator.add_message(place, b"k", b"v", timeout=1)
    await publisher._stop(cast("AIOKafkaProducer", Producer()))
    with pytest.raises(KafkaConnectionError):
        await asyncio.wait_for(record, 1)
    Producer.client.close.assert_awaited_once()


@on_its_own_loop
async def test_a_producer_whose_end_hangs_is_forgotten_without_a_complaint(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be logged as a bug of ours."""
    monkeypatch.setattr(publisher, "STOP_LIMIT_S", 0.05)
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    producer: Any = AIOKafkaProducer(bootstrap_servers="127.0.0.1:1")
    producer._closed = False  # as its start has it
    producer._sender.close = AsyncMock(side_effect=TimeoutError)
    await publisher._stop(producer)
    del producer
    gc.collect()
    assert complaints == []


async def test_law5_what_was_queued_fails_before_its_producer_stops() -> None:
    """The library's own way to stop would send it, though its sender has been told that it failed."""
    waiting = MessageAccumulator(ClusterMetadata(), 1_000, 0, 60)
    record = await waiting.add_message(TopicPartition("identity.events", 0), b"k", b"v", timeout=1)
    failed_before = list[bool]()

    class Producer:
        _sender, client = AsyncMock(), AsyncMock()
        _message_accumulator = waiting

        async def stop(self) -> None:
            failed_before.append(record.done())

    await publisher._stop(cast("AIOKafkaProducer", Producer()))
    assert failed_before == [True]
    with pytest.raises(KafkaConnectionError):
        await record


async def test_law5_what_is_acknowledged_is_on_every_replica_in_sync_and_there_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = Mock(side_effect=InterruptedError)
    monkeypatch.setattr(publisher, "AIOKafkaProducer", made)
    with pytest.raises(InterruptedError):
        await KafkaPublisher({}, lambda *_: None)([RECORD])
    options = made.call_args.kwargs
    assert (options["acks"], options["enable_idempotence"]) == ("all", True)


@on_its_own_loop
async def test_what_was_queued_before_a_send_failed_fails_without_a_complaint(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.collect()  # of what other tests left
    complaints: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    queued: list[asyncio.Future[Any]] = []

    class Producer:
        """It takes one batch, and the next one not any more."""

        def create_batch(self) -> BatchBuilder:
            return BatchBuilder(100_000, 0, is_transactional=0)

        async def send_batch(self, *_: Any, **__: Any) -> asyncio.Future[Any]:
            if queued:
                raise KafkaConnectionError("gone")
            queued.append(loop.create_future())
            return queued[0]

    sending = KafkaPublisher({}, lambda *_: None)
    sending._producer = cast("AIOKafkaProducer", Producer())
    monkeypatch.setattr(sending, "_abandon", lambda _: None)
    with pytest.raises(PublishFailed) as failed:
        await sending([RECORD, RECORD._replace(topic="accounts.audit")])
    assert isinstance(failed.value.__cause__, KafkaConnectionError)
    queued.pop().set_exception(KafkaConnectionError("abandoned"))
    await asyncio.sleep(0)
    gc.collect()
    assert complaints == []


class Broker:
    """A producer on the library's own queue: one batch of a partition at a time is on its way, for `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.queue, self.seconds = MessageAccumulator(ClusterMetadata(), 100_000, 0, 15), seconds
        self.fails: Exception | None = None
        self.on_its_way = False
        self.at_once = self.most_at_once = self.handed_over = 0
        self.sending = asyncio.create_task(self._send())

    def create_batch(self) -> BatchBuilder:
        return cast("BatchBuilder", self.queue.create_builder())

    async def send_batch(self, batch: BatchBuilder, topic: str, *, partition: int) -> asyncio.Future[Any]:
        self.handed_over += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        return cast("asyncio.Future[Any]", await self.queue.add_batch(batch, TopicPartition(topic, partition), 15))

    async def _send(self) -> None:
        while True:
            for place in list(self.queue._batches):
                batch = self.queue._pop_batch(place)
                self.on_its_way = True
                await asyncio.sleep(self.seconds)
                self.at_once -= 1
                if self.fails is None:
                    batch.done(0, 1)
                else:
                    batch.failure(self.fails)
            await asyncio.sleep(0)


@pytest.fixture
async def sent(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[KafkaPublisher, Broker, list[Any]]]:
    """A publisher, its producer's way to the broker, and the producers that it has given up."""
    broker, given_up = Broker(0.005), list[Any]()
    sending = KafkaPublisher({}, lambda *_: None)
    sending._producer = cast("AIOKafkaProducer", broker)
    monkeypatch.setattr(sending, "_abandon", given_up.append)
    yield sending, broker, given_up
    broker.sending.cancel()


async def test_trap_45_many_that_wait_a_little_each_are_not_late(
    sent: tuple[KafkaPublisher, Broker, list[Any]],
) -> None:
    sending, _, given_up = sent
    await asyncio.gather(*(sending([RECORD]) for _ in range(150)))
    assert given_up == []


async def test_who_gives_up_waiting_does_not_take_the_producer_from_others(
    sent: tuple[KafkaPublisher, Broker, list[Any]],
) -> None:
    sending, broker, given_up = sent
    broker.seconds = 0.2
    hurried, other = (asyncio.create_task(sending([RECORD])) for _ in range(2))
    await eventually(lambda: broker.on_its_way)
    hurried.cancel()
    await other
    assert (hurried.cancelled(), given_up) == (True, [])


async def test_trap_17_a_send_that_fails_ends_the_producer(sent: tuple[KafkaPublisher, Broker, list[Any]]) -> None:
    sending, broker, given_up = sent
    broker.fails = KafkaConnectionError("gone")
    with pytest.raises(PublishFailed):
        await sending([RECORD])
    assert set(given_up) == {broker}


async def test_trap_17_what_fails_after_its_sender_gave_up_ends_the_producer(
    sent: tuple[KafkaPublisher, Broker, list[Any]],
) -> None:
    sending, broker, given_up = sent
    broker.seconds, broker.fails = 0.2, KafkaConnectionError("gone")
    hurried = asyncio.create_task(sending([RECORD]))
    await eventually(lambda: broker.on_its_way)
    hurried.cancel()
    await eventually(lambda: given_up)
    assert given_up == [broker]


async def test_trap_17_no_batch_waits_in_the_library_behind_another_of_its_partition(
    sent: tuple[KafkaPublisher, Broker, list[Any]],
) -> None:
    """Of one call, of others, or of one whose sender has given up: should the first fail, it would come first."""
    sending, broker, _ = sent
    large = RECORD._replace(value=bytes(60_000))
    hurried = asyncio.create_task(sending([large, large]))
    await eventually(lambda: broker.on_its_way)
    others = [asyncio.create_task(sending([large, large])) for _ in range(2)]
    hurried.cancel()
    await asyncio.gather(*others)
    assert broker.most_at_once == 1


async def test_trap_17_nothing_more_is_handed_to_a_producer_that_was_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker = Broker(0.05)
    broker.fails = KafkaConnectionError("gone")
    sending = KafkaPublisher({}, lambda *_: None)
    sending._producer = cast("AIOKafkaProducer", broker)
    monkeypatch.setattr(sending, "_say_farewell", lambda _: None)
    results = await asyncio.gather(*(sending([RECORD]) for _ in range(5)), return_exceptions=True)
    broker.sending.cancel()
    assert [type(result) for result in results] == [PublishFailed] * 5
    assert broker.handed_over == 1

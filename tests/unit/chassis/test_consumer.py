"""One bad record costs no other and stops at most its own partition (traps 3, 18 and 19).

The client's own fetcher reads from a made-up broker.
"""

from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.consumer.subscription_state import ManualSubscription
from aiokafka.errors import GroupAuthorizationFailedError
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from services.chassis import consumer as consumer_module
from services.chassis.consumer import CAREFUL_S, FETCH_MS, IDLE_FETCH_MS, LaneConsumer
from tests.eventually import eventually

TOPIC = "accounts.commands"
NAMES = [TopicPartition(TOPIC, number) for number in range(3)]
OUT_OF_RANGE = 1


class BadName(str):
    """A header's name that is not UTF-8."""

    __slots__ = ()

    def encode(self, encoding: str = "", errors: str = "") -> bytes:
        return b"\xff\xfe"


def batch(first: int, count: int, *, corrupt: bool = False, bad_name_at: int | None = None, codec: int = 0) -> bytes:
    """Records `first` ... as the broker keeps them."""
    builder = _DefaultRecordBatchBuilderPy(2, codec, 0, -1, -1, -1, 1_000_000)
    for number in range(count):
        name = BadName("x") if first + number == bad_name_at else "x"
        builder.append(number, None, b"key", str(first + number).encode(), [(name, b"y")])
    raw = bytearray(builder.build())
    raw[:8] = first.to_bytes(8)
    if corrupt:
        raw[-3] ^= 0xFF
    return bytes(raw)


class FakeBroker:
    """Partitions of batches; stands where aiokafka has its client."""

    def __init__(self, *partitions: list[tuple[int, int, bytes]], begins: int = 0) -> None:
        self.partitions = partitions
        self.begins = begins
        self.committed: dict[TopicPartition, int] = dict.fromkeys(NAMES[: len(partitions)], 0)
        self.cluster = SimpleNamespace(leader_for_partition=lambda _: 1, broker_metadata=lambda _: None)
        self._metadata_max_age_ms = 300_000
        self._loop: Any = None
        self.waits_ms: list[int] = []
        self.on_fetch: Callable[[], None] = lambda: None

    async def send(self, _: int, request: Any) -> Any:
        """Answer a fetch."""
        self.waits_ms.append(request._max_wait_ms)
        self.on_fetch()
        return SimpleNamespace(
            API_VERSION=4,
            topics=[(topic, [self._found(*wanted) for wanted in wanted_of]) for topic, wanted_of in request.topics],
        )

    def _found(self, partition: int, offset: int, _: int) -> tuple[Any, ...]:
        kept = self.partitions[partition]
        end = max((last for _, last, _ in kept), default=0)
        data = b"".join(raw for _, last, raw in kept if last > offset)
        code = OUT_OF_RANGE if offset < self.begins else 0
        return partition, code, end, end, None, data

    async def fetch_committed_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, Any]:
        """What the group has committed."""
        return {tp: SimpleNamespace(offset=self.committed[tp]) for tp in partitions}


def stored(first: int, count: int, **faults: Any) -> tuple[int, int, bytes]:
    """A batch with its first and next offset."""
    return first, first + count, batch(first, count, **faults)


Open = Callable[[FakeBroker], Any]


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """A consumer that has all partitions of a broker, at their beginning."""
    consumers: list[Any] = []

    def open_at(broker: FakeBroker) -> Any:
        consumer: Any = LaneConsumer(group_id="accounts.ordinary", enable_auto_commit=False, auto_offset_reset="none")
        consumers.append(consumer)
        consumer.assign(list(broker.committed))
        broker._loop = consumer._loop
        consumer._coordinator = SimpleNamespace(
            check_errors=lambda: None, fetch_committed_offsets=broker.fetch_committed_offsets
        )
        consumer._client = broker
        consumer._fetcher = Fetcher(broker, consumer._subscription, auto_offset_reset="none")
        for tp, offset in broker.committed.items():
            consumer.seek(tp, offset)
        return consumer

    yield open_at
    for consumer in consumers:
        consumer._coordinator = None
        consumer._closed = True
        await consumer._fetcher.close()


class Reading:
    """Polls as FastStream does, and commits what it got before the next poll."""

    def __init__(self, broker: FakeBroker, consumer: Any) -> None:
        self.broker, self.consumer = broker, consumer
        self.records: list[Any] = []

    async def poll(self, limit: int = 500) -> Any:
        """How many records there are so far."""
        found = await self.consumer.getmany(timeout_ms=10, max_records=limit)
        for tp, records in found.items():
            self.records += records
            self.broker.committed[tp] = records[-1].offset + 1
        return len(self.records)

    def of(self, partition: int) -> list[int]:
        """The offsets that came of a partition."""
        return [record.offset for record in self.records if record.partition == partition]


async def test_trap_19_a_corrupt_record_stops_its_partition_and_costs_no_other(opened: Open) -> None:
    broker = FakeBroker(
        [stored(0, 5), stored(5, 5, corrupt=True), stored(10, 5)], [stored(0, 7)], [stored(0, 2), stored(2, 1)]
    )
    reading = Reading(broker, opened(broker))
    await eventually(reading.poll, lambda count: count == 15)
    await eventually(lambda: reading.consumer.halts)
    await reading.poll()
    assert [reading.of(n) for n in range(3)] == [[0, 1, 2, 3, 4], list(range(7)), [0, 1, 2]]
    halt = reading.consumer.halts[NAMES[0]]
    assert (halt.offset, halt.unreadable) == (5, True)
    broker.partitions[1].append(stored(7, 1))
    await eventually(reading.poll, lambda count: count == 16)


async def test_trap_19_what_can_be_read_again_goes_on(opened: Open) -> None:
    broker = FakeBroker([stored(0, 2), stored(2, 2, corrupt=True)])
    reading = Reading(broker, opened(broker))
    await eventually(reading.poll, lambda _: bool(reading.consumer.halts))
    await reading.consumer.try_again(reading.consumer.halts[NAMES[0]])
    await eventually(reading.poll, lambda _: bool(reading.consumer.halts))
    broker.partitions[0][1] = stored(2, 2)
    await reading.consumer.try_again(reading.consumer.halts[NAMES[0]])
    await eventually(reading.poll, lambda count: count == 4)
    assert reading.of(0) == [0, 1, 2, 3]
    assert not reading.consumer.halts


@pytest.mark.parametrize("codec", [0, 3])
async def test_trap_3_a_header_name_that_is_not_utf_8_spoils_nothing(opened: Open, codec: int) -> None:
    broker = FakeBroker([stored(0, 4, bad_name_at=1, codec=codec), stored(4, 2, bad_name_at=4)], [stored(0, 2)])
    reading = Reading(broker, opened(broker))
    await eventually(reading.poll, lambda count: count == 8)
    assert reading.of(0) == [0, 1, 2, 3, 4, 5]
    assert [(r.key, r.value) for r in reading.records if r.partition == 0] == [(b"key", b"%d" % n) for n in range(6)]
    names = [r.headers[0][0] for r in reading.records if r.partition == 0]
    assert names == ["x", "\ufffd\ufffd", "x", "x", "\ufffd\ufffd", "x"]
    assert not reading.consumer.halts


async def test_trap_18_an_offset_out_of_range_stops_its_partition(opened: Open) -> None:
    broker = FakeBroker([stored(10, 2)], [stored(10, 2)], begins=10)
    broker.committed[NAMES[1]] = 10
    reading = Reading(broker, opened(broker))
    await eventually(reading.poll, lambda count: count == 2 and bool(reading.consumer.halts))
    halt = reading.consumer.halts[NAMES[0]]
    assert (reading.of(0), reading.of(1)) == ([], [10, 11])
    assert (halt.offset, halt.unreadable) == (0, False)
    await reading.consumer.try_again(halt)
    await eventually(reading.poll, lambda _: NAMES[0] in reading.consumer.halts)
    broker.begins = 0
    broker.partitions[0].insert(0, stored(0, 10))
    await reading.consumer.try_again(reading.consumer.halts[NAMES[0]])
    await eventually(reading.poll, lambda count: count == 14)
    assert reading.of(0) == list(range(12)), "a broker that has come back"


async def test_trap_15_a_refused_poll_is_no_poll_and_loses_nothing(opened: Open) -> None:
    broker = FakeBroker([stored(0, 3)])
    reading = Reading(broker, opened(broker))
    coordinator = reading.consumer._coordinator

    def refused() -> None:
        raise GroupAuthorizationFailedError

    fine, coordinator.check_errors = coordinator.check_errors, refused
    with pytest.raises(GroupAuthorizationFailedError):
        await reading.poll()
    assert reading.consumer.polls == 0
    coordinator.check_errors = fine
    await eventually(reading.poll, lambda count: count == 3)
    assert reading.of(0) == [0, 1, 2]


async def test_a_search_for_the_bad_record_has_an_end(opened: Open) -> None:
    broker = FakeBroker([stored(0, 3, corrupt=True)])
    reading = Reading(broker, opened(broker))
    await eventually(reading.poll, lambda _: reading.consumer._is_astray)
    assert reading.consumer._careful_until <= reading.consumer._monotonic() + CAREFUL_S
    broker.partitions[0][0] = stored(0, 3)
    await eventually(reading.poll, lambda count: count == 3)
    assert not reading.consumer.halts


async def test_law14_a_fetch_waits_shortly_beside_work_and_long_where_there_is_none(opened: Open) -> None:
    """A partition that is read at the moment cannot be fetched before the fetch of the others has its answer."""
    broker = FakeBroker([stored(0, 5)], [])
    reading = Reading(broker, opened(broker))
    assert await reading.poll() == 5
    await eventually(lambda: broker.waits_ms[-1] == FETCH_MS)
    assert await reading.poll() == 5
    await eventually(lambda: broker.waits_ms[-1] == IDLE_FETCH_MS)
    broker.partitions[1].append(stored(0, 2))
    await eventually(reading.poll, lambda count: count == 7)
    await eventually(lambda: broker.waits_ms[-1] == FETCH_MS)


async def beside_a_batch(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch of one is under way; two more have been fetched beside it, and another three have come since."""
    kept = reading.broker.partitions[0]
    kept.append(stored(0, 1))
    await eventually(reading.poll, lambda count: count == 1)
    kept.append(stored(1, 2))
    await eventually(lambda: NAMES[0] in reading.consumer._fetcher._records)
    kept.append(stored(3, 3))
    monkeypatch.setattr(consumer_module, "SINCE_MS", 30_000)  # a machine that is slow finds them, too


async def test_law14_a_batch_takes_what_has_come_since_the_last_one_began(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would wait for one batch more: the client fetches no more before what it has is taken."""
    broker = FakeBroker([])
    reading = Reading(broker, opened(broker))
    await beside_a_batch(reading, monkeypatch)
    assert await reading.poll() == 6
    assert reading.of(0) == list(range(6))


async def test_law14_what_has_come_since_is_no_more_than_a_batch_takes(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = FakeBroker([])
    reading = Reading(broker, opened(broker))
    await beside_a_batch(reading, monkeypatch)
    assert await reading.poll(limit=4) == 5
    monkeypatch.undo()
    await eventually(reading.poll, lambda count: count == 6)
    assert reading.of(0) == list(range(6))


async def test_law14_trap_14_what_was_found_before_a_rebalance_is_read_again_after_it(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = FakeBroker([])
    reading = Reading(broker, opened(broker))
    await beside_a_batch(reading, monkeypatch)

    def assigned_anew() -> None:
        broker.on_fetch = lambda: None
        reading.consumer._subscription.assign_from_user(set(NAMES[:1]))
        reading.consumer.seek(NAMES[0], broker.committed[NAMES[0]])

    broker.on_fetch = assigned_anew
    assert await reading.poll() == 1
    monkeypatch.undo()
    await eventually(reading.poll, lambda count: count == 6)
    assert reading.of(0) == list(range(6))


async def test_law14_trap_14_nothing_is_handed_over_while_the_group_moves_its_partitions(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lane is idle as long as a poll looks for later records: a rebalance does not wait for it."""
    broker = FakeBroker([])
    reading = Reading(broker, opened(broker))
    await beside_a_batch(reading, monkeypatch)
    later = broker.partitions[0].pop()
    # Nothing has come since: the client would wait for the rebalance's end before it handed that over.
    monkeypatch.setattr(consumer_module, "SINCE_MS", 1_000)
    broker.on_fetch = lambda: monkeypatch.setattr(ManualSubscription, "_reassignment_in_progress", True)
    assert await reading.poll() == 1
    monkeypatch.undo()
    broker.on_fetch = lambda: None
    broker.partitions[0].append(later)
    await eventually(reading.poll, lambda count: count == 6)
    assert reading.of(0) == list(range(6))


async def test_trap_19_what_is_in_hand_is_handed_over_before_a_record_that_cannot_be_fetched(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client steps over such a record by itself: going on behind it would lose what was in hand."""
    broker = FakeBroker([])
    reading = Reading(broker, opened(broker))
    await beside_a_batch(reading, monkeypatch)
    first, after, whole = broker.partitions[0][-1]
    broker.partitions[0][-1] = (first, after, whole[:-5])
    assert await reading.poll() == 3
    monkeypatch.undo()
    await eventually(reading.poll, lambda _: bool(reading.consumer.halts))
    broker.partitions[0][-1] = (first, after, whole)
    await reading.consumer.try_again(reading.consumer.halts[NAMES[0]])
    await eventually(reading.poll, lambda count: count == 6)
    assert reading.of(0) == list(range(6))

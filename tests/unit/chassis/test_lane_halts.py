"""A lane with a halted partition: broken machinery does not set it going, and a skip commits exactly one record."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, CorruptRecordException

from contracts.topics import ACCOUNTS_COMMANDS
from services.chassis import lane
from services.chassis.acknowledged import Acknowledged
from services.chassis.consumer import Halt
from services.chassis.lane import KafkaLane
from services.chassis.membership import Membership
from services.chassis.metrics import Metrics
from services.chassis.observer import ServiceObserver
from services.chassis.service import Lane
from tests.eventually import eventually

ONE, TWO = (TopicPartition(ACCOUNTS_COMMANDS.name, number) for number in range(2))
HALT = Halt(ONE, 6, CorruptRecordException(), 0.0, unreadable=True)


def holding() -> Membership:
    """A member on which its group counts, with something in hand."""
    assignment = object()

    async def counted_on() -> bool:
        return True

    member = Membership(lambda: assignment, counted_on)
    member.takes_from(assignment)
    return member


@dataclass
class Consumer:
    """What a lane needs of its consumer."""

    halts: dict[TopicPartition, Halt] = field(default_factory=lambda: {ONE: HALT})
    held: set[TopicPartition] = field(default_factory=lambda: {ONE})
    sought: dict[TopicPartition, int] = field(default_factory=dict)
    offsets: dict[TopicPartition, int] = field(default_factory=lambda: {ONE: 6, TWO: 0})
    lost: bool = False
    is_put_out: bool = False
    membership: Membership = field(default_factory=holding)

    def assignment(self) -> set[TopicPartition]:
        return {ONE, TWO}

    def paused(self) -> set[TopicPartition]:
        return set(self.held)

    def pause(self, *partitions: TopicPartition) -> None:
        self.held |= set(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        self.held -= set(partitions)

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self.sought[tp] = offset

    def read_on(self, tp: TopicPartition, offset: int) -> None:
        self.halts.pop(tp)
        self.seek(tp, offset)
        self.resume(tp)

    async def committed(self, tp: TopicPartition) -> int:
        return self.offsets[tp]

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        if self.lost:
            raise CommitFailedError
        self.offsets |= offsets


def record(tp: TopicPartition, offset: int) -> Any:
    return SimpleNamespace(topic=tp.topic, partition=tp.partition, offset=offset, headers=())


def lane_of(consumer: Consumer) -> KafkaLane:
    async def broken(*_: object) -> Any:
        raise ConnectionError

    observer = ServiceObserver(Metrics(), structlog.get_logger())
    made = KafkaLane("accounts", Lane("ordinary", ACCOUNTS_COMMANDS), broken, lambda _: None, Acknowledged(), observer)
    made._subscriber = SimpleNamespace(consumer=consumer)
    return made


async def test_law7_a_lane_whose_word_is_not_taken_has_gone_back_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the next good batch would commit past the broken one."""
    consumer = Consumer(halts={}, held=set())
    paused = lane_of(consumer)

    def not_taken(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(paused, "_tell", not_taken)
    with pytest.raises(BrokenPipeError):
        await paused._settled([record(TWO, 3)])
    assert consumer.sought == {TWO: 3}
    assert (consumer.held, paused.paused) == ({ONE, TWO}, True)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "PAUSE_S", 0.01)


async def test_law7_what_waits_for_machinery_goes_on_and_what_is_halted_does_not() -> None:
    consumer = Consumer()
    of = lane_of(consumer)
    await of._handle([record(TWO, 0)])
    assert consumer.held == {ONE, TWO}
    await eventually(lambda: not of.paused)
    assert (consumer.held, consumer.sought) == ({ONE}, {TWO: 0})


async def test_law7_what_came_before_the_bad_record_comes_again_before_it() -> None:
    consumer = Consumer()
    of = lane_of(consumer)
    await of._handle([record(ONE, 4), record(ONE, 5)])
    await eventually(lambda: not of.paused)
    assert (consumer.held, consumer.sought, of.halts) == (set(), {ONE: 4}, ())


async def test_law7_an_earlier_pause_does_not_cut_a_later_one_short() -> None:
    of = lane_of(Consumer())
    await of._handle([record(TWO, 0)])
    earlier = of._resuming
    assert earlier is not None
    await of._handle([record(TWO, 0)])
    await eventually(earlier.done)
    assert earlier.cancelled()
    await eventually(lambda: not of.paused)


async def test_trap_19_a_partition_that_comes_back_is_halted_no_more() -> None:
    """The client pauses none that is assigned: it would be read, and be taken for standing still."""
    consumer = Consumer()
    await lane_of(consumer).on_partitions_revoked([ONE])
    assert consumer.halts == {}


async def test_law5_what_others_have_committed_since_is_neither_read_nor_committed_again() -> None:
    """A batch that outlasted the loss of its partition, which has come back meanwhile: what it decided anew there would
    seem proven by their commit, and leave the outbox unsent."""
    consumer = Consumer(halts={}, held=set(), offsets={ONE: 100, TWO: 5})
    of = lane_of(consumer)
    await of.on_partitions_assigned([ONE, TWO])
    await of._handle([record(ONE, 50), record(TWO, 5), record(ONE, 51)])
    assert consumer.sought == {ONE: 100, TWO: 5}
    await eventually(lambda: not of.paused)

    async def fine(*_: object) -> None: ...

    of._settle = fine
    await of._handle([record(ONE, 50), record(TWO, 5), record(ONE, 51)])
    assert consumer.offsets == {ONE: 100, TWO: 6}


async def test_trap_19_a_skip_commits_one_record_and_reads_on_behind_it() -> None:
    consumer = Consumer()
    of = lane_of(consumer)
    assert await of.stands_at(HALT)
    assert await of.skip(HALT)
    assert (consumer.offsets, consumer.sought, consumer.held) == ({ONE: 7, TWO: 0}, {ONE: 7}, set())
    assert not await of.skip(HALT), "once"


async def test_trap_19_a_skip_of_what_has_gone_to_another_does_nothing() -> None:
    consumer = Consumer(lost=True)
    of = lane_of(consumer)
    assert not await of.skip(HALT)
    assert (consumer.offsets[ONE], consumer.sought, of.halts) == (6, {}, (HALT,))


@pytest.mark.parametrize("committed", [5, 7])
async def test_law5_a_partition_stands_where_the_group_has_committed(committed: int) -> None:
    of = lane_of(Consumer(offsets={ONE: committed, TWO: 0}))
    assert not await of.stands_at(HALT)


async def test_law7_a_commit_that_breaks_is_told_as_such() -> None:
    class Away(Consumer):
        async def commit(self, offsets: dict[TopicPartition, int]) -> None:
            raise ConnectionError

    async def fine(*_: object) -> Any: ...

    of = lane_of(Away(halts={}, held=set()))
    of._settle = fine
    with structlog.testing.capture_logs() as lines:
        await of._handle([record(TWO, 0)])
    assert [line["stage"] for line in lines if line["event"] == "lane_paused"] == ["commit"]


async def test_law7_a_lane_that_waits_for_machinery_looks_at_no_halted_partition() -> None:
    """What it read there would be handled beside the batch that is to come again."""
    looked = list[Halt]()

    class Looking(Consumer):
        async def try_again(self, halt: Halt) -> None:
            looked.append(halt)

    of = lane_of(Looking())
    await of._handle([record(TWO, 0)])
    assert of.paused
    await of.try_again(HALT)
    assert looked == []
    await eventually(lambda: not of.paused)
    await of.try_again(HALT)
    assert looked == [HALT]

"""What a lane's commits prove, whose partitions they name, and what becomes of calls where they fail."""

from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError

from services.chassis.fold import DueEffect
from tests.eventually import eventually
from tests.fakes.world import NOON
from tests.unit.chassis.test_lane_halts import ONE, TWO, Consumer, lane_of, record

CALL = DueEffect("count:1", object(), "command-1", NOON)


class Strict(Consumer):
    """Has lost its first partition, and refuses, as the client does, whatever names it."""

    def assignment(self) -> set[TopicPartition]:
        return {TWO}

    def seek(self, tp: TopicPartition, offset: int) -> None:
        if tp not in self.assignment():
            raise IllegalStateError
        super().seek(tp, offset)

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        if not offsets.keys() <= self.assignment():
            raise IllegalStateError
        await super().commit(offsets)


class Away(Consumer):
    """Of a broker that takes no commit."""

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        raise ConnectionError


async def fine(*_: object) -> None: ...


async def asks(_: str, __: object, ___: object, calls: list[DueEffect]) -> None:
    calls.append(CALL)


async def asks_and_breaks(*batch: Any) -> None:
    await asks(*batch)
    raise ConnectionError


@pytest.mark.parametrize("consumer", [Consumer(halts={}, lost=True), Away(halts={})], ids=["lost", "away"])
async def test_law5_a_commit_that_did_not_come_through_proves_nothing(consumer: Consumer) -> None:
    """Believed, it would let what was never published leave the outbox when the records come again."""
    of = lane_of(consumer)
    of._settle = fine
    await of.on_partitions_assigned([TWO])
    await of._handle([record(TWO, 0)])
    assert of._committed(TWO) == consumer.offsets[TWO] == 0


async def test_law5_what_has_gone_to_others_keeps_nothing_else_from_being_committed() -> None:
    """The client refuses a commit as a whole that names one partition too many."""
    consumer = Strict(halts={}, held=set())
    of = lane_of(consumer)
    of._settle = fine
    await of._handle([record(ONE, 6), record(TWO, 0)])
    assert consumer.offsets == {ONE: 6, TWO: 1}


async def test_law7_a_lane_goes_back_and_pauses_though_one_of_its_partitions_has_gone() -> None:
    """Else the next good batch would commit past the broken one."""
    consumer = Strict(halts={}, held=set())
    of = lane_of(consumer)
    await of._handle([record(ONE, 6), record(TWO, 3)])
    assert (consumer.sought, consumer.held, of.paused) == ({TWO: 3}, {TWO}, True)
    await eventually(lambda: not of.paused)


async def test_law5_what_the_group_had_committed_of_a_partition_that_has_gone_proves_nothing_any_more() -> None:
    """The next owner commits past what this process may decide yet, without having published it."""
    of = lane_of(Consumer(halts={}, offsets={ONE: 100, TWO: 5}))
    await of.on_partitions_assigned([ONE, TWO])
    await of.on_partitions_revoked([ONE])
    assert [of._committed(tp) for tp in (ONE, TWO)] == [0, 5]


@pytest.mark.parametrize("settle", [asks, asks_and_breaks], ids=["commit", "publish"])
async def test_law8_calls_of_what_was_saved_are_made_whatever_fails_behind_the_save(settle: Any) -> None:
    """The lane comes back to the same records, and finds them decided: nobody would ask for the calls again."""
    of, made = lane_of(Away(halts={}, held=set())), list[DueEffect]()
    of._settle, of._after = settle, made.extend
    await of._handle([record(TWO, 0)])
    assert (made, of.paused) == ([CALL], True)

"""A large round is settled in two shares side by side: one is decided while the database saves the other (law 5)."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import pytest

from services.chassis.document import Document, FormatTooNew, Record
from services.chassis.logs import describe
from services.chassis.loop import _all_of
from services.chassis.publisher import PublishFailed
from services.chassis.store import Outcome, StoreUnavailable
from tests.component.counter import Add, Ask
from tests.fakes.store import FakeStore
from tests.fakes.world import World
from tests.first_copies import envelope_of


class SlowStore(FakeStore):
    """Saves wait until `free` is set; the first of a run fails if `fails`."""

    def __init__(self, world: World) -> None:
        super().__init__(world.store._partition_of)
        self.free, self.begun, self.fails = asyncio.Event(), 0, False

    async def save(self, drafts: Sequence[Document], written_at: datetime) -> list[Outcome]:
        self.begun += 1
        if self.fails:
            self.fails = False
            raise StoreUnavailable("this one only")
        await self.free.wait()
        return await super().save(drafts, written_at)


def world_of(flows: int) -> tuple[World, SlowStore]:
    world = World()
    world.shared_from = 4
    world.store = store = SlowStore(world)
    for number in range(flows):
        world.send(Add(amount=1), f"f{number}")
    return world, store


async def until_idle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


@pytest.mark.parametrize(("flows", "saves"), [(3, 1), (4, 2), (9, 2)])
async def test_from_so_many_aggregates_on_both_shares_are_saved_side_by_side(flows: int, saves: int) -> None:
    world, store = world_of(flows)
    step = asyncio.create_task(world.process().lanes["ordinary"].step())
    await until_idle()
    assert store.begun == saves
    store.free.set()
    assert await step == flows
    assert len(world.records("answers")) == flows
    assert all(world.state(f"count:f{number}").total == 1 for number in range(flows))


async def test_law5_a_share_that_fails_lets_the_other_end_before_the_lane_comes_back() -> None:
    world, store = world_of(4)
    store.fails = True
    process = world.process()
    step = asyncio.create_task(process.lanes["ordinary"].step())
    await until_idle()
    assert not step.done(), "the other share is under way"
    store.free.set()
    await step
    assert len(world.records("answers")) == 2
    assert process.lanes["ordinary"].paused, "nothing is committed"
    await process.run()
    assert len({record.key for record in world.records("answers")}) == 4
    assert [world.state(f"count:f{number}").total for number in range(4)] == [1, 1, 1, 1]


async def test_law8_calls_of_the_share_that_was_saved_are_made_though_the_other_failed() -> None:
    world, store = world_of(0)
    for number in range(4):
        world.send(Add(amount=100), f"f{number}")
    store.fails = True
    store.free.set()
    process = world.process()
    await process.lanes["ordinary"].step()
    assert process.lanes["ordinary"].paused
    assert len(process.started) == 2
    await process.run()
    assert sorted(due.aggregate for due in process.started) == [f"count:f{number}" for number in range(4)]


async def test_law8_calls_of_what_was_saved_are_made_though_the_broker_is_away() -> None:
    world = World()
    world.send(Add(amount=100), "f1")
    failures = [PublishFailed("the broker is away")]

    def away(call: str) -> None:
        if call == "publish" and failures:
            raise failures.pop()

    world.faults = away
    process = world.process()
    await process.lanes["ordinary"].step()
    assert process.lanes["ordinary"].paused
    await process.run()
    assert [due.aggregate for due in process.started] == ["count:f1"]


async def test_J3_what_two_shares_answer_without_a_save_goes_out_once() -> None:
    world, store = world_of(0)
    store.free.set()
    asked = [world.send(Ask(), f"f{number}") for number in range(4)]
    process = world.process()
    publish = process.loop.publish

    async def slowly(records: Sequence[Record]) -> None:
        await until_idle()
        await publish(records)
        await until_idle()

    process.loop.publish = slowly
    await process.run()
    assert sorted(str(envelope_of(each).correlation_id) for each in world.records("answers")) == asked


async def test_law7_both_failures_are_told_where_both_shares_fail() -> None:
    async def fails(error: Exception) -> None:
        raise error

    with pytest.raises(ExceptionGroup) as both:
        await _all_of([fails(StoreUnavailable("one")), fails(FormatTooNew("two"))])
    assert describe(both.value)[0] == ["StoreUnavailable", "FormatTooNew", "ExceptionGroup"]


async def test_law7_what_a_batch_says_without_an_aggregate_goes_out_beside_two_shares() -> None:
    world, store = world_of(4)
    store.free.set()
    world.log.append("accounts.commands", b"f1", b"{}", [("ce_type", b"none")])
    await world.process().run()
    assert len(world.records("answers")) == 4
    assert len(world.records("dead-letters")) == 1

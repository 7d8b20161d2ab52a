"""A record that is replayed long after it came: its stream, the lives it grants, what its operator hears (law 7)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.sealed import Sealed
from tests.component.counter import Add, Heard, Mine, counter_service
from tests.fakes.world import NOON, Crash, with_route
from tests.unit.chassis.test_replay_parked import added
from tests.unit.chassis.test_replay_records import NEW, replayed, unread


async def test_law9_what_a_replay_grants_begins_no_earlier_than_its_order_came() -> None:
    world, operator = await unread(Add(amount=7, wake_after_ms=1_000))
    world.pass_time(minutes=5)
    operator.replay(*operator.letters()[0])
    process = world.process()
    process.loop.folder.present = lambda: world.now - timedelta(seconds=5)
    await process.run()
    assert world.state().wake_at == NOON + timedelta(minutes=5, seconds=1)


async def test_law4_a_record_of_a_topic_s_earlier_life_keeps_its_stream() -> None:
    """The new life has records at the same offsets: they are others."""
    world, operator = await unread(Add(amount=7))
    known = counter_service()
    anew = replace(known, lanes=tuple(replace(lane, topic=replace(lane.topic, epoch=2)) for lane in known.lanes))
    assert await replayed(world, operator, anew) == ["decided"]
    streams = [stream for stream in world.store.documents["count:f1"].numbers if "accounts.commands" in stream]
    assert [stream.split("/")[0] for stream in streams] == ["1"]


async def test_law7_of_a_record_that_names_no_aggregate_the_operator_hears_that_it_is_refused() -> None:
    world, operator = await unread(Mine(token=Sealed.of("bad"), amount=7))
    assert await replayed(world, operator) == ["refused"]


async def test_law7_an_order_that_put_its_record_aside_comes_again_after_the_unparking_and_says_no_more() -> None:
    """It was saved and not committed; whoever has the partition of the aggregate's own orders goes on meanwhile."""
    world, operator = await unread(Mine(token=Sealed.of("good-f1"), amount=7))
    world.send(Heard(amount=1), "f1", sequence=1)

    def bug(*_: Any) -> Any:
        raise RuntimeError

    await world.process(service=with_route(NEW, Heard, decide=bug)).run()
    order = operator.replay(*operator.letters()[0])
    at = world.log.in_order[-1].partition

    def crash(call: str) -> None:
        if call == "commit":
            raise Crash

    world.faults = crash
    with pytest.raises(Crash):
        await world.process().run()
    world.faults = lambda _: None
    for letter in operator.letters("aggregate-parked"):
        operator.replay(*letter)
    operator.unpark()
    assert world.log.in_order[-1].partition < at
    await world.process(range(at)).run()
    assert added(world) == [1, 7]
    await world.process().run()
    assert set(operator.told(order)) == {"put-aside"}

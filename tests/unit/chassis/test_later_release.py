"""Law 13 in the real loop: a document of a later release stops the lane that meets it, and parks nothing."""

from typing import Any

import pytest

from services.chassis.document import FORMAT, FormatTooNew, loaded, stored
from tests.component.counter import Add
from tests.fakes.world import World
from tests.store_suite import NOON, full


def of_a_later_release(world: World, aggregate: str, **fields: Any) -> None:
    """The document as a release two formats ahead might have written it: nothing in it need be what it is today."""
    world.store.put({"_id": aggregate, "version": 7, "format": FORMAT + 2, "partition": 0, **fields})


def test_law13_a_document_of_the_next_format_is_loaded_and_a_later_one_is_not_looked_into() -> None:
    fields = {"_id": "count:1", "version": 1, **stored(full(), NOON, 0)}
    assert loaded(fields | {"format": FORMAT + 1}).format == FORMAT + 1
    with pytest.raises(FormatTooNew):
        loaded({"_id": "count:1", "format": FORMAT + 2})


async def test_law13_a_lane_that_meets_a_later_release_waits_and_nothing_is_parked_or_passed_over() -> None:
    world = World()
    world.send(Add(amount=1), "f1")
    await world.process().run()
    before = world.store.documents["count:f1"]
    of_a_later_release(world, "count:f1", written_minute=NOON)
    world.send(Add(amount=2), "f1")
    world.send(Add(amount=3), "g1")
    process = world.process()
    lane = process.lanes["ordinary"]
    for _ in range(10):
        assert (await lane.step(), lane.paused) == (0, True)
    assert process.told.failures == []
    assert process.told.letters == []
    assert (len(world.records("dead-letters")), len(world.records("audit"))) == (0, 0)
    assert "count:g1" not in world.store.ids  # of the same batch: nobody overtakes
    world.store.put({"_id": "count:f1", "version": 1, **stored(before, NOON, 0)})
    await process.run()
    assert (world.total("f1"), world.total("g1")) == (3, 3)


async def test_law13_the_twin_of_a_parked_aggregate_stops_the_lane_too() -> None:
    world = World()
    of_a_later_release(world, "parked:count:f1", written_minute=NOON)
    world.send(Add(amount=1), "f1")
    process = world.process()
    assert (await process.lanes["ordinary"].step(), process.lanes["ordinary"].paused) == (0, True)
    assert world.store.ids == {"parked:count:f1"}

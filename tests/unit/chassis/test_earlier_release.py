"""Law 13: release 0.1.0 takes every twin for parked, also one that this release has let go. What it puts aside during
an upgrade or after a roll back is lost to nobody and overtaken by nobody."""

from services.chassis.arrival import Arrival, stamp_of
from services.chassis.fold import Folded
from tests.component.counter import Add
from tests.fakes.world import World, letters
from tests.unit.chassis.test_replay_parked import added, in_one_life, parked_world


async def put_aside_by_the_earlier_release(world: World) -> None:
    """The last command, as 0.1.0 treats it: a letter in the twin, whose state stays as it is."""
    process, raw = world.process(), world.log.in_order[-1]
    lane = process.lanes["ordinary"]
    arrival = process.decoder.read(raw, lane.topic, stamp_of(raw))
    assert isinstance(arrival, Arrival)
    documents = world.store.documents
    folded = Folded(documents["parked:count:f1"].draft())
    process.loop.morgue._fold_one(folded, documents["count:f1"], arrival, world.now)
    assert await world.store.save([folded.draft], world.now) == ["saved"]
    for entry in folded.draft.outbox:
        record = entry.record("accounts", folded.draft.id)
        world.log.append(record.topic, record.key, record.value, record.headers)
    lane.commit([raw])


async def test_law13_what_the_earlier_release_puts_aside_after_unparking_comes_first() -> None:
    world, operator = await parked_world(666, 2)
    operator.replay_all()
    operator.unpark()
    await in_one_life(world)
    world.send(Add(amount=3))
    await put_aside_by_the_earlier_release(world)
    world.send(Add(amount=4))
    await in_one_life(world)
    assert (added(world), len(letters(world))) == ([600, 2], 4)
    orders = [*(operator.replay(*each) for each in operator.letters()[2:]), operator.unpark()]
    await in_one_life(world)
    assert [operator.told(order) for order in orders] == [["decided"], ["decided"], ["AggregateUnparked"]]
    world.send(Add(amount=5))
    await in_one_life(world)
    assert added(world) == [600, 2, 3, 4, 5]

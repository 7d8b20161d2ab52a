"""What one round leaves to the next, and that a batch gets through them all (laws 5 and 7)."""

import asyncio
from typing import Any

from contracts.decision import Incoming
from services.chassis.document import FormatTooNew
from tests.component.counter import Add, Ask, counter_service
from tests.eventually import eventually
from tests.fakes.world import World, with_route
from tests.first_copies import first_copies
from tests.unit.chassis.test_replay_parked import added, in_one_life, parked_world


async def test_law7_a_letter_behind_a_refused_order_keeps_its_turn_and_is_decided() -> None:
    """What was refused is told unsaved, and first: a letter that waited in the same round would count as settled
    though nobody has decided it."""
    world, operator = await parked_world(1, 666, 3)
    first, second = operator.letters()
    refused = operator.drop(1, 9)
    orders = [operator.replay(*first), operator.replay(*second)]
    await in_one_life(world)
    assert operator.told(refused) == ["letter-unknown"]
    assert [operator.told(order) for order in orders] == [["decided"], ["decided"]]
    assert added(world) == [1, 600, 3]


async def test_law7_a_full_batch_of_one_aggregate_settles_though_every_message_takes_a_round() -> None:
    """A lane whose batch takes more rounds than it may would come back to it for ever."""
    world, operator = await parked_world(666)
    orders = [operator.drop(1, 9) for _ in range(500)]
    process = world.process()
    assert await process.lanes["replay"].step() == 500
    assert all(operator.told(order) == ["letter-unknown"] for order in orders)


async def test_law7_answers_without_a_save_between_saves_take_rounds_and_come_in_order() -> None:
    world = World()
    for _ in range(100):
        world.send(Add(amount=1))
        world.send(Ask())
    await world.process().run()
    assert [body["total"] for body in world.bodies("answers")] == [n for n in range(1, 101) for _ in range(2)]
    assert len(first_copies(world.records("events")).popitem()[1]) == 100


async def test_law7_what_is_prepared_is_called_off_where_the_batch_has_failed() -> None:
    """The lane comes back to the same records: it must not meet its own hashing of a moment ago under way."""
    begun, ended = asyncio.Event(), list[str]()

    async def prepare(state: Any, message: Incoming[Add], effects: Any, present: Any) -> Any:
        if message.subject == "f2":
            await begun.wait()
            raise FormatTooNew
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(message.subject)

    world = World(with_route(counter_service(), Add, prepare=prepare))
    for flow in ("f1", "f2"):
        world.send(Add(amount=1), flow)
    assert await world.process().lanes["ordinary"].step() == 0
    await asyncio.sleep(0)
    assert ended == ["f1"]


async def test_health_each_password_that_is_hashed_is_a_step_before_the_batch_is_done() -> None:
    """Else the watchdog takes a lane for dead whose batch of passwords takes long."""
    steps = list[int]()

    async def prepare(state: Any, message: Incoming[Add], effects: Any, present: Any) -> None:
        if message.subject == "f2":
            before = process.told.steps
            await eventually(lambda: process.told.steps > before, within=1)
            steps.append(process.told.steps - before)

    world = World(with_route(counter_service(), Add, prepare=prepare))
    for flow in ("f2", "f1"):
        world.send(Add(amount=1), flow)
    process = world.process()
    assert await process.lanes["ordinary"].step() == 2
    assert steps == [1]

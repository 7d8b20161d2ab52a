"""A lane that computes for long lets the process's other lanes have their turns (law 14, N1)."""

import asyncio
import itertools
from collections.abc import Callable

from services.chassis.turns import SHORT_ROUND, SHORT_TURN_S, TURN_S, URGENT_FOR_S, Turns
from tests.component.counter import Add
from tests.fakes.world import World

MESSAGES = 5


async def turns_of_another(clock: Callable[[], float]) -> int:
    """How often somebody else got a turn while a batch was settled. Nothing on the fakes waits by itself."""
    world, turns = World(), itertools.count()
    for number in range(MESSAGES):
        world.send(Add(amount=1), f"f{number}")
    process = world.process()
    process.loop.turns = Turns(clock)

    async def another() -> None:
        while True:
            next(turns)
            await asyncio.sleep(0)

    task = asyncio.create_task(another())
    assert await process.lanes["ordinary"].step() == MESSAGES
    task.cancel()
    return next(turns)


async def test_N1_whoever_computes_for_long_lets_others_on_between_two_messages_and_two_aggregates() -> None:
    seconds = itertools.count(0.0, 1.0)
    assert await turns_of_another(lambda: next(seconds)) >= 2 * MESSAGES


async def test_a_short_batch_is_settled_at_one_go() -> None:
    assert await turns_of_another(lambda: 0.0) == 0


class Hands:
    """A clock that somebody sets."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_N1_others_take_short_turns_as_long_as_an_urgent_lane_has_something_to_do() -> None:
    clock = Hands()
    turns = Turns(clock, frozenset({"codes"}))
    assert turns.round("ordinary", 500) == 500
    turns.turn("codes")
    assert turns.round("ordinary", 500) == SHORT_ROUND
    short = turns.turn("ordinary")
    clock.at += SHORT_TURN_S
    assert short.is_over()
    clock.at += URGENT_FOR_S
    assert turns.round("ordinary", 500) == 500
    long = turns.turn("ordinary")
    clock.at += TURN_S / 2
    assert not long.is_over()


def test_N1_an_urgent_lane_itself_takes_what_is_there() -> None:
    turns = Turns(lambda: 0.0, frozenset({"codes"}))
    turns.turn("codes")
    assert turns.round("codes", 500) == 500


async def test_N1_beside_an_urgent_lane_a_batch_is_saved_in_short_rounds_and_whole() -> None:
    world, many = World(), 2 * SHORT_ROUND + 1
    for number in range(many):
        world.send(Add(amount=1), f"f{number}")
    process = world.process()
    process.loop.turns = Turns(lambda: 0.0, frozenset({"urgent"}))
    process.loop.turns.turn("urgent")
    assert await process.lanes["ordinary"].step() == many
    assert world.store.saves == 3
    assert len(world.store.documents) == many

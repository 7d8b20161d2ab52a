"""Operators: they roll out a release that mends a spoilt flow, and meanwhile settle what was put aside of it, until it
goes on (law 7)."""

import asyncio
from collections import defaultdict
from random import Random
from typing import TYPE_CHECKING, Any, Final

from contracts.message import Answer, Command
from contracts.operations import (
    DEAD_LETTER,
    DROP_PARKED_LETTERS,
    REPLAY_DEAD_LETTER,
    UNPARK_AGGREGATE,
    DeadLetter,
    OrderDone,
)
from contracts.topics import DEAD_LETTERS
from tests.simulation.channel import reason_of
from tests.simulation.log import Taken
from tests.simulation.virtual_time import pause

if TYPE_CHECKING:
    from tests.simulation.world import World

SERVICE: Final = "accounts"
"""The one whose flows are spoilt."""

ROUNDS_AT_MOST: Final = 60
_BY: Final[dict[str, Any]] = {"operator": "sami", "why": "corrected in the next release"}


class Operators:
    """They read the topic of dead letters, as the command line does."""

    def __init__(self, world: "World") -> None:
        self._world, self._chance = world, Random(f"{world.seed}/operators")
        self._letters: dict[str, dict[int, tuple[str, DeadLetter]]] = defaultdict(dict)
        world.log.heard_by(DEAD_LETTERS[SERVICE].name, self._hear)

    async def let_go(self, flow: str) -> None:
        """Mend a flow of which something was put aside, and settle its letters until it goes on."""
        aggregate = f"definition:{flow}"
        while not self._letters[aggregate]:
            await pause(1.0)
        await pause(self._chance.uniform(0.0, 40.0))
        self._world.mended.add(flow)
        self._world.faults.count("spoilt-flow-mended", flow)
        await asyncio.gather(self._roll_out(), self._until_it_goes_on(aggregate))

    async def _roll_out(self) -> None:
        """One replica after the other; whoever keeps them up starts the new release."""
        for process in self._world.alive(SERVICE):
            await pause(self._chance.uniform(0.5, 15.0))
            if process.is_up and self._chance.random() < 0.5:
                await process.stop()
            else:
                process.life.die()

    async def _until_it_goes_on(self, aggregate: str) -> None:
        for _ in range(ROUNDS_AT_MOST):
            orders = self._orders(aggregate)
            if self._chance.random() < 0.5:
                answers = await asyncio.gather(*(self._given(order, aggregate) for order in orders))
            else:
                answers = [await self._given(order, aggregate) for order in orders]
            if isinstance(answers[-1], OrderDone) or reason_of(answers[-1]) == "not-found":  # it is parked no more
                return
            await pause(self._chance.uniform(1.0, 10.0))
        self._world.problems.append(f"{aggregate} is never let go")

    def _orders(self, aggregate: str) -> list[Command]:
        """A round's: each letter is replayed, now and then twice, or the last of them are dropped; then the aggregate
        shall go on."""
        numbers = sorted(self._letters[aggregate])
        orders = [self._replay(aggregate, number) for number in numbers]
        if self._chance.random() < 0.2:
            first, last = self._chance.choice(numbers), numbers[-1]
            self._world.faults.count("letters-dropped", f"{first} to {last} of {aggregate}")
            drop = DROP_PARKED_LETTERS[SERVICE](aggregate=aggregate, first=first, last=last, **_BY)
            orders = [*orders[: first - 1], drop]
        if self._chance.random() < 0.2:
            orders.insert(self._chance.randrange(len(orders) + 1), self._chance.choice(orders))
        return [*orders, UNPARK_AGGREGATE[SERVICE](aggregate=aggregate, **_BY)]

    def _replay(self, aggregate: str, number: int) -> Command:
        letter_id, letter = self._letters[aggregate][number]
        place = {name: getattr(letter, name) for name in ("source_topic", "epoch", "partition", "offset", "original")}
        return REPLAY_DEAD_LETTER[SERVICE](letter_id=letter_id, aggregate=aggregate, sequence=number, **place, **_BY)

    async def _given(self, order: Command, aggregate: str) -> Answer:
        return await self._world.channel.ask(order, aggregate, source="operators")

    def _hear(self, record: Taken) -> None:
        envelope = record.envelope
        if envelope is None or envelope.sequence is None:
            return
        letter = DEAD_LETTER[SERVICE].model_validate_json(record.value or b"")
        if letter.aggregate is not None:
            self._letters[letter.aggregate].setdefault(envelope.sequence, (envelope.id, letter))

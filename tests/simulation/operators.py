"""Operators: they roll out a release that mends a spoilt flow, and meanwhile settle what was put aside of it, until it
goes on (law 7)."""

import asyncio
from collections import defaultdict
from random import Random
from typing import TYPE_CHECKING, Final

from contracts.message import Answer, Command
from contracts.operations import OrderDone
from contracts.topics import DEAD_LETTERS
from deploy.cli.letter_orders import By, drop_parked_order, replay_order, unpark_order
from deploy.cli.letters import Letter, read_record
from tests.simulation.channel import reason_of
from tests.simulation.log import Taken
from tests.simulation.virtual_time import pause

if TYPE_CHECKING:
    from tests.simulation.world import World

SERVICE: Final = "accounts"
"""The one whose flows are spoilt."""

ROUNDS_AT_MOST: Final = 60
_BY: Final = By("sami", "corrected in the next release")


class Operators:
    """They read the topic of dead letters, and replay them, as the command line does."""

    def __init__(self, world: "World") -> None:
        self._world, self._chance = world, Random(f"{world.seed}/operators")
        self._letters: dict[str, dict[int, Letter]] = defaultdict(dict)
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
        await self._until_it_goes_on(aggregate)  # a replica of the old release may have parked it once more

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
        orders = [replay_order(self._letters[aggregate][number], _BY) for number in numbers]
        if self._chance.random() < 0.2:
            first, last = self._chance.choice(numbers), numbers[-1]
            self._world.faults.count("letters-dropped", f"{first} to {last} of {aggregate}")
            drop = drop_parked_order((SERVICE, aggregate), first, last, _BY)
            orders = [*orders[: first - 1], drop]
        if self._chance.random() < 0.2:
            orders.insert(self._chance.randrange(len(orders) + 1), self._chance.choice(orders))
        return [*orders, unpark_order((SERVICE, aggregate), _BY)]

    async def _given(self, order: Command, aggregate: str) -> Answer:
        return await self._world.channel.ask(order, aggregate, source="operators")

    def _hear(self, record: Taken) -> None:
        letter = read_record(record)
        if isinstance(letter, Letter) and letter.sequence is not None:
            self._letters[str(letter.body.aggregate)].setdefault(letter.sequence, letter)

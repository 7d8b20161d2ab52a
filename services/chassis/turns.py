"""Turns of the lanes of one process: whoever computes for long lets the others on, and an urgent lane finds nobody in
its way for long (law 14, N1)."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

TURN_S: Final = 0.01
"""Opening the seals of a full batch takes a quarter of a second; nobody waits for that."""

SHORT_TURN_S: Final = 0.001
SHORT_ROUND: Final = 12
"""Aggregates. A message of an urgent lane waits for a turn, or for a stage of a round, a dozen times on its way."""

URGENT_FOR_S: Final = 2.0
"""So long after a batch of an urgent lane its next one is expected: what it causes comes back by way of the log."""


@dataclass(slots=True)
class Turns:
    """`clock()` is a monotonic one, in seconds; `urgent` are the names of the urgent lanes."""

    clock: Callable[[], float]
    urgent: frozenset[str] = frozenset()
    _urgent_until: float = -math.inf

    def turn(self, lane: str) -> "Turn":
        """The lane's turn begins now."""
        if lane in self.urgent:
            self._urgent_until = self.clock() + URGENT_FOR_S
        return Turn(self.clock, SHORT_TURN_S if self._gives_way(lane) else TURN_S)

    def round(self, lane: str, most: int) -> int:
        """How many aggregates, `most` at most, the lane's round may take on."""
        return min(most, SHORT_ROUND) if self._gives_way(lane) else most

    def _gives_way(self, lane: str) -> bool:
        return lane not in self.urgent and self.clock() < self._urgent_until


class Turn:
    """One turn of one lane."""

    __slots__ = ("_begun", "_clock", "_length_s")

    def __init__(self, clock: Callable[[], float], length_s: float) -> None:
        self._clock, self._length_s, self._begun = clock, length_s, clock()

    def is_over(self) -> bool:
        """Whether it has lasted its time."""
        return self._clock() - self._begun >= self._length_s

    async def give_way(self) -> None:
        """Let others on; a new turn begins when they are through."""
        await asyncio.sleep(0)
        self._begun = self._clock()

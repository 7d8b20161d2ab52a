"""What a lane has taken at one go, on its way through the loop."""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from services.chassis.arrival import PARKED, Arrival
from services.chassis.document import Document, Entry
from services.chassis.fold import DueEffect

LARGE_ROUND: Final = 25
"""Aggregates, where one of them may be large: they are in memory several times over, as read, folded and written."""


@dataclass(slots=True)
class Batch:
    """One batch under way, or one share of its round, which has met and says what is its own."""

    waiting: dict[str, list[Arrival]] = field(default_factory=dict)
    met: dict[str, Document] = field(default_factory=dict)
    direct: list[tuple[str, Entry]] = field(default_factory=list)
    effects: list[DueEffect] = field(default_factory=list)
    nudged: set[str] = field(default_factory=set)
    undecodable: list[str] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    outcomes: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def round(self, most: int, large: frozenset[str]) -> list[str]:
        """The aggregates of the next round. `large`: kinds whose documents may be so."""
        aggregates = [*islice(self.waiting, most)]
        has_large = large and any(each.partition(":")[0] in large for each in aggregates)
        return aggregates[:LARGE_ROUND] if has_large else aggregates

    def take_over(self, share: "Batch") -> None:
        """Keep what a share has met as far as it is trimmed at the batch's end: all of it could be too much."""
        for aggregate in self.nudged:
            for each in (aggregate, PARKED + aggregate):
                if each in share.met:
                    self.met[each] = share.met[each]

"""What can go wrong, where, and how often it has. A seed draws what is to go wrong in its run."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, Literal

Point = Literal[
    "before-load",
    "after-load",
    "inside-bulk",
    "after-bulk",
    "before-publish",
    "inside-publish",
    "after-publish",
    "before-commit",
    "fail-over",
    "revocation-inside-a-decision",
    "death-inside-a-decision",
    "freeze-at-a-gateway",
    "freeze-with-records-in-hand",
]
"""Where a call of a process, or a decision, meets a fault by chance."""

Event = Literal[
    "log-away",
    "store-away",
    "rolled-back",
    "death-anywhere",
    "clock-jump",
    "joins",
    "leaves",
    "successor-under-its-name",
    "quiet-days",
    "oversized-output",
    "poisonous-aggregate",
    "spoilt-flow-mended",
    "letters-dropped",
    "mended-flow-completed",
    "fast-sweep",
    "old-replica",
    "newer-format-stops-a-lane",
    "key-not-known",
    "duplicated-input",
    "command-sent-again",
    "command-with-another-body",
    "command-expired",
    "asked-too-early",
    "hostile-record",
    "late-copy",
    "gateway-answer-lost",
    "gateway-not-now",
    "gateway-takes-late",
    "receipt-lost",
    "receipt-late",
    "receipt-twice",
    "neighbour-slow",
    "neighbour-twice",
]
"""What comes over the world by itself, or is part of what a seed plays."""

POINTS: Final[tuple[Point, ...]] = Point.__args__  # type: ignore[attr-defined]
EVENTS: Final[tuple[Event, ...]] = Event.__args__  # type: ignore[attr-defined]
AT_LEAST: Final = 50
"""So often every fault must have fired in 2,000 seeds."""

RATES: Final = (0.003, 0.01, 0.03)
"""How likely a fault is at each passage of a point; a seed draws one rate for each point."""

GATEWAY_TIMES: Final = 20
"""There are few calls of a gateway in a seed."""

TIMES: Final = (0, 0, 0, 0, 0, 0, 1, 1, 2, 4)
"""How often a point's fault may fire in one seed; a seed draws one of these for each point."""


STRESS: Final = (0.1, 8)
"""Rate and times of a point under stress."""


@dataclass(slots=True)
class Faults:
    """One seed's. `is_calm` once nothing shall go wrong any more; `say` hears what did."""

    chance: Random
    say: Callable[[str], None] = lambda _: None
    fired: Counter[str] = field(default_factory=Counter)
    rates: dict[Point, float] = field(default_factory=dict)
    left: dict[Point, int] = field(default_factory=dict)
    is_calm: bool = False
    provoked: set[Point] = field(default_factory=set)

    def __post_init__(self) -> None:
        for point in POINTS:
            self.rates[point] = self.chance.choice(RATES) * (GATEWAY_TIMES if point == "freeze-at-a-gateway" else 1)
            self.left[point] = self.chance.choice(TIMES)

    def stress(self, points: Sequence[Point]) -> None:
        """Let these strike more often than chance has it."""
        for point in points:
            self.rates[point], self.left[point] = STRESS

    def provoke(self, point: Point) -> None:
        """Let the next passage of this point meet its fault."""
        self.provoked.add(point)

    def strikes(self, point: Point, who: str) -> bool:
        """Whether this passage of the point meets its fault."""
        if self.is_calm:
            return False
        if point in self.provoked:
            self.provoked.remove(point)
        elif self.left[point] and self.chance.random() < self.rates[point]:
            self.left[point] -= 1
        else:
            return False
        self.count(point, who)
        return True

    def count(self, fault: Point | Event, who: str = "") -> None:
        """It has fired."""
        self.fired[fault] += 1
        self.say(f"FAULT {fault} {who}")


def no_faults() -> Faults:
    """Nothing goes wrong."""
    faults = Faults(Random(0))
    faults.is_calm = True
    return faults

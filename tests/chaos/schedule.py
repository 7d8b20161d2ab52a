"""What is broken and when: drawn from a seed, the same for the same seed and length."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from contracts.topics import SERVICES

FaultKind = Literal[
    "kill",
    "replace",
    "freeze",
    "terminate",
    "roll",
    "kafka-stopped",
    "kafka-frozen",
    "mongodb-stopped",
    "mongodb-frozen",
    "hostile",
]
"""`kill`: SIGKILL of a replica, started again. `replace`: the same, but another comes in its place, of another name, as
where a pod was lost. `freeze`: SIGSTOP, later SIGCONT. `terminate`: SIGTERM, started again.
`roll`: one replica after another in good order. `hostile`: records that no sender of ours would write."""

ON_SERVICES: Final[tuple[FaultKind, ...]] = ("freeze", "kill", "replace", "terminate", "roll")
KILLS: Final[tuple[FaultKind, ...]] = ("kill", "replace")
OUTAGES: Final[tuple[FaultKind, ...]] = ("kafka-stopped", "kafka-frozen", "mongodb-stopped", "mongodb-frozen")

FULL_S: Final = 420
"""From this length on outages are long and every service meets every fault."""

FREEZE_S: Final = 20.0
"""Longer than the session time-out of 15 s: others have taken the partitions when it wakes."""

STARTS_AT_S: Final[Mapping[str, float]] = {"freeze": 0.0, "kill": 2.0, "replace": 2.0, "terminate": 5.0, "roll": 9.0}
"""Within a round: one fault on each of the four services. Rounds with a `kill` and with a `replace` take turns."""

FIRST_FAULT_S: Final = 4.0
"""Before it nothing is broken: what is normal on this machine is measured then."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a run is laid out: rounds of faults on services, then outages; lengths and pauses in seconds."""

    rounds: int
    round_s: float
    outage_s: float
    pause_s: float

    @property
    def outages_at_s(self) -> float:
        """When the first outage begins."""
        return FIRST_FAULT_S + self.rounds * self.round_s

    @property
    def needs_s(self) -> float:
        """How long everything takes."""
        return self.outages_at_s + len(OUTAGES) * (self.outage_s + self.pause_s)


SHORT: Final = Pace(rounds=1, round_s=24.0, outage_s=10.0, pause_s=5.5)
FULL: Final = Pace(rounds=4, round_s=30.0, outage_s=60.0, pause_s=12.0)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `at_s` after the start of the load, lasting `for_s` (0: a moment). `service` and `replica` (from 0)
    are empty for servers and topics."""

    kind: FaultKind
    at_s: float
    for_s: float = 0.0
    service: str = ""
    replica: int = 0

    @property
    def name(self) -> str:
        """For people: `kill accounts-2`."""
        return f"{self.kind} {self.service}-{self.replica + 1}" if self.service else self.kind


def schedule(seed: int, seconds: float) -> tuple[Fault, ...]:
    """Every fault of a run, in the order of their beginnings. Every kind comes at least once, of `KILLS` only one in a
    short run.

    Raises:
        ValueError: so many seconds are too few for that.
    """
    chance, pace = random.Random(f"faults {seed}"), FULL if seconds >= FULL_S else SHORT
    if pace.needs_s > seconds:
        raise ValueError(f"{seconds:g} s are too short for every kind of fault: {pace.needs_s:g} are needed")
    faults = [*_rounds(chance, pace, seed), *_outages(chance, pace)]
    # Among the faults on services, and while the database is away: then lanes read the same records again and again.
    away = [fault.at_s + pace.outage_s / 2 for fault in faults if fault.kind.startswith("mongodb")]
    faults += [Fault("hostile", at_s) for at_s in (FIRST_FAULT_S + 1.0, *away)]
    return tuple(sorted(faults, key=lambda fault: (fault.at_s, fault.kind)))


def _rounds(chance: random.Random, pace: Pace, seed: int) -> Iterator[Fault]:
    """In each round every service meets another fault; over four rounds every service meets every fault."""
    services: Sequence[str] = chance.sample(SERVICES, len(SERVICES))
    for number in range(pace.rounds):
        begin = FIRST_FAULT_S + number * pace.round_s
        left_out = KILLS[(seed + number) % 2]
        for place, kind in enumerate(kind for kind in ON_SERVICES if kind != left_out):
            service = services[(place + number) % len(services)]
            for_s = FREEZE_S if kind == "freeze" else 0.0
            yield Fault(kind, begin + STARTS_AT_S[kind], for_s, service, chance.randrange(2))


def _outages(chance: random.Random, pace: Pace) -> Iterator[Fault]:
    for number, kind in enumerate(chance.sample(OUTAGES, len(OUTAGES))):
        yield Fault(kind, pace.outages_at_s + number * (pace.outage_s + pace.pause_s), pace.outage_s)

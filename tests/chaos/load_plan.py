"""Which message goes out when: drawn from a seed, the same for the same seed, length and rate.

The rate counts what the generator writes: commands of channels and readings of metering. What services and neighbours
say because of them comes on top.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

DeedKind = Literal["reading", "contacts", "sketch", "inquiry", "define", "log-in", "register", "statement"]

RECORDS_OF: Final[dict[DeedKind, int]] = {
    "reading": 1, "contacts": 1, "sketch": 4, "inquiry": 1, "define": 7, "log-in": 1, "register": 1, "statement": 1,
}  # fmt: skip
"""How many records the generator writes for one. `sketch`: a definition begun and left open; `define`: a whole one."""

SHARES: Final[dict[DeedKind, float]] = {"reading": 0.50, "contacts": 0.20, "inquiry": 0.08}
"""Of all records. What is not shared out becomes sketches."""

A_SECOND: Final[dict[DeedKind, float]] = {"define": 0.5, "log-in": 1.5, "register": 0.5, "statement": 0.5}
"""In deeds, from `FROM_RATE` on; below it fewer. Each crosses three or four services and leads to twenty or thirty more
messages, and a log-in costs a hash: of those there are never more than 5 a second."""

FROM_RATE: Final = 150
FULL_RATE: Final = 300
"""Of a full run, in records a second."""

WAVE_S: Final = 1.0
"""All deeds of so many seconds begin together. Metering sends in bulk, and lanes get batches of many records, which no
fault may tear apart; one record at a time would be dearer to carry and prove less."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing to do `at_s` after the start of the load. `number` counts those of its kind from 0; `who` draws the
    person or meter."""

    at_s: float
    kind: DeedKind
    number: int
    who: int


def load_plan(seed: int, seconds: float, rate: float) -> list[Deed]:
    """All deeds of a run: `rate` records a second in waves, the kinds of a wave in a drawn order. A longer plan begins
    with the shorter one."""
    deeds = [
        deed
        for kind, a_second in deeds_a_second(rate).items()
        for deed in _of_kind(random.Random(f"load {seed} {kind}"), kind, a_second, seconds)
    ]
    deeds.sort(key=lambda deed: (deed.at_s, deed.kind, deed.number))
    return [replace(deed, at_s=deed.at_s // WAVE_S * WAVE_S) for deed in deeds]


def deeds_a_second(rate: float) -> dict[DeedKind, float]:
    """How many of each kind a second make `rate` records."""
    scale = min(1.0, rate / FROM_RATE)
    counts: dict[DeedKind, float] = {kind: share * rate / RECORDS_OF[kind] for kind, share in SHARES.items()}
    counts |= {kind: each * scale for kind, each in A_SECOND.items()}
    rest = rate - sum(RECORDS_OF[kind] * count for kind, count in counts.items())
    return counts | {"sketch": rest / RECORDS_OF["sketch"]}


def _of_kind(chance: random.Random, kind: DeedKind, a_second: float, seconds: float) -> Iterator[Deed]:
    for number in range(int(a_second * seconds)):
        yield Deed((number + chance.random()) / a_second, kind, number, chance.randrange(10**6))

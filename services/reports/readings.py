"""Interval readings as the meter sent them, and which of several versions of an interval counts.

An interval's length is data: a meter may send 15, 30 or 60 minutes, and may change. Energy is in whole watt-hours.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

Quality = Literal["measured", "raw", "corrected", "estimated"]
QUALITIES: tuple[Quality, ...] = get_args(Quality)


@dataclass(frozen=True, slots=True)
class IntervalReading:
    """Energy used from `start` (UTC) for `length_s` seconds; a higher `version` replaces a lower one.

    Raises ValueError for a start without UTC, a length below 1 s or a negative energy.
    """

    start: datetime
    length_s: int
    energy_wh: int
    quality: Quality
    version: int = 0

    def __post_init__(self) -> None:
        if self.start.utcoffset() != timedelta(0):
            raise ValueError("a reading starts at a UTC instant")
        if self.length_s < 1 or self.energy_wh < 0:
            raise ValueError("a reading has a positive length and an energy that is not negative")

    @property
    def end(self) -> datetime:
        """The instant at which the interval is over (UTC)."""
        return self.start + timedelta(seconds=self.length_s)


@dataclass(frozen=True, slots=True)
class ReadingBlock:
    """Consecutive intervals of one length, as meters send them by the day; None stands for a gap, never for zero."""

    start: datetime
    length_s: int
    energies_wh: tuple[int | None, ...]
    quality: Quality
    version: int = 0

    def readings(self) -> Iterator[IntervalReading]:
        """The intervals that have a value (R5: a gap is not a zero)."""
        for index, energy in enumerate(self.energies_wh):
            if energy is not None:
                start = (self.start + timedelta(seconds=index * self.length_s)).astimezone(UTC)
                yield IntervalReading(start, self.length_s, energy, self.quality, self.version)


def of_blocks(blocks: Iterable[ReadingBlock]) -> Iterator[IntervalReading]:
    """The intervals of the blocks; of blocks that start together only the latest version, gaps and all (R5)."""
    latest: dict[datetime, ReadingBlock] = {}
    for block in sorted(blocks, key=_block_precedence):
        latest[block.start] = block
    return (reading for block in latest.values() for reading in block.readings())


def current_readings(readings: Iterable[IntervalReading]) -> tuple[IntervalReading, ...]:
    """The readings that count, by start: the latest version wins, and no instant is counted twice (R5).

    Of overlapping intervals of different lengths only the later version counts; what it leaves uncovered is a gap,
    because energy cannot be cut out of an interval without inventing it. The order of the input does not matter.
    """
    chosen: list[IntervalReading] = []
    starts: list[datetime] = []
    for reading in sorted(set(readings), key=_precedence):
        at = bisect_right(starts, reading.start)
        after_previous = at == 0 or chosen[at - 1].end <= reading.start
        before_next = at == len(chosen) or reading.end <= starts[at]
        if after_previous and before_next:
            chosen.insert(at, reading)
            starts.insert(at, reading.start)
    return tuple(chosen)


def _block_precedence(block: ReadingBlock) -> tuple[int, int, int, str]:
    return (block.version, block.length_s, -QUALITIES.index(block.quality), repr(block.energies_wh))


def _precedence(reading: IntervalReading) -> tuple[int, datetime, int, int, int]:
    # Two contents under one version are the sender's mistake; the last three fields only make the choice repeatable.
    return (-reading.version, reading.start, reading.length_s, QUALITIES.index(reading.quality), reading.energy_wh)

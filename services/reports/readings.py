"""Interval readings as the meter sent them, and which of several versions of an interval counts.

An interval's length is data: a meter may send 15, 30 or 60 minutes, and may change. Energy is in whole watt-hours.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
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


def _precedence(reading: IntervalReading) -> tuple[int, datetime, int, int, int]:
    # Two contents under one version are the sender's mistake; the last three fields only make the choice repeatable.
    return (-reading.version, reading.start, reading.length_s, QUALITIES.index(reading.quality), reading.energy_wh)

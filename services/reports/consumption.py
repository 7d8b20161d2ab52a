"""Energy by day, month and year, its quality and cover, and the comparison with an earlier period (R1, R5).

All energy is in whole watt-hours. A sum is None where there is no reading at all: a gap is not a zero.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from contracts.values.money import round_half_up
from contracts.values.riyadh_day import day_start, riyadh_day
from services.reports.period import ONE_DAY, SECONDS_A_DAY, Period
from services.reports.readings import QUALITIES, IntervalReading, Quality

# measured: every interval is there and none is estimated; estimated: every interval is there; partial: some are.
DayStatus = Literal["measured", "estimated", "partial", "missing"]
ComparisonBasis = Literal["month-before", "year-before"]
ComparisonRefusalReason = Literal["no-earlier-readings", "earlier-cover-too-low", "cover-too-low"]

MIN_COVER_PERCENT = 90  # R1: a comparison is refused below this
MONTHS_BEFORE: Mapping[ComparisonBasis, int] = {"month-before": 1, "year-before": 12}


@dataclass(frozen=True, slots=True)
class DayConsumption:
    """One Riyadh day: its energy (None: no reading), seconds covered by readings and the quality marks found."""

    day: date
    energy_wh: int | None
    covered_s: int
    qualities: tuple[Quality, ...]

    @property
    def status(self) -> DayStatus:
        """Whether the day counts as measured (R5)."""
        if self.energy_wh is None:
            return "missing"
        if self.covered_s < SECONDS_A_DAY:
            return "partial"
        return "estimated" if "estimated" in self.qualities else "measured"


@dataclass(frozen=True, slots=True)
class Consumption:
    """A stretch of days: energy of the readings there are (None: no reading) and how many days are measured."""

    period: Period
    energy_wh: int | None
    measured_days: int
    measured_wh: int
    partial_days: int
    estimated_days: int
    missing_days: int
    qualities: tuple[Quality, ...]

    @property
    def mean_measured_day_wh(self) -> int | None:
        """Energy of a measured day on average, rounded half up; None without a measured day."""
        if self.measured_days == 0:
            return None
        return round_half_up(self.measured_wh, self.measured_days)

    @property
    def cover_suffices(self) -> bool:
        """Whether at least 90 % of the days are measured (R1)."""
        return self.measured_days * 100 >= MIN_COVER_PERCENT * self.period.days


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two periods by their average measured day, so that unequal lengths and gaps do not pass for savings."""

    basis: ComparisonBasis
    earlier: Consumption
    mean_day_wh: int
    earlier_mean_day_wh: int

    @property
    def change_permille(self) -> int | None:
        """Change of the average day against the earlier one in tenths of a percent, half away from zero.

        None when the earlier average is zero.
        """
        if self.earlier_mean_day_wh == 0:
            return None
        return round_half_up(1000 * (self.mean_day_wh - self.earlier_mean_day_wh), self.earlier_mean_day_wh)


@dataclass(frozen=True, slots=True)
class ComparisonRefused:
    """No comparison, and why; `earlier` is the period it would have been with, with what is known of it (R1)."""

    basis: ComparisonBasis
    reason: ComparisonRefusalReason
    earlier: Consumption


def days_of(readings: Iterable[IntervalReading], period: Period) -> tuple[DayConsumption, ...]:
    """Every day of the period in order. `readings` are the current ones: no instant twice.

    An interval across midnight counts its energy on the day it starts and its seconds where they lie (ours): energy
    is never split, because a split would be invented (R5).
    """
    energy: dict[date, int] = defaultdict(int)
    covered: dict[date, int] = defaultdict(int)
    marks: dict[date, set[Quality]] = defaultdict(set)
    for reading in readings:
        day = riyadh_day(reading.start)
        energy[day] += reading.energy_wh
        marks[day].add(reading.quality)
        for touched, seconds in _seconds_by_day(reading.start, reading.end):
            covered[touched] += seconds
    return tuple(DayConsumption(day, energy.get(day), covered[day], _in_order(marks[day])) for day in period)


def total_of(days: Sequence[DayConsumption], period: Period) -> Consumption:
    """The sum over the days of `period`, which `days` must contain."""
    inside = [day for day in days if day.day in period]
    energies = [day.energy_wh for day in inside if day.energy_wh is not None]
    by_status: dict[DayStatus, int] = defaultdict(int)
    for day in inside:
        by_status[day.status] += 1
    return Consumption(
        period=period,
        energy_wh=sum(energies) if energies else None,
        measured_days=by_status["measured"],
        measured_wh=sum(day.energy_wh or 0 for day in inside if day.status == "measured"),
        partial_days=by_status["partial"],
        estimated_days=by_status["estimated"],
        missing_days=by_status["missing"],
        qualities=_in_order({mark for day in inside for mark in day.qualities}),
    )


def compared(
    current: Consumption, readings: Iterable[IntervalReading], basis: ComparisonBasis
) -> Comparison | ComparisonRefused:
    """Compare with the same period a month or a year before; refused where either has under 90 % cover (R1)."""
    before = current.period.earlier(MONTHS_BEFORE[basis])
    earlier = total_of(days_of(readings, before), before)
    if earlier.energy_wh is None:
        return ComparisonRefused(basis, "no-earlier-readings", earlier)
    if not earlier.cover_suffices:
        return ComparisonRefused(basis, "earlier-cover-too-low", earlier)
    mean, earlier_mean = current.mean_measured_day_wh, earlier.mean_measured_day_wh
    if not current.cover_suffices or mean is None or earlier_mean is None:
        return ComparisonRefused(basis, "cover-too-low", earlier)
    return Comparison(basis, earlier, mean, earlier_mean)


def _seconds_by_day(start: datetime, end: datetime) -> Iterable[tuple[date, int]]:
    while start < end:
        day = riyadh_day(start)
        until = min(end, day_start(day + ONE_DAY))
        yield day, (until - start) // timedelta(seconds=1)
        start = until


def _in_order(marks: set[Quality]) -> tuple[Quality, ...]:
    return tuple(mark for mark in QUALITIES if mark in marks)

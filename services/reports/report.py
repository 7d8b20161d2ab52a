"""The consumption report as numbers: what every rendering of it says, in either language (R1, R4, R5, R7)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from contracts.values.riyadh_day import riyadh_day
from services.reports.consumption import (
    MONTHS_BEFORE,
    Comparison,
    ComparisonBasis,
    ComparisonRefused,
    Consumption,
    DayConsumption,
    compared,
    days_of,
    total_of,
)
from services.reports.period import Period
from services.reports.readings import IntervalReading, current_readings
from services.reports.revision import Revision
from services.reports.tariff import Price, PriceRefused, TariffKind, price_of


@dataclass(frozen=True, slots=True)
class ReportHeading:
    """Whose report it is and where it belongs.

    `as_of` (aware) is the instant up to which readings were considered; `source_notes` are metering's own words on
    where they come from (R5).
    """

    account_number: str = field(repr=False)
    reference: str = field(repr=False)
    as_of: datetime
    source_notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsumptionReport:
    """All numbers of a report over `period`; energy in Wh, money in halalas.

    `asked`: the longer period that was asked for, where the relation to the supply does not cover it; `restricted`: it
    does not cover the periods compared with (A18). `revision`: how this version differs from the one before (R6).
    """

    heading: ReportHeading
    period: Period
    tariff_kind: TariffKind
    total: Consumption
    years: tuple[Consumption, ...]
    months: tuple[Consumption, ...]
    days: tuple[DayConsumption, ...]
    price: Price | PriceRefused
    comparisons: tuple[Comparison | ComparisonRefused, ...]
    readings: tuple[IntervalReading, ...] = field(repr=False)
    asked: Period | None = None
    restricted: bool = False
    revision: Revision | None = None

    @property
    def interval_lengths_s(self) -> tuple[int, ...]:
        """The lengths of interval found in the period, in seconds, shortest first."""
        return tuple(sorted({reading.length_s for reading in self.readings}))


def consumption_report(
    readings: Iterable[IntervalReading],
    period: Period,
    tariff_kind: TariffKind,
    heading: ReportHeading,
) -> ConsumptionReport:
    """Make the report over `period` from readings in any order, repeated or superseded ones among them.

    Comparisons need the readings of `periods_needed(period)`; whatever else is given does no harm.
    """
    current = current_readings(readings)
    days = days_of(current, period)
    total = total_of(days, period)
    return ConsumptionReport(
        heading=heading,
        period=period,
        tariff_kind=tariff_kind,
        total=total,
        years=tuple(total_of(days, year) for year in period.years()),
        months=tuple(total_of(days, month) for month in period.months()),
        days=days,
        price=price_of(_energy_by_day(days), period, tariff_kind),
        comparisons=tuple(compared(total, current, basis) for basis in comparison_bases(period)),
        readings=tuple(reading for reading in current if riyadh_day(reading.start) in period),
    )


def comparison_bases(period: Period) -> tuple[ComparisonBasis, ...]:
    """What a period is compared with: one longer than a month, or than the shorter month before, would overlap the same
    period a month before, and so be compared with itself; one longer than a year is compared with none."""
    return tuple(basis for basis, months in MONTHS_BEFORE.items() if period.earlier(months).last < period.first)


def periods_needed(period: Period) -> tuple[Period, ...]:
    """The periods whose readings a report over `period` looks at."""
    return (period, *(period.earlier(MONTHS_BEFORE[basis]) for basis in comparison_bases(period)))


def _energy_by_day(days: Iterable[DayConsumption]) -> dict[date, int]:
    return {day.day: day.energy_wh for day in days if day.energy_wh is not None}

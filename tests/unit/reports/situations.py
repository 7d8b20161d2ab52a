"""Readings and reports that tests speak about by name. Days are Riyadh days; energies are Wh."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache

from contracts.values.riyadh_day import day_start
from services.reports.period import Period, month_period
from services.reports.readings import IntervalReading, Quality
from services.reports.report import ConsumptionReport, ReportHeading, consumption_report
from services.reports.tariff import TariffKind

HOUR = 3_600
APRIL = month_period(2026, 4)  # 30 days
AS_OF = datetime(2026, 5, 1, 5, 30, tzinfo=UTC)
HEADING = ReportHeading("30012345678", "7K3M-0QXZ-91TC", AS_OF)


def hours_of(day: date, wh_an_hour: int = 1_000, quality: Quality = "raw", count: int = 24) -> list[IntervalReading]:
    """The first `count` hours of a day."""
    start = day_start(day)
    return [IntervalReading(start + timedelta(hours=h), HOUR, wh_an_hour, quality) for h in range(count)]


def hours_of_days(days: Iterable[date], wh_an_hour: int = 1_000) -> list[IntervalReading]:
    """All hours of the days."""
    return [reading for day in days for reading in hours_of(day, wh_an_hour)]


def april_with_two_days_missing() -> list[IntervalReading]:
    """28 of 30 days, 24 kWh each; the 9th and the 22nd have no reading."""
    return hours_of_days(day for day in APRIL if day.day not in {9, 22})


def report_of(
    readings: Iterable[IntervalReading],
    period: Period = APRIL,
    kind: TariffKind = "residential",
    heading: ReportHeading = HEADING,
) -> ConsumptionReport:
    """The report of a situation."""
    return consumption_report(readings, period, kind, heading)


@cache
def april_report() -> ConsumptionReport:
    """April with two days missing, one partial and one estimated day, and a March to compare with."""
    readings = hours_of_days(day for day in APRIL if day.day not in {9, 15, 18, 22})
    readings += hours_of(date(2026, 4, 15), count=20) + hours_of(date(2026, 4, 18), quality="estimated")
    return report_of(readings + hours_of_days(month_period(2026, 3), 900))

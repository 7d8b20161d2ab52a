"""From the months that a customer names to the days that a report covers (R1, R7)."""

from datetime import date
from typing import Literal

from contracts.values.rejected import Rejected
from services.reports.period import ONE_DAY, Period, month_period
from services.reports.report import periods_needed

LONGEST_MONTHS = 24  # ours: what one document holds

PeriodReason = Literal["period-reversed", "period-too-long", "period-in-the-future", "period-not-begun"]


def judge_period(
    first_month: str, last_month: str, today: date, *, with_today: bool = False
) -> Period | Rejected[PeriodReason]:
    """The days of the months `2026-01` to `2026-03`, up to yesterday: of a day that is not over no energy and no money
    is reported. `with_today` is for what is true as soon as it is said, such as requests."""
    first, last = month_of(first_month), month_of(last_month)
    if last.first < first.first:
        return Rejected("period-reversed")
    if _ordinal(last.first) - _ordinal(first.first) >= LONGEST_MONTHS:
        return Rejected("period-too-long")
    if last.first > today:
        return Rejected("period-in-the-future")
    end = min(last.last, today if with_today else today - ONE_DAY)
    return Period(first.first, end) if first.first <= end else Rejected("period-not-begun")


def months_needed(period: Period) -> tuple[str, ...]:
    """Every month whose readings a report over the period looks at, those of its comparisons among them, in order."""
    days = {month.first for needed in periods_needed(period) for month in needed.months()}
    return tuple(sorted({f"{day:%Y-%m}" for day in days}))


def month_of(text: str) -> Period:
    """The days of the month `2026-01`."""
    year, month = text.split("-")
    return month_period(int(year), int(month))


def _ordinal(day: date) -> int:
    return day.year * 12 + day.month

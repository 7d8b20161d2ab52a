"""Periods of whole Riyadh days, and how months and years cut them (R7)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

SECONDS_A_DAY = 86_400
ONE_DAY = timedelta(days=1)


def days_in_month(year: int, month: int) -> int:
    """How many days the Gregorian month has."""
    return _last_of_month(year, month).day


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Whole Riyadh days, `first` to `last`, both included; raises ValueError when `last` lies before `first`."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("a period ends before it begins")

    @property
    def days(self) -> int:
        """Number of days, at least 1."""
        return (self.last - self.first).days + 1

    @property
    def after(self) -> date:
        """The day after the last."""
        return self.last + ONE_DAY

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=offset) for offset in range(self.days))

    def months(self) -> tuple["Period", ...]:
        """The period cut at the ends of Gregorian months, in order."""
        parts: list[Period] = []
        begin = self.first
        while begin <= self.last:
            end = min(self.last, _last_of_month(begin.year, begin.month))
            parts.append(Period(begin, end))
            begin = end + ONE_DAY
        return tuple(parts)

    def years(self) -> tuple["Period", ...]:
        """The period cut at the ends of Gregorian years, in order."""
        numbers = range(self.first.year, self.last.year + 1)
        return tuple(Period(max(self.first, date(y, 1, 1)), min(self.last, date(y, 12, 31))) for y in numbers)

    def earlier(self, months: int) -> "Period":
        """The same period `months` before: the end of a month stays the end of a month."""
        ends_month = self.last == _last_of_month(self.last.year, self.last.month)
        last = _months_before(self.last, months)
        return Period(_months_before(self.first, months), _last_of_month(last.year, last.month) if ends_month else last)


def month_period(year: int, month: int) -> Period:
    """The whole Gregorian month."""
    return Period(date(year, month, 1), _last_of_month(year, month))


def _last_of_month(year: int, month: int) -> date:
    following = date(year + month // 12, month % 12 + 1, 1)
    return following - ONE_DAY


def _months_before(day: date, months: int) -> date:
    year, month0 = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month0 + 1, min(day.day, days_in_month(year, month0 + 1)))

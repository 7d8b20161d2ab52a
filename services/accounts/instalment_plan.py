"""How a debt is divided: parts that add up to the halala, due month by month in Riyadh (A14, R7)."""

import calendar
from dataclasses import dataclass
from datetime import date

MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPart:
    """One part of a plan: when it is due, and how much in halalas."""

    due_date: date
    amount_halalas: int


def divided(total_halalas: int, parts: int) -> tuple[int, ...]:
    """`parts` amounts that add up to the total exactly (A14); what does not divide makes the first ones one halala
    larger (ours). Both at least 1."""
    each, left_over = divmod(total_halalas, parts)
    return tuple(each + 1 if number < left_over else each for number in range(parts))


def planned(total_halalas: int, parts: int, today: date) -> tuple[PlannedPart, ...]:
    """The plan quoted on this day in Riyadh: the first part is due a month later, the others monthly on that day of
    the month, or on the month's last where it is shorter."""
    return tuple(
        PlannedPart(due_date=months_after(today, number), amount_halalas=amount)
        for number, amount in enumerate(divided(total_halalas, parts), start=1)
    )


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    years, month = divmod(day.month - 1 + months, MONTHS_A_YEAR)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))

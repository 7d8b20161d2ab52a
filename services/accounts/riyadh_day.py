"""Days as people in Riyadh count them (R7): relations, closing readings and shares of a bill go by whole days."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

RIYADH: Final = timezone(timedelta(hours=3), "Asia/Riyadh")  # R7: no summer time

EARLIEST_DAY: Final = date(1800, 1, 1)
LATEST_DAY: Final = date(2199, 12, 31)
"""Nothing that neighbours say of a supply begins before or after these (ours): who knows no day gives the end of a
calendar, next to which there is none."""


def is_possible(day: date) -> bool:
    """Whether something of a supply can begin on this day."""
    return EARLIEST_DAY <= day <= LATEST_DAY


def riyadh_day(instant: datetime) -> date:
    """The day in Riyadh at `instant` (aware)."""
    return instant.astimezone(RIYADH).date()


def day_start(day: date) -> datetime:
    """The instant (UTC) at which `day` begins in Riyadh."""
    return datetime(day.year, day.month, day.day, tzinfo=RIYADH).astimezone(UTC)

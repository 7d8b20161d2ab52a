"""Days and times as people in Riyadh count them: UTC+3, no summer time (R7)."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

RIYADH: Final = timezone(timedelta(hours=3), "Asia/Riyadh")  # R7: no summer time


def riyadh_day(instant: datetime) -> date:
    """The calendar day in Riyadh at `instant` (aware)."""
    return instant.astimezone(RIYADH).date()


def day_start(day: date) -> datetime:
    """The instant (UTC) at which `day` begins in Riyadh."""
    return datetime(day.year, day.month, day.day, tzinfo=RIYADH).astimezone(UTC)


def riyadh_time(instant: datetime) -> str:
    """Day and time in Riyadh, `2026-01-31 09:05`; `instant` is aware."""
    return instant.astimezone(RIYADH).strftime("%Y-%m-%d %H:%M")

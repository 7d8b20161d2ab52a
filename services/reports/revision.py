"""Versions of a report: how they are named, and how one differs from the one before it (R6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from services.reports.consumption import DayConsumption
from services.reports.period import Period
from services.reports.readings import QUALITIES

MOST_VERSIONS: Final = 10
"""Versions of one report (ours): whoever wants to know what comes later orders a new one."""

MOST_CHANGES: Final = 100
"""Changed days that a version lists (ours: what fits its document); the rest are counted."""


@dataclass(frozen=True, slots=True)
class DayChange:
    """One day of the period that is no longer what it was."""

    before: DayConsumption
    after: DayConsumption

    @property
    def day(self) -> date:
        """The Riyadh day."""
        return self.after.day


@dataclass(frozen=True, slots=True)
class Revision:
    """What a version explains: which one it is, what it replaces, the first changed days and how many there are."""

    version: int
    replaces_as_of: datetime
    changes: tuple[DayChange, ...]
    changed_days: int


def version_id(report_id: str, version: int) -> str:
    """The aggregate's id of a version; the first is the report itself."""
    return report_id if version == 1 else f"{report_id}.{version}"


def report_id_of(version: str) -> str:
    """The report to which the version of this id belongs."""
    return version.partition(".")[0]


def number_of(version: str) -> int:
    """Which version of its report the one of this id is."""
    return int(version.partition(".")[2] or 1)


def revision_of(
    version: int, replaces_as_of: datetime, before: Iterable[DayConsumption], after: Iterable[DayConsumption]
) -> Revision:
    """Compare two versions day by day; both hold the same days."""
    changes = tuple(DayChange(old, new) for old, new in zip(before, after, strict=True) if old != new)
    return Revision(version, replaces_as_of, changes[:MOST_CHANGES], len(changes))


def day_as_text(day: DayConsumption) -> str:
    """`energy:seconds covered:quality marks`, so that two years of days fit a message."""
    energy = "" if day.energy_wh is None else str(day.energy_wh)
    return f"{energy}:{day.covered_s}:{','.join(day.qualities)}"


def days_from_texts(texts: Iterable[str], period: Period) -> tuple[DayConsumption, ...]:
    """The days again; raises ValueError where there are not as many texts as days."""
    return tuple(_day(day, text) for day, text in zip(period, texts, strict=True))


def _day(day: date, text: str) -> DayConsumption:
    energy, covered, marks = text.split(":")
    known = {*marks.split(",")}
    return DayConsumption(
        day, int(energy) if energy else None, int(covered), tuple(mark for mark in QUALITIES if mark in known)
    )

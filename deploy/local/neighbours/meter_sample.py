"""A public sample of hourly meter readings, moved in time so that it ends last month.

The sample is one meter of the PyPI package `opendsm` (Apache-2.0), file `il-electricity-cdd-hdd-hourly.csv.gz`: 19,417
hourly values in kWh from 2015-11-22, without a gap. Its authors say that their samples are simulated, not read off real
meters; notes and reports therefore say "public sample" and nothing more. Only the file is read, no code of the package.

The sample's days begin at its own standard time (UTC-6, no summer time) and become Riyadh days, so that each has 24
hours and keeps its day of the week and its hours.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from contracts.metering import IntervalReadings

SOURCE_NOTE: Final = "public sample, shifted"
LARGE: Final = 8
"""Times the sample, a meter crosses the tariff's step of 6,000 kWh a month (R7)."""

DROPPED_DAYS: Final = (9, 17)
"""Days of the last month that never arrive (R5)."""

CORRECTED_DAY: Final = 20
"""The day of the last month that arrives with a gap and is corrected later (R6)."""

GAP: Final = range(18, 21)
"""Intervals of that day that are missing at first."""

_INTERVAL_S: Final = 3600
_INTERVALS_A_DAY: Final = 24
_WH_A_KWH: Final = 1000
_STANDARD_TIME: Final = timezone(timedelta(hours=-6))
_FILE: Final = "opendsm/eemeter/samples/il-electricity-cdd-hdd-hourly.csv.gz"

Day = tuple[date, tuple[int, ...]]


@lru_cache(maxsize=1)
def sample_days() -> tuple[Day, ...]:
    """The sample as it is: its whole days in order, each with 24 energies in Wh."""
    path = Path(str(distribution("opendsm").locate_file(_FILE)))
    by_day: defaultdict[date, list[int]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="ascii", newline="") as lines:
        for row in csv.DictReader(lines):
            start = datetime.fromisoformat(row["start"]).astimezone(_STANDARD_TIME)
            by_day[start.date()].append(int(Decimal(row["value"]) * _WH_A_KWH))
    return tuple((day, tuple(hours)) for day, hours in by_day.items() if len(hours) == _INTERVALS_A_DAY)


def shifted_sample(until: date, account_number: str = "30012345678", times: int = 1) -> list[IntervalReadings]:
    """The sample as readings of one account, day by day, ending on the last day of the month before `until` (Riyadh).

    It is moved by the fewest whole weeks that reach that day; the few days beyond it are left out. Values are marked
    raw and multiplied by `times`.
    """
    last_day = until.replace(day=1) - timedelta(days=1)
    days = sample_days()
    weeks = -((days[-1][0] - last_day).days // 7)
    moved = ((day + timedelta(weeks=weeks), hours) for day, hours in days)
    return [
        IntervalReadings(
            account_number=account_number,
            day=day,
            version=1,
            interval_seconds=_INTERVAL_S,
            energy_wh=tuple(energy * times for energy in hours),
            quality="raw",
            source_note=SOURCE_NOTE,
        )
        for day, hours in moved
        if day <= last_day
    ]


def as_sent(readings: Sequence[IntervalReadings]) -> list[IntervalReadings]:
    """The same readings as a metering system sends them (R5, R6).

    Two days of the last month never come. One comes with three hours missing and is corrected at the end, as version 2.
    Nothing is invented: the correction is the sample.
    """
    month = readings[-1].day.replace(day=1)
    dropped = {month.replace(day=day) for day in DROPPED_DAYS}
    gappy = month.replace(day=CORRECTED_DAY)
    sent = [_with_gap(each) if each.day == gappy else each for each in readings if each.day not in dropped]
    corrections = [
        each.model_copy(update={"version": 2, "quality": "corrected"}) for each in readings if each.day == gappy
    ]
    return sent + corrections


def two_meters(until: date, account_number: str, large_account_number: str) -> list[IntervalReadings]:
    """What metering sends of two accounts: the sample, and the sample times 8."""
    meters: Iterable[tuple[str, int]] = ((account_number, 1), (large_account_number, LARGE))
    return [block for number, times in meters for block in as_sent(shifted_sample(until, number, times))]


def _with_gap(block: IntervalReadings) -> IntervalReadings:
    energies = tuple(None if place in GAP else energy for place, energy in enumerate(block.energy_wh))
    return block.model_copy(update={"energy_wh": energies})

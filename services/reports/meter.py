"""One month of one account's readings: what metering sent, each day by its highest version (R5, R7).

An account number is no secret here: messages and the names of these documents carry it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from contracts.decision import Decision, Facts, Incoming, answered, decided, ignored, refused
from contracts.metering import IntervalReadings
from contracts.reports import DayTotal, ReadingsGiven, ReadingsWanted
from contracts.values.account_number import judge_account_identifier
from contracts.values.rejected import Rejected
from services.reports.readings import Quality
from services.reports.riyadh import SECONDS_A_DAY, riyadh_day

SHORTEST_INTERVAL_S = 900  # ours: a month of shorter ones does not fit a document (law 7: 256 KiB)

BlockReason = Literal[
    "account-number-malformed", "interval-too-short", "intervals-do-not-fill-the-day", "day-not-begun"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBlock:
    """One day as metering sent it: energies in Wh, None a gap; where the readings come from in its own words."""

    day: date
    version: int
    interval_seconds: int
    energy_wh: tuple[int | None, ...]
    quality: Quality
    source_note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterMonth:
    """The days of the month that there are, in order."""

    stage: Literal["metered"] = "metered"
    days: tuple[DayBlock, ...]


def take_in_day(state: MeterMonth | None, incoming: Incoming[IntervalReadings], _: Facts) -> Decision[MeterMonth]:
    """Keep a day block if it is sound and its version is higher than the one there is. A bad one goes to the audit."""
    block = judge_block(incoming.body, incoming.now)
    if isinstance(block, Rejected):
        return refused(state, "malformed", block.reason)
    days = {known.day: known for known in state.days} if state is not None else {}
    known = days.get(block.day)
    if known is not None and block.version <= known.version:
        return ignored(state)
    days[block.day] = block
    return decided(MeterMonth(days=tuple(days[day] for day in sorted(days))))


def give_readings(state: MeterMonth | None, incoming: Incoming[ReadingsWanted], _: Facts) -> Decision[MeterMonth]:
    """What the days add up to; no day for a month without a document.

    A question within the service: nothing is recorded, so that a meter need not remember every report that ever asked.
    """
    days = state.days if state is not None else ()
    given = ReadingsGiven(
        report_id=incoming.body.report_id,
        month=incoming.body.month,
        days=tuple(total for block in days if (total := total_of_day(block)) is not None),
        source_notes=tuple(dict.fromkeys(block.source_note for block in days)),
    )
    return answered(state, given)


def judge_block(body: IntervalReadings, now: datetime) -> DayBlock | Rejected[BlockReason]:
    """The block if its account number is one, its intervals fill the day and the day has begun at `now`."""
    if isinstance(judge_account_identifier("account-number", body.account_number), Rejected):
        return Rejected("account-number-malformed")
    if body.interval_seconds < SHORTEST_INTERVAL_S:
        return Rejected("interval-too-short")
    if len(body.energy_wh) * body.interval_seconds != SECONDS_A_DAY:
        return Rejected("intervals-do-not-fill-the-day")
    if body.day > riyadh_day(now):
        return Rejected("day-not-begun")
    return DayBlock(
        day=body.day,
        version=body.version,
        interval_seconds=body.interval_seconds,
        energy_wh=body.energy_wh,
        quality=body.quality,
        source_note=body.source_note,
    )


def total_of_day(block: DayBlock) -> DayTotal | None:
    """The sum of the readings there are and the seconds they cover; None without any (R5)."""
    read = [energy for energy in block.energy_wh if energy is not None]
    if not read:
        return None
    return DayTotal(
        day=block.day,
        energy_wh=sum(read),
        covered_seconds=len(read) * block.interval_seconds,
        interval_seconds=block.interval_seconds,
        quality=block.quality,
    )

"""One month of one account's readings: what metering sent, each day by its highest version (R5, R7).

An account number is no secret here: messages and the names of these documents carry it.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, Literal

from contracts.decision import Decision, Facts, Incoming, answered, decided, ignored, refused
from contracts.metering import IntervalReadings
from contracts.reports_internal import DayTotal, ReadingsChanged, ReadingsGiven, ReadingsUsed, ReadingsWanted
from contracts.values.account_number import judge_account_identifier
from contracts.values.rejected import Rejected
from contracts.values.riyadh_day import riyadh_day
from services.reports.period import SECONDS_A_DAY
from services.reports.readings import Quality
from services.reports.revision import number_of, report_id_of

SHORTEST_INTERVAL_S = 900  # ours: a month of shorter ones does not fit a document (law 7: 256 KiB)

MOST_READERS: Final = 20
"""Reports that a month remembers (ours): the latest ones."""

BlockReason = Literal[
    "account-number-malformed", "interval-too-short", "intervals-do-not-fill-the-day", "day-not-begun"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBlock:
    """One day as metering sent it: energies in Wh, None a gap; where the readings come from in its own words. `edition`
    is the month's with which it changed."""

    day: date
    version: int
    interval_seconds: int
    energy_wh: tuple[int | None, ...]
    quality: Quality
    source_note: str
    edition: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterMonth:
    """The days of the month that there are, in order; how often one has changed (`edition`); ids of the reports, each
    in its latest version, that have used them (R6)."""

    stage: Literal["metered"] = "metered"
    days: tuple[DayBlock, ...] = ()
    edition: int = 0
    used_by: tuple[str, ...] = ()


def take_in_day(state: MeterMonth | None, incoming: Incoming[IntervalReadings], _: Facts) -> Decision[MeterMonth]:
    """Keep a day block if it is sound and its version is higher than the one there is, and tell the reports that have
    used the day otherwise (R6): the same said again is no change. A bad one goes to the audit."""
    block = judge_block(incoming.body, incoming.now)
    if isinstance(block, Rejected):
        return refused(state, "malformed", block.reason)
    month = state or MeterMonth()
    days = {known.day: known for known in month.days}
    known = days.get(block.day)
    if known is not None and block.version <= known.version:
        return ignored(state)
    is_change = total_of_day(block) != (known and total_of_day(known))
    edition = month.edition + is_change
    days[block.day] = replace(block, edition=known.edition if known and not is_change else edition)
    kept = replace(month, days=tuple(days[day] for day in sorted(days)), edition=edition)
    told = (ReadingsChanged(report_id=report_id, days=(block.day,)) for report_id in month.used_by if is_change)
    return decided(kept, *told)


def note_use(state: MeterMonth | None, incoming: Incoming[ReadingsUsed], _: Facts) -> Decision[MeterMonth]:
    """Remember who has used this month, in place of the report's version before (R6). What has changed since it was
    given is told at once: no change falls between. A version that a later one has replaced makes no other, whatever it
    is told: it takes nobody's place."""
    used, month = incoming.body, state or MeterMonth()
    report = report_id_of(used.report_id)
    same = [known for known in month.used_by if report_id_of(known) == report]
    if any(number_of(known) > number_of(used.report_id) for known in same):
        return ignored(month)
    others = tuple(known for known in month.used_by if known not in same)
    since = tuple(block.day for block in month.days if block.edition > used.edition)
    told = [ReadingsChanged(report_id=used.report_id, days=since)] if since else []
    return decided(replace(month, used_by=(*others, used.report_id)[-MOST_READERS:]), *told)


def give_readings(state: MeterMonth | None, incoming: Incoming[ReadingsWanted], _: Facts) -> Decision[MeterMonth]:
    """What the days add up to; no day for a month without a document.

    A question within the service: nothing is recorded, so that a meter need not remember every report that ever asked.
    """
    month = state or MeterMonth()
    given = ReadingsGiven(
        report_id=incoming.body.report_id,
        month=incoming.body.month,
        edition=month.edition,
        days=tuple(total for block in month.days if (total := total_of_day(block)) is not None),
        source_notes=tuple(dict.fromkeys(block.source_note for block in month.days)),
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
        source_note=block.source_note,
    )

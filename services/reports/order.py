"""One ordered report: collects the readings of its months, is made once and fetched by its link (R1, R4, R5, R8).

What is kept of a made report are its numbers as they were: whatever is corrected or repriced later, it renders to the
same bytes for ever (R4, R6).
"""

from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Final, Literal

from contracts.decision import Decision, Facts, Incoming, Outgoing, decided, ignored
from contracts.message import Message, TimerElapsed
from contracts.reports import (
    DayTotal,
    DeclineReason,
    ReadingsGiven,
    ReadingsWanted,
    ReportCompleted,
    ReportDeclined,
    ReportFetched,
    ReportMade,
    ReportOrdered,
)
from services.reports.asked_period import months_needed
from services.reports.readings import IntervalReading, Quality
from services.reports.report import ConsumptionReport, ReportHeading, consumption_report
from services.reports.riyadh import Period, day_start
from services.reports.tariff import TariffKind

TARIFF_KIND: Final[TariffKind] = "residential"
"""Assumption (ours): individuals are on the residential tariff; which one a supply is on, no message tells yet."""

MOST_SOURCE_NOTES: Final = 20
"""Different words on the source of readings that one report prints (ours)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySum:
    """What the readings of one day add up to; energy in Wh."""

    day: date
    energy_wh: int
    covered_s: int
    interval_s: int
    quality: Quality


@dataclass(frozen=True, slots=True)
class DayReport(ConsumptionReport):
    """A report made from the sums of days: it lists no intervals, but knows how long they were."""

    lengths_s: tuple[int, ...] = field(default=())

    @property
    def interval_lengths_s(self) -> tuple[int, ...]:
        """The lengths of interval behind the sums, in seconds, shortest first."""
        return self.lengths_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Collecting:
    """Ordered; `missing` months have not answered yet. `correlation_id` is the id of the command that began it."""

    stage: Literal["collecting"] = "collecting"
    user_id: str
    account_number: str
    first_day: date
    last_day: date
    missing: tuple[str, ...]
    days: tuple[DaySum, ...]
    source_notes: tuple[str, ...]
    give_up_at: datetime
    correlation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Made, and fetched so many times. The link's secret is kept as its SHA-256 only (R8)."""

    stage: Literal["made"] = "made"
    user_id: str
    report: DayReport
    link_hash: str
    expires_at: datetime
    fetched: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """There will be no such report."""

    stage: Literal["declined"] = "declined"
    user_id: str
    reason: DeclineReason


Report = Collecting | Made | Declined


@dataclass(frozen=True, slots=True)
class ReportFacts(Facts):
    """What a report is given: until when it waits for readings, and its reference, link and end if it is made now."""

    give_up_at: datetime
    reference: str
    link_hash: str
    expires_at: datetime


def order_report(state: Report | None, incoming: Incoming[ReportOrdered], facts: ReportFacts) -> Decision[Report]:
    """Ask every month that the report looks at for its readings."""
    if state is not None:
        return ignored(state)
    order = incoming.body
    months = months_needed(Period(order.first_day, order.last_day))
    collecting = Collecting(
        user_id=order.user_id,
        account_number=order.account_number,
        first_day=order.first_day,
        last_day=order.last_day,
        missing=months,
        days=(),
        source_notes=(),
        give_up_at=facts.give_up_at,
        correlation_id=incoming.correlation_id,
    )
    wanted = (
        ReadingsWanted(report_id=order.report_id, account_number=order.account_number, month=month) for month in months
    )
    return decided(collecting, *wanted)


def take_readings(state: Report, incoming: Incoming[ReadingsGiven], facts: ReportFacts) -> Decision[Report]:
    """Keep a month's sums; with the last month the report is made. A month is taken once."""
    given = incoming.body
    if not isinstance(state, Collecting) or given.month not in state.missing:
        return ignored(state)
    collected = replace(
        state,
        missing=tuple(month for month in state.missing if month != given.month),
        days=(*state.days, *map(_day_sum, given.days)),
        source_notes=tuple(dict.fromkeys((*state.source_notes, *given.source_notes)))[:MOST_SOURCE_NOTES],
    )
    return decided(collected) if collected.missing else _finished(collected, given.report_id, facts)


def give_up(state: Report, incoming: Incoming[TimerElapsed], facts: Facts) -> Decision[Report]:
    """The readings did not come in time: the command is answered all the same (J3)."""
    if not isinstance(state, Collecting) or facts.present < state.give_up_at:
        return ignored(state)
    return _declined(state, incoming.body.aggregate.removeprefix("report:"), "readings-did-not-come")


def count_fetch(state: Report, _: Incoming[ReportFetched], __: Facts) -> Decision[Report]:
    """The door has served the report once more."""
    return decided(replace(state, fetched=state.fetched + 1)) if isinstance(state, Made) else ignored(state)


def due_at(state: Report) -> datetime | None:
    """When the report stops waiting for readings."""
    return state.give_up_at if isinstance(state, Collecting) else None


def report_of(order: Collecting, reference: str, made_at: datetime) -> DayReport:
    """The numbers of the report from the sums of days: those that the intervals themselves would give, because a day is
    one block of one quality and no interval crosses midnight."""
    period = Period(order.first_day, order.last_day)
    inside = [day for day in order.days if day.day in period]
    heading = ReportHeading(
        account_number=order.account_number,
        reference=reference,
        as_of=made_at,
        source_notes=order.source_notes,
    )
    report = consumption_report(map(_as_one_reading, order.days), period, TARIFF_KIND, heading)
    numbers = {part.name: getattr(report, part.name) for part in fields(ConsumptionReport) if part.name != "readings"}
    return DayReport(**numbers, readings=(), lengths_s=tuple(sorted({day.interval_s for day in inside})))


def _finished(order: Collecting, report_id: str, facts: ReportFacts) -> Decision[Report]:
    report = report_of(order, facts.reference, facts.present)
    if report.total.energy_wh is None:
        return _declined(order, report_id, "no-readings")
    completed = ReportCompleted(
        report_id=report_id,
        user_id=order.user_id,
        expires_at=facts.expires_at,
        days_measured=report.total.measured_days,
        days_in_period=report.period.days,
    )
    announced = ReportMade(
        user_id=order.user_id,
        report_id=report_id,
        kind="consumption",
        account_number=order.account_number,
        made_at=facts.present,
    )
    made = Made(user_id=order.user_id, report=report, link_hash=facts.link_hash, expires_at=facts.expires_at)
    return decided(made, *_for_the_command(order, completed, announced))


def _declined(order: Collecting, report_id: str, reason: DeclineReason) -> Decision[Report]:
    declined = ReportDeclined(report_id=report_id, user_id=order.user_id, reason=reason)
    return decided(Declined(user_id=order.user_id, reason=reason), *_for_the_command(order, declined))


def _for_the_command(order: Collecting, *messages: Message) -> tuple[Outgoing, ...]:
    return tuple(Outgoing(message, order.correlation_id) for message in messages)


def _day_sum(total: DayTotal) -> DaySum:
    return DaySum(
        day=total.day,
        energy_wh=total.energy_wh,
        covered_s=total.covered_seconds,
        interval_s=total.interval_seconds,
        quality=total.quality,
    )


def _as_one_reading(day: DaySum) -> IntervalReading:
    return IntervalReading(day_start(day.day), day.covered_s, day.energy_wh, day.quality)

"""One ordered consumption report, or one version of it: collects the readings of its months, is made once and fetched
by its link (R1, R4, R5, R6, R8).

What is kept of a made report are its numbers as they were: whatever is corrected or repriced later, it renders to the
same bytes for ever (R4, R6).
"""

from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Final

from contracts.decision import Decision, Facts, Incoming, Outgoing, decided, ignored
from contracts.message import Message, TimerElapsed
from contracts.reports import ReportMade
from contracts.reports_internal import (
    DayTotal,
    DeclineReason,
    MonthUsed,
    ReadingsGiven,
    ReadingsWanted,
    ReportCompleted,
    ReportDeclined,
    ReportOrdered,
    VersionCompleted,
    VersionMade,
)
from contracts.values.riyadh_day import day_start
from services.reports.asked_period import month_of, months_needed
from services.reports.order_states import (
    Collecting,
    ConsumptionState,
    DayReport,
    DaySum,
    Declined,
    Former,
    Made,
    ReportFacts,
    Terms,
    UsedMonth,
)
from services.reports.period import Period
from services.reports.readings import IntervalReading
from services.reports.report import ConsumptionReport, ReportHeading, consumption_report
from services.reports.revision import report_id_of, revision_of
from services.reports.tariff import TariffKind

MOST_SOURCE_NOTES: Final = 20
"""Different words on the source of readings that one report prints (ours)."""

ASKED_ONCE_IN: Final = timedelta(days=1)
"""So rarely, in the end, a version asks for readings that do not come."""


def order_report(
    state: ConsumptionState | None, incoming: Incoming[ReportOrdered], facts: ReportFacts
) -> Decision[ConsumptionState]:
    """Ask every month that the report looks at for its readings."""
    if state is not None:
        return ignored(state)
    order = incoming.body
    terms = Terms(
        user_id=order.user_id,
        acted_by=order.acted_by,
        account_number=order.account_number,
        period=Period(order.first_day, order.last_day),
        asked=Period(order.asked.first, order.asked.last),
        visible=tuple(Period(span.first, span.last) for span in order.visible),
    )
    return collect(order.report_id, terms, None, incoming.correlation_id, facts)


def collect(
    aggregate_id: str, terms: Terms, former: Former | None, correlation_id: str, facts: ReportFacts
) -> Decision[ConsumptionState]:
    """Ask the months of which the owner may see a day (A18)."""
    months = tuple(month for month in months_needed(terms.period) if any(map(terms.shows, month_of(month))))
    collecting = Collecting(
        terms=terms,
        former=former,
        missing=months,
        asked_at=facts.present,
        give_up_at=facts.give_up_at,
        correlation_id=correlation_id,
    )
    return decided(collecting, *_wanted(aggregate_id, collecting))


def take_readings(
    state: ConsumptionState, incoming: Incoming[ReadingsGiven], facts: ReportFacts
) -> Decision[ConsumptionState]:
    """Keep a month's sums; with the last month the report is made. A month is taken once."""
    given = incoming.body
    if not isinstance(state, Collecting) or given.month not in state.missing:
        return ignored(state)
    shown = tuple(each for each in given.days if state.terms.shows(each.day))
    # Of a month that is cut, only what is said of the days shown: the rest is of somebody else's (A18).
    whole = all(map(state.terms.shows, month_of(given.month)))
    notes = given.source_notes if whole else (each.source_note for each in shown if each.source_note)
    collected = replace(
        state,
        missing=tuple(month for month in state.missing if month != given.month),
        used=(*state.used, UsedMonth(month=given.month, edition=given.edition)),
        days=(*state.days, *map(_day_sum, shown)),
        source_notes=tuple(dict.fromkeys((*state.source_notes, *notes)))[:MOST_SOURCE_NOTES],
    )
    return decided(collected) if collected.missing else _finished(collected, given.report_id, facts)


def give_up(state: Collecting, incoming: Incoming[TimerElapsed], facts: Facts) -> Decision[ConsumptionState]:
    """The readings did not come in time: the command is answered all the same (J3). A later version, which nobody waits
    for, asks again, ever more rarely: each question to a month that is parked is a dead letter."""
    if facts.present < state.give_up_at:
        return ignored(state)
    aggregate_id = incoming.body.aggregate.removeprefix("report:")
    if state.former is None:
        return _declined(state, aggregate_id, "readings-did-not-come")
    wait = min(2 * (state.give_up_at - state.asked_at), ASKED_ONCE_IN)
    again = replace(state, asked_at=facts.present, give_up_at=facts.present + wait)
    return decided(again, *_wanted(aggregate_id, again))


def report_of(order: Collecting, reference: str, made_at: datetime) -> DayReport:
    """The numbers of the report from the sums of days: those that the intervals themselves would give, because a day is
    one block of one quality and no interval crosses midnight."""
    terms, former = order.terms, order.former
    inside = [day for day in order.days if day.day in terms.period]
    heading = ReportHeading(
        account_number=terms.account_number,
        reference=reference,
        as_of=made_at,
        source_notes=order.source_notes,
    )
    report = consumption_report(map(_as_one_reading, order.days), terms.period, _tariff_of(terms), heading)
    numbers = {part.name: getattr(report, part.name) for part in fields(ConsumptionReport)}
    compared = (each.earlier.period for each in report.comparisons)
    numbers |= {
        "readings": (),
        "asked": terms.asked if terms.asked != terms.period else None,
        "restricted": not all(terms.shows(day) for period in compared for day in period),
        "revision": former and revision_of(former.version + 1, former.as_of, former.days, report.days),
    }
    return DayReport(**numbers, lengths_s=tuple(sorted({day.interval_s for day in inside})))


def _tariff_of(terms: Terms) -> TariffKind:
    """Assumption (ours): the commercial one for a business (somebody acts for it, I17); which a supply is on, no
    message tells yet."""
    return "commercial" if terms.acted_by is not None else "residential"


def _finished(order: Collecting, aggregate_id: str, facts: ReportFacts) -> Decision[ConsumptionState]:
    former = order.former
    report = report_of(order, former.reference if former else facts.reference, facts.present)
    if report.total.energy_wh is None and former is None:
        return _declined(order, aggregate_id, "no-readings")
    made = Made(terms=order.terms, report=report, link_hash=facts.link_hash, expires_at=facts.expires_at)
    announced = ReportMade(
        user_id=made.user_id,
        acted_by=order.terms.acted_by,
        report_id=report_id_of(aggregate_id),
        kind="consumption",
        version=made.version,
        account_number=order.terms.account_number,
        made_at=facts.present,
    )
    return decided(made, *_for_the_command(order, *_completed(order, made, aggregate_id), announced))


def _completed(order: Collecting, made: Made, aggregate_id: str) -> tuple[Message, ...]:
    used = tuple(MonthUsed(month=each.month, edition=each.edition) for each in order.used)
    account_number = order.terms.account_number
    if order.former is not None:
        return (
            VersionMade(report_id=report_id_of(aggregate_id), version=made.version),
            VersionCompleted(report_id=aggregate_id, user_id=made.user_id, account_number=account_number, used=used),
        )
    return (
        ReportCompleted(
            report_id=aggregate_id,
            user_id=made.user_id,
            account_number=account_number,
            expires_at=made.expires_at,
            days_measured=made.report.total.measured_days,
            days_in_period=made.report.period.days,
            used=used,
        ),
    )


def _declined(order: Collecting, report_id: str, reason: DeclineReason) -> Decision[ConsumptionState]:
    user_id = order.terms.user_id
    declined = ReportDeclined(report_id=report_id, user_id=user_id, reason=reason)
    return decided(Declined(user_id=user_id, reason=reason), *_for_the_command(order, declined))


def _wanted(aggregate_id: str, order: Collecting) -> tuple[ReadingsWanted, ...]:
    account_number = order.terms.account_number
    return tuple(
        ReadingsWanted(report_id=aggregate_id, account_number=account_number, month=month) for month in order.missing
    )


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

"""A made report hears that readings it used have changed, and after a quiet time orders its next version (R6).

A version is an aggregate of its own: the older one stays as it is, and each fits its document. The link belongs to the
report: a new version does not lengthen its life (R8).
"""

from dataclasses import replace
from typing import Final

from contracts.decision import Decision, Facts, Incoming, decided, ignored
from contracts.message import TimerElapsed
from contracts.reports_internal import DaySpan, ReadingsChanged, VersionMade, VersionOrdered
from services.reports.order import collect
from services.reports.order_states import ConsumptionState, Former, Made, ReportFacts, Terms
from services.reports.period import Period
from services.reports.revision import MOST_VERSIONS, day_as_text, days_from_texts, report_id_of, version_id

LONGEST_QUIET: Final = 10
"""Times the quiet time after which a version is made although days keep changing (ours)."""


def take_change(
    state: ConsumptionState, incoming: Incoming[ReadingsChanged], facts: ReportFacts
) -> Decision[ConsumptionState]:
    """Days that the report used have changed: wait until it is quiet, because many may come at once."""
    if not isinstance(state, Made) or state.is_replaced or state.version >= MOST_VERSIONS:
        return ignored(state)
    if not any(map(state.terms.uses, incoming.body.days)):
        return ignored(state)
    began = state.changed_at or facts.present
    longest = began + LONGEST_QUIET * (facts.revise_at - facts.present)
    return decided(replace(state, changed_at=began, revise_at=min(facts.revise_at, longest)))


def order_next(state: Made, incoming: Incoming[TimerElapsed], facts: Facts) -> Decision[ConsumptionState]:
    """It has been quiet: the next version is ordered, and told what this one says."""
    if state.revise_at is None or facts.present < state.revise_at:
        return ignored(state)
    terms, heading = state.terms, state.report.heading
    order = VersionOrdered(
        report_id=report_id_of(incoming.body.aggregate.removeprefix("report:")),
        version=state.version + 1,
        user_id=terms.user_id,
        acted_by=terms.acted_by,
        account_number=terms.account_number,
        first_day=terms.period.first,
        last_day=terms.period.last,
        asked=DaySpan(first=terms.asked.first, last=terms.asked.last),
        visible=tuple(DaySpan(first=span.first, last=span.last) for span in terms.visible),
        report_reference=heading.reference,
        replaces_as_of=heading.as_of,
        before=tuple(map(day_as_text, state.report.days)),
    )
    return decided(replace(state, changed_at=None, revise_at=None, is_replaced=True), order)


def order_version(
    state: ConsumptionState | None, incoming: Incoming[VersionOrdered], facts: ReportFacts
) -> Decision[ConsumptionState]:
    """Gather again what the report looks at."""
    if state is not None:
        return ignored(state)
    order = incoming.body
    period = Period(order.first_day, order.last_day)
    terms = Terms(
        user_id=order.user_id,
        acted_by=order.acted_by,
        account_number=order.account_number,
        period=period,
        asked=Period(order.asked.first, order.asked.last),
        visible=tuple(Period(span.first, span.last) for span in order.visible),
    )
    former = Former(
        version=order.version - 1,
        reference=order.report_reference,
        as_of=order.replaces_as_of,
        days=days_from_texts(order.before, period),
    )
    return collect(version_id(order.report_id, order.version), terms, former, incoming.correlation_id, facts)


def note_version(state: ConsumptionState, incoming: Incoming[VersionMade], _: Facts) -> Decision[ConsumptionState]:
    """The link without a version leads to the latest one."""
    latest = incoming.body.version
    if not isinstance(state, Made) or latest <= state.latest:
        return ignored(state)
    return decided(replace(state, latest=latest))

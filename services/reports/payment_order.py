"""One ordered payment report: asks billing, and is made only if billing's statement reconciles (R2).

If it does not, the customer hears that it cannot be made, the audit has the precise reason, and an alarm is raised: a
wrong sum is somebody's mistake, and printing it would be ours.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from contracts.billing import StatementAsked, StatementFound
from contracts.decision import Decision, Facts, Incoming, Outgoing, decided, ignored
from contracts.message import TimerElapsed
from contracts.reports import ReportMade
from contracts.reports_internal import (
    DeclineReason,
    DocumentCompleted,
    MismatchAlarmed,
    PaymentReportOrdered,
    ReportDeclined,
)
from contracts.values.rejected import Rejected
from services.reports.order_states import Declined, ReportFacts
from services.reports.payment import PaymentReport, payment_report
from services.reports.period import Period

TOLD_WITHIN: Final = timedelta(minutes=1)
"""By then the alarm has been raised, or is raised once more (ours)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitingBilling:
    """Billing has been asked. `correlation_id` is the id of the command that began it."""

    stage: Literal["awaiting-billing"] = "awaiting-billing"
    user_id: str
    acted_by: str | None
    account_number: str
    period: Period
    give_up_at: datetime
    correlation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMade:
    """Made, and fetched so many times. The link's secret is kept as its SHA-256 only (R8)."""

    stage: Literal["payment-made"] = "payment-made"
    user_id: str
    report: PaymentReport
    link_hash: str
    expires_at: datetime
    fetched: int = 0


PaymentState = AwaitingBilling | PaymentMade | Declined


@dataclass(frozen=True, slots=True)
class RaiseMismatchAlarm:
    """Tell the operators that billing's statement for this report does not reconcile (R2)."""

    report_id: str
    reason: DeclineReason


def order_payment_report(
    state: PaymentState | None, incoming: Incoming[PaymentReportOrdered], facts: ReportFacts
) -> Decision[PaymentState]:
    """Ask billing for this party's own entries (A18)."""
    if state is not None:
        return ignored(state)
    order = incoming.body
    waiting = AwaitingBilling(
        user_id=order.user_id,
        acted_by=order.acted_by,
        account_number=order.account_number,
        period=Period(order.first_day, order.last_day),
        give_up_at=facts.give_up_at,
        correlation_id=incoming.correlation_id,
    )
    question = StatementAsked(
        asked_by=order.report_id,
        account_number=order.account_number,
        user_id=order.user_id,
        first_day=order.first_day,
        last_day=order.last_day,
    )
    return decided(waiting, question)


def take_statement(
    state: PaymentState, incoming: Incoming[StatementFound], facts: ReportFacts
) -> Decision[PaymentState]:
    """Billing has answered: the report is made, or fails loudly (R2)."""
    if not isinstance(state, AwaitingBilling):
        return ignored(state)
    found = incoming.body
    report = payment_report(found, state.account_number, state.user_id, state.period, facts.reference, facts.present)
    if isinstance(report, Rejected):
        declined = Declined(user_id=state.user_id, reason=report.reason, alarm_by=facts.present + TOLD_WITHIN)
        alarm = RaiseMismatchAlarm(found.asked_by, report.reason)
        return decided(declined, _said(state, found.asked_by, report.reason), effects=(alarm,))
    made = PaymentMade(user_id=state.user_id, report=report, link_hash=facts.link_hash, expires_at=facts.expires_at)
    completed = DocumentCompleted(report_id=found.asked_by, user_id=state.user_id, expires_at=facts.expires_at)
    announced = ReportMade(
        user_id=state.user_id,
        acted_by=state.acted_by,
        report_id=found.asked_by,
        kind="payment",
        version=1,
        account_number=state.account_number,
        made_at=facts.present,
    )
    return decided(made, *(Outgoing(message, state.correlation_id) for message in (completed, announced)))


def billing_silent(state: AwaitingBilling, incoming: Incoming[TimerElapsed], facts: Facts) -> Decision[PaymentState]:
    """Billing has not answered in time: the command is answered all the same (J3)."""
    if facts.present < state.give_up_at:
        return ignored(state)
    reason: DeclineReason = "billing-did-not-answer"
    said = _said(state, incoming.body.aggregate.removeprefix("report:"), reason)
    return decided(Declined(user_id=state.user_id, reason=reason), said)


def note_alarm(state: PaymentState, _: Incoming[MismatchAlarmed], __: Facts) -> Decision[PaymentState]:
    """The alarm is raised; nothing is left to do here."""
    if isinstance(state, Declined) and state.alarm_by is not None:
        return decided(replace(state, alarm_by=None))
    return ignored(state)


def alarm_again(state: Declined, incoming: Incoming[TimerElapsed], facts: Facts) -> Decision[PaymentState]:
    """Nobody has said that the alarm was raised: it died with its process, perhaps (law 8). Two do no harm."""
    if state.alarm_by is None or facts.present < state.alarm_by:
        return ignored(state)
    alarm = RaiseMismatchAlarm(incoming.body.aggregate.removeprefix("report:"), state.reason)
    return decided(replace(state, alarm_by=facts.present + TOLD_WITHIN), effects=(alarm,))


def _said(state: AwaitingBilling, report_id: str, reason: DeclineReason) -> Outgoing:
    return Outgoing(ReportDeclined(report_id=report_id, user_id=state.user_id, reason=reason), state.correlation_id)

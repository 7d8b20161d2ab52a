"""A customer orders a report: may they have it, and for which days (A10, A11, A18, R1-R3, J2, J4)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from contracts.decision import Decision, Facts, Incoming, Refusal, decided
from contracts.message import Message
from contracts.reports import RequestConsumptionReport, RequestPaymentReport, RequestStatement
from contracts.reports_internal import DaySpan, PaymentReportOrdered, RelationSpan, ReportOrdered, StatementOrdered
from contracts.values.account_number import judge_account_identifier
from contracts.values.public_reasons import public_reason_of
from contracts.values.rejected import Rejected
from contracts.values.riyadh_day import riyadh_day
from services.reports.asked_period import judge_period
from services.reports.customer import Order, OrderKind, ReportsCustomer
from services.reports.period import Period
from services.reports.relation_gate import KnownRelation, cut, visible_days

MOST_A_DAY: Final = 20
"""Reports of all kinds that one person may order in 24 hours (ours)."""

A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OrderFacts(Facts):
    """`report_id` follows from the command alone and cannot be guessed."""

    report_id: str


def request_report(
    state: ReportsCustomer, incoming: Incoming[RequestConsumptionReport], facts: OrderFacts
) -> Decision[ReportsCustomer]:
    """Order the consumption of an own account, on the days of one's own relation to it (A10, A18); a foreign one is
    refused like one that does not exist (R8, J4)."""
    account, period = _own_account(state, incoming), _asked_period(incoming)
    if isinstance(account, Refusal):
        return Decision(state, refusal=account)
    visible = visible_days(state.relations, account)
    if not visible:
        return Decision(state, refusal=Refusal("relation-not-confirmed", "relation-not-confirmed"))
    if isinstance(period, Refusal):
        return Decision(state, refusal=period)
    seen = cut(period, visible)
    if seen is None:
        return Decision(state, refusal=Refusal("report-range-not-accepted", "period-outside-relation"))
    order = ReportOrdered(
        report_id=facts.report_id,
        user_id=incoming.who.user_id,
        acted_by=incoming.who.actor,
        account_number=account,
        first_day=seen.first,
        last_day=seen.last,
        asked=DaySpan(first=period.first, last=period.last),
        visible=tuple(DaySpan(first=span.first, last=span.last) for span in visible),
    )
    return _ordered(state, incoming, facts, "consumption", order)


def request_payment_report(
    state: ReportsCustomer, incoming: Incoming[RequestPaymentReport], facts: OrderFacts
) -> Decision[ReportsCustomer]:
    """Order what was billed and paid. A defined account is enough: billing gives this party's own entries only, and
    debts stay theirs after they have left (A18)."""
    account, period = _own_account(state, incoming), _asked_period(incoming)
    if isinstance(account, Refusal):
        return Decision(state, refusal=account)
    if isinstance(period, Refusal):
        return Decision(state, refusal=period)
    order = PaymentReportOrdered(
        report_id=facts.report_id,
        user_id=incoming.who.user_id,
        acted_by=incoming.who.actor,
        account_number=account,
        first_day=period.first,
        last_day=period.last,
    )
    return _ordered(state, incoming, facts, "payment", order)


def request_statement(
    state: ReportsCustomer, incoming: Incoming[RequestStatement], facts: OrderFacts
) -> Decision[ReportsCustomer]:
    """Order one's own requests and relations (R3)."""
    missing, period = _missing_step(state), _asked_period(incoming)
    if missing is not None:
        return Decision(state, refusal=missing)
    if isinstance(period, Refusal):
        return Decision(state, refusal=period)
    order = StatementOrdered(
        report_id=facts.report_id,
        user_id=incoming.who.user_id,
        acted_by=incoming.who.actor,
        first_day=period.first,
        last_day=period.last,
        relations=tuple(map(_span, state.relations)),
    )
    return _ordered(state, incoming, facts, "statement", order)


def _missing_step(state: ReportsCustomer) -> Refusal | None:
    if not state.has_address:  # A11
        return Refusal("step-missing", "address-not-saved", "choose-address")
    if not state.accounts:  # A11
        return Refusal("step-missing", "no-account-defined", "define-account")
    return None


def _own_account(
    state: ReportsCustomer, incoming: Incoming[RequestConsumptionReport] | Incoming[RequestPaymentReport]
) -> str | Refusal:
    missing = _missing_step(state)
    if missing is not None:
        return missing
    account = judge_account_identifier("account-number", incoming.body.account_number)
    if isinstance(account, Rejected):
        return Refusal(public_reason_of(account.reason), account.reason)
    if account.text not in state.accounts:
        return Refusal("not-found", "account-not-theirs")
    return account.text


def _asked_period(
    incoming: Incoming[RequestConsumptionReport] | Incoming[RequestPaymentReport] | Incoming[RequestStatement],
) -> Period | Refusal:
    asked = incoming.body
    is_statement = isinstance(asked, RequestStatement)
    period = judge_period(asked.first_month, asked.last_month, riyadh_day(incoming.now), with_today=is_statement)
    return Refusal("report-range-not-accepted", period.reason) if isinstance(period, Rejected) else period


def _ordered(
    state: ReportsCustomer,
    incoming: Incoming[RequestConsumptionReport] | Incoming[RequestPaymentReport] | Incoming[RequestStatement],
    facts: OrderFacts,
    kind: OrderKind,
    message: Message,
) -> Decision[ReportsCustomer]:
    recent: tuple[datetime, ...] = tuple(at for at in state.ordered_at if facts.present - at < A_DAY)
    if len(recent) >= MOST_A_DAY:
        return Decision(state, refusal=Refusal("too-many-reports", "reports-of-the-day-used-up"))
    order = Order(report_id=facts.report_id, command_id=incoming.id, answer_key=incoming.body.answer_key, kind=kind)
    under_way = (*state.under_way[1 - MOST_A_DAY :], order)
    return decided(replace(state, under_way=under_way, ordered_at=(*recent, facts.present)), message)


def _span(known: KnownRelation) -> RelationSpan:
    return RelationSpan(
        account_number=known.account_number,
        relation=known.relation,
        basis=known.basis,
        from_day=known.from_day,
        last_day=known.last_day,
    )

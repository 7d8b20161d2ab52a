"""The customer's own aggregate answers the command that ordered a report, once (J3), and tells the months that were
used that they were (R6)."""

from dataclasses import dataclass, field, replace
from typing import Final, assert_never

from contracts.decision import Decision, Facts, Incoming, Outgoing, Refusal, decided, ignored
from contracts.message import Message
from contracts.reports import (
    ConsumptionReportReady,
    PaymentReportReady,
    RequestConsumptionReport,
    RequestPaymentReport,
    RequestStatement,
    StatementReady,
)
from contracts.reports_internal import (
    DeclineReason,
    DocumentCompleted,
    ReadingsUsed,
    ReportCompleted,
    ReportDeclined,
    VersionCompleted,
)
from contracts.sealed import Sealed
from services.reports.customer import Order, OrderKind, ReportsCustomer

COMMANDS: Final[dict[OrderKind, str]] = {
    "consumption": RequestConsumptionReport.type_name,
    "payment": RequestPaymentReport.type_name,
    "statement": RequestStatement.type_name,
}


@dataclass(frozen=True, slots=True)
class LinkFacts(Facts):
    """`link` is the path under which the report is fetched (R8)."""

    link: str = field(repr=False)


def answer_with_link(
    state: ReportsCustomer, incoming: Incoming[ReportCompleted], facts: LinkFacts
) -> Decision[ReportsCustomer]:
    """The report is made: the command gets its one answer (J3), the link sealed to the asker (R8)."""
    made = incoming.body
    order = _order(state, made.report_id)
    if order is None:
        return ignored(state)
    ready = ConsumptionReportReady(
        report_id=made.report_id,
        link=Sealed.of(facts.link, to=order.answer_key),
        expires_at=made.expires_at,
        days_measured=made.days_measured,
        days_in_period=made.days_in_period,
    )
    return decided(_without(state, order), Outgoing(ready, order.command_id), *_used(made))


def answer_with_document(
    state: ReportsCustomer, incoming: Incoming[DocumentCompleted], facts: LinkFacts
) -> Decision[ReportsCustomer]:
    """A payment report or a statement is made: its one answer (J3, R8)."""
    made = incoming.body
    order = _order(state, made.report_id)
    if order is None:
        return ignored(state)
    answer = PaymentReportReady if order.kind == "payment" else StatementReady
    link = Sealed.of(facts.link, to=order.answer_key)
    ready = answer(report_id=made.report_id, link=link, expires_at=made.expires_at)
    return decided(_without(state, order), Outgoing(ready, order.command_id))


def answer_with_refusal(
    state: ReportsCustomer, incoming: Incoming[ReportDeclined], _: Facts
) -> Decision[ReportsCustomer]:
    """There will be no report: the command gets its one answer (J3)."""
    order = _order(state, incoming.body.report_id)
    if order is None:
        return ignored(state)
    reason = incoming.body.reason
    refusal = Refusal(_public(reason), reason, command_id=order.command_id, command_type=COMMANDS[order.kind])
    return Decision(_without(state, order), refusal=refusal)


def tell_months(state: ReportsCustomer, incoming: Incoming[VersionCompleted], _: Facts) -> Decision[ReportsCustomer]:
    """The months hear of a new version from the customer, not from every version by itself (law 4)."""
    return decided(state, *_used(incoming.body))


def _used(made: ReportCompleted | VersionCompleted) -> tuple[Message, ...]:
    return tuple(
        ReadingsUsed(
            report_id=made.report_id, account_number=made.account_number, month=each.month, edition=each.edition
        )
        for each in made.used
    )


def _public(reason: DeclineReason) -> str:
    match reason:
        case "readings-did-not-come" | "billing-did-not-answer" | "requests-did-not-come":
            return "not-available-now"
        case "no-readings":
            return "not-enough-readings"
        case "statement-does-not-add-up" | "statement-entry-outside-period" | "statement-of-another":
            return "report-does-not-reconcile"
        case _:
            assert_never(reason)


def _order(state: ReportsCustomer, report_id: str) -> Order | None:
    return next((order for order in state.under_way if order.report_id == report_id), None)


def _without(state: ReportsCustomer, order: Order) -> ReportsCustomer:
    return replace(state, under_way=tuple(other for other in state.under_way if other is not order))

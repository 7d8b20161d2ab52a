"""Who may see which reports: a person's defined accounts and address, and the reports they have ordered (A11, J2, R8).

A report reports back to its customer, which alone heard the command and so alone answers it (J3). Every report is a
sender of its own: the daily limit keeps their number small, and the document forgets those of more than a month ago
(law 4).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal, assert_never

from contracts.accounts import AccountDefined
from contracts.decision import Decision, Facts, Incoming, Outgoing, Refusal, decided, ignored, refused
from contracts.identity import NationalAddressSaved
from contracts.reports import (
    ConsumptionReportReady,
    DeclineReason,
    ReportCompleted,
    ReportDeclined,
    ReportOrdered,
    RequestConsumptionReport,
)
from contracts.sealed import Sealed
from contracts.values.account_number import judge_account_identifier
from contracts.values.public_reasons import public_reason_of
from contracts.values.rejected import Rejected
from services.reports.asked_period import judge_period
from services.reports.riyadh import riyadh_day

MOST_A_DAY: Final = 20
"""Reports that one person may order in 24 hours (ours)."""

A_DAY: Final = timedelta(days=1)

ABSENT: Final = Refusal("step-missing", "customer-unknown", missing_step="choose-address")
"""Nothing is known of this person yet: the address is the first step that is missing (J2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A report under way and the command it will answer."""

    report_id: str
    command_id: str
    answer_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportsCustomer:
    """The accounts this person has defined, whether their address is there, what they ordered in the last day."""

    stage: Literal["known"] = "known"
    accounts: tuple[str, ...] = ()
    has_address: bool = False
    under_way: tuple[Order, ...] = ()
    ordered_at: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderFacts(Facts):
    """`report_id` follows from the command alone and cannot be guessed."""

    report_id: str


@dataclass(frozen=True, slots=True)
class LinkFacts(Facts):
    """`link` is the path under which the report is fetched (R8)."""

    link: str = field(repr=False)


def note_account(
    state: ReportsCustomer | None, incoming: Incoming[AccountDefined], _: Facts
) -> Decision[ReportsCustomer]:
    """This person may see reports of the account from now on (A11)."""
    customer = state or ReportsCustomer()
    number = incoming.body.account_number
    if number in customer.accounts:
        return ignored(customer)
    return decided(replace(customer, accounts=(*customer.accounts, number)))


def note_address(
    state: ReportsCustomer | None, _: Incoming[NationalAddressSaved], __: Facts
) -> Decision[ReportsCustomer]:
    """The national address is up to date (I12, A11)."""
    customer = state or ReportsCustomer()
    return ignored(customer) if customer.has_address else decided(replace(customer, has_address=True))


def request_report(
    state: ReportsCustomer, incoming: Incoming[RequestConsumptionReport], facts: OrderFacts
) -> Decision[ReportsCustomer]:
    """Order a report of an own account; a foreign one is refused like one that does not exist (R8, J4)."""
    asked = incoming.body
    if not state.has_address:  # A11
        return refused(state, "step-missing", "address-not-saved", "choose-address")
    if not state.accounts:  # A11
        return refused(state, "step-missing", "no-account-defined", "define-account")
    account = judge_account_identifier("account-number", asked.account_number)
    if isinstance(account, Rejected):
        return refused(state, public_reason_of(account.reason), account.reason)
    if account.text not in state.accounts:
        return refused(state, "not-found", "account-not-theirs")
    period = judge_period(asked.first_month, asked.last_month, riyadh_day(incoming.now))
    if isinstance(period, Rejected):
        return refused(state, "report-range-not-accepted", period.reason)
    recent = tuple(at for at in state.ordered_at if facts.present - at < A_DAY)
    if len(recent) >= MOST_A_DAY:
        return refused(state, "too-many-reports", "reports-of-the-day-used-up")
    order = Order(report_id=facts.report_id, command_id=incoming.id, answer_key=asked.answer_key)
    ordered = ReportOrdered(
        report_id=facts.report_id,
        user_id=incoming.who.user_id,
        account_number=account.text,
        first_day=period.first,
        last_day=period.last,
    )
    under_way = (*state.under_way[1 - MOST_A_DAY :], order)
    return decided(replace(state, under_way=under_way, ordered_at=(*recent, facts.present)), ordered)


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
    return decided(_without(state, order), Outgoing(ready, order.command_id))


def answer_with_refusal(
    state: ReportsCustomer, incoming: Incoming[ReportDeclined], _: Facts
) -> Decision[ReportsCustomer]:
    """There will be no report: the command gets its one answer (J3)."""
    order = _order(state, incoming.body.report_id)
    if order is None:
        return ignored(state)
    reason = incoming.body.reason
    refusal = Refusal(
        _public(reason), reason, command_id=order.command_id, command_type=RequestConsumptionReport.type_name
    )
    return Decision(_without(state, order), refusal=refusal)


def _public(reason: DeclineReason) -> str:
    match reason:
        case "readings-did-not-come":
            return "not-available-now"
        case "no-readings":
            return "not-enough-readings"
        case _:
            assert_never(reason)


def _order(state: ReportsCustomer, report_id: str) -> Order | None:
    return next((order for order in state.under_way if order.report_id == report_id), None)


def _without(state: ReportsCustomer, order: Order) -> ReportsCustomer:
    return replace(state, under_way=tuple(other for other in state.under_way if other is not order))

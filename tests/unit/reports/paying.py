"""What billing says of Noura's account: the situations of the payment reports' tests."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from contracts.billing import StatementEntry, StatementFound
from contracts.reports_internal import PaymentReportOrdered
from services.reports.payment import PaymentReport
from services.reports.payment_order import order_payment_report, take_statement
from tests.scenario import Given, arriving, given
from tests.unit.reports.orders import ACCOUNT, FACTS, FEBRUARY, NOURA, REPORT_ID

AS_OF = datetime(2026, 3, 1, 8, 59, tzinfo=UTC)
ORDER = PaymentReportOrdered(
    report_id=REPORT_ID,
    user_id=NOURA.user_id,
    acted_by="user-sara",
    account_number=ACCOUNT,
    first_day=FEBRUARY.first,
    last_day=FEBRUARY.last,
)


def entry(day: int, kind: str, amount_halalas: int, what_for: str = "consumption") -> StatementEntry:
    """A bill or payment on a day of February."""
    said = {"day": date(2026, 2, day), "kind": kind, "what_for": what_for, "amount_halalas": amount_halalas}
    return StatementEntry.model_validate(said)


ENTRIES = (
    entry(1, "bill", 43_125),
    entry(1, "bill", 1_000, "meter-service"),
    entry(15, "payment", 60_000),
    entry(20, "bill", 1, "late-fee"),
)


def found(
    entries: Sequence[StatementEntry] = ENTRIES, opening: int = 12_050, closing: int = -3_824, **changes: Any
) -> StatementFound:
    """Billing's answer; by default opening + bills - payments = closing."""
    said = StatementFound(
        asked_by=REPORT_ID,
        account_number=ACCOUNT,
        user_id=NOURA.user_id,
        opening_halalas=opening,
        entries=tuple(entries),
        closing_halalas=closing,
        as_of=AS_OF,
    )
    return said.model_copy(update=changes)


def awaiting() -> Given:
    """A payment report that has asked billing."""
    return given().when(order_payment_report, arriving(ORDER, correlation_id="command-1"), FACTS)


def made_payment_report() -> PaymentReport:
    """The report of this February."""
    report: PaymentReport = awaiting().when(take_statement, arriving(found()), FACTS).state.report
    return report

"""The payment report as numbers, and whether billing's statement reconciles (R2). Money is in whole halalas."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from contracts.billing import StatementEntry, StatementFound
from contracts.values.rejected import Rejected
from services.reports.period import Period

EntryKind = Literal["bill", "payment"]
ReconcileReason = Literal["statement-does-not-add-up", "statement-entry-outside-period", "statement-of-another"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEntry:
    """One bill (adds to what is owed) or payment (takes from it), and what is owed after it (below 0: a credit)."""

    day: date
    kind: EntryKind
    what_for: str
    amount_halalas: int
    balance_halalas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReport:
    """All numbers of the report: opening + billed - paid = closing. `as_of` is billing's own instant."""

    account_number: str = field(repr=False)
    reference: str = field(repr=False)
    period: Period
    as_of: datetime
    made_at: datetime
    opening_halalas: int
    entries: tuple[PaymentEntry, ...]
    closing_halalas: int

    @property
    def billed_halalas(self) -> int:
        """The sum of the bills."""
        return sum(entry.amount_halalas for entry in self.entries if entry.kind == "bill")

    @property
    def paid_halalas(self) -> int:
        """The sum of the payments."""
        return sum(entry.amount_halalas for entry in self.entries if entry.kind == "payment")


def payment_report(
    found: StatementFound, account_number: str, user_id: str, period: Period, reference: str, made_at: datetime
) -> PaymentReport | Rejected[ReconcileReason]:
    """The report, if what billing says is about this party and these days and our own sum comes to its closing balance
    (R2): a report that does not reconcile is none."""
    if (found.account_number, found.user_id) != (account_number, user_id):
        return Rejected("statement-of-another")
    if any(entry.day not in period for entry in found.entries):
        return Rejected("statement-entry-outside-period")
    entries = running(found.opening_halalas, found.entries)
    closing = entries[-1].balance_halalas if entries else found.opening_halalas
    if closing != found.closing_halalas:
        return Rejected("statement-does-not-add-up")
    return PaymentReport(
        account_number=account_number,
        reference=reference,
        period=period,
        as_of=found.as_of,
        made_at=made_at,
        opening_halalas=found.opening_halalas,
        entries=entries,
        closing_halalas=closing,
    )


def running(opening_halalas: int, entries: Iterable[StatementEntry]) -> tuple[PaymentEntry, ...]:
    """The entries by day, those of one day as billing gives them, each with the balance after it."""
    balance, lines = opening_halalas, list[PaymentEntry]()
    for entry in sorted(entries, key=lambda each: each.day):
        balance += entry.amount_halalas if entry.kind == "bill" else -entry.amount_halalas
        lines.append(
            PaymentEntry(
                day=entry.day,
                kind=entry.kind,
                what_for=entry.what_for,
                amount_halalas=entry.amount_halalas,
                balance_halalas=balance,
            )
        )
    return tuple(lines)

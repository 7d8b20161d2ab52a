"""How far a transfer has come (A9, A12, A13): one frozen type a state, each waiting one with the instant at which it
waits no longer. Nothing is half done for ever.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, assert_never

from services.accounts.transfer_case import (
    Agreement,
    Case,
    Closing,
    Consent,
    EndReason,
    OpenConsent,
    Order,
    Outcome,
    Parties,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckingEvidence:
    """The registry is asked whether the deed (A12) or the tenancy contract (A13) is true."""

    stage: Literal["checking-evidence"] = "checking-evidence"
    case: Case
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservingSupply:
    """The supply is asked for, and for the other party."""

    stage: Literal["reserving-supply"] = "reserving-supply"
    case: Case
    due_at: datetime
    times_asked: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitingConsents:
    """Both parties are asked to consent until `until`, in any order; the news of it may take until `due_at`.
    `earliest_day`: the first day on which the supply can move."""

    stage: Literal["awaiting-consents"] = "awaiting-consents"
    case: Case
    parties: Parties
    earliest_day: date
    codes_sent: int = 0
    open: tuple[OpenConsent, ...] = ()
    given: tuple[Consent, ...] = ()
    until: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckingDues:
    """Billing is asked what the outgoing party owes: it stays with them (A18)."""

    stage: Literal["checking-dues"] = "checking-dues"
    case: Case
    agreement: Agreement
    due_at: datetime
    times_asked: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitingReading:
    """Metering is asked for the register at the beginning of the transfer's day."""

    stage: Literal["awaiting-reading"] = "awaiting-reading"
    case: Case
    agreement: Agreement
    debt_halalas: int
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitingBill:
    """Billing is asked for the running bill."""

    stage: Literal["awaiting-bill"] = "awaiting-bill"
    case: Case
    agreement: Agreement
    debt_halalas: int
    closing: Closing
    due_at: datetime
    times_asked: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """Billing is ordered to bill the incoming party from the day on."""

    stage: Literal["moving"] = "moving"
    case: Case
    order: Order
    due_at: datetime
    times_asked: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """The order is withdrawn; billing says whether in time. Until then nobody knows whether the account has moved, so
    billing is asked as long as it takes."""

    stage: Literal["undoing"] = "undoing"
    case: Case
    order: Order
    outcome: Outcome
    reason: EndReason
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """The account has moved."""

    stage: Literal["completed"] = "completed"
    case: Case
    order: Order
    completed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The account has not moved and will not; nothing is left half done. `parties`: None where nobody had been asked
    yet."""

    stage: Literal["ended"] = "ended"
    case: Case
    parties: Parties | None
    outcome: Outcome
    reason: EndReason
    ended_at: datetime


Transfer = (
    CheckingEvidence
    | ReservingSupply
    | AwaitingConsents
    | CheckingDues
    | AwaitingReading
    | AwaitingBill
    | Moving
    | Undoing
    | Completed
    | Ended
)


def parties_of(state: Transfer) -> Parties | None:
    """The two parties; None as long as the other one is not known."""
    match state:
        case CheckingEvidence() | ReservingSupply():
            return None
        case AwaitingConsents(parties=parties) | Ended(parties=parties):
            return parties
        case (
            CheckingDues(agreement=agreement) | AwaitingReading(agreement=agreement) | AwaitingBill(agreement=agreement)
        ):
            return agreement.parties
        case Moving(order=order) | Undoing(order=order) | Completed(order=order):
            return order.agreement.parties
        case _:
            assert_never(state)


def due_at(state: Transfer) -> datetime | None:
    """When a transfer wants to be woken: every state but the last ones."""
    match state:
        case Completed() | Ended():
            return None
        case _:
            return state.due_at

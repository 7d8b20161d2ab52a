"""What a transfer tells the world and its parties, once a state (A8, A9)."""

from datetime import datetime
from typing import assert_never

from contracts.message import Message
from contracts.transfers import TransferCompleted, TransferConsentWanted, TransferEnded
from services.accounts.request_news import moved
from services.accounts.transfer_case import Role
from services.accounts.transfer_states import (
    AwaitingBill,
    AwaitingConsents,
    AwaitingReading,
    CheckingDues,
    CheckingEvidence,
    Completed,
    Ended,
    Moving,
    ReservingSupply,
    Transfer,
    Undoing,
)


def shown_state(state: Transfer) -> str:
    """The state as an inquiry shows it (A8)."""
    match state:
        case CheckingEvidence() | ReservingSupply():
            return "requested"
        case AwaitingConsents():
            return "awaiting-consents"
        case CheckingDues():
            return "checking"
        case AwaitingReading() | AwaitingBill():
            return "closing"
        case Moving():
            return "moving"
        case Undoing():
            return "undoing"
        case Completed():
            return "completed"
        case Ended(outcome=outcome):
            return outcome
        case _:
            assert_never(state)


def news_of(state: Transfer, at: datetime) -> tuple[Message, ...]:
    """The transfer has come to this state."""
    return moved(state.case.record, shown_state(state), final=isinstance(state, Completed | Ended), at=at)


def consents_wanted(state: AwaitingConsents) -> tuple[TransferConsentWanted, ...]:
    """Both parties are asked, the incoming one first."""
    return tuple(
        TransferConsentWanted(
            user_id=party,
            account_number=state.case.account_number,
            kind=state.case.kind,
            reference=state.case.record.reference,
            until=state.until,
        )
        for party in state.parties.both
    )


def completed_for(state: Completed, role: Role) -> TransferCompleted:
    """What this party is told: their own part of the running bill, and their own debt (A18)."""
    order, outgoing = state.order, role == "outgoing"
    parties = order.agreement.parties
    share = order.shares.outgoing_halalas if outgoing else order.shares.incoming_halalas
    return TransferCompleted(
        user_id=parties.outgoing if outgoing else parties.incoming,
        role=role,
        account_number=state.case.account_number,
        kind=state.case.kind,
        reference=state.case.record.reference,
        day=order.agreement.day,
        reading=order.closing.reading,
        bill_halalas=share,  # A5: the whole would tell the other party's
        share_halalas=share,
        debt_halalas=order.debt_halalas if outgoing else 0,
    )


def ended_for_each(state: Ended) -> tuple[TransferEnded, ...]:
    """Each party who is known: the one who asked, and the other one if they had been asked."""
    told = (state.case.requester,) if state.parties is None else state.parties.both
    return tuple(
        TransferEnded(
            user_id=user_id,
            account_number=state.case.account_number,
            kind=state.case.kind,
            reference=state.case.record.reference,
            outcome=state.outcome,
            reason=state.reason,
            at=state.ended_at,
        )
        for user_id in told
    )

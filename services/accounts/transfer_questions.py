"""What a waiting transfer asks others: made of its state alone, so that asking again asks the same (A9)."""

from typing import assert_never

from contracts.accounts_supply_internal import SupplyWanted
from contracts.billing import DuesAsked, HolderChangeOrdered, HolderChangeWithdrawn, RunningBillAsked
from contracts.decision import Outgoing
from contracts.message import Message
from contracts.metering import ClosingReadingAsked
from services.accounts.transfer_case import Agreement, Case, Order
from services.accounts.transfer_states import (
    AwaitingBill,
    AwaitingReading,
    CheckingDues,
    Moving,
    ReservingSupply,
    Undoing,
)

Asking = ReservingSupply | CheckingDues | AwaitingReading | AwaitingBill | Moving | Undoing

MOST_ASKED = 5
"""How often a neighbour that stays silent is asked (ours), before the transfer is given up."""


def question_of(state: Asking) -> Message | Outgoing:
    """The question whose answer this state waits for."""
    case = state.case
    match state:
        case ReservingSupply():
            return SupplyWanted(
                account_number=case.account_number, transfer=case.aggregate, user_id=case.requester, kind=case.kind
            )
        case CheckingDues():
            return debt_question(case, state.agreement)
        case AwaitingReading():
            return ClosingReadingAsked(
                asked_by=case.aggregate, account_number=case.account_number, day=state.agreement.day
            )
        case AwaitingBill():
            return RunningBillAsked(
                asked_by=case.aggregate, account_number=case.account_number, day=state.agreement.day
            )
        case Moving():
            return _order(state)
        case Undoing():
            return Outgoing(
                HolderChangeWithdrawn(asked_by=case.aggregate, order_id=state.order.order_id),
                withdrawal_of(state.order),
            )
        case _:
            assert_never(state)


def debt_question(case: Case, agreement: Agreement) -> DuesAsked:
    """What does the outgoing party owe (A18)?"""
    return DuesAsked(
        asked_by=case.aggregate,
        account_number=case.account_number,
        user_id=agreement.parties.outgoing,
        relation="outgoing",
    )


def withdrawal_of(order: Order) -> str:
    """The correlation id of an order's withdrawal, by which its answer is told from the answer to the order itself:
    `HolderChanged` may be either."""
    return f"{order.order_id}.withdrawn"


def _order(state: Moving) -> HolderChangeOrdered:
    order = state.order
    return HolderChangeOrdered(
        asked_by=state.case.aggregate,
        order_id=order.order_id,
        account_number=state.case.account_number,
        from_user_id=order.agreement.parties.outgoing,
        to_user_id=order.agreement.parties.incoming,
        day=order.agreement.day,
        from_share_halalas=order.shares.outgoing_halalas,
        to_share_halalas=order.shares.incoming_halalas,
    )

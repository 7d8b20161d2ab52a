"""A transfer is taken back or given up, and what was half done is undone (A9).

Only an order that billing may have carried out cannot be undone by a word of ours: billing decides, and says so.
"""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from contracts.accounts_supply_internal import SupplyReleased
from contracts.decision import Decision, Incoming, decided
from contracts.message import Message
from contracts.metering import ClosingReadingReleased
from contracts.transfers import CancelTransfer, TransferCancelled
from services.accounts.transfer_case import Agreement, Case, EndReason, Outcome, TransferFacts
from services.accounts.transfer_news import ended_for_each, news_of, shown_state
from services.accounts.transfer_party import not_open, party_only
from services.accounts.transfer_questions import question_of
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
    parties_of,
)

Open = (
    CheckingEvidence
    | ReservingSupply
    | AwaitingConsents
    | CheckingDues
    | AwaitingReading
    | AwaitingBill
    | Moving
    | Undoing
)


@party_only
def cancel_transfer(state: Transfer, incoming: Incoming[CancelTransfer], facts: TransferFacts) -> Decision[Transfer]:
    """A9: the one who asked takes the transfer back, at any step. One that billing is carrying out is withdrawn: what
    billing then says is what happened."""
    if incoming.who.user_id != state.case.requester:
        return not_open(state, "other-party-cancels")
    match state:
        case Completed() | Ended():
            cancelled = isinstance(state, Ended) and state.outcome == "cancelled"
            return decided(state, _cancelled(state)) if cancelled else not_open(state)
        case Undoing():
            return decided(state, _cancelled(state))
        case _:
            # I17: the news of it names who took it back for the business, not who had asked for it.
            record = replace(state.case.record, acted_by=incoming.who.actor)
            theirs = replace(state, case=replace(state.case, record=record))
            given_up = give_up(theirs, "cancelled", "cancelled-by-requester", facts)
            assert given_up.state is not None
            return given_up.and_send(_cancelled(given_up.state))


def give_up(state: Open, outcome: Outcome, reason: EndReason, facts: TransferFacts) -> Decision[Transfer]:
    """This transfer shall not happen."""
    match state:
        case Moving():
            undoing = Undoing(
                case=state.case,
                order=state.order,
                outcome=outcome,
                reason=reason,
                due_at=facts.present + facts.waits.answer,
            )
            return decided(undoing, question_of(undoing), *news_of(undoing, facts.present))
        case _:
            return end(state, outcome, reason, facts.present)


def end(state: Open, outcome: Outcome, reason: EndReason, at: datetime) -> Decision[Transfer]:
    """This transfer has not happened and holds nothing any more."""
    ended = Ended(case=state.case, parties=parties_of(state), outcome=outcome, reason=reason, ended_at=at)
    return decided(ended, *_released(state), *ended_for_each(ended), *news_of(ended, at))


def _released(state: Open) -> tuple[Message, ...]:
    """Whatever others hold or have promised for this transfer is free again. They take it twice as once."""
    match state:
        case CheckingEvidence():
            return ()
        case ReservingSupply() | AwaitingConsents() | CheckingDues():
            return (_supply_released(state.case),)
        case AwaitingReading(agreement=agreement) | AwaitingBill(agreement=agreement):
            return (_reading_released(state.case, agreement), _supply_released(state.case))
        case Moving(order=order) | Undoing(order=order):
            return (_reading_released(state.case, order.agreement), _supply_released(state.case))
        case _:
            assert_never(state)


def _supply_released(case: Case) -> SupplyReleased:
    return SupplyReleased(account_number=case.account_number, transfer=case.aggregate)


def _reading_released(case: Case, agreement: Agreement) -> ClosingReadingReleased:
    return ClosingReadingReleased(asked_by=case.aggregate, account_number=case.account_number, day=agreement.day)


def _cancelled(state: Transfer) -> TransferCancelled:
    return TransferCancelled(reference=state.case.record.reference, state=shown_state(state))

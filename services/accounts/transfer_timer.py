"""No transfer waits for ever: a silent neighbour is asked again, a missing reading estimated, a missing consent ends it
(A9)."""

from dataclasses import replace
from typing import assert_never

from contracts.decision import Decision, Incoming, decided, ignored
from contracts.message import TimerElapsed
from services.accounts.transfer_case import Closing, EndReason, TransferFacts
from services.accounts.transfer_closing import ask_for_bill
from services.accounts.transfer_questions import MOST_ASKED, question_of
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
    due_at,
)
from services.accounts.transfer_undo import give_up


def wake_transfer(state: Transfer, _: Incoming[TimerElapsed], facts: TransferFacts) -> Decision[Transfer]:
    """What a state's time being over means; before that, nothing."""
    due = due_at(state)
    if due is None or facts.present < due:
        return ignored(state)
    match state:
        case CheckingEvidence():
            return give_up(state, "timed-out", "registry-silent", facts)
        case ReservingSupply():
            return _asked_again(state, "supply-silent", facts)
        case AwaitingConsents():
            return give_up(state, "timed-out", "consent-missing", facts)
        case CheckingDues() | AwaitingBill() | Moving():
            return _asked_again(state, "billing-silent", facts)
        case AwaitingReading():
            return ask_for_bill(state, Closing(register_wh=None), facts)
        case Undoing():
            # Whether the account has moved is billing's to say, however long it takes.
            return decided(replace(state, due_at=facts.present + facts.waits.answer), question_of(state))
        case Completed() | Ended():
            return ignored(state)
        case _:
            assert_never(state)


def _asked_again(
    state: ReservingSupply | CheckingDues | AwaitingBill | Moving, silent: EndReason, facts: TransferFacts
) -> Decision[Transfer]:
    if state.times_asked >= MOST_ASKED:
        return give_up(state, "timed-out", silent, facts)
    again = replace(state, times_asked=state.times_asked + 1, due_at=facts.present + facts.waits.answer)
    return decided(again, question_of(again))

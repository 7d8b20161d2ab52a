"""The account is closed for the party who leaves (A9): what they owe, what stands on the register at the beginning of
the transfer's day, and how the running bill is divided."""

from dataclasses import replace
from datetime import date, datetime

from contracts.billing import AccountUnknown, DuesFound, RunningBillFound
from contracts.decision import Decision, Incoming, decided, ignored
from contracts.metering import ClosingReadingTaken
from contracts.values.riyadh_day import day_start
from services.accounts.bill_split import RunningBill, Shares, split_by_days, split_by_energy
from services.accounts.transfer_case import Closing, Order, TransferFacts
from services.accounts.transfer_news import news_of
from services.accounts.transfer_questions import debt_question, question_of
from services.accounts.transfer_states import (
    AwaitingBill,
    AwaitingReading,
    CheckingDues,
    Moving,
    Transfer,
    Undoing,
    parties_of,
)
from services.accounts.transfer_undo import give_up


def note_debt(state: Transfer, incoming: Incoming[DuesFound], facts: TransferFacts) -> Decision[Transfer]:
    """A18: what the outgoing party owes is noted and stays with them; it does not hinder the transfer. Asked again with
    the running bill, it is what they owe by then."""
    found = incoming.body
    if not _is_of_outgoing(state, found):
        return ignored(state)
    adds_up = sum(due.amount_halalas for due in found.dues) == found.total_halalas
    match state:
        case CheckingDues() if not adds_up:
            return give_up(state, "failed", "dues-do-not-add-up", facts)
        case CheckingDues():
            awaiting = AwaitingReading(
                case=state.case,
                agreement=state.agreement,
                debt_halalas=_debt(found, state.agreement.day),
                due_at=_reading_due(state, facts),
            )
            return decided(awaiting, question_of(awaiting), *news_of(awaiting, facts.present))
        case AwaitingBill() if adds_up:
            return decided(replace(state, debt_halalas=_debt(found, state.agreement.day)))
        case Moving() | Undoing() if adds_up:
            debt = _debt(found, state.order.agreement.day)
            return decided(replace(state, order=replace(state.order, debt_halalas=debt)))
        case _:
            return ignored(state)


def fail_for_unknown_account(
    state: Transfer, incoming: Incoming[AccountUnknown], facts: TransferFacts
) -> Decision[Transfer]:
    """Billing has no such account."""
    match state:
        case CheckingDues() | AwaitingBill() if incoming.body.account_number == state.case.account_number:
            return give_up(state, "failed", "account-unknown-to-billing", facts)
        case _:
            return ignored(state)


def take_reading(state: Transfer, incoming: Incoming[ClosingReadingTaken], facts: TransferFacts) -> Decision[Transfer]:
    """A9: the closing reading, measured."""
    taken = incoming.body
    match state:
        case AwaitingReading() if (taken.account_number, taken.day) == (state.case.account_number, state.agreement.day):
            return ask_for_bill(state, Closing(register_wh=taken.register_wh), facts)
        case _:
            return ignored(state)


def ask_for_bill(state: AwaitingReading, closing: Closing, facts: TransferFacts) -> Decision[Transfer]:
    """Billing is asked for what is to be divided, and once more for the debt: since the consents a bill may have fallen
    due or been paid."""
    awaiting = AwaitingBill(
        case=state.case,
        agreement=state.agreement,
        debt_halalas=state.debt_halalas,
        closing=closing,
        due_at=facts.present + facts.waits.answer,
    )
    return decided(awaiting, debt_question(state.case, state.agreement), question_of(awaiting))


def divide_bill(state: Transfer, incoming: Incoming[RunningBillFound], facts: TransferFacts) -> Decision[Transfer]:
    """A9: the running bill is divided to the halala, and billing is ordered to change the holder."""
    match state:
        case AwaitingBill() if incoming.body.account_number == state.case.account_number:
            bill = _bill(incoming.body)
            if not bill.is_running_on(state.agreement.day):
                return give_up(state, "failed", "bill-makes-no-sense", facts)
            moving = Moving(case=state.case, order=_order(state, bill), due_at=facts.present + facts.waits.answer)
            return decided(moving, question_of(moving), *news_of(moving, facts.present))
        case _:
            return ignored(state)


def _is_of_outgoing(state: Transfer, found: DuesFound) -> bool:
    parties, account = parties_of(state), state.case.account_number
    return parties is not None and (found.user_id, found.account_number) == (parties.outgoing, account)


def _debt(found: DuesFound, day: date) -> int:
    """Without what billing has billed already of the period in which the account moves: that is divided."""
    return sum(due.amount_halalas for due in found.dues if due.period_to < day)


def _reading_due(state: CheckingDues, facts: TransferFacts) -> datetime:
    """The register cannot be read before the day has begun."""
    return max(day_start(state.agreement.day), facts.present) + facts.waits.reading


def _bill(found: RunningBillFound) -> RunningBill:
    return RunningBill(
        amount_halalas=found.amount_halalas,
        period_from=found.period_from,
        period_to=found.period_to,
        opening_wh=found.opening_wh,
        latest_wh=found.latest_wh,
    )


def _order(state: AwaitingBill, bill: RunningBill) -> Order:
    closing = _closing(state, bill)
    return Order(
        order_id=f"holder-change:{state.case.aggregate.removeprefix('transfer:')}",
        agreement=state.agreement,
        debt_halalas=state.debt_halalas,
        closing=closing,
        shares=_shares(closing, bill, state.agreement.day),
    )


def _closing(state: AwaitingBill, bill: RunningBill) -> Closing:
    """The reading, as far as it is one of the register that the bill goes by: by another meter's one party would pay
    the days of the other."""
    register_wh = state.closing.register_wh
    if register_wh is None or bill.is_of_this_register(register_wh, state.agreement.day):
        return state.closing
    return Closing(register_wh=None)


def _shares(closing: Closing, bill: RunningBill, day: date) -> Shares:
    register_wh = closing.register_wh
    return split_by_days(bill, day) if register_wh is None else split_by_energy(bill, register_wh, day)

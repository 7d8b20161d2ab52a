"""The amounts due from this person on this account are shown before anything is completed (A5, A18).

Billing answers later, or never: the command's id stays in the state, so that its one answer comes from here (J3).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts import accounts_v1
from contracts.accounts import Dues, DuesShown, ShowDues
from contracts.billing import AccountUnknown, DuesAsked, DuesFound
from contracts.decision import Decision, Facts, Incoming, Outgoing, Refusal, decided, ignored, refused
from contracts.message import Answer, TimerElapsed
from services.accounts.amounts import sealed_amounts
from services.accounts.definition import (
    AwaitingDues,
    Begun,
    Declared,
    Definition,
    Informed,
    out_of_order,
    owner_only,
)

DuesFault = Literal["dues-of-another-party", "dues-do-not-add-up", "dues-period-reversed"]


@dataclass(frozen=True, slots=True)
class DuesFacts(Facts):
    """`give_up_at`: until when billing is waited for."""

    give_up_at: datetime


@owner_only
def show_dues(
    state: Definition, incoming: Incoming[ShowDues | accounts_v1.ShowDues], facts: DuesFacts
) -> Decision[Definition]:
    """A5: ask billing. Dues already shown may be asked for again until the terms are accepted."""
    match state:
        case Declared() | Informed():
            waiting = AwaitingDues(
                user_id=state.user_id,
                supply=state.supply,
                is_actual_beneficiary=state.is_actual_beneficiary,
                command_id=incoming.id,
                answer_key=incoming.body.answer_key if isinstance(incoming.body, ShowDues) else None,
                give_up_at=facts.give_up_at,
            )
            question = DuesAsked(
                asked_by=f"definition:{incoming.subject}",
                account_number=state.supply.identifier.reveal(),
                user_id=state.user_id,
                relation=state.supply.relation,
            )
            return decided(waiting, question)
        case AwaitingDues():
            return refused(state, "not-available-now", "dues-asked-already", "show-dues")
        case _:
            return out_of_order(state)


def show_found_dues(state: Definition, incoming: Incoming[DuesFound], _: Facts) -> Decision[Definition]:
    """A5: billing has answered. An answer to a question that is no longer open means nothing."""
    match state:
        case AwaitingDues() if incoming.correlation_id == state.command_id:
            fault = _fault_of(state, incoming.body)
            if fault is not None:
                return _late_no(_declared(state), state, "not-available-now", fault, "show-dues")
            return _shown(state, incoming.body)
        case _:
            return ignored(state)


def refuse_unknown_account(state: Definition, incoming: Incoming[AccountUnknown], _: Facts) -> Decision[Definition]:
    """Billing has no such account: the person adds the right one (A2)."""
    match state:
        case AwaitingDues() if incoming.correlation_id == state.command_id:
            begun = Begun(user_id=state.user_id, relation=state.supply.relation)
            return _late_no(begun, state, "account-number-not-accepted", "account-unknown-to-billing", "add-account")
        case _:
            return ignored(state)


def give_up_on_dues(state: Definition, _: Incoming[TimerElapsed], facts: Facts) -> Decision[Definition]:
    """Billing has not answered in time: the command gets its answer, and the step stays open."""
    match state:
        case AwaitingDues() if facts.present >= state.give_up_at:
            return _late_no(_declared(state), state, "not-available-now", "billing-silent", "show-dues")
        case _:
            return ignored(state)


def due_at(state: Definition) -> datetime | None:
    """When a definition wants to be woken."""
    return state.give_up_at if isinstance(state, AwaitingDues) else None


def _shown(state: AwaitingDues, found: DuesFound) -> Decision[Definition]:
    informed = Informed(
        user_id=state.user_id,
        supply=state.supply,
        is_actual_beneficiary=state.is_actual_beneficiary,
        dues_as_of=found.as_of,
    )
    dues = Dues(as_of=found.as_of, dues=found.dues, total_halalas=found.total_halalas)
    return decided(informed, Outgoing(_answer(dues, state.answer_key), state.command_id))


def _answer(dues: Dues, answer_key: str | None) -> Answer:
    """Law 1: sealed to the asker, unless the command was of the version that cannot open it."""
    step = "accept-service-terms"
    if answer_key is None:
        return accounts_v1.DuesShown(as_of=dues.as_of, dues=dues.dues, total_halalas=dues.total_halalas, next_step=step)
    return DuesShown(dues=sealed_amounts(dues, answer_key), next_step=step)


def _fault_of(state: AwaitingDues, found: DuesFound) -> DuesFault | None:
    """What is another party's, does not add up or makes no sense is never shown (A5, A18)."""
    if (found.user_id, found.account_number) != (state.user_id, state.supply.identifier.reveal()):
        return "dues-of-another-party"
    if sum(due.amount_halalas for due in found.dues) != found.total_halalas:
        return "dues-do-not-add-up"
    if any(due.period_to < due.period_from for due in found.dues):
        return "dues-period-reversed"
    return None


def _declared(state: AwaitingDues) -> Declared:
    return Declared(user_id=state.user_id, supply=state.supply, is_actual_beneficiary=state.is_actual_beneficiary)


def _late_no(
    state: Definition, waiting: AwaitingDues, public_reason: str, reason: str, missing_step: str
) -> Decision[Definition]:
    """The one answer to the command that has waited (J3)."""
    command = accounts_v1.ShowDues if waiting.answer_key is None else ShowDues
    refusal = Refusal(public_reason, reason, missing_step, waiting.command_id, command.type_name)
    return Decision(state, refusal=refusal)

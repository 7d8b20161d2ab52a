"""The definition is completed and has its reference number (A7, A20).

Whether this person has defined this account before is the customer's aggregate's to say: the definition asks it, and
answers its command when it knows.
"""

from contracts.accounts import (
    AccountDefined,
    CompleteDefinition,
    DefinitionAdmitted,
    DefinitionClaimed,
    DefinitionCompleted,
    DefinitionDenied,
)
from contracts.decision import Decision, Facts, Incoming, Outgoing, Refusal, decided, ignored, refused
from services.accounts.definition import Agreed, Complete, Completing, Definition, out_of_order, owner_only
from services.accounts.reference import ReferenceFacts


@owner_only
def complete_definition(
    state: Definition, incoming: Incoming[CompleteDefinition], facts: ReferenceFacts
) -> Decision[Definition]:
    """A7: every step is done; the customer's aggregate is asked."""
    match state:
        case Agreed():
            completing = Completing(
                user_id=state.user_id,
                supply=state.supply,
                is_actual_beneficiary=state.is_actual_beneficiary,
                terms=state.terms,
                command_id=incoming.id,
                acted_by=incoming.who.actor,
            )
            claim = DefinitionClaimed(
                flow_id=incoming.subject,
                user_id=state.user_id,
                acted_by=incoming.who.actor,
                identifier_kind=state.supply.identifier_kind,
                identifier=state.supply.identifier.reveal(),
                relation=state.supply.relation,
                is_actual_beneficiary=state.is_actual_beneficiary,
                reference=facts.reference,
                claimed_at=incoming.now,
            )
            return decided(completing, claim)
        case Completing():
            return refused(state, "not-available-now", "completion-under-way", "complete")
        case _:
            return out_of_order(state)


def finish_definition(state: Definition, incoming: Incoming[DefinitionAdmitted], _: Facts) -> Decision[Definition]:
    """A7: the account is defined."""
    match state:
        case Completing():
            admitted = incoming.body
            complete = Complete(
                user_id=state.user_id,
                supply=state.supply,
                is_actual_beneficiary=state.is_actual_beneficiary,
                terms=state.terms,
                reference=admitted.reference,
                defined_at=admitted.defined_at,
                acted_by=state.acted_by,
            )
            answer = DefinitionCompleted(reference=admitted.reference)
            return decided(complete, Outgoing(answer, state.command_id), _event(complete))
        case _:
            return ignored(state)


def refuse_completion(state: Definition, incoming: Incoming[DefinitionDenied], _: Facts) -> Decision[Definition]:
    """The customer's aggregate says no; the definition stays as it was before."""
    match state:
        case Completing():
            agreed = Agreed(
                user_id=state.user_id,
                supply=state.supply,
                is_actual_beneficiary=state.is_actual_beneficiary,
                terms=state.terms,
            )
            reason = incoming.body.reason
            refusal = Refusal(reason, reason, command_id=state.command_id, command_type=CompleteDefinition.type_name)
            return Decision(agreed, refusal=refusal)
        case _:
            return ignored(state)


def _event(state: Complete) -> AccountDefined:
    return AccountDefined(
        user_id=state.user_id,
        acted_by=state.acted_by,
        account_number=state.supply.identifier.reveal(),
        relation=state.supply.relation,
        is_actual_beneficiary=state.is_actual_beneficiary,
        reference=state.reference,
        defined_at=state.defined_at,
    )

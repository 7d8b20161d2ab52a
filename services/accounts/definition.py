"""A person defines an account, step by step (A1-A4, A6). Each step is open in its place only (J2)."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from typing import Any, Literal, TypeVar, assert_never

from contracts.accounts import (
    AcceptServiceTerms,
    AccountAdded,
    AddAccount,
    BeneficiaryDeclared,
    ConfirmReview,
    DeclareBeneficiary,
    DefinitionReviewed,
    DefinitionStarted,
    Relation,
    ReviewConfirmed,
    ReviewDefinition,
    ServiceTermsAccepted,
    StartDefinition,
)
from contracts.decision import Decision, Facts, Incoming, Refusal, answered, decided, refused
from contracts.message import CustomerCommand
from contracts.sealed import Sealed, Secret
from contracts.values.account_number import judge_account_identifier
from contracts.values.public_reasons import public_reason_of
from contracts.values.rejected import Rejected
from services.accounts.service_terms import text_hash

ABSENT = Refusal("not-found", "definition-absent", missing_step="start-definition")
"""No such definition. Another person's looks exactly like this to the public (A3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What the person stated about the supply (A1, A2); `identifier` in canonical form."""

    relation: Relation
    identifier_kind: str
    identifier: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsEvidence:
    """What was accepted, when (the broker's stamp) and where (A6)."""

    version: str
    language: Literal["ar", "en"]
    text_hash: str
    accepted_at: datetime
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The relation is stated (A1)."""

    stage: Literal["begun"] = "begun"
    user_id: str
    relation: Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The account is added (A2)."""

    stage: Literal["named"] = "named"
    user_id: str
    supply: Supply


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The person's own data is reviewed and confirmed (A3)."""

    stage: Literal["confirmed"] = "confirmed"
    user_id: str
    supply: Supply


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Whether this person is the actual beneficiary is declared (A4)."""

    stage: Literal["declared"] = "declared"
    user_id: str
    supply: Supply
    is_actual_beneficiary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitingDues:
    """Billing has been asked on behalf of a command that is not answered yet (A5). `answer_key`: the key it named, to
    which the answer is sealed; None of version 1."""

    stage: Literal["awaiting-dues"] = "awaiting-dues"
    user_id: str
    supply: Supply
    is_actual_beneficiary: bool
    command_id: str
    answer_key: str | None = None
    give_up_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Informed:
    """The dues have been shown, as of an instant (A5)."""

    stage: Literal["informed"] = "informed"
    user_id: str
    supply: Supply
    is_actual_beneficiary: bool
    dues_as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """The service's terms are accepted (A6)."""

    stage: Literal["agreed"] = "agreed"
    user_id: str
    supply: Supply
    is_actual_beneficiary: bool
    terms: TermsEvidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Completing:
    """The customer's aggregate has been asked to take the definition in (A7). `acted_by`: who asked for it, where
    `user_id` is a business (I17)."""

    stage: Literal["completing"] = "completing"
    user_id: str
    supply: Supply
    is_actual_beneficiary: bool
    terms: TermsEvidence
    command_id: str
    acted_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """Defined, with its reference number (A7). `acted_by`: who completed it, where `user_id` is a business (I17)."""

    stage: Literal["complete"] = "complete"
    user_id: str
    supply: Supply
    is_actual_beneficiary: bool
    terms: TermsEvidence
    reference: str
    defined_at: datetime
    acted_by: str | None = None


Definition = Begun | Named | Confirmed | Declared | AwaitingDues | Informed | Agreed | Completing | Complete

C = TypeVar("C", bound=CustomerCommand)
F = TypeVar("F", bound=Facts)
Step = Callable[[Definition, Incoming[C], F], Decision[Definition]]


def next_step(state: Definition) -> str | None:
    """The step that is open now; None when there is none left."""
    match state:
        case Begun():
            return "add-account"
        case Named():
            return "review"
        case Confirmed():
            return "declare-beneficiary"
        case Declared() | AwaitingDues():
            return "show-dues"
        case Informed():
            return "accept-service-terms"
        case Agreed() | Completing():
            return "complete"
        case Complete():
            return None
        case _:
            assert_never(state)


def owner_only(step: Step[C, F]) -> Step[C, F]:
    """For anybody but the person whose definition it is, the definition does not exist. Nothing is recorded, so that
    not even the answer's sequence tells (A3)."""

    @wraps(step)
    def guarded(state: Definition, incoming: Incoming[C], facts: F) -> Decision[Definition]:
        if incoming.who.user_id != state.user_id:
            return Decision(state, refusal=replace(ABSENT, reason="definition-of-another"), recorded=False)
        return step(state, incoming, facts)

    return guarded


def out_of_order(state: Definition) -> Decision[Definition]:
    """Not now: the answer names the step that is open (J2)."""
    step = next_step(state)
    if step is None:
        return refused(state, "already-defined", "definition-complete")
    return refused(state, "step-missing", "step-out-of-order", step)


def start_definition(
    state: Definition | None, incoming: Incoming[StartDefinition], facts: Facts
) -> Decision[Definition]:
    """A1: "define now", as owner or tenant."""
    if state is not None:
        return _started_before(state, incoming, facts)
    begun = Begun(user_id=incoming.who.user_id, relation=incoming.body.relation)
    return decided(begun, DefinitionStarted(next_step="add-account"))


@owner_only
def _started_before(state: Definition, _: Incoming[StartDefinition], __: Facts) -> Decision[Definition]:
    return out_of_order(state)


@owner_only
def add_account(state: Definition, incoming: Incoming[AddAccount], _: Facts) -> Decision[Definition]:
    """A2: the kind of identifier and the identifier. Another one takes its place until the review is confirmed."""
    match state:
        case Begun(relation=relation) | Named(supply=Supply(relation=relation)):
            judged = judge_account_identifier(incoming.body.identifier_kind, incoming.body.identifier)
            if isinstance(judged, Rejected):
                return refused(state, public_reason_of(judged.reason), judged.reason)
            supply = Supply(relation=relation, identifier_kind=judged.kind, identifier=Secret(judged.text))
            return decided(Named(user_id=state.user_id, supply=supply), AccountAdded(next_step="review"))
        case _:
            return out_of_order(state)


@owner_only
def review_definition(state: Definition, incoming: Incoming[ReviewDefinition], _: Facts) -> Decision[Definition]:
    """A3: what this person gave, sealed to the asker. Nothing else is in the state, so nothing else can be shown."""
    if isinstance(state, Begun):
        return replace(out_of_order(state), recorded=False)
    supply = state.supply
    review: dict[str, Any] = {
        "relation": supply.relation,
        "identifier_kind": supply.identifier_kind,
        "identifier": supply.identifier.reveal(),
    }
    return answered(state, DefinitionReviewed(review=Sealed.of(json.dumps(review), to=incoming.body.answer_key)))


@owner_only
def confirm_review(state: Definition, _: Incoming[ConfirmReview], __: Facts) -> Decision[Definition]:
    """A3: reviewed, now define."""
    match state:
        case Named():
            confirmed = Confirmed(user_id=state.user_id, supply=state.supply)
            return decided(confirmed, ReviewConfirmed(next_step="declare-beneficiary"))
        case _:
            return out_of_order(state)


@owner_only
def declare_beneficiary(state: Definition, incoming: Incoming[DeclareBeneficiary], _: Facts) -> Decision[Definition]:
    """A4: whether this person is the actual beneficiary. Either answer is fine."""
    match state:
        case Confirmed():
            declared = Declared(
                user_id=state.user_id,
                supply=state.supply,
                is_actual_beneficiary=incoming.body.is_actual_beneficiary,
            )
            return decided(declared, BeneficiaryDeclared(next_step="show-dues"))
        case _:
            return out_of_order(state)


@owner_only
def accept_service_terms(state: Definition, incoming: Incoming[AcceptServiceTerms], _: Facts) -> Decision[Definition]:
    """A6: exactly a text in force is accepted, and what was accepted is kept as evidence."""
    match state:
        case Informed():
            body = incoming.body
            if body.text_hash != text_hash(body.version, body.language):
                return refused(state, "terms-version-unknown", "service-terms-unknown")
            evidence = TermsEvidence(
                version=body.version,
                language=body.language,
                text_hash=body.text_hash,
                accepted_at=incoming.now,
                channel=incoming.who.channel,
            )
            agreed = Agreed(
                user_id=state.user_id,
                supply=state.supply,
                is_actual_beneficiary=state.is_actual_beneficiary,
                terms=evidence,
            )
            return decided(agreed, ServiceTermsAccepted(next_step="complete"))
        case _:
            return out_of_order(state)

"""Accounts' messages: define an account step by step, ask by reference, request a transfer (A1-A9)."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from contracts.billing import Due
from contracts.message import Answer, Code, CustomerCommand, Event, Id, PublicKey, Query
from contracts.sealed import Sealed, SealedFor
from contracts.topics import ACCOUNTS_ANSWERS, ACCOUNTS_COMMANDS, ACCOUNTS_EVENTS, ACCOUNTS_INTERNAL

Relation = Literal["owner", "tenant"]
TransferKind = Literal["actual-account", "ownership", "subscriber", "subscription-end"]
DenialReason = Literal["already-defined", "too-many-definitions", "command-id-reused"]
Reference = Annotated[str, Field(min_length=12, max_length=30, pattern=r"^[A-Z0-9-]*$")]
ForAsker = Annotated[Sealed, SealedFor.ASKER]
Typed = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\x00]*$")]
"""A number as a person typed it: either script, spaces, hyphens. The decision judges it, so that a "no" is answered."""


# --- commands: the definition's key is its flow's id, a UUID that the channel draws ---------------------------------
class StartDefinition(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A1: the relation to the supply. Answered by `DefinitionStarted`."""

    relation: Relation


class AddAccount(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A2: kind of identifier and identifier. Until the review is confirmed another one takes its place. Answered by
    `AccountAdded`."""

    identifier_kind: Code
    identifier: Typed


class ReviewDefinition(Query, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A3: the data of the person's own request. Answered by `DefinitionReviewed`."""


class ConfirmReview(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A3: "define". Answered by `ReviewConfirmed`."""


class DeclareBeneficiary(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A4. Answered by `BeneficiaryDeclared`."""

    is_actual_beneficiary: bool


class ShowDues(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS, version=2):
    """A5: asks billing; answered by `DuesShown` when billing has answered. May be repeated until the terms are
    accepted."""

    answer_key: PublicKey


class AcceptServiceTerms(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A6. Answered by `ServiceTermsAccepted`."""

    version: Code
    language: Literal["ar", "en"]
    text_hash: Annotated[str, Field(max_length=64, pattern=r"^[0-9a-f]{64}$")]


class CompleteDefinition(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A7. Answered by `DefinitionCompleted`."""


class InquireReference(Query, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A8: what stands behind a reference number, to its owner only. Answered by `ReferenceFound`."""

    reference: Typed


class RequestTransfer(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A9, first step: move the actual account behind a definition's reference to its owner or tenant. Answered by
    `TransferAccepted`."""

    reference: Typed


# --- answers --------------------------------------------------------------------------------------------------------
class DefinitionStarted(Answer, service="accounts", topic=ACCOUNTS_ANSWERS):
    """`next_step` is `add-account`."""

    next_step: Code


class AccountAdded(Answer, service="accounts", topic=ACCOUNTS_ANSWERS):
    """`next_step` is `review`."""

    next_step: Code


class DefinitionReviewed(Answer, service="accounts", topic=ACCOUNTS_ANSWERS):
    """Opens to JSON `{relation, identifier_kind, identifier}`: what this person gave, nothing else (A3)."""

    review: ForAsker


class ReviewConfirmed(Answer, service="accounts", topic=ACCOUNTS_ANSWERS):
    """`next_step` is `declare-beneficiary`."""

    next_step: Code


class BeneficiaryDeclared(Answer, service="accounts", topic=ACCOUNTS_ANSWERS):
    """`next_step` is `show-dues`."""

    next_step: Code


class Dues(BaseModel):
    """What one person owes on one account, in halalas, as billing knew it at `as_of`."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    as_of: AwareDatetime
    dues: Annotated[tuple[Due, ...], Field(max_length=100)]
    total_halalas: Annotated[int, Field(ge=0, le=10**14)]


class DuesShown(Answer, service="accounts", topic=ACCOUNTS_ANSWERS, version=2):
    """A5: what this person owes on this account. `dues` opens to JSON `{as_of, dues, total_halalas}`: billing's
    sum, and for each due `{what_for, period_from, period_to, amount_halalas, due_date}`, in halalas, as billing knew it
    at `as_of`. `next_step` is `accept-service-terms`."""

    dues: ForAsker
    next_step: Code


class ServiceTermsAccepted(Answer, service="accounts", topic=ACCOUNTS_ANSWERS):
    """`next_step` is `complete`."""

    next_step: Code


class DefinitionCompleted(Answer, service="accounts", topic=ACCOUNTS_ANSWERS):
    """A7: the reference number."""

    reference: Reference


class ReferenceFound(Answer, service="accounts", topic=ACCOUNTS_ANSWERS):
    """A8. Opens to JSON `{reference, definition, requests}`. `reference` is the one asked for; `definition`:
    `{reference, state, relation, identifier_kind, identifier, is_actual_beneficiary, defined_at}`; `requests`: a list
    of `{reference, kind, state, requested_at, history}`, each one under a definition's reference, or the one whose own
    it is; `history`: a list of `{state, at}`, oldest first. Of more than a message holds the oldest requests have an
    empty one: their own references tell it."""

    inquiry: ForAsker


class TransferAccepted(Answer, service="accounts", topic=ACCOUNTS_ANSWERS):
    """The transfer request's own reference number (A8). `next_step` is `consent`."""

    reference: Reference
    next_step: Code


# --- events ---------------------------------------------------------------------------------------------------------
class AccountDefined(Event, service="accounts", topic=ACCOUNTS_EVENTS):
    """A person has defined an account (A7). `acted_by`: who acted, where `user_id` is a business (I17)."""

    user_id: Id
    acted_by: Id | None = None
    account_number: Id
    relation: Relation
    is_actual_beneficiary: bool
    reference: Reference
    defined_at: AwareDatetime


class TransferRequested(Event, service="accounts", topic=ACCOUNTS_EVENTS):
    """The transfer of an actual account (A9), of ownership (A12) or of a subscription (A13) has been asked for.
    `acted_by`: who acted, where `user_id` is a business (I17)."""

    user_id: Id
    acted_by: Id | None = None
    kind: TransferKind
    account_number: Id
    relation: Relation
    definition_reference: Reference
    reference: Reference
    requested_at: AwareDatetime


# --- inside accounts ------------------------------------------------------------------------------------------------
class DefinitionClaimed(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """A definition has all its steps and asks its customer's aggregate to take it in (A7)."""

    flow_id: Id
    user_id: Id
    acted_by: Id | None = None
    identifier_kind: Code
    identifier: Id
    relation: Relation
    is_actual_beneficiary: bool
    reference: Reference
    claimed_at: AwareDatetime


class DefinitionAdmitted(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """The customer has this account now, under this reference."""

    flow_id: Id
    reference: Reference
    defined_at: AwareDatetime


class DefinitionDenied(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """The customer has defined this account before, or as many accounts as one person may, or the command's id has been
    used for another request, which then has its reference number (A20)."""

    flow_id: Id
    reason: DenialReason

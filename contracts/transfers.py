"""Accounts' messages about who a supply belongs to: moving the actual account (A9), ownership (A12), subscribers (A13),
and what follows from it: relations as intervals in time (A18).

`RequestTransfer`, `TransferAccepted` and `TransferRequested` are in `contracts.accounts`.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from contracts.accounts import Reference, Relation, Typed
from contracts.message import Answer, Code, CustomerCommand, Event, Id
from contracts.sealed import Sealed, SealedFor
from contracts.topics import ACCOUNTS_ANSWERS, ACCOUNTS_COMMANDS, ACCOUNTS_EVENTS

Halalas = Annotated[int, Field(ge=0, le=10**14)]
SealedText = Annotated[Sealed, SealedFor.THIS_SERVICE]
Basis = Literal["billing", "tenancy-contract", "ownership-deed", "transfer", "back-office"]
"""What shows that a relation is true; a declaration alone does not."""


# --- commands: any key; the definition or the transfer is named by its reference -------------------------------------
class RequestOwnershipTransfer(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A12: the supply's owner has changed. `deed_number` is checked with the registry and not kept. Answered by
    `TransferAccepted`."""

    reference: Typed
    deed_number: SealedText


class RegisterSubscriber(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A13: this tenant becomes the supply's subscriber. `contract_number` (of the tenancy) is checked with the registry
    and not kept. Answered by `TransferAccepted`."""

    reference: Typed
    contract_number: SealedText


class EndSubscription(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A13: this subscriber leaves the supply, which goes back to its owner. Answered by `TransferAccepted`."""

    reference: Typed


class ConsentToTransfer(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A9: a party of the transfer asks for the code by which to consent (`ConfirmConsent`, to identity). Answered by
    `ConsentCodeSent`; again: another code."""

    reference: Typed


class DeclineTransfer(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A9: the other party says no. Answered by `TransferDeclined`."""

    reference: Typed


class CancelTransfer(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A9: the one who asked for the transfer takes it back; what was half done is undone. Answered by
    `TransferCancelled`."""

    reference: Typed


# --- answers --------------------------------------------------------------------------------------------------------
class ConsentCodeSent(Answer, service="accounts", topic=ACCOUNTS_ANSWERS):
    """`next_step` is `confirm-consent`, with this `consent_id`."""

    consent_id: Id
    next_step: Code


class TransferDeclined(Answer, service="accounts", topic=ACCOUNTS_ANSWERS):
    """The transfer will not happen."""

    reference: Reference


class TransferCancelled(Answer, service="accounts", topic=ACCOUNTS_ANSWERS):
    """`state`: `cancelled`, or `undoing` while others still have to undo their part."""

    reference: Reference
    state: Code


# --- events ---------------------------------------------------------------------------------------------------------
class TransferConsentWanted(Event, service="accounts", topic=ACCOUNTS_EVENTS):
    """The party `user_id` is asked to consent until `until`, for the notice to them (N3)."""

    user_id: Id
    account_number: Id
    kind: Code
    reference: Reference
    until: AwareDatetime


class TransferCompleted(Event, service="accounts", topic=ACCOUNTS_EVENTS):
    """The account has moved (A9), said once to each party: `role` is this `user_id`'s. `day` is the first day of the
    incoming party. `share_halalas` is this party's part of the running bill, and so is `bill_halalas`: nobody is told
    another's (A5). `reading` says how the closing reading came about. `debt_halalas`: what the outgoing party still
    owes and keeps (A18); 0 for the incoming one."""

    user_id: Id
    role: Literal["incoming", "outgoing"]
    account_number: Id
    kind: Code
    reference: Reference
    day: date
    reading: Literal["measured", "estimated"]
    bill_halalas: Halalas
    share_halalas: Halalas
    debt_halalas: Halalas


class TransferEnded(Event, service="accounts", topic=ACCOUNTS_EVENTS):
    """The account does not move (A9), said once to each party who has been asked: what became of the transfer, and why.
    Nothing of it is left half done."""

    user_id: Id
    account_number: Id
    kind: Code
    reference: Reference
    outcome: Literal["cancelled", "declined", "timed-out", "failed"]
    reason: Code
    at: AwareDatetime


class RelationConfirmed(Event, service="accounts", topic=ACCOUNTS_EVENTS):
    """`user_id` stands in this relation to the supply from `from_day` on, and what shows it (A10, A18). Only now may
    they see what the supply consumed."""

    user_id: Id
    account_number: Id
    relation: Relation
    basis: Basis
    from_day: date


class RelationEnded(Event, service="accounts", topic=ACCOUNTS_EVENTS):
    """`last_day` was the last day of this relation (A18)."""

    user_id: Id
    account_number: Id
    relation: Relation
    last_day: date


class BeneficiaryDetermined(Event, service="accounts", topic=ACCOUNTS_EVENTS):
    """A10: the actual beneficiary of a supply. `declaration`: nobody else claims it and nothing shows it either."""

    account_number: Id
    user_id: Id
    basis: Basis | Literal["declaration"]
    determined_at: AwareDatetime


class BeneficiaryUndetermined(Event, service="accounts", topic=ACCOUNTS_EVENTS):
    """A10: the supply has no actual beneficiary any more; whoever was it is it no longer."""

    account_number: Id
    at: AwareDatetime


class BeneficiaryDisputed(Event, service="accounts", topic=ACCOUNTS_EVENTS):
    """A10: claims of equal weight; the back office decides. Said once to each claimant."""

    account_number: Id
    user_id: Id
    at: AwareDatetime


class DisputeSettled(Event, service="accounts", topic=ACCOUNTS_EVENTS):
    """A10: the conflict is over for this claimant, by the back office's decision or by claims that have come or gone.
    Said once to each, for the notice to them (N3): whether they are the actual beneficiary now, and not who else is."""

    account_number: Id
    user_id: Id
    is_beneficiary: bool
    at: AwareDatetime

"""A transfer is asked for: of the actual account (A9), of ownership (A12), of a subscription or its end (A13). The
customer's aggregate is the door; the transfer itself begins with `TransferFiled`."""

from dataclasses import dataclass
from typing import Final

from contracts.accounts import Relation, RequestTransfer, TransferAccepted, TransferKind, TransferRequested
from contracts.accounts_transfer_internal import TransferFiled
from contracts.decision import Decision, Incoming, Refusal, decided
from contracts.message import CustomerCommand
from contracts.sealed import Sealed
from contracts.transfers import EndSubscription, RegisterSubscriber, RequestOwnershipTransfer
from contracts.values.document_number import judge_document_number
from contracts.values.public_reasons import public_reason_of
from contracts.values.rejected import Rejected
from services.accounts.customer import DefinedAccount, KnownCustomer, RequestStep
from services.accounts.door import Wanted, filed, judge_request, turned_away
from services.accounts.reference import ReferenceFacts


@dataclass(frozen=True, slots=True)
class Terms:
    """What a kind of transfer asks of the definition it is for, and what it makes of the incoming party.

    `relation`: the definition's must be this; None: either. `becomes`: the incoming party's relation to the supply;
    None: the definition's own.
    """

    kind: TransferKind
    relation: Relation | None = None
    becomes: Relation | None = None


ACTUAL_ACCOUNT: Final = Terms("actual-account")
OWNERSHIP: Final = Terms("ownership", relation="owner", becomes="owner")
SUBSCRIBER: Final = Terms("subscriber", relation="tenant", becomes="tenant")
SUBSCRIPTION_END: Final = Terms("subscription-end", relation="tenant", becomes="owner")


def request_transfer(
    state: KnownCustomer | None, incoming: Incoming[RequestTransfer], facts: ReferenceFacts
) -> Decision[KnownCustomer]:
    """A9: the person takes the account over from its present party, as the owner or tenant they have defined."""
    return _begun(state, incoming, incoming.body.reference, ACTUAL_ACCOUNT, facts)


def request_ownership_transfer(
    state: KnownCustomer | None, incoming: Incoming[RequestOwnershipTransfer], facts: ReferenceFacts
) -> Decision[KnownCustomer]:
    """A12: the new owner takes over, with a deed."""
    deed = judge_document_number(incoming.opened("deed_number"))
    if isinstance(deed, Rejected):
        return Decision(state, refusal=Refusal(public_reason_of(deed.reason), deed.reason))
    return _begun(state, incoming, incoming.body.reference, OWNERSHIP, facts, deed)


def register_subscriber(
    state: KnownCustomer | None, incoming: Incoming[RegisterSubscriber], facts: ReferenceFacts
) -> Decision[KnownCustomer]:
    """A13: the tenant becomes the subscriber, with a tenancy contract."""
    contract = judge_document_number(incoming.opened("contract_number"))
    if isinstance(contract, Rejected):
        return Decision(state, refusal=Refusal(public_reason_of(contract.reason), contract.reason))
    return _begun(state, incoming, incoming.body.reference, SUBSCRIBER, facts, contract)


def end_subscription(
    state: KnownCustomer | None, incoming: Incoming[EndSubscription], facts: ReferenceFacts
) -> Decision[KnownCustomer]:
    """A13: the subscriber leaves, and the supply goes back to its owner."""
    return _begun(state, incoming, incoming.body.reference, SUBSCRIPTION_END, facts)


def _begun(
    state: KnownCustomer | None,
    incoming: Incoming[CustomerCommand],
    typed_reference: str,
    terms: Terms,
    facts: ReferenceFacts,
    document: str | None = None,
) -> Decision[KnownCustomer]:
    wanted = Wanted(terms.kind, one_open=True)
    definition = judge_request(state, typed_reference, wanted, facts.reference, incoming.now)
    if isinstance(definition, Refusal):
        return turned_away(state, definition)
    if terms.relation not in (None, definition.relation):
        return Decision(state, refusal=Refusal("relation-does-not-fit", "relation-of-another-kind"))
    assert state is not None  # judge_request refuses whoever is not known
    first = RequestStep(state="requested", at=incoming.now)
    changed = filed(state, definition, wanted, facts.reference, first)
    return decided(
        changed,
        TransferAccepted(reference=facts.reference, next_step="consent"),
        _requested(incoming, terms, definition, facts.reference),
        _filed(incoming, terms, definition, facts.reference, document),
    )


def _requested(
    incoming: Incoming[CustomerCommand], terms: Terms, definition: DefinedAccount, reference: str
) -> TransferRequested:
    return TransferRequested(
        user_id=incoming.who.user_id,
        acted_by=incoming.who.actor,
        kind=terms.kind,
        account_number=definition.identifier.reveal(),
        relation=definition.relation,
        definition_reference=definition.reference,
        reference=reference,
        requested_at=incoming.now,
    )


def _filed(
    incoming: Incoming[CustomerCommand], terms: Terms, definition: DefinedAccount, reference: str, document: str | None
) -> TransferFiled:
    return TransferFiled(
        user_id=incoming.who.user_id,
        acted_by=incoming.who.actor,
        kind=terms.kind,
        account_number=definition.identifier.reveal(),
        relation=terms.becomes or definition.relation,
        definition_reference=definition.reference,
        reference=reference,
        document_number=None if document is None else Sealed.of(document),
        filed_at=incoming.now,
    )

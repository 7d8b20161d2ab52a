"""The transfer of an actual account to its owner or tenant is asked for (A9's first step, A11)."""

from dataclasses import replace

from contracts.accounts import RequestTransfer, TransferAccepted, TransferRequested
from contracts.decision import Decision, Incoming, decided, refused
from contracts.values.public_reasons import public_reason_of
from contracts.values.reference_number import parse_reference
from contracts.values.rejected import Rejected
from services.accounts.customer import DefinedAccount, KnownCustomer, RequestedTransfer
from services.accounts.reference import ReferenceFacts


def request_transfer(
    state: KnownCustomer | None, incoming: Incoming[RequestTransfer], facts: ReferenceFacts
) -> Decision[KnownCustomer]:
    """A11, J2: first the national address, then a defined account, then the request; one open request a definition."""
    if state is None or state.region is None:
        return refused(state, "step-missing", "national-address-missing", "choose-address")
    if not state.definitions:
        return refused(state, "step-missing", "no-account-defined", "define-account")
    wanted = parse_reference(incoming.body.reference)
    if isinstance(wanted, Rejected):
        return refused(state, public_reason_of(wanted.reason), wanted.reason)
    definition = next((each for each in state.definitions if each.reference == wanted), None)
    if definition is None:
        return refused(state, "reference-not-found", "no-definition-of-theirs")
    if any(each.definition_reference == wanted for each in state.transfers):
        return refused(state, "already-requested", "transfer-open")
    if facts.reference in state.references:
        return refused(state, "command-id-reused", "reference-taken")
    return _requested(state, incoming, facts.reference, definition)


def _requested(
    state: KnownCustomer, incoming: Incoming[RequestTransfer], reference: str, definition: DefinedAccount
) -> Decision[KnownCustomer]:
    transfer = RequestedTransfer(
        reference=reference, definition_reference=definition.reference, requested_at=incoming.now
    )
    event = TransferRequested(
        user_id=incoming.who.user_id,
        account_number=definition.identifier.reveal(),
        relation=definition.relation,
        definition_reference=definition.reference,
        reference=reference,
        requested_at=incoming.now,
    )
    changed = replace(state, transfers=(*state.transfers, transfer))
    return decided(changed, TransferAccepted(reference=reference), event)

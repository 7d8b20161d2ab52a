"""A transfer is asked for at the customer's door (A9, A11, A12, A13)."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.accounts import Relation, RequestTransfer, TransferAccepted, TransferRequested
from contracts.accounts_transfer_internal import TransferFiled
from contracts.decision import Customer
from contracts.message import CustomerCommand
from contracts.sealed import Sealed
from contracts.transfers import EndSubscription, RegisterSubscriber, RequestOwnershipTransfer
from services.accounts.customer import KnownCustomer
from services.accounts.door import MOST_IN_PERIOD
from services.accounts.reference import ReferenceFacts
from services.accounts.transfer_door import (
    end_subscription,
    register_subscriber,
    request_ownership_transfer,
    request_transfer,
)
from tests.scenario import NOON, Given, arriving, given
from tests.unit.accounts.situations import DEFINED, HOLDER, HOUSED, NOURA, REFERENCE, TOKEN, TRANSFER_REFERENCE
from tests.unit.accounts.test_submitting import asked_for

FACTS = ReferenceFacts(NOON, TRANSFER_REFERENCE)
TENANT = replace(HOLDER, definitions=(replace(DEFINED, relation="tenant"),))
DOCUMENT = "310101234567"

TRANSFER = RequestTransfer(token=TOKEN, reference=REFERENCE)
OWNERSHIP = RequestOwnershipTransfer(token=TOKEN, reference=REFERENCE, deed_number=Sealed(jwe="a.b.c.d.e"))
SUBSCRIBER = RegisterSubscriber(token=TOKEN, reference=REFERENCE, contract_number=Sealed(jwe="a.b.c.d.e"))
ENDING = EndSubscription(token=TOKEN, reference=REFERENCE)


def asked(state: KnownCustomer, body: CustomerCommand, who: Customer = NOURA, document: str = DOCUMENT) -> Given:
    decide: dict[type, Any] = {
        RequestTransfer: request_transfer,
        RequestOwnershipTransfer: request_ownership_transfer,
        RegisterSubscriber: register_subscriber,
        EndSubscription: end_subscription,
    }
    opened = {"deed_number": document, "contract_number": document}
    message = arriving(body, id="transfer-1", customer=who, opened=opened)
    return given(state).when(decide[type(body)], message, FACTS)


@pytest.mark.parametrize(
    ("state", "body", "kind", "becomes"),
    [
        (HOLDER, TRANSFER, "actual-account", "owner"),
        (TENANT, TRANSFER, "actual-account", "tenant"),
        (HOLDER, OWNERSHIP, "ownership", "owner"),
        (TENANT, SUBSCRIBER, "subscriber", "tenant"),
        (TENANT, ENDING, "subscription-end", "owner"),
    ],
)
def test_A9_A12_A13_each_kind_is_filed_with_what_the_incoming_party_becomes(
    state: KnownCustomer, body: CustomerCommand, kind: str, becomes: Relation
) -> None:
    scene = asked(state, body).then(TransferAccepted, TransferRequested, TransferFiled)
    accepted, requested, filed = scene.messages
    assert accepted == TransferAccepted(reference=TRANSFER_REFERENCE, next_step="consent")
    assert isinstance(requested, TransferRequested)
    assert isinstance(filed, TransferFiled)
    assert (requested.kind, requested.relation) == (kind, state.definitions[0].relation)
    assert (filed.kind, filed.relation, filed.reference) == (kind, becomes, TRANSFER_REFERENCE)
    with_document = isinstance(body, RequestOwnershipTransfer | RegisterSubscriber)
    assert filed.document_number == (Sealed.of(DOCUMENT) if with_document else None)
    (known,) = scene.state.requests
    assert (known.kind, known.state) == (kind, "requested")


@pytest.mark.parametrize(
    ("state", "body"), [(TENANT, OWNERSHIP), (HOLDER, SUBSCRIBER), (HOLDER, ENDING)], ids=["deed", "contract", "end"]
)
def test_A12_A13_owners_bring_deeds_and_tenants_contracts(state: KnownCustomer, body: CustomerCommand) -> None:
    asked(state, body).then_refused("relation-does-not-fit", "relation-of-another-kind").then_state(state)


@pytest.mark.parametrize("body", [OWNERSHIP, SUBSCRIBER], ids=["deed", "contract"])
def test_A12_A13_a_document_number_that_is_none_is_refused(body: CustomerCommand) -> None:
    asked(HOLDER, body, document="<>").then_refused("document-number-not-accepted", "document-number-malformed")


@pytest.mark.parametrize("body", [TRANSFER, OWNERSHIP, SUBSCRIBER, ENDING], ids=lambda body: type(body).__name__)
def test_A11_every_kind_needs_a_defined_account(body: CustomerCommand) -> None:
    asked(HOUSED, body).then_refused("step-missing", "no-account-defined", "define-account")


@pytest.mark.parametrize("body", [TRANSFER, OWNERSHIP], ids=lambda body: type(body).__name__)
def test_A8_what_the_limit_refuses_swells_no_document(body: CustomerCommand) -> None:
    many = replace(HOLDER, requests=tuple(asked_for(number) for number in range(MOST_IN_PERIOD)))
    scene = asked(many, body).then_refused("too-many-requests", "too-many-requests-in-30-days")
    assert scene.decision is not None
    assert not scene.decision.recorded


def test_A12_the_number_of_a_document_is_not_kept() -> None:
    assert DOCUMENT not in repr(asked(HOLDER, OWNERSHIP).state)


def test_I17_a_business_asks_and_who_acted_is_told() -> None:
    acting = Customer("business-1", "session-4", "web", actor=NOURA.user_id)
    _, requested, filed = asked(HOLDER, TRANSFER, who=acting).messages
    assert isinstance(requested, TransferRequested)
    assert isinstance(filed, TransferFiled)
    assert (requested.user_id, requested.acted_by) == ("business-1", NOURA.user_id)
    assert (filed.user_id, filed.acted_by) == ("business-1", NOURA.user_id)

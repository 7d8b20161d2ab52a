import json
from dataclasses import replace
from typing import Any

import pytest

from contracts.accounts import InquireReference, ReferenceFound, RequestTransfer, TransferAccepted, TransferRequested
from contracts.accounts_transfer_internal import TransferFiled
from contracts.decision import Decision, Facts
from contracts.identity import NationalAddressSaved
from contracts.sealed import Secret
from contracts.values.reference_number import reference_number
from services.accounts.customer import KnownCustomer, note_address
from services.accounts.inquiry import inquire_reference
from services.accounts.reference import ReferenceFacts
from services.accounts.transfer_door import request_transfer
from tests.scenario import NOON, Given, arriving, given
from tests.unit.accounts.situations import (
    ACCOUNT,
    ASKER,
    DEFINED,
    FAHAD,
    HOLDER,
    HOUSED,
    KEY,
    MOVING,
    NEWCOMER,
    NOURA,
    OTHER_ACCOUNT,
    REFERENCE,
    TOKEN,
    TRANSFER_REFERENCE,
    UNKNOWN_REFERENCE,
)

FACTS = ReferenceFacts(NOON, TRANSFER_REFERENCE)
ADDRESS = arriving(NationalAddressSaved(user_id=NOURA.user_id, region=1), source="identity", subject="user:noura")
OTHER_DEFINED = replace(
    DEFINED, flow_id="flow-2", reference=UNKNOWN_REFERENCE, identifier=Secret(OTHER_ACCOUNT), relation="tenant"
)


def transfer_of(reference: str) -> Any:
    return arriving(RequestTransfer(token=TOKEN, reference=reference), id="transfer-1", customer=NOURA)


def inquiry_about(reference: str) -> Any:
    return arriving(InquireReference(token=TOKEN, answer_key=ASKER, reference=reference), customer=NOURA)


def shown(scene: Given) -> dict[str, Any]:
    (answer,) = scene.then(ReferenceFound).messages
    assert isinstance(answer, ReferenceFound)
    assert answer.inquiry.to == ASKER
    assert answer.inquiry.plain is not None
    opened: dict[str, Any] = json.loads(answer.inquiry.plain.reveal())
    return opened


@pytest.mark.parametrize("state", [None, NEWCOMER, HOLDER], ids=["unknown", "newcomer", "holder"])
def test_A11_the_saved_national_address_is_noted(state: KnownCustomer | None) -> None:
    given(state).when(note_address, ADDRESS).then().then_state(replace(state or NEWCOMER, region=1))


@pytest.mark.parametrize(
    ("state", "reason", "missing_step"),
    [
        (None, "national-address-missing", "choose-address"),
        (replace(HOLDER, region=None), "national-address-missing", "choose-address"),
        (HOUSED, "no-account-defined", "define-account"),
    ],
    ids=["unknown", "no-address", "no-account"],
)
def test_A11_a_request_needs_a_national_address_and_a_defined_account(
    state: KnownCustomer | None, reason: str, missing_step: str
) -> None:
    scene = given(state).when(request_transfer, transfer_of(REFERENCE), FACTS)
    scene.then_refused("step-missing", reason, missing_step)
    assert scene.state == state


def test_A8_a_transfer_request_has_its_own_reference() -> None:
    requested = TransferRequested(
        user_id=NOURA.user_id,
        kind="actual-account",
        account_number=ACCOUNT,
        relation="owner",
        definition_reference=REFERENCE,
        reference=TRANSFER_REFERENCE,
        requested_at=NOON,
    )
    (
        given(HOLDER)
        .when(request_transfer, transfer_of(REFERENCE), FACTS)
        .then(TransferAccepted(reference=TRANSFER_REFERENCE, next_step="consent"), requested, TransferFiled)
        .then_state(MOVING)
    )


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (UNKNOWN_REFERENCE, "no-definition-of-theirs"),
        ("7K3M", "reference-number-malformed"),
        (REFERENCE[:-1] + ("0" if REFERENCE[-1] != "0" else "1"), "reference-number-check-character"),
    ],
)
def test_A8_a_transfer_of_what_is_not_theirs_is_refused_like_the_unknown(reference: str, reason: str) -> None:
    (
        given(HOLDER)
        .when(request_transfer, transfer_of(reference), FACTS)
        .then_refused("reference-not-found", reason)
        .then_state(HOLDER)
    )


def test_J4_one_transfer_of_a_definition_is_open_at_a_time() -> None:
    given(MOVING).when(request_transfer, transfer_of(REFERENCE), FACTS).then_refused(
        "already-requested", "request-of-this-kind-open"
    )


def test_A20_a_command_id_used_for_the_definition_gives_the_transfer_no_number() -> None:
    same = ReferenceFacts(NOON, REFERENCE)
    given(HOLDER).when(request_transfer, transfer_of(REFERENCE), same).then_refused(
        "command-id-reused", "reference-taken"
    )


def test_A8_the_reference_of_a_definition_answers_about_it_and_every_request_under_it() -> None:
    other = replace(MOVING.requests[0], reference="other", definition_reference=UNKNOWN_REFERENCE)
    state = replace(MOVING, definitions=(DEFINED, OTHER_DEFINED), requests=(*MOVING.requests, other))
    assert shown(given(state).when(inquire_reference, inquiry_about(REFERENCE))) == {
        "reference": REFERENCE,
        "definition": {
            "reference": REFERENCE,
            "state": "defined",
            "relation": "owner",
            "identifier_kind": "account-number",
            "identifier": ACCOUNT,
            "is_actual_beneficiary": True,
            "defined_at": "2026-03-01T09:00:00.000Z",
        },
        "requests": [
            {
                "reference": TRANSFER_REFERENCE,
                "kind": "actual-account",
                "state": "requested",
                "requested_at": "2026-03-01T09:00:00.000Z",
                "history": [{"state": "requested", "at": "2026-03-01T09:00:00.000Z"}],
            }
        ],
    }


def test_A8_a_requests_own_reference_answers_about_that_request_and_no_other() -> None:
    sibling = replace(MOVING.requests[0], reference="sibling")
    state = replace(MOVING, requests=(sibling, *MOVING.requests))
    inquiry = shown(given(state).when(inquire_reference, inquiry_about(TRANSFER_REFERENCE)))
    assert inquiry["reference"] == TRANSFER_REFERENCE
    assert inquiry["definition"]["reference"] == REFERENCE
    assert [each["reference"] for each in inquiry["requests"]] == [TRANSFER_REFERENCE]


@pytest.mark.parametrize(
    "typed",
    [
        REFERENCE.lower(),
        REFERENCE.replace("-", ""),
        REFERENCE.replace("-", " "),
        REFERENCE.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
    ],
    ids=["lower", "joined", "spaced", "arabic"],
)
def test_A8_a_reference_is_understood_as_people_write_it(typed: str) -> None:
    inquiry = shown(given(HOLDER).when(inquire_reference, inquiry_about(typed)))
    assert inquiry["reference"] == REFERENCE


def test_A8_others_get_for_a_reference_what_anybody_gets_for_one_never_issued() -> None:
    def refusal(state: KnownCustomer | None, reference: str) -> Decision[KnownCustomer]:
        body = InquireReference(token=TOKEN, answer_key=ASKER, reference=reference)
        return inquire_reference(state, arriving(body, customer=FAHAD), Facts(NOON))

    fahads = KnownCustomer(region=2, definitions=(OTHER_DEFINED,))
    for state in (None, NEWCOMER, fahads):
        assert replace(refusal(state, REFERENCE), state=None) == replace(refusal(state, TRANSFER_REFERENCE), state=None)
        given(state).when(inquire_reference, inquiry_about(REFERENCE)).then_refused(
            "reference-not-found", "reference-not-theirs"
        )


@pytest.mark.parametrize("reference", [REFERENCE, UNKNOWN_REFERENCE, "nonsense"])
@pytest.mark.parametrize("state", [None, HOLDER], ids=["unknown", "holder"])
def test_A8_an_inquiry_changes_nothing_and_is_not_recorded(state: KnownCustomer | None, reference: str) -> None:
    decision = inquire_reference(state, inquiry_about(reference), Facts(NOON))
    assert decision.state is state
    assert not decision.recorded


def test_A3_a_customer_never_shows_an_account_in_its_repr() -> None:
    assert ACCOUNT not in repr(MOVING)


def test_J4_an_open_transfer_of_one_account_hinders_none_of_another() -> None:
    of_two = replace(MOVING, definitions=(DEFINED, OTHER_DEFINED))
    scene = given(of_two).when(
        request_transfer, transfer_of(UNKNOWN_REFERENCE), ReferenceFacts(NOON, reference_number(KEY, "transfer-2"))
    )
    assert scene.decision is not None
    assert scene.decision.refusal is None
    assert [each.definition_reference for each in scene.state.requests] == [REFERENCE, UNKNOWN_REFERENCE]


def test_A8_an_inquiry_tells_what_was_stated() -> None:
    let = replace(OTHER_DEFINED, is_actual_beneficiary=False)
    inquiry = shown(given(replace(HOLDER, definitions=(let,))).when(inquire_reference, inquiry_about(let.reference)))
    assert inquiry["definition"]["relation"] == "tenant"
    assert inquiry["definition"]["is_actual_beneficiary"] is False

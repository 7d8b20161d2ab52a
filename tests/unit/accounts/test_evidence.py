from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.accounts_request_internal import RequestNoted
from contracts.accounts_supply_internal import EvidenceFiled, EvidenceShown
from contracts.decision import Customer, Facts
from contracts.operations import TIMER_ELAPSED
from contracts.registry import EvidenceAsked, EvidenceConfirmed, EvidenceNotConfirmed
from contracts.requests import GiveEvidence, RequestAccepted, RequestMoved
from contracts.sealed import Secret
from services.accounts.customer import KnownCustomer
from services.accounts.door import MOST_IN_PERIOD
from services.accounts.evidence import (
    CheckedEvidence,
    CheckingEvidence,
    EvidenceFacts,
    ask_registry,
    due_at,
    give_evidence,
    give_up_on_registry,
    take_confirmation,
    take_denial,
)
from services.accounts.reference import ReferenceFacts
from services.accounts.request_news import RequestRecord
from tests.scenario import NOON, Given, arriving, given
from tests.unit.accounts.situations import (
    ACCOUNT,
    HOLDER,
    HOUSED,
    NOURA,
    REFERENCE,
    TOKEN,
    TRANSFER_REFERENCE,
    UNKNOWN_REFERENCE,
)
from tests.unit.accounts.test_submitting import asked_for

OWN = TRANSFER_REFERENCE
EVIDENCE = f"evidence:{OWN.replace('-', '')}"
NUMBER = "10203040506"
GIVE_UP_AT = NOON + timedelta(days=1)
RECORD = RequestRecord(
    user_id=NOURA.user_id,
    account_number=Secret(ACCOUNT),
    kind="beneficiary-evidence",
    reference=OWN,
    definition_reference=REFERENCE,
)
CHECKING = CheckingEvidence(record=RECORD, evidence_kind="tenancy-contract", give_up_at=GIVE_UP_AT)


def given_document(reference: str = REFERENCE, number: str = "١٠٢٠-٣٠٤٠-٥٠٦", customer: Customer = NOURA) -> Any:
    body = GiveEvidence(token=TOKEN, reference=reference, evidence_kind="tenancy-contract", document_number=TOKEN)
    return arriving(body, id="evidence-1", customer=customer, opened={"document_number": number})


def filed(acted_by: str | None = None) -> Any:
    body = EvidenceFiled(
        reference=OWN,
        definition_reference=REFERENCE,
        account_number=ACCOUNT,
        user_id=NOURA.user_id,
        acted_by=acted_by,
        evidence_kind="tenancy-contract",
        document_number=TOKEN,
        filed_at=NOON,
    )
    return arriving(body, subject=f"customer:{NOURA.user_id}", opened={"document_number": NUMBER})


def confirmed(day: date = date(2025, 6, 1)) -> Any:
    return arriving(EvidenceConfirmed(asked_by=EVIDENCE, valid_from=day), source="registry", subject=EVIDENCE)


def denied() -> Any:
    return arriving(EvidenceNotConfirmed(asked_by=EVIDENCE), source="registry", subject=EVIDENCE)


def timer() -> Any:
    return arriving(TIMER_ELAPSED["accounts"](aggregate=EVIDENCE))


def states_of(scene: Given) -> list[tuple[str, bool]]:
    news = [each for each in scene.messages if isinstance(each, RequestMoved | RequestNoted)]
    assert [type(each) for each in news] == [RequestMoved, RequestNoted]
    return list({(each.state, each.final) for each in news})


FACTS = ReferenceFacts(NOON, OWN)
WAITING = EvidenceFacts(NOON, GIVE_UP_AT)


def test_A10_a_document_is_accepted_under_its_own_reference_and_its_number_goes_on_sealed() -> None:
    scene = given(HOLDER).when(give_evidence, given_document(), FACTS)
    scene.then(RequestAccepted(reference=OWN, state="checking"), EvidenceFiled)
    file = scene.messages[1]
    assert isinstance(file, EvidenceFiled)
    assert file.document_number.plain == Secret(NUMBER)
    assert (file.reference, file.definition_reference, file.user_id) == (OWN, REFERENCE, NOURA.user_id)
    (request,) = scene.state.requests
    assert (request.reference, request.kind, request.state) == (OWN, "beneficiary-evidence", "checking")
    assert NUMBER not in str(scene.state)


@pytest.mark.parametrize(
    ("state", "command", "public", "reason"),
    [
        (None, given_document(), "step-missing", "national-address-missing"),
        (HOUSED, given_document(), "step-missing", "no-account-defined"),
        (HOLDER, given_document(UNKNOWN_REFERENCE), "reference-not-found", "no-definition-of-theirs"),
        (HOLDER, given_document("7K3M"), "reference-not-found", "reference-number-malformed"),
        (HOLDER, given_document(number="x"), "document-number-not-accepted", "document-number-malformed"),
    ],
    ids=["no-address", "no-account", "not-theirs", "no-reference", "no-number"],
)
def test_A11_evidence_has_a_door_like_every_request(
    state: KnownCustomer | None, command: Any, public: str, reason: str
) -> None:
    scene = given(state).when(give_evidence, command, FACTS)
    scene.then_refused(public, reason)
    scene.then_state(state)


def test_I17_a_businesss_evidence_says_who_acted() -> None:
    acting = Customer(NOURA.user_id, "session-1", "web", actor="user-hind")
    (_, file) = given(HOLDER).when(give_evidence, given_document(customer=acting), FACTS).messages
    assert isinstance(file, EvidenceFiled)
    assert file.acted_by == "user-hind"
    scene = given(None).when(ask_registry, filed("user-hind"), WAITING)
    assert [each.acted_by for each in scene.messages if isinstance(each, RequestMoved)] == ["user-hind"]


def test_A10_the_registry_is_asked_once_and_the_number_is_not_kept() -> None:
    scene = given(None).when(ask_registry, filed(), WAITING)
    scene.then(EvidenceAsked, RequestMoved, RequestNoted).then_state(CHECKING)
    question = scene.messages[0]
    assert isinstance(question, EvidenceAsked)
    assert (question.asked_by, question.account_number, question.user_id) == (EVIDENCE, ACCOUNT, NOURA.user_id)
    assert question.document_number.plain == Secret(NUMBER)
    assert states_of(scene) == [("checking", False)]
    scene.when(ask_registry, filed(), WAITING).then().then_state(CHECKING)


def test_A10_a_true_document_is_shown_to_the_beneficiary() -> None:
    scene = given(CHECKING).when(take_confirmation, confirmed())
    shown = EvidenceShown(
        account_number=ACCOUNT,
        user_id=NOURA.user_id,
        evidence_kind="tenancy-contract",
        valid_from=date(2025, 6, 1),
    )
    scene.then(RequestMoved, RequestNoted, shown)
    assert states_of(scene) == [("confirmed", True)]


def test_A10_a_document_counts_from_its_first_day_in_riyadh() -> None:
    today = date(2026, 3, 1)
    evening = replace(confirmed(today + timedelta(days=1)), now=NOON + timedelta(hours=12))
    assert states_of(given(CHECKING).when(take_confirmation, evening)) == [("confirmed", True)]
    early = given(CHECKING).when(take_confirmation, confirmed(today + timedelta(days=1)))
    early.then(RequestMoved, RequestNoted)
    assert states_of(early) == [("not-yet-in-force", True)]


def test_A10_a_document_that_the_registry_does_not_know_shows_nothing() -> None:
    scene = given(CHECKING).when(take_denial, denied()).then(RequestMoved, RequestNoted)
    assert states_of(scene) == [("not-confirmed", True)]


def test_A10_a_silent_registry_is_a_state_of_its_own() -> None:
    early = Facts(GIVE_UP_AT - timedelta(microseconds=1))
    given(CHECKING).when(give_up_on_registry, timer(), early).then().then_state(CHECKING)
    scene = given(CHECKING).when(give_up_on_registry, timer(), Facts(GIVE_UP_AT)).then(RequestMoved, RequestNoted)
    assert states_of(scene) == [("not-checked", True)]
    assert (due_at(CHECKING), due_at(scene.state)) == (GIVE_UP_AT, None)


def test_A10_what_is_checked_stays_as_it_is() -> None:
    checked = CheckedEvidence(record=RECORD, evidence_kind="tenancy-contract", outcome="not-checked")
    given(checked).when(take_confirmation, confirmed()).then().then_state(checked)
    given(checked).when(take_denial, denied()).then().then_state(checked)
    given(checked).when(give_up_on_registry, timer(), Facts(GIVE_UP_AT)).then().then_state(checked)


def test_A8_a_document_too_many_swells_nothing() -> None:
    many = replace(HOLDER, requests=tuple(asked_for(number) for number in range(MOST_IN_PERIOD)))
    scene = given(many).when(give_evidence, given_document(), ReferenceFacts(NOON, OWN))
    scene.then_refused("too-many-requests", "too-many-requests-in-30-days")
    assert scene.decision is not None
    assert not scene.decision.recorded


def test_A10_what_is_shown_is_the_document_that_was_given() -> None:
    checking = replace(CHECKING, evidence_kind="ownership-deed")
    (shown, *_) = [
        m for m in given(checking).when(take_confirmation, confirmed()).messages if isinstance(m, EvidenceShown)
    ]
    assert shown.evidence_kind == "ownership-deed"

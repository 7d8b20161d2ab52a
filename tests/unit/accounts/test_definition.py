import json
from dataclasses import replace
from typing import Any

import pytest

from contracts.accounts import (
    AcceptServiceTerms,
    AccountAdded,
    AddAccount,
    BeneficiaryDeclared,
    CompleteDefinition,
    ConfirmReview,
    DeclareBeneficiary,
    DefinitionReviewed,
    DefinitionStarted,
    ReviewConfirmed,
    ReviewDefinition,
    ServiceTermsAccepted,
    ShowDues,
    StartDefinition,
)
from contracts.decision import Facts
from contracts.values.public_texts import PUBLIC_TEXTS
from services.accounts.completion import complete_definition
from services.accounts.definition import (
    ABSENT,
    Agreed,
    Begun,
    Confirmed,
    Definition,
    Named,
    accept_service_terms,
    add_account,
    confirm_review,
    declare_beneficiary,
    next_step,
    review_definition,
    start_definition,
)
from services.accounts.dues import DuesFacts, show_dues
from services.accounts.reference import ReferenceFacts
from services.accounts.service_terms import CURRENT_VERSION, SERVICE_TERMS, text_hash
from tests.scenario import NOON, arriving, given
from tests.unit.accounts.situations import (
    ACCOUNT,
    AGREED,
    ASKER,
    AWAITING_DUES,
    BEGUN,
    COMPLETE,
    COMPLETING,
    CONFIRMED,
    DECLARED,
    EVERY_STAGE,
    FAHAD,
    GIVE_UP_AT,
    INFORMED,
    NAMED,
    NOURA,
    OTHER_ACCOUNT,
    REFERENCE,
    TOKEN,
)

START = StartDefinition(token=TOKEN, relation="tenant")
ADD = AddAccount(token=TOKEN, identifier_kind="account-number", identifier=ACCOUNT)
REVIEW = ReviewDefinition(token=TOKEN, answer_key=ASKER)
CONFIRM = ConfirmReview(token=TOKEN)
DECLARE = DeclareBeneficiary(token=TOKEN, is_actual_beneficiary=True)
DUES = ShowDues(token=TOKEN, answer_key=ASKER)
ACCEPT = AcceptServiceTerms(
    token=TOKEN, version=CURRENT_VERSION, language="ar", text_hash=text_hash(CURRENT_VERSION, "ar") or ""
)
FINISH = CompleteDefinition(token=TOKEN)

# Each step: what is sent, what decides it, what that knows, and the stages in which it is open.
STEPS: list[tuple[Any, Any, Facts, tuple[Definition, ...]]] = [
    (START, start_definition, Facts(NOON), ()),
    (ADD, add_account, Facts(NOON), (BEGUN, NAMED)),
    (CONFIRM, confirm_review, Facts(NOON), (NAMED,)),
    (DECLARE, declare_beneficiary, Facts(NOON), (CONFIRMED,)),
    (DUES, show_dues, DuesFacts(NOON, GIVE_UP_AT), (DECLARED, INFORMED)),
    (ACCEPT, accept_service_terms, Facts(NOON), (INFORMED,)),
    (FINISH, complete_definition, ReferenceFacts(NOON, REFERENCE), (AGREED,)),
]
PREMATURE = [
    pytest.param(message, decide, facts, stage, id=f"{type(message).__name__}-{stage.stage}")
    for message, decide, facts, open_in in STEPS
    for stage in EVERY_STAGE
    if stage not in open_in
    and (type(message), stage) not in {(ShowDues, AWAITING_DUES), (CompleteDefinition, COMPLETING)}
]


@pytest.mark.parametrize("relation", ["owner", "tenant"])
def test_A1_a_definition_begins_with_the_relation_to_the_supply(relation: Any) -> None:
    body = StartDefinition(token=TOKEN, relation=relation)
    (
        given()
        .when(start_definition, arriving(body, customer=NOURA))
        .then(DefinitionStarted(next_step="add-account"))
        .then_state(Begun(user_id=NOURA.user_id, relation=relation))
    )


@pytest.mark.parametrize("typed", [ACCOUNT, "٣٠٠١٢٣٤٥٦٧٨", "300-1234 5678"])
def test_A2_the_account_is_added_as_people_type_it(typed: str) -> None:
    body = AddAccount(token=TOKEN, identifier_kind="account-number", identifier=typed)
    (
        given(BEGUN)
        .when(add_account, arriving(body, customer=NOURA))
        .then(AccountAdded(next_step="review"))
        .then_state(NAMED)
    )


def test_A2_another_account_takes_the_place_of_the_first_before_the_review_is_confirmed() -> None:
    body = AddAccount(token=TOKEN, identifier_kind="account-number", identifier=OTHER_ACCOUNT)
    state = given(NAMED).when(add_account, arriving(body, customer=NOURA)).then(AccountAdded).state
    assert isinstance(state, Named)
    assert state.supply.identifier.reveal() == OTHER_ACCOUNT
    assert state.supply.relation == NAMED.supply.relation


@pytest.mark.parametrize(
    ("kind", "identifier", "reason"),
    [
        ("meter-number", ACCOUNT, "account-identifier-kind-unknown"),
        ("account-number", "123", "account-number-malformed"),
    ],
)
def test_A2_what_is_no_identifier_of_its_kind_is_refused(kind: str, identifier: str, reason: str) -> None:
    body = AddAccount(token=TOKEN, identifier_kind=kind, identifier=identifier)
    (
        given(BEGUN)
        .when(add_account, arriving(body, customer=NOURA))
        .then_refused("account-number-not-accepted", reason)
        .then_state(BEGUN)
    )


def test_A3_the_review_shows_what_the_person_gave_and_nothing_else_sealed_to_the_asker() -> None:
    scene = given(NAMED).when(review_definition, arriving(REVIEW, customer=NOURA)).then(DefinitionReviewed)
    (answer,) = scene.messages
    assert isinstance(answer, DefinitionReviewed)
    assert answer.review.to == ASKER
    assert answer.review.plain is not None
    assert json.loads(answer.review.plain.reveal()) == {
        "relation": "owner",
        "identifier_kind": "account-number",
        "identifier": ACCOUNT,
    }


@pytest.mark.parametrize("state", EVERY_STAGE[1:], ids=lambda state: state.stage)
def test_A3_a_review_changes_nothing_and_is_not_recorded(state: Definition) -> None:
    decision = review_definition(state, arriving(REVIEW, customer=NOURA), Facts(NOON))
    assert decision.state == state
    assert not decision.recorded


def test_J2_a_review_before_there_is_an_account_names_the_step_that_is_missing() -> None:
    scene = given(BEGUN).when(review_definition, arriving(REVIEW, customer=NOURA))
    scene.then_refused("step-missing", "step-out-of-order", "add-account")
    assert scene.decision is not None
    assert not scene.decision.recorded


def test_A3_the_review_is_confirmed() -> None:
    (
        given(NAMED)
        .when(confirm_review, arriving(CONFIRM, customer=NOURA))
        .then(ReviewConfirmed(next_step="declare-beneficiary"))
        .then_state(Confirmed)
    )


@pytest.mark.parametrize("declared", [True, False])
def test_A4_the_person_declares_whether_they_are_the_actual_beneficiary(declared: bool) -> None:
    body = DeclareBeneficiary(token=TOKEN, is_actual_beneficiary=declared)
    (
        given(CONFIRMED)
        .when(declare_beneficiary, arriving(body, customer=NOURA))
        .then(BeneficiaryDeclared(next_step="show-dues"))
        .then_state(replace(DECLARED, is_actual_beneficiary=declared))
    )


@pytest.mark.parametrize("language", ["ar", "en"])
def test_A6_the_terms_are_accepted_as_evidence(language: Any) -> None:
    shown = text_hash(CURRENT_VERSION, language) or ""
    body = AcceptServiceTerms(token=TOKEN, version=CURRENT_VERSION, language=language, text_hash=shown)
    scene = given(INFORMED).when(accept_service_terms, arriving(body, customer=NOURA))
    state = scene.then(ServiceTermsAccepted(next_step="complete")).state
    assert isinstance(state, Agreed)
    terms = state.terms
    assert (terms.version, terms.language, terms.text_hash) == (CURRENT_VERSION, language, shown)
    assert (terms.accepted_at, terms.channel) == (NOON, NOURA.channel)


@pytest.mark.parametrize(
    ("version", "language", "shown"),
    [
        ("1999-01", "ar", text_hash(CURRENT_VERSION, "ar")),
        (CURRENT_VERSION, "en", text_hash(CURRENT_VERSION, "ar")),
        (CURRENT_VERSION, "ar", "0" * 64),
    ],
)
def test_A6_a_text_that_is_not_in_force_is_not_accepted(version: str, language: Any, shown: str) -> None:
    body = AcceptServiceTerms(token=TOKEN, version=version, language=language, text_hash=shown)
    (
        given(INFORMED)
        .when(accept_service_terms, arriving(body, customer=NOURA))
        .then_refused("terms-version-unknown", "service-terms-unknown")
        .then_state(INFORMED)
    )


def test_A6_each_version_of_the_terms_has_both_languages() -> None:
    assert CURRENT_VERSION in SERVICE_TERMS
    assert all(texts.keys() == {"ar", "en"} for texts in SERVICE_TERMS.values())


@pytest.mark.parametrize(("message", "decide", "facts", "stage"), PREMATURE)
def test_J2_a_step_out_of_its_place_is_refused_with_the_step_that_is_open(
    message: Any, decide: Any, facts: Facts, stage: Definition
) -> None:
    scene = given(stage).when(decide, arriving(message, customer=NOURA), facts).then_state(stage)
    step = next_step(stage)
    if step is None:
        scene.then_refused("already-defined", "definition-complete")
    else:
        scene.then_refused("step-missing", "step-out-of-order", step)


def test_J2_the_steps_follow_each_other_in_their_order() -> None:
    stages = (BEGUN, NAMED, CONFIRMED, DECLARED, AWAITING_DUES, INFORMED, AGREED, COMPLETING, COMPLETE)
    assert [next_step(stage) for stage in stages] == [
        "add-account",
        "review",
        "declare-beneficiary",
        "show-dues",
        "show-dues",
        "accept-service-terms",
        "complete",
        "complete",
        None,
    ]


@pytest.mark.parametrize("stage", EVERY_STAGE, ids=lambda state: state.stage)
@pytest.mark.parametrize(
    ("message", "decide", "facts"),
    [(message, decide, facts) for message, decide, facts, _ in STEPS] + [(REVIEW, review_definition, Facts(NOON))],
    ids=[type(message).__name__ for message, *_ in STEPS] + ["ReviewDefinition"],
)
def test_A3_to_anybody_else_a_definition_does_not_exist(
    message: Any, decide: Any, facts: Facts, stage: Definition
) -> None:
    scene = given(stage).when(decide, arriving(message, customer=FAHAD), facts).then_state(stage)
    scene.then_refused(ABSENT.public_reason, "definition-of-another", ABSENT.missing_step)
    assert scene.decision is not None
    assert not scene.decision.recorded, "a sequence on the answer would tell it from one that does not exist"
    assert scene.messages == ()


@pytest.mark.parametrize(
    "public_reason",
    [
        ABSENT.public_reason,
        "account-number-not-accepted",
        "already-defined",
        "already-requested",
        "command-id-reused",
        "not-available-now",
        "reference-not-found",
        "step-missing",
        "terms-version-unknown",
        "too-many-definitions",
    ],
)
def test_J4_each_refusal_of_accounts_has_a_customer_text(public_reason: str) -> None:
    assert public_reason in PUBLIC_TEXTS


@pytest.mark.parametrize("stage", EVERY_STAGE, ids=lambda state: state.stage)
def test_A3_a_definition_never_shows_the_account_in_its_repr(stage: Definition) -> None:
    assert ACCOUNT not in repr(stage)

"""What a person states stands in all that follows: a tenant who is not the actual beneficiary, on the app."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.accounts import (
    AcceptServiceTerms,
    AccountDefined,
    CompleteDefinition,
    DefinitionAdmitted,
    DefinitionCompleted,
    DefinitionDenied,
    DuesShown,
    ServiceTermsAccepted,
    ShowDues,
)
from contracts.accounts_supply_internal import BeneficiaryLodged, SupplyLodged
from contracts.billing import AccountUnknown, DuesAsked
from contracts.operations import TIMER_ELAPSED
from services.accounts.completion import complete_definition, finish_definition, refuse_completion
from services.accounts.customer import take_in_definition
from services.accounts.definition import Begun, accept_service_terms
from services.accounts.dues import (
    DuesFacts,
    give_up_on_dues,
    refuse_unknown_account,
    show_dues,
    show_found_dues,
)
from services.accounts.reference import ReferenceFacts
from services.accounts.service_terms import CURRENT_VERSION, text_hash
from tests.scenario import NOON, arriving, given
from tests.unit.accounts.situations import (
    ACCOUNT,
    AGREED,
    ASKER,
    AWAITING_DUES,
    CLAIM,
    COMPLETE,
    COMPLETING,
    DECLARED,
    DEFINED,
    GIVE_UP_AT,
    HOUSED,
    INFORMED,
    NOURA,
    REFERENCE,
    TOKEN,
    dues_found,
    from_billing,
)

NOURA_ON_THE_APP = replace(NOURA, channel="app")
CLAIMED = CLAIM.model_copy(update={"relation": "tenant", "is_actual_beneficiary": False})


def let(stage: Any) -> Any:
    """This stage of a definition of somebody who rents, and lets somebody else use the power."""
    return replace(stage, supply=replace(stage.supply, relation="tenant"), is_actual_beneficiary=False)


def test_A1_A4_A5_billing_is_asked_about_a_tenant_as_a_tenant() -> None:
    ask = arriving(ShowDues(token=TOKEN, answer_key=ASKER), id="dues-1", customer=NOURA)
    question = DuesAsked(asked_by="definition:flow-1", account_number=ACCOUNT, user_id=NOURA.user_id, relation="tenant")
    (
        given(let(DECLARED))
        .when(show_dues, ask, DuesFacts(NOON, GIVE_UP_AT))
        .then(question)
        .then_state(let(AWAITING_DUES))
    )


def test_A4_A5_the_dues_are_shown_and_the_declaration_stands() -> None:
    found = dues_found(as_of=NOON)
    given(let(AWAITING_DUES)).when(show_found_dues, from_billing(found)).then(DuesShown).then_state(let(INFORMED))


def test_A4_A5_billing_is_silent_and_the_declaration_stands() -> None:
    woken = arriving(TIMER_ELAPSED["accounts"](aggregate="definition:flow-1"), source="accounts", now=GIVE_UP_AT)
    (
        given(let(AWAITING_DUES))
        .when(give_up_on_dues, woken)
        .then_refused("not-available-now", "billing-silent", "show-dues")
        .then_state(let(DECLARED))
    )


def test_A1_A2_who_has_to_give_another_account_is_still_its_tenant() -> None:
    unknown = AccountUnknown(asked_by="definition:flow-1", account_number=ACCOUNT, user_id=NOURA.user_id)
    (
        given(let(AWAITING_DUES))
        .when(refuse_unknown_account, from_billing(unknown))
        .then_refused("account-number-not-accepted", "account-unknown-to-billing", "add-account")
        .then_state(Begun(user_id=NOURA.user_id, relation="tenant"))
    )


def test_A4_A6_the_terms_are_accepted_where_they_were_shown_and_the_declaration_stands() -> None:
    body = AcceptServiceTerms(
        token=TOKEN, version=CURRENT_VERSION, language="ar", text_hash=text_hash(CURRENT_VERSION, "ar") or ""
    )
    on_the_app = replace(AGREED, terms=replace(AGREED.terms, channel="app"))
    (
        given(let(INFORMED))
        .when(accept_service_terms, arriving(body, customer=NOURA_ON_THE_APP))
        .then(ServiceTermsAccepted(next_step="complete"))
        .then_state(let(on_the_app))
    )


def test_A1_A4_A7_the_customers_aggregate_is_asked_for_what_was_stated() -> None:
    command = arriving(CompleteDefinition(token=TOKEN), id="complete-1", customer=NOURA)
    (
        given(let(AGREED))
        .when(complete_definition, command, ReferenceFacts(NOON, REFERENCE))
        .then(CLAIMED)
        .then_state(let(COMPLETING))
    )


def test_A1_A4_A7_the_account_is_defined_as_it_was_stated() -> None:
    defined = AccountDefined(
        user_id=NOURA.user_id,
        account_number=ACCOUNT,
        relation="tenant",
        is_actual_beneficiary=False,
        reference=REFERENCE,
        defined_at=NOON,
    )
    admitted = DefinitionAdmitted(flow_id="flow-1", reference=REFERENCE, defined_at=NOON)
    (
        given(let(COMPLETING))
        .when(finish_definition, arriving(admitted, source="accounts"))
        .then(DefinitionCompleted, defined)
        .then_state(let(COMPLETE))
    )


def test_A1_A4_a_denial_leaves_the_definition_as_it_was_stated() -> None:
    denied = DefinitionDenied(flow_id="flow-1", reason="already-defined")
    (
        given(let(COMPLETING))
        .when(refuse_completion, arriving(denied, source="accounts"))
        .then_refused("already-defined", "already-defined")
        .then_state(let(AGREED))
    )


def test_A1_A4_A8_the_customer_keeps_and_others_hear_what_was_stated() -> None:
    scene = given(HOUSED).when(take_in_definition, arriving(CLAIMED, source="accounts", subject="definition:flow-1"))
    _, supply, beneficiary = scene.then(DefinitionAdmitted, SupplyLodged, BeneficiaryLodged).messages
    assert scene.state.definitions == (replace(DEFINED, relation="tenant", is_actual_beneficiary=False),)
    assert isinstance(supply, SupplyLodged)
    assert isinstance(beneficiary, BeneficiaryLodged)
    assert supply.relation == beneficiary.relation == "tenant"
    assert not beneficiary.is_actual_beneficiary


@pytest.mark.parametrize("actor", ["user-reem", None])
def test_I17_whoever_completes_for_a_business_is_named_to_the_end(actor: str | None) -> None:
    admitted = DefinitionAdmitted(flow_id="flow-1", reference=REFERENCE, defined_at=NOON)
    scene = given(replace(COMPLETING, acted_by=actor)).when(finish_definition, arriving(admitted, source="accounts"))
    assert scene.state == replace(COMPLETE, acted_by=actor)

from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.accounts import (
    AccountDefined,
    CompleteDefinition,
    DefinitionAdmitted,
    DefinitionClaimed,
    DefinitionCompleted,
    DefinitionDenied,
    DenialReason,
)
from contracts.accounts_supply_internal import BeneficiaryLodged, SupplyLodged
from contracts.decision import Decision, Outgoing
from contracts.sealed import Secret
from contracts.values.public_texts import PUBLIC_TEXTS
from contracts.values.reference_number import parse_reference
from services.accounts.completion import complete_definition, finish_definition, refuse_completion
from services.accounts.customer import MOST_DEFINITIONS, KnownCustomer, take_in_definition
from services.accounts.definition import Definition
from services.accounts.effects import AccountsEffects, prepare_reference
from services.accounts.reference import ReferenceFacts
from tests.scenario import NOON, arriving, given
from tests.unit.accounts.situations import (
    ACCOUNT,
    AGREED,
    CLAIM,
    COMPLETE,
    COMPLETING,
    DEFINED,
    EVERY_STAGE,
    HOLDER,
    HOUSED,
    KEY,
    KINDS,
    MOVING,
    NEWCOMER,
    NOURA,
    OTHER_ACCOUNT,
    REFERENCE,
    TOKEN,
    TRANSFER_REFERENCE,
)

COMMAND = arriving(CompleteDefinition(token=TOKEN), id="complete-1", customer=NOURA)
FACTS = ReferenceFacts(NOON, REFERENCE)
ADMITTED = arriving(
    DefinitionAdmitted(flow_id="flow-1", reference=REFERENCE, defined_at=NOON),
    source="accounts",
    subject="customer:user-noura",
    correlation_id="complete-1",
)
CLAIMED = arriving(CLAIM, source="accounts", subject="definition:flow-1", correlation_id="complete-1")
TAKEN_IN = (DefinitionAdmitted, SupplyLodged, BeneficiaryLodged)
NOT_COMPLETING = [stage for stage in EVERY_STAGE if stage is not COMPLETING]


def denied(reason: DenialReason) -> DefinitionDenied:
    return DefinitionDenied(flow_id="flow-1", reason=reason)


def test_A7_a_definition_with_all_its_steps_asks_its_customers_aggregate() -> None:
    given(AGREED).when(complete_definition, COMMAND, FACTS).then(CLAIM).then_state(COMPLETING)


def test_A7_the_reference_number_is_the_answer_and_the_account_is_defined() -> None:
    defined = AccountDefined(
        user_id=NOURA.user_id,
        account_number=ACCOUNT,
        relation="owner",
        is_actual_beneficiary=True,
        reference=REFERENCE,
        defined_at=NOON,
    )
    answer = DefinitionCompleted(reference=REFERENCE)
    scene = given(COMPLETING).when(finish_definition, ADMITTED).then(answer, defined).then_state(COMPLETE)
    assert scene.decision is not None
    assert scene.decision.messages[0] == Outgoing(answer, "complete-1")


def test_I17_a_definition_says_who_acted_for_the_business() -> None:
    acting = arriving(CompleteDefinition(token=TOKEN), id="complete-1", customer=replace(NOURA, actor="user-reem"))
    asked = (
        given(AGREED).when(complete_definition, acting, FACTS).then(CLAIM.model_copy(update={"acted_by": "user-reem"}))
    )
    finished = asked.when(finish_definition, ADMITTED).then(DefinitionCompleted, AccountDefined)
    (_, defined) = finished.messages
    assert isinstance(defined, AccountDefined)
    assert (defined.user_id, defined.acted_by) == ("user-noura", "user-reem")


@pytest.mark.parametrize("reason", ["already-defined", "too-many-definitions", "command-id-reused"])
def test_J3_a_denial_is_the_one_answer_to_the_command_that_waited(reason: DenialReason) -> None:
    scene = given(COMPLETING).when(refuse_completion, arriving(denied(reason), source="accounts"))
    scene.then_refused(reason, reason).then_state(AGREED)
    assert scene.decision is not None
    assert scene.decision.refusal is not None
    assert scene.decision.refusal.command_id == "complete-1"
    assert scene.decision.refusal.command_type == CompleteDefinition.type_name
    assert reason in PUBLIC_TEXTS


def test_J3_while_the_customers_aggregate_is_waited_for_a_second_completion_is_refused() -> None:
    (
        given(COMPLETING)
        .when(complete_definition, replace(COMMAND, id="complete-2"), FACTS)
        .then_refused("not-available-now", "completion-under-way", "complete")
        .then_state(COMPLETING)
    )


@pytest.mark.parametrize("state", NOT_COMPLETING, ids=lambda state: state.stage)
def test_J3_the_customers_word_means_nothing_to_a_definition_that_did_not_ask(state: Definition) -> None:
    given(state).when(finish_definition, ADMITTED).then().then_state(state)
    given(state).when(refuse_completion, arriving(denied("already-defined"))).then().then_state(state)


@pytest.mark.parametrize("state", [None, NEWCOMER, HOUSED], ids=["unknown", "newcomer", "housed"])
def test_A7_the_customer_takes_the_definition_in(state: KnownCustomer | None) -> None:
    scene = given(state).when(take_in_definition, CLAIMED).then(ADMITTED.body, SupplyLodged, BeneficiaryLodged)
    scene.then_state(replace(state or NEWCOMER, definitions=(DEFINED,)))


def test_A4_A18_what_was_declared_goes_to_the_supply_and_to_the_beneficiary() -> None:
    claim = CLAIM.model_copy(update={"relation": "tenant", "is_actual_beneficiary": False})
    said: dict[str, object] = {
        "account_number": ACCOUNT,
        "user_id": NOURA.user_id,
        "relation": "tenant",
        "reference": REFERENCE,
        "defined_at": NOON,
    }
    lodged = (
        SupplyLodged.model_validate(said),
        BeneficiaryLodged.model_validate(said | {"is_actual_beneficiary": False}),
    )
    given(None).when(take_in_definition, arriving(claim)).then(DefinitionAdmitted, *lodged)


def test_A7_the_same_account_is_not_defined_twice_by_one_person() -> None:
    second = CLAIM.model_copy(update={"flow_id": "flow-2", "relation": "tenant", "reference": TRANSFER_REFERENCE})
    (
        given(HOLDER)
        .when(take_in_definition, arriving(second, subject="definition:flow-2"))
        .then(DefinitionDenied(flow_id="flow-2", reason="already-defined"))
        .then_state(HOLDER)
    )


def test_A7_another_account_and_another_person_are_each_taken_in() -> None:
    other_account = CLAIM.model_copy(
        update={"flow_id": "flow-2", "identifier": OTHER_ACCOUNT, "reference": TRANSFER_REFERENCE}
    )
    given(HOLDER).when(take_in_definition, arriving(other_account)).then(*TAKEN_IN)
    other_person = CLAIM.model_copy(update={"flow_id": "flow-3", "user_id": "user-fahad", "relation": "tenant"})
    given(None).when(take_in_definition, arriving(other_person)).then(*TAKEN_IN)


def test_A7_asking_again_for_the_same_flow_gets_the_same_number() -> None:
    again = CLAIM.model_copy(update={"reference": TRANSFER_REFERENCE, "claimed_at": NOON + timedelta(hours=1)})
    given(HOLDER).when(take_in_definition, arriving(again)).then(ADMITTED.body).then_state(HOLDER)


def test_A7_one_person_defines_fifty_accounts_at_most() -> None:
    def numbered(place: int) -> str:
        return f"{place:011d}"

    def full(count: int) -> KnownCustomer:
        each = (
            replace(DEFINED, flow_id=f"f-{n}", reference=f"r-{n}", identifier=Secret(numbered(n))) for n in range(count)
        )
        return KnownCustomer(definitions=tuple(each))

    given(full(MOST_DEFINITIONS - 1)).when(take_in_definition, CLAIMED).then(*TAKEN_IN)
    (
        given(full(MOST_DEFINITIONS))
        .when(take_in_definition, CLAIMED)
        .then(denied("too-many-definitions"))
        .then_state(full(MOST_DEFINITIONS))
    )


def test_A20_a_command_id_used_for_another_request_gives_no_second_request_its_number() -> None:
    reused = CLAIM.model_copy(
        update={"flow_id": "flow-2", "identifier": OTHER_ACCOUNT, "reference": TRANSFER_REFERENCE}
    )
    (
        given(MOVING)
        .when(take_in_definition, arriving(reused))
        .then(DefinitionDenied(flow_id="flow-2", reason="command-id-reused"))
        .then_state(MOVING)
    )


async def test_A20_the_reference_number_follows_from_the_commands_id_and_whose_it_is() -> None:
    effects = AccountsEffects(KEY, KINDS)
    first = await prepare_reference(AGREED, COMMAND, effects, NOON)
    again = await prepare_reference(None, COMMAND, effects, NOON + timedelta(minutes=1))
    other = await prepare_reference(AGREED, replace(COMMAND, id="complete-2"), effects, NOON)
    of_reem, for_noura = (
        replace(COMMAND, customer=replace(NOURA, **changes)) for changes in ({"user_id": "reem"}, {"actor": "reem"})
    )
    hers = await prepare_reference(AGREED, of_reem, effects, NOON)
    acting = await prepare_reference(AGREED, for_noura, effects, NOON)
    assert first.reference == again.reference == acting.reference
    assert len({first.reference, other.reference, hers.reference}) == 3
    assert parse_reference(first.reference) == first.reference


def test_A20_a_key_that_is_too_short_is_noticed_at_the_start_and_no_key_is_shown() -> None:
    with pytest.raises(ValueError, match="too short"):
        AccountsEffects(b"short", KINDS)
    assert repr(KEY) not in repr(AccountsEffects(KEY, KINDS))


def test_A7_deciding_a_claim_again_gives_the_same() -> None:
    def decide() -> Decision[KnownCustomer]:
        return take_in_definition(HOUSED, CLAIMED, FACTS)

    assert decide() == decide()
    assert isinstance(CLAIMED.body, DefinitionClaimed)

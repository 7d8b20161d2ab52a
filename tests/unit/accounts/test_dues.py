from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.accounts import Dues, DuesShown, ShowDues
from contracts.billing import AccountUnknown, DuesAsked, DuesFound
from contracts.decision import Facts, Outgoing
from contracts.operations import TIMER_ELAPSED
from services.accounts.definition import Begun, Definition, Informed
from services.accounts.dues import (
    DuesFacts,
    due_at,
    give_up_on_dues,
    refuse_unknown_account,
    show_dues,
    show_found_dues,
)
from tests.scenario import NOON, Given, arriving, given
from tests.unit.accounts.situations import (
    ACCOUNT,
    ASKER,
    AWAITING_DUES,
    DECLARED,
    EVERY_STAGE,
    FAHAD,
    GIVE_UP_AT,
    INFORMED,
    NOURA,
    OTHER_ACCOUNT,
    TOKEN,
    due,
    dues_found,
    from_billing,
)

ASK = arriving(ShowDues(token=TOKEN, answer_key=ASKER), id="dues-1", customer=NOURA)
FACTS = DuesFacts(NOON, GIVE_UP_AT)
TIMER = arriving(TIMER_ELAPSED["accounts"](aggregate="definition:flow-1"), source="accounts")
UNKNOWN = AccountUnknown(asked_by="definition:flow-1", account_number=ACCOUNT, user_id=NOURA.user_id)
NOT_WAITING = [stage for stage in EVERY_STAGE if stage is not AWAITING_DUES]


def then_late_refusal(scene: Given, public_reason: str, reason: str, missing_step: str) -> None:
    """The refusal is the one answer to the command that has waited (J3)."""
    scene.then_refused(public_reason, reason, missing_step)
    assert answered_command(scene) == ("dues-1", ShowDues.type_name)


def answered_command(scene: Given) -> tuple[str | None, str | None]:
    assert scene.decision is not None
    assert scene.decision.refusal is not None
    return scene.decision.refusal.command_id, scene.decision.refusal.command_type


def opened(scene: Given) -> Dues:
    """What only the asker can read."""
    (shown,) = scene.then(DuesShown).messages
    assert isinstance(shown, DuesShown)
    assert shown.dues.to == ASKER
    assert shown.dues.plain is not None
    return Dues.model_validate_json(shown.dues.plain.reveal())


@pytest.mark.parametrize("state", [DECLARED, INFORMED], ids=["first", "again"])
def test_A5_billing_is_asked_for_this_persons_dues_on_this_account_only(state: Definition) -> None:
    question = DuesAsked(asked_by="definition:flow-1", account_number=ACCOUNT, user_id=NOURA.user_id, relation="owner")
    given(state).when(show_dues, ASK, FACTS).then(question).then_state(AWAITING_DUES)


def test_A5_dues_are_shown_with_what_for_period_amount_due_date_and_as_of_when() -> None:
    found = dues_found()
    scene = given(AWAITING_DUES).when(show_found_dues, from_billing(found))
    assert opened(scene) == Dues(as_of=found.as_of, dues=found.dues, total_halalas=34_567)
    assert scene.state == Informed(
        user_id=NOURA.user_id, supply=DECLARED.supply, is_actual_beneficiary=True, dues_as_of=found.as_of
    )
    assert scene.decision is not None
    (answer,) = scene.decision.messages
    assert isinstance(answer, Outgoing)
    assert answer.correlation_id == "dues-1"
    assert isinstance(answer.body, DuesShown)
    assert answer.body.next_step == "accept-service-terms"


@pytest.mark.parametrize("found", [dues_found(), dues_found(dues=(), total_halalas=0)], ids=["dues", "nothing"])
def test_L1_dues_are_sealed_to_whoever_asked(found: DuesFound) -> None:
    (shown,) = given(AWAITING_DUES).when(show_found_dues, from_billing(found)).messages
    assert isinstance(shown, DuesShown)
    assert set(type(shown).model_fields) == {"dues", "next_step"}
    assert shown.dues.to == ASKER
    assert shown.dues.jwe is None  # the chassis seals it on its way out


def test_A5_nothing_due_is_an_answer_too() -> None:
    scene = given(AWAITING_DUES).when(show_found_dues, from_billing(dues_found(dues=(), total_halalas=0)))
    assert opened(scene.then_state(Informed)) == Dues(as_of=dues_found().as_of, dues=(), total_halalas=0)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"user_id": FAHAD.user_id}, "dues-of-another-party"),
        ({"account_number": OTHER_ACCOUNT}, "dues-of-another-party"),
        ({"total_halalas": 34_566}, "dues-do-not-add-up"),
        (
            {"dues": (due(34_567).model_copy(update={"period_to": date(2025, 12, 31)}),)},
            "dues-period-reversed",
        ),
    ],
)
def test_A5_what_is_another_partys_or_does_not_add_up_is_never_shown(changes: dict[str, Any], reason: str) -> None:
    scene = given(AWAITING_DUES).when(show_found_dues, from_billing(dues_found(**changes)))
    then_late_refusal(scene, "not-available-now", reason, "show-dues")
    assert scene.messages == ()
    scene.then_state(DECLARED)


def test_A5_what_is_due_for_a_single_day_is_shown() -> None:
    fee = due(34_567).model_copy(update={"what_for": "reconnection", "period_to": due(34_567).period_from})
    found = dues_found(dues=(fee,))
    scene = given(AWAITING_DUES).when(show_found_dues, from_billing(found)).then_state(Informed)
    assert opened(scene).dues == (fee,)


def test_A5_a_negative_amount_or_an_instant_without_its_offset_does_not_pass_the_border() -> None:
    with pytest.raises(ValidationError):
        due(-1)
    with pytest.raises(ValidationError):
        dues_found(as_of=NOON.replace(tzinfo=None))


def test_A2_an_account_that_billing_does_not_know_is_refused_and_another_may_be_added() -> None:
    scene = given(AWAITING_DUES).when(refuse_unknown_account, from_billing(UNKNOWN))
    then_late_refusal(scene, "account-number-not-accepted", "account-unknown-to-billing", "add-account")
    scene.then_state(Begun(user_id=NOURA.user_id, relation="owner"))


def test_J3_while_billing_is_waited_for_a_second_question_is_refused() -> None:
    again = arriving(ShowDues(token=TOKEN, answer_key=ASKER), id="dues-2", customer=NOURA)
    (
        given(AWAITING_DUES)
        .when(show_dues, again, FACTS)
        .then_refused("not-available-now", "dues-asked-already", "show-dues")
        .then_state(AWAITING_DUES)
    )


@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=1)])
def test_J3_a_silent_billing_gets_the_command_its_answer_and_the_step_stays_open(late: timedelta) -> None:
    scene = given(AWAITING_DUES).when(give_up_on_dues, TIMER, Facts(GIVE_UP_AT + late))
    then_late_refusal(scene, "not-available-now", "billing-silent", "show-dues")
    scene.then_state(DECLARED)
    scene.when(show_dues, ASK, FACTS).then(DuesAsked)


def test_J3_an_early_wake_up_changes_nothing() -> None:
    early = Facts(GIVE_UP_AT - timedelta(milliseconds=1))
    given(AWAITING_DUES).when(give_up_on_dues, TIMER, early).then().then_state(AWAITING_DUES)


@pytest.mark.parametrize("state", NOT_WAITING, ids=lambda state: state.stage)
@pytest.mark.parametrize(
    ("decide", "message", "facts"),
    [
        (show_found_dues, from_billing(dues_found()), Facts(NOON)),
        (refuse_unknown_account, from_billing(UNKNOWN), Facts(NOON)),
        (give_up_on_dues, TIMER, Facts(GIVE_UP_AT)),
    ],
    ids=["dues", "unknown", "timer"],
)
def test_J3_what_comes_when_nothing_is_waited_for_changes_nothing(
    state: Definition, decide: Any, message: Any, facts: Facts
) -> None:
    given(state).when(decide, message, facts).then().then_state(state)


@pytest.mark.parametrize(
    ("decide", "body"), [(show_found_dues, dues_found()), (refuse_unknown_account, UNKNOWN)], ids=["dues", "unknown"]
)
def test_J3_the_answer_to_an_earlier_question_is_not_the_answer_to_this_one(
    decide: Any, body: DuesFound | AccountUnknown
) -> None:
    given(AWAITING_DUES).when(decide, from_billing(body, command_id="dues-0")).then().then_state(AWAITING_DUES)


def test_A5_only_a_definition_that_waits_wants_to_be_woken() -> None:
    assert due_at(AWAITING_DUES) == GIVE_UP_AT
    assert [due_at(stage) for stage in NOT_WAITING] == [None] * len(NOT_WAITING)

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.identity import OtpRequested
from contracts.identity_internal import (
    NumberCodeAsked,
    NumberCodeDenied,
    NumberCodeGranted,
    PersonCodeDenied,
    PersonCodeGranted,
    RegistrationOpened,
)
from contracts.notifications import OtpHandedOver, OtpNotHandedOver
from contracts.registry import ApprovedMobileAbsent, ApprovedMobileAsked, ApprovedMobileFound
from services.identity.approved_mobile import approved_mobile_absent, approved_mobile_found, open_registration
from services.identity.budgets import Spent
from services.identity.challenge_states import Challenge
from services.identity.code_delivery import (
    ask_number,
    number_denied,
    number_granted,
    otp_handed_over,
    otp_not_handed_over,
    person_denied,
    person_granted,
)
from services.identity.mobile_number import Number, ask_for_code
from services.identity.service import the_code_asker
from services.identity.states import UserState
from tests.scenario import NOON, arriving, given
from tests.unit.identity.challenges import consent_code_awaited, reset_code_awaited
from tests.unit.identity.situations import (
    APPROVED_MOBILE,
    BIRTH_DATE,
    CITIZEN,
    CODE_FACTS,
    ENDS,
    EVERY_STATE,
    FACTS,
    GIVEN_MOBILE,
    ISSUED,
    MINUTE,
    PERSON,
    SEALED,
    SECOND,
    USER,
    USER_ID,
    asking_number,
    asking_registry,
    asking_second_code,
    first_code_issued,
    second_code_issued,
    unknown_to_registry,
)

OPENED = arriving(
    RegistrationOpened(
        user_id=USER_ID,
        person=PERSON,
        channel="web",
        segment="individual",
        nationality="SA",
        identity_type="citizen",
        identity_number=SEALED,
        birth_date=SEALED,
        language="ar",
    ),
    opened={"identity_number": CITIZEN, "birth_date": BIRTH_DATE},
)
FOUND = arriving(ApprovedMobileFound(asked_by=USER, mobile=SEALED), opened={"mobile": APPROVED_MOBILE})
ABSENT = arriving(ApprovedMobileAbsent(asked_by=USER))


def granted(number: int) -> NumberCodeGranted:
    return NumberCodeGranted(asked_by=USER, number=number)


def handed_over(otp_id: str) -> OtpHandedOver:
    return OtpHandedOver(otp_id=otp_id, asked_by=USER)


def test_I5_the_registry_is_asked_which_mobile_the_person_approved() -> None:
    after = given().when(open_registration, OPENED, FACTS).then(ApprovedMobileAsked).then_state(asking_registry)
    asked = after.messages[0]
    assert isinstance(asked, ApprovedMobileAsked)
    assert asked.asked_by == USER
    assert asked.identity_number.plain is not None
    assert asked.identity_number.plain.reveal() == CITIZEN


def test_I4_the_declared_triple_and_the_gregorian_day_are_both_kept() -> None:
    declared = given().when(open_registration, OPENED, FACTS).state.declared
    assert (declared.birth_date.reveal(), declared.birth_date_gregorian.reveal()) == (BIRTH_DATE, "1989-12-10")


@pytest.mark.parametrize("state", EVERY_STATE)
def test_J2_a_flow_serves_once(state: UserState) -> None:
    given(state).when(open_registration, OPENED, FACTS).then_refused("step-missing", "flow-used-before").then_state(
        state
    )


def test_I5_the_budget_of_the_approved_number_is_asked_before_a_code_is_issued() -> None:
    after = given(asking_registry).when(approved_mobile_found, FOUND).then(NumberCodeAsked).then_state(asking_number)
    asked = after.messages[0]
    assert isinstance(asked, NumberCodeAsked)
    assert asked.mobile.plain is not None
    assert (asked.mobile.plain.reveal(), asked.number, asked.replaces_lost) == (APPROVED_MOBILE, 1, False)


@pytest.mark.parametrize("state", [s for s in EVERY_STATE if s != asking_registry])
def test_I5_a_second_answer_of_the_registry_changes_nothing(state: UserState) -> None:
    given(state).when(approved_mobile_found, FOUND).then().then_state(state)
    given(state).when(approved_mobile_absent, ABSENT).then().then_state(state)


def test_I15_without_an_approved_mobile_no_code_comes_and_only_operators_learn_why() -> None:
    given(asking_registry).when(approved_mobile_absent, ABSENT).then_refused(
        "code-not-accepted", "no-approved-mobile"
    ).then_state(unknown_to_registry)


def test_I5_a_mobile_that_is_none_is_not_used() -> None:
    odd = arriving(FOUND.body, opened={"mobile": "+4915112345678"})
    given(asking_registry).when(approved_mobile_found, odd).then_refused(
        "code-not-accepted", "approved-mobile-malformed"
    ).then_state(unknown_to_registry)


def test_I5_the_first_code_goes_to_the_approved_mobile() -> None:
    after = given(asking_number).when(number_granted, arriving(granted(1)), CODE_FACTS).then(OtpRequested)
    requested = after.messages[0]
    assert isinstance(requested, OtpRequested)
    assert requested.mobile.plain is not None
    assert requested.code.plain is not None
    assert (requested.mobile.plain.reveal(), requested.code.plain.reveal()) == (APPROVED_MOBILE, "123456")
    assert (requested.purpose, requested.language) == ("approve-registration", "ar")
    assert (requested.issued_at, requested.hand_over_by, requested.valid_until) == (
        NOON,
        NOON + MINUTE,
        NOON + 2 * MINUTE,
    )
    after.then_state(first_code_issued)


def test_I9_the_second_code_goes_to_the_mobile_just_given() -> None:
    after = given(asking_second_code).when(number_granted, arriving(granted(2)), CODE_FACTS).then(OtpRequested)
    requested = after.messages[0]
    assert isinstance(requested, OtpRequested)
    assert requested.mobile.plain is not None
    assert (requested.mobile.plain.reveal(), requested.purpose) == (GIVEN_MOBILE, "confirm-mobile")
    after.then_state(second_code_issued)


@pytest.mark.parametrize("state", EVERY_STATE)
def test_I14_a_grant_for_another_code_or_sent_twice_issues_nothing(state: UserState) -> None:
    given(state).when(number_granted, arriving(granted(9)), CODE_FACTS).then().then_state(state)
    given(first_code_issued).when(number_granted, arriving(granted(1)), CODE_FACTS).then()


@pytest.mark.parametrize(
    ("state", "number"),
    [(asking_number, 1), (asking_second_code, 2), (reset_code_awaited, 1), (consent_code_awaited, 1)],
)
def test_N2_no_code_is_sent_for_what_is_over(state: Any, number: int) -> None:
    late = arriving(granted(number), now=state.ends_at)
    given(state).when(number_granted, late, replace(CODE_FACTS, present=state.ends_at)).then().then_state(state)


def test_I5_a_mobile_named_after_the_registrations_end_is_not_asked_for_a_code() -> None:
    late = replace(FOUND, now=ENDS)
    given(asking_registry).when(approved_mobile_found, late).then().then_state(asking_registry)


@pytest.mark.parametrize(("state", "number"), [(asking_number, 1), (asking_second_code, 2)])
def test_I14_after_the_persons_budget_the_numbers_is_asked(state: UserState, number: int) -> None:
    yes = arriving(PersonCodeGranted(asked_by=USER, number=number))
    given(state).when(person_granted, yes).then(NumberCodeAsked).then_state(state)


@pytest.mark.parametrize("state", EVERY_STATE)
def test_I14_a_persons_grant_for_another_code_asks_nothing(state: UserState) -> None:
    yes = arriving(PersonCodeGranted(asked_by=USER, number=9))
    given(state).when(person_granted, yes).then().then_state(state)


@pytest.mark.parametrize(("state", "number"), [(asking_number, 1), (asking_second_code, 2)])
def test_I14_denied_codes_are_told_apart_for_operators(state: UserState, number: int) -> None:
    person_says = arriving(PersonCodeDenied(asked_by=USER, number=number, reason="codes-an-hour-used-up"))
    given(state).when(person_denied, person_says).then_refused(
        "too-many-codes", "person.codes-an-hour-used-up"
    ).then_state(state)
    number_says = arriving(NumberCodeDenied(asked_by=USER, number=number, reason="codes-a-day-used-up"))
    given(state).when(number_denied, number_says).then_refused(
        "too-many-codes", "number.codes-a-day-used-up"
    ).then_state(state)


def test_I14_a_denial_for_another_code_changes_nothing() -> None:
    number_says = arriving(NumberCodeDenied(asked_by=USER, number=9, reason="codes-a-day-used-up"))
    given(asking_number).when(number_denied, number_says).then().then_state(asking_number)
    given(first_code_issued).when(number_denied, number_says).then().then_state(first_code_issued)


@pytest.mark.parametrize("state", [first_code_issued, second_code_issued])
def test_I6_the_stamp_of_the_hand_over_is_the_sending(state: UserState) -> None:
    report = arriving(handed_over(state.code.otp_id), now=NOON + 7 * SECOND)  # type: ignore[union-attr]
    once = given(state).when(otp_handed_over, report).then()
    assert once.state.code.sent_at == NOON + 7 * SECOND
    once.when(otp_handed_over, report).then().then_state(once.state)


def test_N10_a_code_that_was_not_handed_over_is_marked_lost() -> None:
    report = OtpNotHandedOver(otp_id=ISSUED.otp_id, asked_by=USER, reason="unknown")
    after = given(first_code_issued).when(otp_not_handed_over, arriving(report)).then()
    after.then_state(replace(first_code_issued, code=replace(ISSUED, lost=True)))
    after.when(otp_not_handed_over, arriving(report)).then().then_state(after.state)


NOT_PROVING = [s for s in EVERY_STATE if not s.stage.startswith("proving")]


@pytest.mark.parametrize("state", NOT_PROVING)
def test_I6_reports_after_the_code_was_used_change_nothing(state: UserState) -> None:
    given(state).when(otp_handed_over, arriving(handed_over(ISSUED.otp_id))).then().then_state(state)
    lost = OtpNotHandedOver(otp_id=ISSUED.otp_id, asked_by=USER, reason="expired")
    given(state).when(otp_not_handed_over, arriving(lost)).then().then_state(state)


def asking_for_number(replaces_lost: bool = False, unproven: bool = False) -> NumberCodeAsked:
    return NumberCodeAsked(mobile=SEALED, asked_by=USER, number=1, replaces_lost=replaces_lost, unproven=unproven)


def test_I14_the_budget_of_a_number_counts_whoever_asks() -> None:
    scenario = given()
    for _ in range(10):
        scenario = given(scenario.state).when(ask_for_code, arriving(asking_for_number())).then(NumberCodeGranted)
    given(scenario.state).when(ask_for_code, arriving(asking_for_number())).then(
        NumberCodeDenied(asked_by=USER, number=1, reason="codes-an-hour-used-up")
    ).then_state(scenario.state)


@pytest.mark.parametrize(("age", "half"), [(timedelta(0), 5), (timedelta(hours=2), 25)])
def test_I14_whoever_registers_with_a_number_leaves_half_of_its_budget_to_its_owner(age: timedelta, half: int) -> None:
    asked = arriving(asking_for_number(unproven=True))
    moments = Spent(tuple(NOON - age for _ in range(half - 1)))
    last = given(Number(moments, moments)).when(ask_for_code, asked).then(NumberCodeGranted)
    last.when(ask_for_code, asked).then(NumberCodeDenied).then_state(last.state)
    scenario = last
    for _ in range(5):
        scenario = scenario.when(ask_for_code, arriving(asking_for_number())).then(NumberCodeGranted)


def test_I14_what_proven_people_are_sent_leaves_no_more_to_others_than_the_whole_budget() -> None:
    full = Number(Spent(tuple(NOON for _ in range(10))))
    given(full).when(ask_for_code, arriving(asking_for_number(unproven=True))).then(NumberCodeDenied).then_state(full)


@pytest.mark.parametrize(
    ("state", "unproven"),
    [(asking_number, True), (asking_second_code, True), (reset_code_awaited, False), (consent_code_awaited, False)],
)
def test_I14_registrations_alone_are_unproven(state: UserState | Challenge, unproven: bool) -> None:
    assert [asked.unproven for asked in ask_number(state)] == [unproven]


def test_N10_a_code_for_a_lost_one_is_free_of_the_numbers_budget() -> None:
    full = Number(Spent(tuple(NOON for _ in range(10))))
    given(full).when(ask_for_code, arriving(asking_for_number(replaces_lost=True))).then(NumberCodeGranted).then_state(
        full
    )


@pytest.mark.parametrize("asked_by", ["person:" + USER_ID, "mobile:" + USER_ID, "business:" + USER_ID, "user", ""])
def test_I15_what_becomes_of_a_code_reaches_nobody_but_who_asks_for_codes(asked_by: str) -> None:
    told = OtpHandedOver.model_construct(otp_id="o", asked_by=asked_by)
    with pytest.raises(ValueError, match="nobody who asks"):
        the_code_asker(arriving(told), lambda *_: "")
    assert the_code_asker(arriving(OtpHandedOver(otp_id="o", asked_by=USER)), lambda *_: "") == USER

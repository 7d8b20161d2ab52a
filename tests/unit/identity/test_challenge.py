"""A challenge of either purpose: where its code goes, and how it ends (I13, I14, A9)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.identity import OtpRequested
from contracts.identity_internal import (
    NumberCodeAsked,
    NumberCodeDenied,
    NumberCodeGranted,
    PersonCodeDenied,
    PersonCodeGranted,
)
from contracts.identity_sessions import ConsentNotGiven
from contracts.message import TimerElapsed
from contracts.notifications import OtpHandedOver, OtpNotHandedOver
from services.identity.challenge import READ_LATE, contact_told, contact_withheld, due_at, on_timer
from services.identity.challenge_states import Challenge, Consenting, Resetting
from services.identity.code_delivery import (
    number_denied,
    number_granted,
    otp_handed_over,
    otp_not_handed_over,
    person_denied,
    person_granted,
)
from services.identity.one_time_code import code_id
from tests.scenario import NOON, arriving, given
from tests.unit.identity.challenges import (
    ASKER,
    CONSENT,
    CONSENT_ID,
    ENDS,
    EVERY_CHALLENGE,
    EVERY_CONSENT,
    EVERY_RESET,
    RESET,
    changing,
    consent_code_awaited,
    consent_code_issued,
    consent_over,
    consented,
    consenting,
    reset_code_awaited,
    reset_code_issued,
    reset_done,
    reset_over,
    resetting,
    resetting_nobody,
    told,
    unopened,
    withheld,
)
from tests.unit.identity.in_memory import plain
from tests.unit.identity.situations import CODE_FACTS, FACTS, GIVEN_MOBILE, SECOND, USER_ID

WAITING = (resetting, consenting)
AWAITED = [(reset_code_awaited, RESET, "reset-password"), (consent_code_awaited, CONSENT, "give-consent")]
ISSUED: tuple[Resetting | Consenting, ...] = (reset_code_issued, consent_code_issued)


# --- where the code goes --------------------------------------------------------------------------------------------
def test_I14_the_numbers_budget_is_asked_once_the_mobile_is_told() -> None:
    given(resetting).when(contact_told, told(RESET), FACTS).then(NumberCodeAsked).then_state(reset_code_awaited)
    after = given(consenting).when(contact_told, told(CONSENT), FACTS).then(NumberCodeAsked)
    after.then_state(replace(consent_code_awaited, language="en"))
    asked = after.messages[0]
    assert isinstance(asked, NumberCodeAsked)
    assert (plain(asked.mobile), asked.asked_by, asked.number) == (GIVEN_MOBILE, CONSENT, 1)


def test_I13_the_users_word_waits_for_a_reset_that_is_not_open_yet() -> None:
    given().when(contact_told, told(RESET), FACTS).then().then_state(unopened)


@pytest.mark.parametrize("state", [s for s in EVERY_CHALLENGE if s not in WAITING])
def test_I13_a_mobile_told_again_changes_nothing(state: Challenge) -> None:
    given(state).when(contact_told, told(RESET), FACTS).then().then_state(state)


@pytest.mark.parametrize("state", [*WAITING, resetting_nobody])
def test_I13_a_mobile_of_another_user_is_never_used(state: Challenge) -> None:
    """A flow begun for a victim and again for oneself must not bring the victim's code to one's own mobile."""
    given(state).when(contact_told, told(RESET, "another"), FACTS).then().then_state(state)
    given(state).when(contact_withheld, withheld(RESET, "no-active-user", "another")).then().then_state(state)


@pytest.mark.parametrize("reason", ["no-active-user", "birth-date-differs"])
def test_I15_a_reset_without_a_mobile_looks_like_any_other(reason: str) -> None:
    given(resetting).when(contact_withheld, withheld(RESET, reason)).then_refused(
        "code-not-accepted", reason
    ).then_state(resetting)


def test_A9_a_consent_that_nobody_can_be_asked_for_is_not_given() -> None:
    given(consenting).when(contact_withheld, withheld(CONSENT, "no-active-user")).then(
        ConsentNotGiven(asked_by=ASKER, consent_id=CONSENT_ID, user_id=USER_ID, reason="no-contact")
    ).then_state(consent_over)


@pytest.mark.parametrize("state", [s for s in EVERY_CHALLENGE if s not in WAITING])
def test_I13_what_is_withheld_later_changes_nothing(state: Challenge) -> None:
    given(state).when(contact_withheld, withheld(RESET, "no-active-user")).then().then_state(state)


@pytest.mark.parametrize(("state", "challenge", "purpose"), AWAITED)
def test_I6_the_code_goes_to_the_proven_mobile_and_says_what_for(
    state: Resetting | Consenting, challenge: str, purpose: str
) -> None:
    granted = arriving(NumberCodeGranted(asked_by=challenge, number=1))
    after = given(state).when(number_granted, granted, CODE_FACTS).then(OtpRequested)
    requested = after.messages[0]
    assert isinstance(requested, OtpRequested)
    assert (plain(requested.mobile), plain(requested.code)) == (GIVEN_MOBILE, "123456")
    assert (requested.purpose, requested.language) == (purpose, state.language)
    assert requested.otp_id == code_id(challenge.removeprefix("challenge:"), 1)
    after.then_state(reset_code_issued if isinstance(state, Resetting) else consent_code_issued)
    after.when(number_granted, granted, CODE_FACTS).then().then_state(after.state)


@pytest.mark.parametrize("state", EVERY_CHALLENGE)
def test_I14_a_grant_for_another_code_of_a_challenge_issues_nothing(state: Challenge) -> None:
    granted = arriving(NumberCodeGranted(asked_by=RESET, number=9))
    given(state).when(number_granted, granted, CODE_FACTS).then().then_state(state)
    given(state).when(person_granted, arriving(PersonCodeGranted(asked_by=RESET, number=9))).then().then_state(state)


def test_I14_a_resets_further_code_asks_the_number_after_the_person() -> None:
    granted = arriving(PersonCodeGranted(asked_by=RESET, number=1))
    given(reset_code_awaited).when(person_granted, granted).then(NumberCodeAsked).then_state(reset_code_awaited)
    given(resetting_nobody).when(person_granted, granted).then().then_state(resetting_nobody)


@pytest.mark.parametrize(("state", "challenge", "purpose"), AWAITED)
def test_I14_a_budget_that_is_used_up_is_told_to_operators_only(state: Challenge, challenge: str, purpose: str) -> None:
    denied = arriving(NumberCodeDenied(asked_by=challenge, number=1, reason="codes-an-hour-used-up"))
    given(state).when(number_denied, denied).then_refused("too-many-codes", "number.codes-an-hour-used-up").then_state(
        state
    )


def test_I14_the_persons_denial_of_a_reset_is_told_to_operators_only() -> None:
    denied = arriving(PersonCodeDenied(asked_by=RESET, number=1, reason="codes-a-day-used-up"))
    given(reset_code_awaited).when(person_denied, denied).then_refused("too-many-codes", "person.codes-a-day-used-up")


@pytest.mark.parametrize("state", ISSUED)
def test_I6_N10_reports_on_the_hand_over_move_the_code(state: Resetting | Consenting) -> None:
    assert state.code.stage == "issued"
    sent = OtpHandedOver(otp_id=state.code.otp_id, asked_by=state.challenge)
    lost = OtpNotHandedOver(otp_id=state.code.otp_id, asked_by=state.challenge, reason="unknown")
    after = given(state).when(otp_handed_over, arriving(sent, now=NOON + 7 * SECOND)).then()
    assert after.state.code.sent_at == NOON + 7 * SECOND
    after.when(otp_not_handed_over, arriving(lost)).then().then_state(after.state)
    assert given(state).when(otp_not_handed_over, arriving(lost)).state.code.lost


# --- time -----------------------------------------------------------------------------------------------------------
def timer() -> TimerElapsed:
    return TimerElapsed(aggregate=RESET)


@pytest.mark.parametrize("state", [s for s in EVERY_CHALLENGE if due_at(s) is not None])
def test_I13_A9_nothing_personal_is_left_of_what_nobody_finished(state: Challenge) -> None:
    assert due_at(state) == ENDS + READ_LATE
    early = arriving(timer(), now=ENDS + READ_LATE - SECOND)
    given(state).when(on_timer, early).then().then_state(state)
    after = given(state).when(on_timer, arriving(timer(), now=ENDS + READ_LATE))
    if isinstance(state, Consenting):
        after.then(ConsentNotGiven(asked_by=ASKER, consent_id=CONSENT_ID, user_id=USER_ID, reason="time-is-over"))
        after.then_state(consent_over)
    else:
        after.then().then_state(reset_over)


@pytest.mark.parametrize("state", [changing, reset_done, reset_over, consented, consent_over])
def test_I13_what_has_ended_is_not_woken(state: Challenge) -> None:
    assert due_at(state) is None
    given(state).when(on_timer, arriving(timer(), now=NOON + timedelta(days=1))).then().then_state(state)


def test_every_situation_is_a_challenge() -> None:
    assert {s.stage for s in EVERY_CHALLENGE} == {"unopened", "resetting", "changing", "consenting", "finished"}
    assert len(EVERY_CHALLENGE) == 1 + len(EVERY_RESET) + len(EVERY_CONSENT)

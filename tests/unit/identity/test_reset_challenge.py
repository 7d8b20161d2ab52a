"""The challenge of a forgotten password: the code first, then the password (I6, I13-I16)."""

from dataclasses import replace

import pytest

from contracts.identity_internal import NumberCodeAsked, PersonCodeAsked
from contracts.identity_sessions import (
    PasswordReset,
    ResetCodeResent,
)
from contracts.identity_sessions_internal import (
    PasswordChosen,
    ResetSettled,
)
from contracts.sealed import Secret
from services.identity.challenge_states import Challenge, Resetting
from services.identity.password_reset import (
    confirm_reset,
    open_reset,
    resend_reset_code,
    reset_settled,
)
from services.identity.states import Issued
from tests.scenario import NOON, arriving, given
from tests.unit.identity.challenges import (
    ENDS,
    EVERY_CHALLENGE,
    EVERY_CONSENT,
    NEW_HASH,
    NEW_PASSWORD,
    RESET,
    RESET_FACTS,
    changing,
    opened,
    resend_reset,
    reset_code,
    reset_code_awaited,
    reset_code_issued,
    reset_done,
    reset_over,
    resetting,
    resetting_nobody,
    resetting_with,
    unopened,
)
from tests.unit.identity.in_memory import plain
from tests.unit.identity.situations import (
    FACTS,
    GIVEN_MOBILE,
    MINUTE,
    PERSON,
    SECOND,
    USER_ID,
)


# --- the challenge --------------------------------------------------------------------------------------------------
def test_I13_a_reset_waits_for_the_mobile() -> None:
    given().when(open_reset, opened(), FACTS).then().then_state(resetting)
    given().when(open_reset, opened(None), FACTS).then().then_state(resetting_nobody)


def test_I13_the_users_word_may_be_quicker_than_the_persons() -> None:
    given(unopened).when(open_reset, opened(), FACTS).then(NumberCodeAsked).then_state(reset_code_awaited)


@pytest.mark.parametrize("user_id", ["another", None])
def test_I13_a_flow_begun_for_two_persons_mixes_nobody_up(user_id: str | None) -> None:
    given(unopened).when(open_reset, opened(user_id), FACTS).then().then_state(replace(resetting, user_id=user_id))


@pytest.mark.parametrize("state", [s for s in EVERY_CHALLENGE if s != unopened])
def test_J2_a_flow_of_a_reset_serves_once(state: Challenge) -> None:
    given(state).when(open_reset, opened(), FACTS).then_refused("step-missing", "flow-used-before").then_state(state)


def test_I13_I16_the_right_code_and_a_good_password_are_handed_to_the_person() -> None:
    after = given(reset_code_issued).when(confirm_reset, resetting_with(id="c-9"), RESET_FACTS).then(PasswordChosen)
    chosen = after.then_state(changing).messages[0]
    assert isinstance(chosen, PasswordChosen)
    assert (chosen.person, chosen.user_id, plain(chosen.password_hash)) == (PERSON, USER_ID, NEW_HASH.reveal())


def test_I14_a_wrong_code_uses_up_a_try_whatever_the_password() -> None:
    scenario = given(reset_code_issued)
    for _ in range(5):
        scenario = scenario.when(confirm_reset, resetting_with("654321", "short"), RESET_FACTS)
        scenario.then_refused("code-not-accepted", "code-wrong")
    scenario.when(confirm_reset, resetting_with(), RESET_FACTS).then_refused(
        "code-not-accepted", "code-too-many-tries"
    ).then_state(scenario.state)


def test_I6_a_late_code_resets_nothing() -> None:
    late = resetting_with(now=NOON + 61 * SECOND)
    given(reset_code_issued).when(confirm_reset, late, RESET_FACTS).then_refused("code-not-accepted", "code-expired")
    sent = replace(reset_code_issued, code=replace(reset_code, sent_at=NOON + 30 * SECOND))
    given(sent).when(confirm_reset, late, RESET_FACTS).then(PasswordChosen)


@pytest.mark.parametrize(
    ("password", "public", "reason"),
    [
        ("too short", "password-too-short", "password-too-short"),
        ("x" * 129, "password-too-long", "password-too-long"),
        (f"{GIVEN_MOBILE[4:]} and so on", "password-blocked", "password-own-data"),
        ("hesabi electricity", "password-blocked", "password-company-word"),
        ("passwordpassword", "password-blocked", "password-repeats"),
        ("abcdefghijklmnop", "password-blocked", "password-sequence"),
    ],
)
def test_I16_a_password_that_is_not_taken_does_not_burn_the_code(password: str, public: str, reason: str) -> None:
    after = given(reset_code_issued).when(confirm_reset, resetting_with(password=password), RESET_FACTS)
    after.then_refused(public, reason).then_state(reset_code_issued)
    after.when(confirm_reset, resetting_with(password=NEW_PASSWORD), RESET_FACTS).then(PasswordChosen)


@pytest.mark.parametrize("state", [resetting_nobody, resetting, reset_code_awaited])
def test_I15_without_a_code_every_guess_is_answered_alike(state: Resetting) -> None:
    given(state).when(confirm_reset, resetting_with(), RESET_FACTS).then_refused(
        "code-not-accepted", "code-not-issued"
    ).then_state(state)


@pytest.mark.parametrize(
    ("state", "reason"), [(changing, "code-used"), (reset_done, "code-used"), (reset_over, "reset-over")]
)
def test_I13_a_reset_that_is_over_takes_no_code(state: Challenge, reason: str) -> None:
    given(state).when(confirm_reset, resetting_with(), RESET_FACTS).then_refused("code-not-accepted", reason)
    given(state).when(resend_reset_code, resend_reset(), FACTS).then_refused("code-not-accepted", reason)


@pytest.mark.parametrize("state", [resetting_nobody, resetting, reset_code_issued])
def test_I13_a_step_that_comes_after_the_resets_end_is_refused_as_after_its_wake_up(state: Resetting) -> None:
    at_end = state.ends_at
    for after in (
        given(state).when(confirm_reset, resetting_with(now=at_end), RESET_FACTS),
        given(state).when(resend_reset_code, resend_reset(now=at_end), FACTS),
    ):
        after.then_refused("code-not-accepted", "reset-over").then_state(reset_over)


@pytest.mark.parametrize("state", [unopened, *EVERY_CONSENT])
def test_J2_what_is_no_reset_looks_as_if_it_had_not_begun(state: Challenge) -> None:
    for after in (
        given(state).when(confirm_reset, resetting_with(), RESET_FACTS),
        given(state).when(resend_reset_code, resend_reset(), FACTS),
    ):
        after.then_refused("step-missing", "reset-not-begun", "start-password-reset").then_state(state)
        assert after.decision is not None
        assert not after.decision.recorded


def test_J3_the_command_that_waits_is_answered_when_all_is_done() -> None:
    done = arriving(ResetSettled(challenge=RESET, replaced=True))
    given(changing).when(reset_settled, done).then(PasswordReset(next_step="log-in")).then_state(reset_done)
    given(reset_done).when(reset_settled, done).then().then_state(reset_done)


def test_J3_the_command_that_waits_is_refused_when_the_person_is_somebody_elses() -> None:
    after = given(changing).when(reset_settled, arriving(ResetSettled(challenge=RESET, replaced=False)))
    after.then_refused("code-not-accepted", "person-not-member")
    assert after.decision is not None
    assert after.decision.refusal is not None
    assert (after.decision.refusal.command_id, after.state.why) == ("c-9", "failed")


# --- asking again (I14) ---------------------------------------------------------------------------------------------
LATER = NOON + MINUTE


@pytest.mark.parametrize("state", [resetting_nobody, resetting])
def test_I15_another_code_is_promised_where_none_will_come(state: Resetting) -> None:
    soon = resend_reset(now=LATER - SECOND)
    given(state).when(resend_reset_code, soon, FACTS).then_refused("resend-too-soon", "resend-too-soon")
    given(state).when(resend_reset_code, resend_reset(now=LATER), FACTS).then(
        ResetCodeResent(next_step="confirm-reset"),
        PersonCodeAsked(person=PERSON, asked_by=RESET, number=2, channel="web", replaces_lost=False),
    )


@pytest.mark.parametrize("state", [resetting_nobody, reset_code_issued])
def test_I6_I15_a_reset_lasts_as_long_as_the_code_asked_for_at_its_end(state: Resetting) -> None:
    asked = ENDS - SECOND
    again = given(state).when(resend_reset_code, resend_reset(now=asked), replace(FACTS, present=asked))
    entry = resetting_with("654321", now=asked + MINUTE)
    if state is resetting_nobody:
        again.when(confirm_reset, entry, RESET_FACTS).then_refused("code-not-accepted", "code-not-issued")
    else:
        issued = replace(reset_code, number=2, digits=Secret("654321"), issued_at=asked + SECOND)
        again.with_state(code=issued).when(confirm_reset, entry, RESET_FACTS).then(PasswordChosen)


def test_I14_another_code_is_paid_for_by_the_person() -> None:
    after = given(reset_code_issued).when(resend_reset_code, resend_reset(now=LATER), FACTS)
    after.then(
        ResetCodeResent(next_step="confirm-reset"),
        PersonCodeAsked(person=PERSON, asked_by=RESET, number=2, channel="web", replaces_lost=False),
    )


def test_I15_N10_a_lost_code_is_free_for_its_number_and_otherwise_as_one_that_never_was() -> None:
    lost = replace(reset_code_issued, code=replace(reset_code, lost=True))
    soon = resend_reset(now=LATER - SECOND)
    given(lost).when(resend_reset_code, soon, FACTS).then_refused("resend-too-soon", "resend-too-soon").then_state(lost)
    known, nobody = (
        given(state).when(resend_reset_code, resend_reset(now=LATER), FACTS) for state in (lost, resetting_nobody)
    )
    assert known.messages == nobody.messages
    assert known.state.code.replaces_lost


def test_I14_no_reset_asks_for_more_codes_than_an_hour_allows() -> None:
    last = replace(reset_code_issued, code=Issued(10, "x.10", Secret("123456"), NOON, NOON, MINUTE))
    given(last).when(resend_reset_code, resend_reset(now=LATER), FACTS).then_refused(
        "too-many-codes", "codes-of-flow-used-up"
    )

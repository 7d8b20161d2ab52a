import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from contracts.decision import Incoming
from contracts.identity import LoggedIn, UserSignedIn
from contracts.identity_internal import SignInReported
from contracts.sealed import Secret
from services.identity.effects import IdentityEffects
from services.identity.password import LONGEST
from services.identity.person import Claimed, Failures, Member, PersonState, Stranger
from services.identity.preparing import Preparing
from services.identity.sign_in import (
    FREE_FAILURES,
    MOST_DEVICES,
    SignInFacts,
    is_throttled,
    log_in,
    report_sign_in,
    wait_after,
)
from tests.combining_marks import MARKS, is_sorted_in
from tests.scenario import NOON, arriving, given
from tests.unit.identity.journey import keyed_hash, sign
from tests.unit.identity.situations import CITIZEN, HASHED, KEY, PASSWORD, POLICY, RESIDENT, SECOND, USER_ID, logging_in

member = Member(USER_ID, HASHED)
known_here = replace(member, devices=("phone",))
claimed = Claimed(USER_ID, HASHED, NOON)
EXPIRES = NOON + timedelta(minutes=30)
RIGHT = SignInFacts(NOON, True, "phone", "right", Secret("a.session.token"), EXPIRES)
WRONG = SignInFacts(NOON, True, "phone", "wrong", Secret(""), NOON)


def test_I11_the_token_is_sealed_to_the_key_that_the_command_named() -> None:
    after = given(member).when(log_in, logging_in(), RIGHT).then(LoggedIn, SignInReported).then_state(known_here)
    answer, signed_in = after.messages
    assert isinstance(answer, LoggedIn)
    assert answer.token.plain is not None
    assert (answer.token.plain.reveal(), answer.token.to) == ("a.session.token", KEY)
    assert (answer.expires_at, answer.next_step) == (EXPIRES, "choose-address")
    assert signed_in == SignInReported(user_id=USER_ID, channel="web", signed_in_at=NOON)


def test_I16_a_right_password_is_kept_under_the_stronger_hash_that_was_made_of_it() -> None:
    stronger = Secret("$argon2id$stronger")
    facts = replace(RIGHT, stronger_hash=stronger)
    kept = replace(known_here, password_hash=stronger)
    given(member).when(log_in, logging_in(), facts).then(LoggedIn, SignInReported).then_state(kept)
    assert "stronger'" not in repr(facts)


def test_I18_a_sign_in_is_told_to_others_under_the_user_s_id() -> None:
    state = object()
    report = arriving(SignInReported(user_id=USER_ID, channel="web", signed_in_at=NOON))
    told = UserSignedIn(user_id=USER_ID, channel="web", signed_in_at=NOON)
    given(state).when(report_sign_in, report).then(told).then_state(state)


def test_I12_with_an_address_the_next_step_is_the_account() -> None:
    after = given(replace(member, has_address=True)).when(log_in, logging_in(), RIGHT)
    assert isinstance(after.messages[0], LoggedIn)
    assert after.messages[0].next_step == "define-account"


@pytest.mark.parametrize(
    ("state", "facts", "reason"),
    [
        (None, WRONG, "identity-unknown"),
        (Stranger(), WRONG, "identity-unknown"),
        (claimed, WRONG, "password-wrong"),
        (claimed, RIGHT, "not-activated"),
        (member, WRONG, "password-wrong"),
    ],
)
def test_I15_one_public_answer_for_every_failed_login(state: PersonState, facts: SignInFacts, reason: str) -> None:
    given(state).when(log_in, logging_in(), facts).then_refused("sign-in-refused", reason)


@pytest.mark.parametrize("state", [None, Stranger(), claimed, member])
@pytest.mark.parametrize(
    ("message", "facts", "public_reason", "reason"),
    [
        (logging_in(RESIDENT), RIGHT, "identity-number-not-accepted", "identity-number-malformed"),
        (logging_in(), replace(RIGHT, key_is_good=False), "malformed", "answer-key-not-accepted"),
    ],
)
def test_I15_what_is_wrong_for_anybody_is_refused_unsaved_for_all(
    state: PersonState | None, message: Incoming[Any], facts: SignInFacts, public_reason: str, reason: str
) -> None:
    given(state).when(log_in, message, facts).then_refused(public_reason, reason).then_state(None)


def test_I14_waiting_grows_from_the_fifth_wrong_password() -> None:
    assert [wait_after(count) for count in range(5)] == [timedelta(0)] * 5
    waits = [wait_after(count) for count in range(5, 20)]
    assert waits[:3] == [timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=1)


@for_all(st.integers(0, 10**9))
def test_I14_no_wait_is_longer_than_an_hour(failures: int) -> None:
    assert timedelta(0) <= wait_after(failures) <= timedelta(hours=1)


def test_I14_a_stranger_s_run_of_combining_marks_does_not_hold_up_the_logins_behind_it() -> None:
    effects = IdentityEffects(keyed_hash, sign, lambda _: True)
    facts: list[SignInFacts] = []

    def prepare() -> None:
        prepared = Preparing(POLICY).sign_in(Stranger(), logging_in(password=MARKS), effects, NOON)
        facts.append(asyncio.run(prepared))

    assert not is_sorted_in(prepare)
    assert facts[0].verdict == "not-asked"


@pytest.mark.parametrize(("identity_number", "key_is_good"), [(RESIDENT, True), (CITIZEN, False)])
async def test_I15_nothing_is_hashed_for_a_login_that_is_wrong_for_anybody(
    identity_number: str, key_is_good: bool
) -> None:
    effects = IdentityEffects(keyed_hash, sign, lambda _: key_is_good)
    facts = await Preparing(POLICY).sign_in(Stranger(), logging_in(identity_number), effects, NOON)
    assert facts.verdict == "not-asked"


@pytest.mark.parametrize(("length", "verdict"), [(LONGEST, "wrong"), (LONGEST + 1, "not-asked")])
async def test_I16_a_password_as_long_as_one_may_be_is_compared(length: int, verdict: str) -> None:
    effects = IdentityEffects(keyed_hash, sign, lambda _: True)
    facts = await Preparing(POLICY).sign_in(Stranger(), logging_in(password="x" * length), effects, NOON)
    assert facts.verdict == verdict


async def test_I14_the_password_of_who_comes_with_a_proven_device_is_compared_whatever_an_outsider_does() -> None:
    effects = IdentityEffects(keyed_hash, sign, lambda _: True)
    device = keyed_hash("device", KEY)
    flooded = Member(USER_ID, await effects.hash_password(PASSWORD), failures=(Failures("web", 50, NOON),))
    owner, outsider = replace(flooded, devices=(device,)), flooded
    assert (await Preparing(POLICY).sign_in(owner, logging_in(), effects, NOON)).verdict == "right"
    assert (await Preparing(POLICY).sign_in(outsider, logging_in(), effects, NOON)).verdict == "not-asked"


@pytest.mark.parametrize("state", [Stranger(), claimed, member])
def test_I14_I15_known_and_unknown_are_throttled_alike(state: PersonState) -> None:
    scenario = given(state)
    for _ in range(5):
        assert not is_throttled(scenario.state, "web", NOON)
        scenario = given(scenario.state).when(log_in, logging_in(), WRONG)
    throttled = given(scenario.state).when(log_in, logging_in(), RIGHT)
    throttled.then_refused("sign-in-refused", "throttled").then_state(scenario.state)
    assert is_throttled(scenario.state, "web", NOON + 29 * SECOND)
    assert not is_throttled(scenario.state, "web", NOON + 30 * SECOND)


def test_I14_an_outsider_on_one_channel_does_not_lock_the_owner_out_of_another() -> None:
    attacked = replace(member, failures=(Failures("web", 50, NOON),))
    given(attacked).when(log_in, logging_in(source="app"), RIGHT).then(LoggedIn, SignInReported).then_state(
        replace(attacked, devices=("phone",))
    )


def test_I14_a_right_password_ends_the_counting_on_its_channel() -> None:
    tried = replace(member, failures=(Failures("web", 4, NOON), Failures("app", 2, NOON)))
    given(tried).when(log_in, logging_in(), RIGHT).then(LoggedIn, SignInReported).then_state(
        replace(known_here, failures=(Failures("app", 2, NOON),))
    )


def test_I14_a_right_password_before_the_activation_is_no_wrong_one() -> None:
    given(claimed).when(log_in, logging_in(), RIGHT).then_refused("sign-in-refused", "not-activated").then_state(
        claimed
    )


def test_I14_failures_are_forgotten_after_a_day() -> None:
    old = replace(member, failures=(Failures("web", 50, NOON - timedelta(days=1)),))
    after = given(old).when(log_in, logging_in(), WRONG)
    assert after.state.failures == (Failures("web", 1, NOON),)


def test_I14_failures_of_other_channels_are_forgotten_after_a_day_too() -> None:
    day, lately = NOON - timedelta(days=1), Failures("call-centre", 2, NOON - timedelta(days=1) + SECOND)
    old = replace(member, failures=(Failures("app", 50, day), lately))
    after = given(old).when(log_in, logging_in(), WRONG)
    assert after.state.failures == (lately, Failures("web", 1, NOON))


def test_I14_password_and_code_failures_are_counted_apart() -> None:
    after = given(member).when(log_in, logging_in(), WRONG)
    assert after.state.codes == member.codes
    assert after.state.failures == (Failures("web", 1, NOON),)


def test_I14_a_device_proven_before_has_tries_of_its_own_whatever_an_outsider_does() -> None:
    attacked = replace(known_here, failures=tuple(Failures(each, 50, NOON) for each in ("web", "app", "call-centre")))
    given(attacked).when(log_in, logging_in(), RIGHT).then(LoggedIn, SignInReported).then_state(attacked)
    stranger = replace(RIGHT, device="another")
    given(attacked).when(log_in, logging_in(), stranger).then_refused("sign-in-refused", "throttled")
    scene = given(attacked)
    for _ in range(5):
        scene = scene.when(log_in, logging_in(), WRONG).then_refused("sign-in-refused", "password-wrong")
    scene.when(log_in, logging_in(), RIGHT).then_refused("sign-in-refused", "throttled")
    assert Failures("device:phone", 5, NOON) in scene.state.failures


def test_I14_only_a_right_password_proves_a_device_and_the_latest_are_remembered() -> None:
    assert given(member).when(log_in, logging_in(), WRONG).state.devices == ()
    scene = given(member)
    for number in range(MOST_DEVICES + 1):
        scene = scene.when(log_in, logging_in(), replace(RIGHT, device=f"d-{number}"))
    assert scene.state.devices == tuple(f"d-{number}" for number in range(1, MOST_DEVICES + 1))
    again = scene.when(log_in, logging_in(), replace(RIGHT, device="d-1"))
    assert (again.state.devices[-1], len(again.state.devices)) == ("d-1", MOST_DEVICES)


def test_I14_a_login_that_is_older_than_a_failure_is_tried_where_nobody_waits() -> None:
    """Another partition has brought the failure before it."""
    few = replace(member, failures=(Failures("web", FREE_FAILURES, NOON),))
    assert not is_throttled(few, "web", NOON - timedelta(milliseconds=5))
    many = replace(member, failures=(Failures("web", FREE_FAILURES + 1, NOON),))
    assert is_throttled(many, "web", NOON - timedelta(milliseconds=5))

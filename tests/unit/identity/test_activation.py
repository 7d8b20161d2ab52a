from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.decision import Facts
from contracts.identity import (
    ActivateUser,
    ActivationAccepted,
    ActivationLinkRequested,
    ConfirmOtp,
    ContactProven,
    OtpConfirmed,
    UserActivated,
    UserRegistered,
)
from contracts.identity_internal import (
    ActivationLapsed,
    ActivationNoted,
    ActivationReported,
    ClaimGranted,
    ClaimRefused,
    PersonClaimed,
)
from contracts.operations import TIMER_ELAPSED
from contracts.sealed import Secret
from services.identity.activation import (
    NO_SUCH_LINK,
    LinkFacts,
    activate_user,
    activation_lapsed,
    activation_noted,
    claim_granted,
    claim_refused,
    hash_of,
    the_linked_user,
)
from services.identity.deadlines import due_at, on_timer
from services.identity.states import Ended, Registered, UserState
from tests.scenario import NOON, arriving, given
from tests.unit.identity.in_memory import plain
from tests.unit.identity.situations import (
    EVERY_STATE,
    GIVEN_MOBILE,
    PERSON,
    POLICY,
    SEALED,
    TOKEN,
    USER_ID,
    abandoned,
    active,
    claiming,
    registered,
)

GRANTED = arriving(ClaimGranted(user_id=USER_ID))
REFUSED = arriving(ClaimRefused(user_id=USER_ID))
NOTED = arriving(ActivationNoted(user_id=USER_ID))
LAPSED = arriving(ActivationLapsed(user_id=USER_ID), correlation_id="opening")
TIMER = arriving(TIMER_ELAPSED["identity"](aggregate=f"user:{USER_ID}"))
LINK = LinkFacts(NOON, POLICY, Secret("r" * 43))
OPENING = arriving(ActivateUser(activation_token=SEALED), opened={"activation_token": TOKEN})


def test_I10_registered_after_the_second_code_with_a_link_that_is_stored_hashed() -> None:
    after = given(claiming).when(claim_granted, GRANTED, LINK)
    after.then(
        OtpConfirmed(next_step="activate"),
        UserRegistered(user_id=USER_ID, segment="individual", language="ar"),
        ContactProven,
        ActivationLinkRequested,
    ).then_state(registered)
    link, proven = after.messages[3], after.messages[2]
    assert isinstance(link, ActivationLinkRequested)
    assert isinstance(proven, ContactProven)
    assert link.activation_token.plain == Secret(TOKEN)
    assert link.valid_until == NOON + timedelta(hours=24)
    assert proven.mobile.plain == Secret(GIVEN_MOBILE)
    assert TOKEN not in repr(after.state.link)
    assert after.state.link.token_hash == hash_of(TOKEN)


def test_I10_a_claimed_person_is_said_to_be_registered_in_answer_to_the_code() -> None:
    after = given(claiming).when(claim_refused, REFUSED)
    after.then_refused("already-registered", "person-claimed").then_state(Ended("already-registered"))
    assert after.decision is not None
    assert after.decision.refusal is not None
    assert after.decision.refusal.command_id == "c-2"
    assert after.decision.refusal.command_type == ConfirmOtp.type_name


@pytest.mark.parametrize("state", [s for s in EVERY_STATE if s != claiming])
def test_I10_a_second_answer_to_the_claim_changes_nothing(state: UserState) -> None:
    given(state).when(claim_granted, GRANTED, LINK).then().then_state(state)
    given(state).when(claim_refused, REFUSED).then().then_state(state)


def test_I10_the_link_activates_once_the_person_knows() -> None:
    opened = given(registered).when(activate_user, OPENING)
    opened.then(ActivationReported(person=PERSON, user_id=USER_ID))
    noted = opened.when(activation_noted, NOTED).then(ActivationAccepted, UserActivated).then_state(active)
    activated = noted.messages[1]
    assert isinstance(activated, UserActivated)
    assert (activated.user_id, bool(activated.text_ar), bool(activated.text_en)) == (USER_ID, True, True)


def test_I10_repeating_it_changes_nothing_and_is_answered_well() -> None:
    given(active).when(activate_user, OPENING).then(ActivationAccepted).then_state(active)
    late = replace(OPENING, now=NOON + timedelta(days=30))
    given(active).when(activate_user, late).then(ActivationAccepted).then_state(active)


def test_I10_opened_twice_at_once_both_are_answered_and_it_activates_once() -> None:
    twice = given(registered).when(activate_user, OPENING).when(activate_user, OPENING).then(ActivationReported)
    once = twice.when(activation_noted, NOTED).then(ActivationAccepted, UserActivated)
    once.when(activation_noted, NOTED).then(ActivationAccepted).then_state(active)


@pytest.mark.parametrize(
    ("state", "token", "after", "reason"),
    [
        (registered, f"{USER_ID}.{'x' * 43}", timedelta(0), "link-wrong"),
        (registered, TOKEN, timedelta(hours=24, seconds=1), "link-expired"),
        (active, f"{USER_ID}.{'x' * 43}", timedelta(0), "link-wrong"),
        (claiming, TOKEN, timedelta(0), "link-not-issued"),
        (abandoned, TOKEN, timedelta(0), "link-of-ended-registration"),
    ],
)
def test_I10_any_other_link_is_refused(state: UserState, token: str, after: timedelta, reason: str) -> None:
    body = ActivateUser(activation_token=SEALED)
    opening = arriving(body, opened={"activation_token": token}, now=NOON + after)
    given(state).when(activate_user, opening).then_refused("link-not-accepted", reason).then_state(state)


def test_I10_a_link_opened_at_its_last_moment_still_activates() -> None:
    last = replace(OPENING, now=NOON + timedelta(hours=24))
    given(registered).when(activate_user, last).then(ActivationReported)
    due = due_at(registered)
    assert due is not None
    assert due > last.now


def test_I10_an_activation_under_way_outlives_the_link_for_the_person_is_a_member_once_they_hear() -> None:
    scene, present = given(registered).when(activate_user, OPENING), NOON
    for _ in range(3):
        due = due_at(scene.state)
        assert due is not None
        assert due > present
        present = due
        scene = scene.when(on_timer, TIMER, Facts(present)).then().then_state(Registered)
    scene.when(activation_noted, NOTED).then(ActivationAccepted, UserActivated)
    given(registered).when(on_timer, TIMER, Facts(present)).then_state(Ended("never-activated"))


def test_I10_who_never_activated_gives_the_person_up_and_is_forgotten_by_whoever_was_told_of_them() -> None:
    due = due_at(registered)
    assert due is not None
    ended = given(registered).when(on_timer, TIMER, Facts(due)).then(PersonClaimed, ContactProven)
    ended.then_state(Ended("never-activated"))
    claim, contact = ended.messages
    assert isinstance(claim, PersonClaimed)
    assert isinstance(contact, ContactProven)
    assert (claim.person, claim.user_id, claim.withdrawn, plain(claim.password_hash)) == (PERSON, USER_ID, True, "")
    assert (contact.user_id, contact.withdrawn) == (USER_ID, True)
    assert (plain(contact.email), plain(contact.mobile)) == ("", "")


def test_I10_who_comes_after_another_has_taken_the_person_over_is_forgotten_too_and_the_person_is_not() -> None:
    lapsed = given(replace(registered, reported=True)).when(activation_lapsed, LAPSED)
    lapsed.then_refused("link-not-accepted", "link-of-ended-registration").then_state(Ended("never-activated"))
    (contact,) = lapsed.messages
    assert isinstance(contact, ContactProven)
    assert (contact.user_id, contact.withdrawn, plain(contact.mobile)) == (USER_ID, True, "")
    assert lapsed.when(activation_lapsed, LAPSED).messages == ()


def test_I10_opened_again_after_its_life_it_is_answered_as_long_as_its_activation_is_under_way() -> None:
    late = replace(OPENING, now=registered.link.valid_until + timedelta(seconds=1))
    given(replace(registered, reported=True)).when(activate_user, late, Facts(NOON)).then(ActivationReported)


def test_I10_J3_who_came_too_late_hears_so_each_time() -> None:
    twice = given(registered).when(activate_user, OPENING).when(activate_user, OPENING)
    once = twice.when(activation_lapsed, LAPSED).then_refused("link-not-accepted", "link-of-ended-registration")
    assert once.decision is not None
    assert once.decision.refusal is not None
    assert once.decision.refusal.command_id == "opening", "the command that is answered, not the news of it"
    again = once.when(activation_lapsed, LAPSED).then_refused("link-not-accepted", "link-of-ended-registration")
    again.then_state(Ended("never-activated"))
    given(active).when(activation_lapsed, LAPSED).then().then_state(active)


@pytest.mark.parametrize("state", [s for s in EVERY_STATE if s not in (registered, active)])
def test_I10_news_of_an_activation_means_nothing_elsewhere(state: UserState) -> None:
    given(state).when(activation_noted, NOTED).then().then_state(state)


@pytest.mark.parametrize("token", ["", "x", USER_ID, f"{USER_ID}.", f"../{TOKEN}", TOKEN + "/", "a" * 5_000])
def test_I10_what_is_no_link_of_ours_names_nobody(token: str) -> None:
    opening = arriving(ActivateUser(activation_token=SEALED), opened={"activation_token": token})
    assert the_linked_user(opening, lambda purpose, text: "0" * 32) == "user:" + "0" * 32
    assert (NO_SUCH_LINK.public_reason, NO_SUCH_LINK.reason) == ("link-not-accepted", "link-unknown")


def test_I10_a_link_names_its_user() -> None:
    assert the_linked_user(OPENING, lambda purpose, text: "0" * 32) == f"user:{USER_ID}"

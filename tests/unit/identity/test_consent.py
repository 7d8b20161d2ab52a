"""Consents by code: whom it was sent to, in time, and accounts is told once (A9, I6, I14)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.decision import Customer
from contracts.identity import LanguageCode
from contracts.identity_internal import NumberCodeAsked
from contracts.identity_sessions import ConsentCodeResent, ConsentConfirmed, ConsentGiven, ConsentNotGiven
from contracts.identity_sessions_internal import ConsentContactAsked, ContactTold, ContactWithheld
from contracts.sealed import Secret
from services.identity.business import AuthorisedPerson, Business
from services.identity.challenge_states import Challenge, Consenting
from services.identity.consent import ask_consent, confirm_consent, resend_consent_code
from services.identity.known_contact import tell_for_consent
from services.identity.states import Issued, UserState, Wanted
from tests.scenario import NOON, arriving, given
from tests.unit.identity.challenges import (
    ASKER,
    CONSENT,
    CONSENT_ID,
    EVERY_CHALLENGE,
    EVERY_RESET,
    STRANGER,
    asking_consent,
    consent_code_awaited,
    consent_code_issued,
    consent_over,
    consented,
    consenting,
    consenting_with,
    resend_consent,
    unopened,
)
from tests.unit.identity.in_memory import plain
from tests.unit.identity.situations import (
    EMAIL,
    EVERY_STATE,
    FACTS,
    GIVEN_MOBILE,
    MINUTE,
    SECOND,
    USER_ID,
    active,
)

NOT_THEIRS = (unopened, *EVERY_RESET)
GIVEN = ConsentGiven(asked_by=ASKER, consent_id=CONSENT_ID, user_id=USER_ID, given_at=NOON, channel="web")
CONFIRMED = ConsentConfirmed(consent_id=CONSENT_ID)


# --- asking ---------------------------------------------------------------------------------------------------------
def test_A9_the_person_is_asked_where_they_are_reached() -> None:
    given().when(ask_consent, asking_consent(), FACTS).then(
        ConsentContactAsked(challenge=CONSENT, user_id=USER_ID)
    ).then_state(consenting)


@pytest.mark.parametrize("state", EVERY_CHALLENGE)
def test_A9_a_consent_asked_for_twice_is_one(state: Challenge) -> None:
    given(state).when(ask_consent, asking_consent(user_id="another"), FACTS).then().then_state(state)


def contact_of(state: object, language: LanguageCode) -> None:
    asked = arriving(ConsentContactAsked(challenge=CONSENT, user_id=USER_ID))
    after = given(state).when(tell_for_consent, asked).then(ContactTold).then_state(state)
    told = after.messages[0]
    assert isinstance(told, ContactTold)
    assert (plain(told.mobile), plain(told.own_data), told.language) == (GIVEN_MOBILE, "[]", language)


def test_A9_an_active_user_is_reached_at_the_proven_mobile() -> None:
    contact_of(active, "ar")


def test_A9_I17_a_business_is_reached_by_its_authorised_person() -> None:
    person = AuthorisedPerson(USER_ID, NOON, USER_ID, Secret(EMAIL), Secret(GIVEN_MOBILE), "en")
    other = replace(person, person_id="another", mobile=Secret("+966550000002"), language="ar")
    contact_of(Business("b-" + "0" * 32, Secret("7000000000"), Secret("Lamps"), (person, other)), "en")


@pytest.mark.parametrize("state", [None, *(s for s in EVERY_STATE if s != active)])
def test_A9_nobody_else_is_reached(state: UserState | None) -> None:
    asked = arriving(ConsentContactAsked(challenge=CONSENT, user_id=USER_ID))
    given(state).when(tell_for_consent, asked).then(
        ContactWithheld(challenge=CONSENT, user_id=USER_ID, reason="no-active-user")
    ).then_state(state)


# --- confirming -----------------------------------------------------------------------------------------------------
def test_A9_the_right_code_is_the_consent() -> None:
    given(consent_code_issued).when(confirm_consent, consenting_with()).then(CONFIRMED, GIVEN).then_state(consented)


def test_A9_I17_the_person_behind_a_business_consents_for_themselves_and_for_it() -> None:
    acting = Customer("b-1", "s-1", "web", actor=USER_ID)
    given(consent_code_issued).when(confirm_consent, consenting_with(customer=acting)).then(CONFIRMED, GIVEN)
    of_business = replace(consent_code_issued, user_id="b-1")
    given(of_business).when(confirm_consent, consenting_with(customer=acting)).then(ConsentConfirmed, ConsentGiven)
    given(of_business).when(confirm_consent, consenting_with()).then_refused("not-found", "consent-of-another")


def test_A9_I17_who_acts_for_the_business_no_more_consents_for_it_no_more() -> None:
    asked = given().when(ask_consent, asking_consent(acting_for="b-1"), FACTS)
    asked.then_state(replace(consenting, acting_for="b-1"))
    for_business = replace(consent_code_issued, acting_for="b-1")
    for whoever in (Customer(USER_ID, "s-1", "web"), Customer("b-2", "s-1", "web", actor=USER_ID)):
        for step in (consenting_with(customer=whoever), resend_consent(whoever)):
            decide = confirm_consent if step.body.__class__.__name__ == "ConfirmConsent" else resend_consent_code
            given(for_business).when(decide, step, FACTS).then_refused("not-found", "not-acting-for-the-party")
    acting = Customer("b-1", "s-1", "web", actor=USER_ID)
    given(for_business).when(confirm_consent, consenting_with(customer=acting)).then(ConsentConfirmed, ConsentGiven)


@pytest.mark.parametrize("state", [consenting, consent_code_awaited, consent_code_issued, consented, consent_over])
def test_A9_a_stranger_finds_nothing_and_leaves_nothing(state: Challenge) -> None:
    for after in (
        given(state).when(confirm_consent, consenting_with(customer=STRANGER)),
        given(state).when(resend_consent_code, resend_consent(customer=STRANGER), FACTS),
    ):
        after.then_refused("not-found", "consent-of-another").then_state(state)
        assert after.decision is not None
        assert not after.decision.recorded


@pytest.mark.parametrize("state", NOT_THEIRS)
def test_A9_a_password_reset_is_no_consent(state: Challenge) -> None:
    for after in (
        given(state).when(confirm_consent, consenting_with()),
        given(state).when(resend_consent_code, resend_consent(), FACTS),
    ):
        after.then_refused("not-found", "consent-unknown").then_state(state)
        assert after.decision is not None
        assert not after.decision.recorded


@pytest.mark.parametrize("state", [consenting, consent_code_awaited])
def test_A9_no_code_no_consent(state: Consenting) -> None:
    given(state).when(confirm_consent, consenting_with()).then_refused(
        "code-not-accepted", "code-not-issued"
    ).then_state(state)


def test_I6_a_late_code_is_no_consent() -> None:
    given(consent_code_issued).when(confirm_consent, consenting_with(now=NOON + 61 * SECOND)).then_refused(
        "code-not-accepted", "code-expired"
    ).then_state(consent_code_issued)


def test_A9_after_the_time_that_was_given_nothing_counts() -> None:
    short = replace(consent_code_issued, ends_at=NOON + 10 * SECOND)
    given(short).when(confirm_consent, consenting_with(now=NOON + 9 * SECOND)).then(CONFIRMED, ConsentGiven)
    given(short).when(confirm_consent, consenting_with(now=NOON + 10 * SECOND)).then_refused(
        "code-not-accepted", "consent-over"
    ).then_state(short)
    given(short).when(resend_consent_code, resend_consent(now=NOON + 10 * SECOND), FACTS).then_refused(
        "code-not-accepted", "consent-over"
    )


@pytest.mark.parametrize(("state", "reason"), [(consented, "code-used"), (consent_over, "consent-over")])
def test_A9_a_consent_is_given_once(state: Challenge, reason: str) -> None:
    given(state).when(confirm_consent, consenting_with()).then_refused("code-not-accepted", reason).then_state(state)
    given(state).when(resend_consent_code, resend_consent(), FACTS).then_refused("code-not-accepted", reason)


def test_I14_five_tries_and_then_another_code() -> None:
    scenario = given(consent_code_issued)
    for _ in range(5):
        scenario = scenario.when(confirm_consent, consenting_with("654321"))
        scenario.then_refused("code-not-accepted", "code-wrong")
    scenario.when(confirm_consent, consenting_with()).then_refused("code-not-accepted", "code-too-many-tries")
    scenario.when(resend_consent_code, resend_consent(now=NOON + MINUTE), FACTS).then(
        ConsentCodeResent, NumberCodeAsked
    )


def test_I14_A9_the_last_try_of_the_last_code_ends_it() -> None:
    last = Issued(10, f"{CONSENT_ID}.10", Secret("123456"), NOON, NOON, MINUTE, wrong_tries=4)
    after = given(replace(consent_code_issued, code=last)).when(confirm_consent, consenting_with("654321"))
    after.then_refused("code-not-accepted", "code-wrong").then_state(consent_over)
    not_given = ConsentNotGiven(asked_by=ASKER, consent_id=CONSENT_ID, user_id=USER_ID, reason="too-many-tries")
    assert after.messages == (not_given,)


# --- asking again ---------------------------------------------------------------------------------------------------
def test_I14_another_code_after_a_minute_out_of_the_numbers_budget() -> None:
    soon = resend_consent(now=NOON + 59 * SECOND)
    given(consent_code_issued).when(resend_consent_code, soon, FACTS).then_refused("resend-too-soon", "resend-too-soon")
    after = given(consent_code_issued).when(resend_consent_code, resend_consent(now=NOON + MINUTE), FACTS)
    after.then(ConsentCodeResent(next_step="confirm-consent"), NumberCodeAsked)
    after.then_state(replace(consent_code_issued, code=Wanted(2, NOON + MINUTE)))


def test_I14_no_consent_asks_for_more_codes_than_an_hour_allows() -> None:
    last = replace(consent_code_issued, code=replace(consent_code_issued.code, number=10))
    given(last).when(resend_consent_code, resend_consent(now=NOON + MINUTE), FACTS).then_refused(
        "too-many-codes", "codes-of-flow-used-up"
    )


def test_A9_before_the_mobile_is_told_another_code_asks_nobody() -> None:
    given(consenting).when(resend_consent_code, resend_consent(now=NOON + MINUTE), FACTS).then(ConsentCodeResent)


def test_N10_I14_who_has_entered_something_waits_for_the_next_code_like_everybody() -> None:
    """A code that nobody knows to have been handed over still counts. Were the next one free, one paid code would bring
    fifty tries at once."""
    assert isinstance(consent_code_issued.code, Issued)
    lost = replace(consent_code_issued, code=replace(consent_code_issued.code, sent_at=None, lost=True))
    again = given(lost).when(resend_consent_code, resend_consent(), FACTS).then(ConsentCodeResent, NumberCodeAsked)
    assert [each.replaces_lost for each in again.messages if isinstance(each, NumberCodeAsked)] == [True]
    tried = given(lost).when(confirm_consent, consenting_with("654321"))
    tried.when(resend_consent_code, resend_consent(), FACTS).then_refused("resend-too-soon", "resend-too-soon")
    later = tried.when(resend_consent_code, resend_consent(now=NOON + MINUTE), FACTS)
    assert [each.replaces_lost for each in later.messages if isinstance(each, NumberCodeAsked)] == [False]


def test_A9_a_consent_is_given_on_the_channel_where_its_code_was_entered() -> None:
    scene = given(consent_code_issued).when(confirm_consent, consenting_with(source="app"))
    scene.then(CONFIRMED, GIVEN.model_copy(update={"channel": "app"}))


def test_A9_a_consent_is_open_as_long_as_whoever_asks_for_it_says() -> None:
    until = FACTS.present + timedelta(days=3)
    assert given().when(ask_consent, asking_consent(ends_at=until), FACTS).state.ends_at == until

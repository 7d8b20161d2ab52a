from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contracts.decision import Decision, Incoming
from contracts.identity import AcceptTerms, ContactGiven, ContactProven, OtpConfirmed, ResendOtp, TermsAccepted
from contracts.identity_internal import PersonClaimed, PersonCodeAsked
from contracts.sealed import Secret
from services.identity.deadlines import due_at, on_timer
from services.identity.effects import IdentityEffects
from services.identity.preparing import Preparing
from services.identity.registration import NOT_BEGUN, accept_terms, confirm_otp, give_contact, resend_otp
from services.identity.states import UserState
from services.identity.steps import next_step
from tests.scenario import NOON, arriving, given
from tests.unit.identity.situations import (
    APPROVED_MOBILE,
    CITIZEN,
    CONTACT_FACTS,
    ENDS,
    EVERY_STATE,
    EVIDENCE,
    FACTS,
    GIVEN_MOBILE,
    HASHED,
    ISSUED,
    MINUTE,
    PERSON,
    POLICY,
    SECOND,
    TERMS,
    USER_ID,
    abandoned,
    accepting_terms,
    active,
    asking_registry,
    asking_second_code,
    claiming,
    contact,
    entering,
    first_code_issued,
    giving_contact,
    registered,
    second_code_issued,
    unknown_to_registry,
)

RESEND = arriving(ResendOtp(), now=NOON + MINUTE)
ACCEPT = arriving(AcceptTerms(version="2026-01", language="ar", text_hash=TERMS.text_hash))


# --- order (J2) -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("decide", "message", "facts", "fitting"),
    [
        (resend_otp, RESEND, FACTS, ("proving-approval", "proving-mobile")),
        (give_contact, contact(), CONTACT_FACTS, ("giving-contact", "accepting-terms", "proving-mobile")),
        (accept_terms, ACCEPT, FACTS, ("accepting-terms",)),
    ],
)
@pytest.mark.parametrize("state", EVERY_STATE)
def test_J2_a_step_out_of_order_is_refused_with_the_missing_one(
    state: UserState,
    decide: Callable[..., Decision[UserState]],
    message: Incoming[Any],
    facts: Any,
    fitting: tuple[str, ...],
) -> None:
    after = given(state).when(decide, message, facts)
    if state.stage in fitting:
        assert after.decision is not None
        assert after.decision.refusal is None
    else:
        after.then_refused("step-missing", f"{state.stage}.step-out-of-order", missing_step=next_step(state))
        after.then_state(state)


@pytest.mark.parametrize(
    ("decide", "message", "facts"),
    [
        (resend_otp, RESEND, FACTS),
        (confirm_otp, entering("123456"), FACTS),
        (give_contact, contact(), CONTACT_FACTS),
        (accept_terms, ACCEPT, FACTS),
    ],
)
@pytest.mark.parametrize("state", [s for s in EVERY_STATE if hasattr(s, "ends_at")])
def test_J2_I13_a_step_that_comes_after_the_registrations_end_is_refused_as_after_its_wake_up(
    state: UserState, decide: Callable[..., Decision[UserState]], message: Incoming[Any], facts: Any
) -> None:
    after = given(state).when(decide, replace(message, now=ENDS), replace(facts, present=ENDS))
    after.then_refused("step-missing", "ended.step-out-of-order", missing_step="start-registration")
    after.then_state(abandoned)
    # Law 9: what came in time counts, however late it is decided.
    in_time = replace(message, now=ENDS - SECOND)
    assert given(state).when(decide, in_time, replace(facts, present=ENDS + MINUTE)).state != abandoned


@pytest.mark.parametrize(
    "given_one", [replace(contact(), now=ENDS), contact(password="too short")], ids=["over", "bad"]
)
async def test_I16_nothing_is_hashed_for_a_contact_that_is_not_taken(given_one: Incoming[Any]) -> None:
    effects = IdentityEffects(lambda *_: "", lambda *_: "", lambda _: True)
    facts = await Preparing(POLICY).contact(giving_contact, given_one, effects, NOON)
    assert facts.password_hash == Secret("")


def test_J2_each_state_names_its_next_step() -> None:
    steps = {state.stage: next_step(state) for state in EVERY_STATE}
    assert steps == {
        "proving-approval": "confirm-otp",
        "giving-contact": "give-contact",
        "accepting-terms": "accept-terms",
        "proving-mobile": "confirm-otp",
        "claiming": "confirm-otp",
        "registered": "activate",
        "active": "log-in",
        "ended": "start-registration",
    }


def test_J2_a_step_of_a_flow_nobody_began_names_the_beginning() -> None:
    assert (NOT_BEGUN.public_reason, NOT_BEGUN.reason) == ("step-missing", "registration-not-begun")
    assert NOT_BEGUN.missing_step == "start-registration"


def test_J2_a_code_for_an_abandoned_registration_names_the_beginning() -> None:
    given(abandoned).when(confirm_otp, entering("123456"), FACTS).then_refused(
        "step-missing", "ended.step-out-of-order", missing_step="start-registration"
    )


# --- codes (I6, I9, I14, I15) ---------------------------------------------------------------------------------------
def test_I6_the_first_code_leads_to_the_contact() -> None:
    given(first_code_issued).when(confirm_otp, entering("123456"), FACTS).then(
        OtpConfirmed(next_step="give-contact")
    ).then_state(giving_contact)


def test_I9_the_second_code_claims_the_person_and_waits_for_the_answer() -> None:
    after = given(second_code_issued).when(confirm_otp, entering("123456", id="c-2"), FACTS).then(PersonClaimed)
    claimed = after.messages[0]
    assert isinstance(claimed, PersonClaimed)
    assert claimed.password_hash.plain == HASHED
    assert (claimed.person, claimed.user_id) == (PERSON, USER_ID)
    after.then_state(claiming)


@pytest.mark.parametrize(
    ("state", "message", "reason"),
    [
        (first_code_issued, entering("654321"), "code-wrong"),
        (first_code_issued, entering("123456", now=NOON + 61 * SECOND), "code-expired"),
        (
            replace(first_code_issued, code=replace(ISSUED, wrong_tries=5)),
            entering("123456"),
            "code-too-many-tries",
        ),
        (asking_registry, entering("123456"), "code-not-issued"),
        (unknown_to_registry, entering("123456"), "code-not-issued"),
        (second_code_issued, entering("654321"), "code-wrong"),
        (giving_contact, entering("123456"), "code-used"),
        (accepting_terms, entering("123456"), "code-used"),
        (claiming, entering("123456"), "code-used"),
        (registered, entering("123456"), "code-used"),
        (active, entering("123456"), "code-used"),
    ],
)
def test_I15_expired_wrong_used_and_too_many_are_told_apart_for_operators_only(
    state: UserState, message: Incoming[Any], reason: str
) -> None:
    given(state).when(confirm_otp, message, FACTS).then_refused("code-not-accepted", reason)


def test_I14_a_wrong_code_uses_up_a_try() -> None:
    after = given(first_code_issued).when(confirm_otp, entering("654321"), FACTS)
    assert after.state.code.wrong_tries == 1


# --- contact (I7) ---------------------------------------------------------------------------------------------------
def test_I7_contact_and_password_are_taken_after_the_first_code() -> None:
    given(giving_contact).when(give_contact, contact(), CONTACT_FACTS).then(
        ContactGiven(next_step="accept-terms")
    ).then_state(accepting_terms)


@pytest.mark.parametrize("state", [accepting_terms, second_code_issued])
def test_I7_a_mistyped_mobile_is_corrected_until_the_second_code_is_right(state: UserState) -> None:
    after = given(state).when(give_contact, contact(mobile="0551112223"), CONTACT_FACTS).then(ContactGiven)
    assert after.state.contact.mobile == Secret("+966551112223")
    assert after.state.contacts == 2


@pytest.mark.parametrize(
    ("given_contact", "public_reason", "reason"),
    [
        (contact(email="noura"), "email-not-accepted", "email-malformed"),
        (contact(email="n" * 250 + "@example.com"), "email-not-accepted", "email-too-long"),
        (contact(mobile="011 123 4567"), "mobile-not-accepted", "mobile-malformed"),
        (contact(password="short"), "password-too-short", "password-too-short"),
        (contact(password="Xk4$" * 33), "password-too-long", "password-too-long"),
        (contact(password=f"this is {CITIZEN}"), "password-blocked", "password-own-data"),
        (contact(password="Hesabi-Electricity"), "password-blocked", "password-company-word"),
        (contact(password="letmein!letmein!"), "password-blocked", "password-repeats"),
        (contact(password="asdfghjkl;12345678"), "password-blocked", "password-sequence"),
        (contact(password="!Password#26-11"), "password-blocked", "password-common"),
    ],
)
def test_I7_I16_what_is_not_taken_has_its_reason(given_contact: Incoming[Any], public_reason: str, reason: str) -> None:
    given(giving_contact).when(give_contact, given_contact, CONTACT_FACTS).then_refused(
        public_reason, reason
    ).then_state(giving_contact)


def test_I7_contact_is_not_given_without_end() -> None:
    often = replace(accepting_terms, contacts=10)
    given(often).when(give_contact, contact(), CONTACT_FACTS).then_refused(
        "not-available-now", "contacts-of-registration-used-up"
    )


# --- terms (I8) -----------------------------------------------------------------------------------------------------
def test_I8_terms_are_kept_as_evidence_and_a_second_code_is_asked_for() -> None:
    after = given(accepting_terms).when(accept_terms, ACCEPT, FACTS)
    after.then(TermsAccepted(next_step="confirm-otp"), PersonCodeAsked).then_state(asking_second_code)
    assert after.state.terms == EVIDENCE
    assert (EVIDENCE.version, EVIDENCE.language, EVIDENCE.channel, EVIDENCE.accepted_at) == (
        "2026-01",
        "ar",
        "web",
        NOON,
    )


@pytest.mark.parametrize(
    ("version", "language", "text_hash", "reason"),
    [
        ("2025-01", "ar", TERMS.text_hash, "terms-version-unknown"),
        ("2026-01", "en", TERMS.text_hash, "terms-text-differs"),
        ("2026-01", "ar", "1" * 64, "terms-text-differs"),
    ],
)
def test_I8_only_a_text_in_force_is_accepted(version: str, language: Any, text_hash: str, reason: str) -> None:
    stated = arriving(AcceptTerms(version=version, language=language, text_hash=text_hash))
    given(accepting_terms).when(accept_terms, stated, FACTS).then_refused("terms-version-unknown", reason)


def test_I8_of_several_versions_in_force_each_is_accepted() -> None:
    newer = replace(TERMS, version="2026-02")
    both = replace(FACTS, policy=replace(FACTS.policy, terms=(TERMS, newer)))
    stated = arriving(AcceptTerms(version="2026-02", language="ar", text_hash=newer.text_hash))
    for command in (ACCEPT, stated):
        given(accepting_terms).when(accept_terms, command, both).then(TermsAccepted, PersonCodeAsked)


def test_I8_a_language_without_a_text_is_told_apart() -> None:
    arabic_only = replace(FACTS, policy=replace(FACTS.policy, terms=(TERMS,)))
    stated = arriving(AcceptTerms(version="2026-01", language="en", text_hash=TERMS.text_hash))
    given(accepting_terms).when(accept_terms, stated, arabic_only).then_refused(
        "terms-version-unknown", "terms-language-unknown"
    )


# --- abandoned ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", [s for s in EVERY_STATE if s.stage not in ("claiming", "active", "ended")])
def test_J2_what_is_abandoned_keeps_nothing_personal(state: UserState) -> None:
    due = due_at(state)
    assert due is not None
    early = replace(FACTS, present=due - SECOND)
    given(state).when(on_timer, RESEND, early).then().then_state(state)
    after = given(state).when(on_timer, RESEND, replace(FACTS, present=due))
    after.then(*((PersonClaimed, ContactProven) if state.stage == "registered" else ()))  # told before, too (I10)
    for personal in (CITIZEN, APPROVED_MOBILE, GIVEN_MOBILE):
        assert personal not in str(after.state)
    assert (after.state.stage, due_at(after.state)) == ("ended", None)


@pytest.mark.parametrize("state", [s for s in EVERY_STATE if hasattr(s, "ends_at")])
def test_J2_I6_a_step_taken_in_time_and_read_after_the_end_finds_its_registration(state: UserState) -> None:
    # Law 9: commands come by other keys and lanes than the wake-up, and a lane of passwords lags in a flood.
    at_end = given(state).when(on_timer, RESEND, replace(FACTS, present=ENDS + MINUTE)).then().then_state(state)
    punctual: dict[str, tuple[Callable[..., Decision[UserState]], Incoming[Any], Any]] = {
        "proving-approval": (resend_otp, replace(RESEND, now=ENDS - SECOND), FACTS),
        "giving-contact": (give_contact, replace(contact(), now=ENDS - SECOND), CONTACT_FACTS),
        "accepting-terms": (accept_terms, replace(ACCEPT, now=ENDS - SECOND), FACTS),
        "proving-mobile": (resend_otp, replace(RESEND, now=ENDS - SECOND), FACTS),
    }
    decide, message, facts = punctual[state.stage]
    taken = at_end.when(decide, message, replace(facts, present=ENDS + MINUTE))
    assert taken.decision is not None
    assert taken.decision.refusal is None


def test_J2_each_step_renews_the_time_for_the_next() -> None:
    later = replace(FACTS, present=NOON + 20 * SECOND)
    after = given(first_code_issued).when(confirm_otp, entering("123456"), later)
    assert after.state.ends_at == ENDS + 20 * SECOND

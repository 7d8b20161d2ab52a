"""Another code in a registration (I14): when, how often, and what it shows (I15)."""

from dataclasses import replace

import pytest

from contracts.decision import Refusal
from contracts.identity import AcceptTerms, OtpResent, ResendOtp, TermsAccepted
from contracts.identity_internal import PersonCodeAsked
from contracts.notifications import OtpHandedOver, OtpNotHandedOver
from contracts.sealed import Secret
from services.identity.code_delivery import otp_handed_over, otp_not_handed_over
from services.identity.one_time_code import code_id
from services.identity.registration import accept_terms, confirm_otp, give_contact, resend_otp
from services.identity.states import ProvingApproval, ProvingMobile, UserState
from tests.scenario import NOON, arriving, given
from tests.unit.identity.situations import (
    CONTACT_FACTS,
    ENDS,
    FACTS,
    ISSUED,
    MINUTE,
    SECOND,
    TERMS,
    USER,
    USER_ID,
    accepting_terms,
    asking_number,
    asking_registry,
    asking_second_code,
    contact,
    entering,
    first_code_issued,
    giving_contact,
    second_code_issued,
    unknown_to_registry,
)

RESEND = arriving(ResendOtp(), now=NOON + MINUTE)
ACCEPT = arriving(AcceptTerms(version="2026-01", language="ar", text_hash=TERMS.text_hash))


@pytest.mark.parametrize(
    "state",
    [
        asking_registry,
        unknown_to_registry,
        asking_number,
        first_code_issued,
        asking_second_code,
        second_code_issued,
    ],
)
def test_I14_I15_a_resend_asks_the_persons_budget_first(state: ProvingApproval | ProvingMobile) -> None:
    after = given(state).when(resend_otp, RESEND, FACTS).then(OtpResent(next_step="confirm-otp"), PersonCodeAsked)
    asked = after.messages[1]
    assert isinstance(asked, PersonCodeAsked)
    assert (asked.number, asked.channel, asked.replaces_lost) == (state.code.number + 1, "web", False)


@pytest.mark.parametrize("state", [unknown_to_registry, first_code_issued, second_code_issued])
def test_I6_I15_a_registration_lasts_as_long_as_the_code_asked_for_at_its_end(
    state: ProvingApproval | ProvingMobile,
) -> None:
    asked = ENDS - SECOND
    again = given(state).when(resend_otp, arriving(ResendOtp(), now=asked), replace(FACTS, present=asked))
    issued = replace(ISSUED, number=2, digits=Secret("654321"), issued_at=asked + SECOND)
    waiting = again.with_state(code=issued) if state is not unknown_to_registry else again
    entered = waiting.when(confirm_otp, entering("654321", now=asked + MINUTE), FACTS).decision
    assert entered is not None
    # Where no code ever comes, what is entered is refused as a wrong one is: the end shows nothing.
    expected = Refusal("code-not-accepted", "code-not-issued") if state is unknown_to_registry else None
    assert entered.refusal == expected


@pytest.mark.parametrize("state", [asking_registry, unknown_to_registry])
def test_I15_a_resend_is_answered_alike_where_no_code_can_be_sent(state: UserState) -> None:
    after = given(state).when(resend_otp, RESEND, FACTS).then(OtpResent(next_step="confirm-otp"), PersonCodeAsked)
    after.when(resend_otp, RESEND, FACTS).then_refused("resend-too-soon", "resend-too-soon")


@pytest.mark.parametrize("state", [asking_registry, unknown_to_registry, first_code_issued, second_code_issued])
def test_I14_a_resend_within_the_minute_is_refused(state: UserState) -> None:
    soon = arriving(ResendOtp(), now=NOON + 59 * SECOND)
    given(state).when(resend_otp, soon, FACTS).then_refused("resend-too-soon", "resend-too-soon").then_state(state)


@pytest.mark.parametrize("state", [unknown_to_registry, first_code_issued])
def test_I14_a_registrations_codes_come_to_an_end_alike_for_known_and_unknown(state: ProvingApproval) -> None:
    last = replace(state, code=replace(state.code, number=10))
    given(last).when(resend_otp, RESEND, FACTS).then_refused("too-many-codes", "codes-of-flow-used-up")
    full = replace(accepting_terms, codes=10)
    given(full).when(accept_terms, ACCEPT, FACTS).then_refused("too-many-codes", "codes-of-flow-used-up")


def test_I14_terms_accepted_again_bring_another_code_no_sooner_than_a_resend() -> None:
    scene = given(second_code_issued).when(give_contact, contact(mobile="0551112223"), CONTACT_FACTS)
    soon = replace(ACCEPT, now=NOON + 59 * SECOND)
    scene.when(accept_terms, soon, FACTS).then_refused("resend-too-soon", "resend-too-soon").then_state(scene.state)
    twice = scene.when(give_contact, contact(), CONTACT_FACTS)
    twice.when(accept_terms, soon, FACTS).then_refused("resend-too-soon", "resend-too-soon")
    late = twice.when(accept_terms, replace(ACCEPT, now=NOON + 60 * SECOND), FACTS).then(TermsAccepted, PersonCodeAsked)
    assert late.state.code.number == second_code_issued.code.number + 1
    lost = replace(second_code_issued, code=replace(ISSUED, lost=True))
    at_once = given(lost).when(give_contact, contact(), CONTACT_FACTS).when(accept_terms, soon, FACTS)
    assert at_once.state.code.replaces_lost


def test_I14_a_lost_code_to_one_mobile_does_not_pay_for_a_code_to_another() -> None:
    lost = replace(second_code_issued, code=replace(ISSUED, number=2, lost=True))
    other = given(lost).when(give_contact, contact(mobile="0551112223"), CONTACT_FACTS)
    other.when(accept_terms, replace(ACCEPT, now=NOON + 59 * SECOND), FACTS).then_refused(
        "resend-too-soon", "resend-too-soon"
    )
    after = other.when(accept_terms, replace(ACCEPT, now=NOON + 60 * SECOND), FACTS)
    asked = after.then(TermsAccepted, PersonCodeAsked).messages[1]
    assert isinstance(asked, PersonCodeAsked)
    assert not asked.replaces_lost
    assert not after.state.code.replaces_lost


LOST = arriving(OtpNotHandedOver(otp_id=code_id(USER_ID, 2), asked_by=USER, reason="unknown"))
SENT = arriving(OtpHandedOver(otp_id=code_id(USER_ID, 2), asked_by=USER))
SOON = replace(ACCEPT, now=NOON + 59 * SECOND)


@pytest.mark.parametrize("heard", ["before the contact", "after the contact"])
def test_N10_a_lost_code_to_the_same_mobile_is_forgiven_whenever_it_is_heard_of(heard: str) -> None:
    scene = given(second_code_issued)
    if heard == "before the contact":
        scene = scene.when(otp_not_handed_over, LOST)
    scene = scene.when(give_contact, contact(email="other@example.com"), CONTACT_FACTS)
    if heard == "after the contact":
        scene = scene.when(otp_not_handed_over, LOST)
    asked = scene.when(accept_terms, SOON, FACTS).then(TermsAccepted, PersonCodeAsked).messages[1]
    assert isinstance(asked, PersonCodeAsked)
    assert asked.replaces_lost


def test_N10_a_code_that_went_out_after_all_excuses_no_other() -> None:
    scene = given(second_code_issued).when(otp_not_handed_over, LOST)
    scene = scene.when(give_contact, contact(email="other@example.com"), CONTACT_FACTS).when(otp_handed_over, SENT)
    scene.when(accept_terms, SOON, FACTS).then_refused("resend-too-soon", "resend-too-soon")


def test_I14_a_code_lost_on_its_way_to_one_mobile_does_not_pay_for_one_to_another_that_was_given_meanwhile() -> None:
    scene = given(second_code_issued).when(give_contact, contact(mobile="0551112223"), CONTACT_FACTS)
    scene = scene.when(otp_not_handed_over, LOST)
    scene.when(accept_terms, SOON, FACTS).then_refused("resend-too-soon", "resend-too-soon")
    back = scene.when(give_contact, contact(), CONTACT_FACTS).when(otp_not_handed_over, LOST)
    back.when(accept_terms, SOON, FACTS).then_refused("resend-too-soon", "resend-too-soon")


def test_I15_who_may_be_nobody_waits_and_pays_for_a_lost_code_as_for_one_that_never_was() -> None:
    lost = replace(first_code_issued, code=replace(ISSUED, lost=True))
    soon = arriving(ResendOtp(), now=NOON + 59 * SECOND)
    given(lost).when(resend_otp, soon, FACTS).then_refused("resend-too-soon", "resend-too-soon").then_state(lost)
    known, unknown = (given(state).when(resend_otp, RESEND, FACTS) for state in (lost, unknown_to_registry))
    assert known.messages == unknown.messages
    assert known.state.code.replaces_lost  # the number is asked only where there is one, and gives it for nothing (N10)


def test_N10_after_a_failed_hand_over_to_the_mobile_just_given_another_code_at_once_and_free() -> None:
    lost = replace(second_code_issued, code=replace(ISSUED, number=2, lost=True))
    soon = arriving(ResendOtp(), now=NOON + SECOND)
    after = given(lost).when(resend_otp, soon, FACTS).then(OtpResent, PersonCodeAsked)
    asked = after.messages[1]
    assert isinstance(asked, PersonCodeAsked)
    assert asked.replaces_lost


def test_I7_I16_contacts_are_counted_on_while_the_second_code_is_awaited() -> None:
    often = replace(accepting_terms, contacts=9)
    scene = given(often).when(accept_terms, ACCEPT, FACTS).then(TermsAccepted, PersonCodeAsked)
    assert scene.state.contacts == 9


def test_J2_I8_accepted_terms_renew_the_time_for_the_second_code() -> None:
    later = replace(ACCEPT, now=NOON + 10 * MINUTE)
    scene = given(accepting_terms).when(accept_terms, later, replace(FACTS, present=NOON + 10 * MINUTE))
    assert scene.then(TermsAccepted, PersonCodeAsked).state.ends_at == ENDS + 10 * MINUTE


def test_I14_the_codes_of_a_registration_are_counted_on_past_the_first_mobile() -> None:
    fourth = replace(first_code_issued, code=replace(ISSUED, number=4))
    assert given(fourth).when(confirm_otp, entering("123456"), FACTS).state.codes == 4


def test_J2_I14_a_contact_given_renews_the_time_and_keeps_the_count_of_codes() -> None:
    later = replace(CONTACT_FACTS, present=NOON + 10 * MINUTE)
    for state in (replace(giving_contact, codes=4), replace(accepting_terms, codes=4)):
        after = given(state).when(give_contact, contact(), later).state
        assert (after.codes, after.ends_at) == (4, ENDS + 10 * MINUTE)

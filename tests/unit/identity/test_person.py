from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.identity import RegistrationStarted
from contracts.identity_internal import (
    ActivationLapsed,
    ActivationNoted,
    ActivationReported,
    AddressReported,
    ClaimGranted,
    ClaimRefused,
    PersonClaimed,
    PersonCodeAsked,
    PersonCodeDenied,
    PersonCodeGranted,
    RegistrationOpened,
)
from contracts.sealed import Secret
from services.identity.budgets import Spent, SpentBySource
from services.identity.person import (
    Claimed,
    Member,
    OpeningFacts,
    Stranger,
    ask_for_code,
    claim,
    note_activation,
    note_address,
    start_registration,
)
from tests.scenario import NOON, arriving, given
from tests.unit.identity.situations import FACTS, HASHED, PERSON, POLICY, RESIDENT, SEALED, USER, USER_ID, starting

OPENING = OpeningFacts(NOON, PERSON, USER_ID)
FLOODED = (SpentBySource("web", Spent(tuple(NOON for _ in range(10)))),)
claimed = Claimed(USER_ID, HASHED, NOON + POLICY.claim_life)
member = Member(USER_ID, HASHED)


def claiming_as(user_id: str) -> PersonClaimed:
    return PersonClaimed(person=PERSON, user_id=user_id, password_hash=SEALED)


def test_I1_an_individual_begins_and_the_person_opens_the_registration() -> None:
    after = given().when(start_registration, starting(), OPENING).then(RegistrationStarted, RegistrationOpened)
    opened = after.messages[1]
    assert isinstance(opened, RegistrationOpened)
    assert (opened.user_id, opened.person, opened.channel, opened.segment) == (USER_ID, PERSON, "web", "individual")
    assert after.messages[0] == RegistrationStarted(next_step="confirm-otp")


def test_I1_a_business_is_refused_with_a_clear_reason_until_it_can_register() -> None:
    starts = starting(segment="business", nationality=None, identity_type="business")
    given().when(start_registration, starts, OPENING).then_refused(
        "individual-first", "business-needs-an-individual", "log-in"
    )


@pytest.mark.parametrize(
    ("changes", "public_reason", "reason"),
    [
        ({"segment": "club"}, "segment-not-accepted", "segment-unknown"),  # I1
        ({"nationality": None}, "nationality-not-accepted", "nationality-missing"),  # I2
        ({"nationality": "ZZ"}, "nationality-not-accepted", "nationality-unknown"),  # I2
        ({"identity_type": "library-card"}, "identity-number-not-accepted", "identity-type-unknown"),  # I3
        ({"identity_type": "business"}, "identity-number-not-accepted", "identity-type-not-for-segment"),  # I3
        ({"number": RESIDENT}, "identity-number-not-accepted", "identity-number-malformed"),  # I3
        ({"number": "1000000009"}, "identity-number-not-accepted", "identity-number-checksum"),  # I3
        ({"birth_date": "1447-02-30"}, "birth-date-not-accepted", "hijri-day-does-not-exist"),  # I4
        ({"birth_date": "1342-01-01"}, "birth-date-not-accepted", "hijri-year-out-of-range"),  # I4
        ({"birth_date": "soon"}, "birth-date-not-accepted", "hijri-date-malformed"),  # I4
        ({"birth_date": "1499-01-01"}, "birth-date-not-accepted", "birth-date-in-the-future"),  # I4
    ],
)
@pytest.mark.parametrize("state", [None, Stranger(), member])
def test_I1_I2_I3_I4_what_is_stated_is_judged_alike_for_known_and_unknown(
    state: Stranger | Member | None, changes: dict[str, str], public_reason: str, reason: str
) -> None:
    given(state).when(start_registration, starting(**changes), OPENING).then_refused(public_reason, reason).then_state(
        None
    )  # nothing is saved


def test_I15_known_and_unknown_identities_get_the_same_answer() -> None:
    answers = [
        given(state).when(start_registration, starting(), OPENING).messages[0] for state in (None, claimed, member)
    ]
    assert answers == [RegistrationStarted(next_step="confirm-otp")] * 3


def test_I14_over_its_budget_a_registration_is_refused_before_any_flow_exists() -> None:
    given(Stranger(codes=FLOODED)).when(start_registration, starting(), OPENING).then_refused(
        "too-many-codes", "codes-an-hour-used-up"
    ).then_state(Stranger(codes=FLOODED))


def test_I14_the_day_has_a_budget_too() -> None:
    used = (SpentBySource("web", Spent(tuple(NOON - timedelta(hours=2) for _ in range(50)))),)
    given(Stranger(codes=used)).when(start_registration, starting(), OPENING).then_refused(
        "too-many-codes", "codes-a-day-used-up"
    )


def test_I14_an_outsider_on_one_channel_does_not_shut_out_the_owner_on_another() -> None:
    given(Stranger(codes=FLOODED)).when(start_registration, starting(source="app"), OPENING).then(
        RegistrationStarted, RegistrationOpened
    )


def asking_for(replaces_lost: bool = False) -> PersonCodeAsked:
    return PersonCodeAsked(person=PERSON, asked_by=USER, number=2, channel="web", replaces_lost=replaces_lost)


def test_I14_a_further_code_is_paid_for_by_the_person() -> None:
    after = given(Stranger()).when(ask_for_code, arriving(asking_for())).then(PersonCodeGranted)
    assert after.state.codes == (SpentBySource("web", Spent((NOON,))),)


def test_I14_a_new_registration_does_not_renew_the_budget() -> None:
    scenario = given()
    for _ in range(10):
        scenario = given(scenario.state).when(start_registration, starting(), OPENING)
    given(scenario.state).when(ask_for_code, arriving(asking_for())).then(
        PersonCodeDenied(asked_by=USER, number=2, reason="codes-an-hour-used-up")
    )


def test_N10_a_code_for_a_lost_one_is_free() -> None:
    state = Stranger(codes=FLOODED)
    given(state).when(ask_for_code, arriving(asking_for(replaces_lost=True))).then(PersonCodeGranted).then_state(state)


def test_I10_the_first_user_to_prove_both_mobiles_has_the_person() -> None:
    message = arriving(claiming_as(USER_ID), opened={"password_hash": "$hash"})
    given(Stranger(codes=FLOODED)).when(claim, message, FACTS).then(ClaimGranted(user_id=USER_ID)).then_state(
        Claimed(USER_ID, Secret("$hash"), NOON + POLICY.claim_life, codes=FLOODED)
    )


def test_I10_nobody_else_gets_a_person_whose_user_is_active() -> None:
    message = arriving(claiming_as("another"), opened={"password_hash": "$hash"})
    given(member).when(claim, message, FACTS).then(ClaimRefused(user_id="another")).then_state(member)


@pytest.mark.parametrize("state", [claimed, member])
def test_I10_the_same_claim_again_changes_nothing(state: Claimed | Member) -> None:
    message = arriving(claiming_as(USER_ID), opened={"password_hash": "$other"})
    given(state).when(claim, message, FACTS).then(ClaimGranted(user_id=USER_ID)).then_state(state)


def test_I10_a_claim_that_was_not_activated_gives_way_to_the_next_at_once() -> None:
    message = arriving(claiming_as("another"), opened={"password_hash": "$hash"})
    reported = arriving(ActivationReported(person=PERSON, user_id=USER_ID))
    taken_over = given(claimed).when(claim, message, FACTS).then(ClaimGranted(user_id="another"))
    taken_over.when(note_activation, reported).then(ActivationLapsed(user_id=USER_ID))


WITHDRAWN = claiming_as(USER_ID).model_copy(update={"withdrawn": True})


@pytest.mark.parametrize("state", [claimed, replace(claimed, codes=FLOODED)])
def test_I10_of_a_claim_that_is_withdrawn_nothing_personal_is_left_and_the_person_is_free(state: Claimed) -> None:
    withdrawn = arriving(WITHDRAWN, opened={"password_hash": ""})
    free = given(state).when(claim, withdrawn, FACTS).then().then_state(Stranger(codes=state.codes))
    again = arriving(claiming_as("another"), opened={"password_hash": "$hash"})
    free.when(claim, again, FACTS).then(ClaimGranted(user_id="another")).then_state(Claimed)


@pytest.mark.parametrize("state", [Stranger(), replace(claimed, user_id="another"), member])
def test_I10_a_claim_that_is_nobodys_any_more_is_withdrawn_without_effect(
    state: Stranger | Claimed | Member,
) -> None:
    withdrawn = arriving(WITHDRAWN, opened={"password_hash": ""})
    given(state).when(claim, withdrawn, FACTS).then().then_state(state)


def test_I10_the_claim_outlives_every_way_to_activate_by_it() -> None:
    assert POLICY.claim_life >= POLICY.link_life + timedelta(hours=2)


def test_I10_activation_makes_a_member_and_again_changes_nothing() -> None:
    reported = arriving(ActivationReported(person=PERSON, user_id=USER_ID))
    once = given(claimed).when(note_activation, reported).then(ActivationNoted(user_id=USER_ID)).then_state(member)
    once.when(note_activation, reported).then(ActivationNoted(user_id=USER_ID)).then_state(member)


@pytest.mark.parametrize("state", [Stranger(), claimed, member])
def test_I10_the_activation_of_another_user_changes_nothing(state: Stranger | Claimed | Member) -> None:
    reported = arriving(ActivationReported(person=PERSON, user_id="another"))
    given(state).when(note_activation, reported).then(ActivationLapsed(user_id="another")).then_state(state)


def test_I12_the_person_learns_that_there_is_an_address() -> None:
    saved = arriving(AddressReported(person=PERSON, user_id=USER_ID))
    given(member).when(note_address, saved).then().then_state(replace(member, has_address=True))
    given(claimed).when(note_address, saved).then().then_state(claimed)


def test_I12_the_address_of_another_user_is_not_this_persons() -> None:
    saved = arriving(AddressReported(person=PERSON, user_id="another"))
    given(member).when(note_address, saved).then().then_state(member)

"""A forgotten password: code first, then the password, and to a stranger everybody looks alike (I13-I16)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.decision import Incoming
from contracts.identity_sessions import (
    PasswordChanged,
    PasswordResetStarted,
    SessionsEnded,
    StartPasswordReset,
)
from contracts.identity_sessions_internal import (
    ContactTold,
    ContactWithheld,
    PasswordChosen,
    PasswordReplaced,
    ResetContactAsked,
    ResetOpened,
    ResetSettled,
)
from services.identity.budgets import Spent, SpentBySource
from services.identity.known_contact import tell_for_reset
from services.identity.password_reset import (
    ResetOpeningFacts,
    start_reset,
    take_password,
    tell_password_changed,
)
from services.identity.person import Claimed, Failures, Member, PersonState, Stranger
from services.identity.states import UserState
from tests.scenario import NOON, arriving, given
from tests.unit.identity.challenges import (
    NEW_HASH,
    OWN_DATA,
    RESET,
    opened,
)
from tests.unit.identity.in_memory import plain
from tests.unit.identity.situations import (
    BIRTH_DATE,
    CITIZEN,
    EVERY_STATE,
    GIVEN_MOBILE,
    HASHED,
    PERSON,
    SEALED,
    SECOND,
    USER_ID,
    active,
)

OPENING = ResetOpeningFacts(NOON, PERSON, RESET)
FLOODED = (SpentBySource("web", Spent(tuple(NOON for _ in range(10)))),)
member = Member(USER_ID, HASHED, failures=(Failures("web", 7, NOON), Failures("app", 2, NOON)))
claimed = Claimed(USER_ID, HASHED, NOON + timedelta(hours=26))
NOBODY: tuple[PersonState | None, ...] = (None, Stranger(), claimed)


def starting_reset(
    number: str = CITIZEN, birth_date: str = BIRTH_DATE, identity_type: str = "citizen"
) -> Incoming[Any]:
    body = StartPasswordReset(identity_type=identity_type, identity_number=SEALED, birth_date=SEALED, language="en")
    return arriving(body, opened={"identity_number": number, "birth_date": birth_date})


# --- the person -----------------------------------------------------------------------------------------------------
def test_I13_a_member_is_asked_for_the_mobile_and_the_challenge_begins() -> None:
    after = given(member).when(start_reset, starting_reset(birth_date="١٤١٠-٠٥-١٢"), OPENING)
    after.then(PasswordResetStarted(next_step="confirm-reset"), ResetOpened, ResetContactAsked)
    _, challenge, asked = after.messages
    assert isinstance(challenge, ResetOpened)
    assert isinstance(asked, ResetContactAsked)
    assert (challenge.challenge, challenge.person, challenge.user_id) == (RESET, PERSON, USER_ID)
    assert (asked.challenge, asked.user_id, plain(asked.birth_date)) == (RESET, USER_ID, BIRTH_DATE)


@pytest.mark.parametrize("state", NOBODY)
def test_I15_whoever_has_no_member_gets_the_same_answer_and_pays_the_same(state: PersonState | None) -> None:
    after = given(state).when(start_reset, starting_reset(), OPENING)
    after.then(PasswordResetStarted(next_step="confirm-reset"), ResetOpened, ResetContactAsked)
    _, challenge, asked = after.messages
    assert challenge == opened(None).body
    # Sealing takes longer than all the rest: it is done for nobody, too, before the answer goes out.
    assert isinstance(asked, ResetContactAsked)
    assert (plain(asked.birth_date), f"challenge:{asked.user_id}") == (BIRTH_DATE, RESET)
    paid = given(member).when(start_reset, starting_reset(), OPENING).state.codes
    assert after.state.codes == paid == (SpentBySource("web", Spent((NOON,))),)


@pytest.mark.parametrize(
    ("wrong", "public", "reason"),
    [
        ({"number": "123"}, "identity-number-not-accepted", "identity-number-malformed"),
        ({"identity_type": "library-card"}, "identity-number-not-accepted", "identity-type-unknown"),
        ({"birth_date": "1447-02-30"}, "birth-date-not-accepted", "hijri-day-does-not-exist"),
        ({"birth_date": "x" * 500}, "birth-date-not-accepted", "hijri-date-malformed"),
        ({"birth_date": "1499-01-01"}, "birth-date-not-accepted", "birth-date-in-the-future"),
    ],
)
@pytest.mark.parametrize("state", [*NOBODY, member])
def test_I15_what_can_be_true_of_nobody_is_refused_unsaved(
    state: PersonState | None, wrong: Any, public: str, reason: str
) -> None:
    given(state).when(start_reset, starting_reset(**wrong), OPENING).then_refused(public, reason).then_state(None)


@pytest.mark.parametrize("before", [Stranger(), claimed, member])
def test_I14_over_the_persons_budget_nothing_begins_and_nothing_is_kept(before: PersonState) -> None:
    state = replace(before, codes=FLOODED)
    after = given(state).when(start_reset, starting_reset(), OPENING)
    after.then_refused("too-many-codes", "codes-an-hour-used-up").then_state(state)
    assert after.decision is not None
    assert (after.decision.recorded, after.messages) == (False, ())


def test_I13_the_hash_is_replaced_failures_are_forgotten_and_sessions_end() -> None:
    chosen = PasswordChosen(challenge=RESET, person=PERSON, user_id=USER_ID, password_hash=SEALED)
    message = arriving(chosen, opened={"password_hash": NEW_HASH.reveal()})
    after = (
        given(replace(member, devices=("phone",)))
        .when(take_password, message)
        .then(PasswordReplaced(challenge=RESET, user_id=USER_ID, changed_at=NOON))
    )
    after.then_state(Member(USER_ID, NEW_HASH, sessions_ended_at=NOON))


@pytest.mark.parametrize("state", [Stranger(), claimed, Member("another", HASHED)])
def test_I13_a_password_for_a_person_who_is_not_this_user_any_more_is_not_taken(state: PersonState) -> None:
    chosen = PasswordChosen(challenge=RESET, person=PERSON, user_id=USER_ID, password_hash=SEALED)
    message = arriving(chosen, opened={"password_hash": NEW_HASH.reveal()})
    given(state).when(take_password, message).then(ResetSettled(challenge=RESET, replaced=False)).then_state(state)


# --- the user -------------------------------------------------------------------------------------------------------
def asking_contact(birth_date: str = BIRTH_DATE) -> Incoming[Any]:
    body = ResetContactAsked(challenge=RESET, user_id=USER_ID, birth_date=SEALED)
    return arriving(body, opened={"birth_date": birth_date})


def test_I13_the_proven_mobile_is_told_to_who_knows_the_birth_date() -> None:
    after = given(active).when(tell_for_reset, asking_contact()).then(ContactTold).then_state(active)
    told = after.messages[0]
    assert isinstance(told, ContactTold)
    assert (plain(told.mobile), told.user_id, told.language) == (GIVEN_MOBILE, USER_ID, "ar")
    assert all(datum in plain(told.own_data) for datum in OWN_DATA)


def test_I13_another_birth_date_learns_nothing() -> None:
    given(active).when(tell_for_reset, asking_contact("1410-05-13")).then(
        ContactWithheld(challenge=RESET, user_id=USER_ID, reason="birth-date-differs")
    ).then_state(active)


@pytest.mark.parametrize("state", [s for s in EVERY_STATE if s != active])
def test_I13_who_is_not_active_has_no_password_to_forget(state: UserState) -> None:
    given(state).when(tell_for_reset, asking_contact()).then(
        ContactWithheld(challenge=RESET, user_id=USER_ID, reason="no-active-user")
    ).then_state(state)


def test_I13_N3_every_session_ends_and_the_person_is_told() -> None:
    replaced = PasswordReplaced(challenge=RESET, user_id=USER_ID, changed_at=NOON)
    given(active).when(tell_password_changed, arriving(replaced, now=NOON + SECOND)).then(
        SessionsEnded(user_id=USER_ID, ended_at=NOON, forget_after=NOON + timedelta(hours=1)),
        PasswordChanged(user_id=USER_ID, changed_at=NOON),
        ResetSettled(challenge=RESET, replaced=True),
    ).then_state(active)

"""Who may act for a business is added, replaced and removed (I17); nobody learns by it who is known (I15)."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.decision import Customer, Decision, Facts, Incoming
from contracts.identity import ContactProven
from contracts.identity_business import (
    AddAuthorisedPerson,
    AuthorisedPersonGone,
    AuthorisedPersonInvited,
    AuthorisedPersonRemoved,
    AuthorisedPersonsShown,
    RemoveAuthorisedPerson,
    ReplaceAuthorisedPerson,
    ShowAuthorisedPersons,
)
from contracts.identity_business_internal import AuthorityEnded, PersonInvited
from contracts.identity_sessions import SessionsEnded
from services.identity.addresses import AskerFacts
from services.identity.authorised_persons import (
    INVITATIONS_A_DAY,
    INVITATIONS_A_MONTH,
    MOST_PERSONS,
    InvitationFacts,
    add_person,
    remove_person,
    replace_person,
    show_persons,
)
from services.identity.business import MOST_REMOVED, Business, Removed
from services.identity.sessions import LONGEST_SESSION
from tests.scenario import NOON, arriving, given
from tests.unit.identity.businesses import (
    BUSINESS_ID,
    NAME,
    NOURA,
    NOURA_ACTING,
    OTHER_ID,
    REEM,
    REEM_ACTING,
    REMOVED_ACTING,
    STRANGER_ID,
    of_two,
    registered_business,
)
from tests.unit.identity.in_memory import plain
from tests.unit.identity.situations import (
    EVERY_STATE,
    KEY,
    PERSON,
    POLICY,
    RESIDENT,
    SEALED,
    USER_ID,
    active,
)

FACTS = InvitationFacts(NOON, POLICY, PERSON)
ASKER = AskerFacts(NOON, POLICY, key_is_good=True)
DAY = timedelta(days=1)
NOT_ACTIVE = [state for state in EVERY_STATE if state is not active]


def adding(number: str = RESIDENT, kind: str = "resident", customer: Customer = NOURA_ACTING) -> Incoming[Any]:
    body = AddAuthorisedPerson(token=SEALED, identity_type=kind, identity_number=SEALED)
    return arriving(body, customer=customer, opened={"identity_number": number})


def replacing(person_id: str, customer: Customer = NOURA_ACTING) -> Incoming[Any]:
    body = ReplaceAuthorisedPerson(token=SEALED, person_id=person_id, identity_type="resident", identity_number=SEALED)
    return arriving(body, customer=customer, opened={"identity_number": RESIDENT})


def removing(person_id: str, customer: Customer = NOURA_ACTING) -> Incoming[Any]:
    return arriving(RemoveAuthorisedPerson(token=SEALED, person_id=person_id), customer=customer)


def of_many(persons: int) -> Business:
    others = tuple(replace(REEM, person_id=f"person-{n}") for n in range(persons - 1))
    return replace(registered_business, persons=(NOURA, *others))


# --- inviting -------------------------------------------------------------------------------------------------------
def test_I15_I17_an_invitation_is_answered_before_anybody_knows_whom_it_meets() -> None:
    invited = replace(registered_business, invitations=(NOON,))
    scene = given(registered_business).when(add_person, adding(), FACTS)
    scene.then(AuthorisedPersonInvited, PersonInvited).then_state(invited)
    invitation = scene.messages[1]
    assert isinstance(invitation, PersonInvited)
    assert (invitation.person, invitation.business_id, invitation.invited_by) == (PERSON, BUSINESS_ID, USER_ID)
    assert (plain(invitation.name), invitation.replaces) == (NAME, None)


def test_I17_a_replacement_is_an_invitation_that_says_instead_of_whom() -> None:
    scene = given(of_two).when(replace_person, replacing(OTHER_ID), FACTS)
    scene.then(AuthorisedPersonInvited, PersonInvited)
    invitation = scene.messages[1]
    assert isinstance(invitation, PersonInvited)
    assert invitation.replaces == OTHER_ID
    assert scene.state.is_authorised(OTHER_ID)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (adding("2000000007"), "identity-number-checksum"),
        (adding("1000000008"), "identity-number-malformed"),
        (adding("7001234567", "business"), "identity-type-not-for-segment"),
        (adding(kind="unheard-of"), "identity-type-unknown"),
    ],
)
def test_I3_only_an_individuals_number_is_invited(command: Incoming[Any], reason: str) -> None:
    scene = given(registered_business).when(add_person, command, FACTS)
    scene.then_refused("identity-number-not-accepted", reason).then_state(registered_business)


@pytest.mark.parametrize(
    ("invitations", "reason"),
    [
        ((NOON,) * INVITATIONS_A_DAY, "invitations-a-day-used-up"),
        ((NOON - DAY,) * INVITATIONS_A_MONTH, "invitations-a-month-used-up"),
    ],
)
def test_I15_numbers_cannot_be_tried_without_end(invitations: tuple[Any, ...], reason: str) -> None:
    state = replace(registered_business, invitations=invitations)
    scene = given(state).when(add_person, adding(), FACTS).then_refused("too-many-invitations", reason)
    assert scene.decision is not None
    assert not scene.decision.recorded


@pytest.mark.parametrize("before", [DAY * 30, DAY * 31])
def test_I15_invitations_of_a_month_ago_are_forgotten(before: timedelta) -> None:
    state = replace(registered_business, invitations=(NOON - before,) * INVITATIONS_A_MONTH)
    scene = given(state).when(add_person, adding(), FACTS).then(AuthorisedPersonInvited, PersonInvited)
    scene.then_state(replace(registered_business, invitations=(NOON,)))


def test_I17_a_business_has_no_end_of_persons_but_may_replace_them() -> None:
    full = of_many(MOST_PERSONS)
    scene = given(full).when(add_person, adding(), FACTS)
    scene.then_refused("too-many-authorised-persons", "authorised-persons-used-up")
    given(full).when(replace_person, replacing("person-1"), FACTS).then(AuthorisedPersonInvited, PersonInvited)
    given(of_many(MOST_PERSONS - 1)).when(add_person, adding(), FACTS).then(AuthorisedPersonInvited, PersonInvited)


def test_I17_only_somebody_who_is_there_is_replaced_or_removed() -> None:
    scene = given(of_two).when(replace_person, replacing(STRANGER_ID), FACTS)
    scene.then_refused("authorised-person-not-found", "person-not-authorised")
    scene = given(of_two).when(remove_person, removing(STRANGER_ID))
    scene.then_refused("authorised-person-not-found", "person-not-authorised")


SHOWING = arriving(ShowAuthorisedPersons(token=SEALED, answer_key=KEY), customer=REMOVED_ACTING)
EVERY_COMMAND: list[tuple[Callable[..., Decision[Any]], Incoming[Any], Any]] = [
    (add_person, adding(customer=REMOVED_ACTING), FACTS),
    (replace_person, replacing(OTHER_ID, REMOVED_ACTING), FACTS),
    (remove_person, removing(OTHER_ID, REMOVED_ACTING), FACTS),
    (show_persons, SHOWING, ASKER),
]


@pytest.mark.parametrize(("decide", "command", "facts"), EVERY_COMMAND)
def test_I13_I17_who_was_removed_decides_nothing_more(
    decide: Callable[..., Decision[Any]], command: Incoming[Any], facts: Any
) -> None:
    scene = given(of_two).when(decide, command, facts).then_refused("sign-in-needed", "actor-not-authorised", "log-in")
    assert scene.decision is not None
    assert not scene.decision.recorded


# --- removing ------------------------------------------------------------------------------------------------------
def removed(person_id: str, acted_by: str = USER_ID) -> tuple[Any, ...]:
    return (
        AuthorisedPersonRemoved(user_id=BUSINESS_ID, person_id=person_id, acted_by=acted_by, at=NOON),
        SessionsEnded(user_id=BUSINESS_ID, actor=person_id, ended_at=NOON, forget_after=NOON + LONGEST_SESSION),
        AuthorityEnded(user_id=person_id, business_id=BUSINESS_ID),
    )


def test_I13_I17_a_removed_person_acts_no_more_and_their_tokens_end() -> None:
    scene = given(of_two).when(remove_person, removing(OTHER_ID))
    alone = replace(registered_business, removed=(Removed(OTHER_ID, NOON),))
    scene.then(AuthorisedPersonGone, *removed(OTHER_ID)).then_state(alone)


def test_I17_a_business_is_reached_by_the_next_person_when_the_first_leaves() -> None:
    scene = given(of_two).when(remove_person, removing(USER_ID, REEM_ACTING))
    scene.then(AuthorisedPersonGone, *removed(USER_ID, acted_by=OTHER_ID), ContactProven)
    contact = scene.messages[-1]
    assert isinstance(contact, ContactProven)
    assert (contact.user_id, plain(contact.email), contact.language) == (BUSINESS_ID, "reem@example.com", "en")


def test_I17_one_may_leave_but_not_the_last_one() -> None:
    scene = given(of_two).when(remove_person, removing(USER_ID))
    scene.then(AuthorisedPersonGone, *removed(USER_ID), ContactProven)
    scene.when(remove_person, removing(OTHER_ID, REEM_ACTING)).then_refused(
        "last-authorised-person", "last-authorised-person"
    )


# --- showing --------------------------------------------------------------------------------------------------------
def test_I17_the_authorised_persons_are_shown_without_their_contacts() -> None:
    asking = arriving(ShowAuthorisedPersons(token=SEALED, answer_key=KEY), customer=REEM_ACTING)
    scene = given(of_two).when(show_persons, asking, ASKER).then(AuthorisedPersonsShown)
    (shown,) = scene.messages
    assert isinstance(shown, AuthorisedPersonsShown)
    assert json.loads(plain(shown.persons)) == [
        {"person_id": USER_ID, "since": NOON.isoformat(), "added_by": USER_ID},
        {"person_id": OTHER_ID, "since": NOON.isoformat(), "added_by": USER_ID},
    ]
    scene = given(of_two).when(show_persons, asking, replace(ASKER, key_is_good=False))
    scene.then_refused("malformed", "answer-key-not-accepted")


def test_I17_a_business_remembers_so_many_of_whom_it_has_removed() -> None:
    scene = given(replace(of_two, removed=tuple(Removed(f"person-{n}", NOON) for n in range(MOST_REMOVED))))
    removed = scene.when(remove_person, removing(OTHER_ID), Facts(NOON)).state.removed
    assert (len(removed), removed[0].person_id, removed[-1].person_id) == (MOST_REMOVED, "person-1", OTHER_ID)

"""Who is invited and known may act for the business (I17): admitted once, and not after a removal that crossed it."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.decision import Facts, Incoming
from contracts.identity import ContactProven
from contracts.identity_business import AuthorisedPersonAdded
from contracts.identity_business_internal import AuthorityEnded, AuthorityOffered, AuthorityTaken
from services.identity.authorised_persons import MOST_PERSONS, admit_person, remove_person
from services.identity.business import Removed
from tests.scenario import NOON, arriving, given
from tests.unit.identity.businesses import (
    BUSINESS_ID,
    NAME,
    NOURA,
    OTHER_ID,
    REEM,
    STRANGER_ID,
    of_two,
    registered_business,
)
from tests.unit.identity.in_memory import plain
from tests.unit.identity.situations import SEALED, SECOND, USER_ID
from tests.unit.identity.test_authorised_persons import of_many, removed, removing


def taken(invited_by: str = USER_ID, replaces: str | None = None, invited_at: Any = NOON) -> Incoming[Any]:
    body = AuthorityTaken(
        business_id=BUSINESS_ID,
        user_id=OTHER_ID,
        email=SEALED,
        mobile=SEALED,
        language="en",
        invited_by=invited_by,
        replaces=replaces,
        invited_at=invited_at,
    )
    return arriving(body, opened={"email": REEM.email.reveal(), "mobile": REEM.mobile.reveal()})


def added(person_id: str = OTHER_ID) -> AuthorisedPersonAdded:
    return AuthorisedPersonAdded(user_id=BUSINESS_ID, person_id=person_id, acted_by=USER_ID, at=NOON)


def test_I17_the_invited_person_may_act_and_the_event_says_who_decided_it() -> None:
    scene = given(registered_business).when(admit_person, taken()).then(added(), AuthorityOffered).then_state(of_two)
    scene.when(admit_person, taken()).then().then_state(of_two)


@pytest.mark.parametrize("invited_at", [NOON - SECOND, None], ids=["now", "by-the-last-release"])
def test_I17_an_end_that_crosses_an_invitation_takes_the_business_from_nobodys_list(invited_at: Any) -> None:
    """What ended before reaches the user behind the second invitation; they hear of that once more, and a removal that
    crosses this stays."""
    again = taken(invited_at=invited_at)
    offers = given(registered_business).when(admit_person, again).then(added(), AuthorityOffered)
    (_, offer) = offers.messages
    assert isinstance(offer, AuthorityOffered)
    assert (offer.user_id, offer.business_id, offer.invited_by) == (OTHER_ID, BUSINESS_ID, USER_ID)
    assert (plain(offer.name), offer.replaces) == (NAME, None)
    crossing = taken(invited_at=offer.invited_at)
    offers.when(admit_person, crossing).then().then_state(of_two)
    gone = offers.when(remove_person, removing(OTHER_ID))
    ended = AuthorityEnded(user_id=OTHER_ID, business_id=BUSINESS_ID)
    gone.when(admit_person, crossing).then(ended).then_state(gone.state)


def test_I17_a_replacement_removes_the_other_once_the_new_one_is_known() -> None:
    third = replace(of_two, persons=(NOURA, replace(REEM, person_id=STRANGER_ID)))
    scene = given(third).when(admit_person, taken(replaces=STRANGER_ID))
    scene.then(added(), AuthorityOffered, *removed(STRANGER_ID)).then_state(
        replace(of_two, removed=(Removed(STRANGER_ID, NOON),))
    )


def test_I17_somebody_known_already_can_take_anothers_place() -> None:
    scene = given(of_two).when(admit_person, taken(replaces=USER_ID))
    theirs = replace(of_two, persons=(REEM,), removed=(Removed(USER_ID, NOON),))
    scene.then(*removed(USER_ID), ContactProven).then_state(theirs)


@pytest.mark.parametrize("replaces", [OTHER_ID, STRANGER_ID], ids=["themselves", "gone-already"])
def test_I17_a_replacement_of_nobody_else_only_adds(replaces: str) -> None:
    given(registered_business).when(admit_person, taken(replaces=replaces)).then(added(), AuthorityOffered).then_state(
        of_two
    )


def test_I17_an_invitation_dies_with_the_authority_of_its_inviter() -> None:
    scene = given(registered_business).when(admit_person, taken(invited_by=STRANGER_ID))
    scene.then(AuthorityEnded(user_id=OTHER_ID, business_id=BUSINESS_ID)).then_state(registered_business)
    given(of_two).when(admit_person, taken(invited_by=STRANGER_ID)).then().then_state(of_two)


def test_I17_a_full_business_admits_a_replacement_only() -> None:
    full = of_many(MOST_PERSONS)
    scene = given(full).when(admit_person, taken())
    scene.then(AuthorityEnded(user_id=OTHER_ID, business_id=BUSINESS_ID)).then_state(full)
    scene = given(full).when(admit_person, taken(replaces="person-1"))
    scene.then(added(), AuthorityOffered, *removed("person-1"))
    assert len(scene.state.persons) == MOST_PERSONS


def test_I17_nobody_is_removed_by_taking_their_own_place() -> None:
    given(of_two).when(admit_person, taken(replaces=OTHER_ID)).then().then_state(of_two)


def test_I17_who_is_removed_does_not_come_back_by_an_invitation_of_before() -> None:
    """It was on its way: they were there already. Who is invited afterwards is welcome."""
    gone = given(of_two).when(remove_person, removing(OTHER_ID), Facts(NOON + SECOND))
    crossed = gone.when(admit_person, taken(invited_at=NOON), Facts(NOON + SECOND))
    crossed.then(AuthorityEnded(user_id=OTHER_ID, business_id=BUSINESS_ID)).then_state(gone.state)
    back = gone.when(admit_person, taken(invited_at=NOON + 2 * SECOND), Facts(NOON + 2 * SECOND))
    assert back.state.is_authorised(OTHER_ID)
    of_0_1_0 = gone.when(admit_person, taken(invited_at=None), Facts(NOON + SECOND))
    assert of_0_1_0.state.is_authorised(OTHER_ID)

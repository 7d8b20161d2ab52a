"""How a user comes to act for a business that exists, and ceases to (I17): from the invited person to their user."""

import json
from dataclasses import replace

import pytest

from contracts.identity_business import BusinessesShown, ShowBusinesses
from contracts.identity_business_internal import AuthorityEnded, AuthorityOffered, AuthorityTaken, PersonInvited
from contracts.sealed import Secret
from services.identity.addresses import AskerFacts
from services.identity.authority import end_authority, pass_on_invitation, show_businesses, take_authority
from services.identity.person import Claimed, Member, PersonState, Stranger
from services.identity.representation import MOST_BUSINESSES, KnownBusiness, Representation
from services.identity.states import UserState
from tests.scenario import NOON, arriving, given
from tests.unit.identity.businesses import BUSINESS_ID, NAME, NOURA_ACTING, OTHER_ID, STRANGER_ID
from tests.unit.identity.in_memory import plain
from tests.unit.identity.situations import (
    CUSTOMER,
    EMAIL,
    EVERY_STATE,
    GIVEN_MOBILE,
    HASHED,
    KEY,
    PERSON,
    POLICY,
    SEALED,
    USER_ID,
    active,
)

ASKER = AskerFacts(NOON, POLICY, key_is_good=True)
NOT_ACTIVE = [state for state in EVERY_STATE if state is not active]
INVITED = arriving(
    PersonInvited(person=PERSON, business_id=BUSINESS_ID, name=SEALED, invited_by=OTHER_ID), opened={"name": NAME}
)
OFFERED = arriving(
    AuthorityOffered(user_id=USER_ID, business_id=BUSINESS_ID, name=SEALED, invited_by=OTHER_ID, replaces=STRANGER_ID),
    opened={"name": NAME},
)
KNOWN = KnownBusiness(BUSINESS_ID, Secret(NAME))


def test_I17_an_invited_member_is_told_as_a_user() -> None:
    member = Member(USER_ID, HASHED)
    scene = given(member).when(pass_on_invitation, INVITED).then(AuthorityOffered).then_state(member)
    (offer,) = scene.messages
    assert isinstance(offer, AuthorityOffered)
    assert (offer.user_id, offer.business_id, offer.invited_by) == (USER_ID, BUSINESS_ID, OTHER_ID)
    assert plain(offer.name) == NAME
    assert offer.replaces is None


def test_I17_whom_an_invited_member_replaces_is_told_too() -> None:
    instead = replace(INVITED, body=INVITED.body.model_copy(update={"replaces": STRANGER_ID}))
    (offer,) = given(Member(USER_ID, HASHED)).when(pass_on_invitation, instead).then(AuthorityOffered).messages
    assert isinstance(offer, AuthorityOffered)
    assert offer.replaces == STRANGER_ID


@pytest.mark.parametrize("state", [Stranger(), Claimed(USER_ID, HASHED, NOON)], ids=lambda state: state.stage)
def test_I17_only_active_users_are_authorised(state: PersonState) -> None:
    given(state).when(pass_on_invitation, INVITED).then().then_state(state)


def test_I17_the_user_takes_the_authority_with_their_contact() -> None:
    scene = given(active).when(take_authority, OFFERED).then(AuthorityTaken)
    scene.then_state(replace(active, represents=Representation(known=(KNOWN,))))
    (answer,) = scene.messages
    assert isinstance(answer, AuthorityTaken)
    assert (plain(answer.email), plain(answer.mobile), answer.language) == (EMAIL, GIVEN_MOBILE, "ar")
    assert (answer.user_id, answer.invited_by, answer.replaces) == (USER_ID, OTHER_ID, STRANGER_ID)
    scene.when(take_authority, OFFERED).then(AuthorityTaken).then_state(scene.state)


@pytest.mark.parametrize("state", NOT_ACTIVE, ids=lambda state: state.stage)
def test_I17_who_is_not_active_takes_no_authority_and_has_none_to_end(state: UserState) -> None:
    given(state).when(take_authority, OFFERED).then().then_state(state)
    ended = arriving(AuthorityEnded(user_id=USER_ID, business_id=BUSINESS_ID))
    given(state).when(end_authority, ended).then().then_state(state)


def test_I17_nobody_is_burdened_with_businesses_without_end() -> None:
    many = tuple(KnownBusiness(f"b-{n}", Secret("N")) for n in range(MOST_BUSINESSES))
    full = replace(active, represents=Representation(known=many))
    given(full).when(take_authority, OFFERED).then().then_state(full)
    almost = replace(active, represents=Representation(known=(*many[1:], KNOWN)))
    given(almost).when(take_authority, OFFERED).then(AuthorityTaken).then_state(almost)


def test_I17_an_ended_authority_is_off_the_users_list() -> None:
    state = replace(active, represents=Representation(known=(KNOWN,)))
    ended = arriving(AuthorityEnded(user_id=USER_ID, business_id=BUSINESS_ID))
    given(state).when(end_authority, ended).then().then_state(active)


def test_I17_a_persons_businesses_are_shown_to_them() -> None:
    state = replace(active, represents=Representation(known=(KNOWN,)))
    asking = arriving(ShowBusinesses(token=SEALED, answer_key=KEY), customer=CUSTOMER)
    scene = given(state).when(show_businesses, asking, ASKER).then(BusinessesShown)
    (shown,) = scene.messages
    assert isinstance(shown, BusinessesShown)
    assert json.loads(plain(shown.businesses)) == [{"business_id": BUSINESS_ID, "name": NAME}]
    scene = given(state).when(show_businesses, asking, replace(ASKER, key_is_good=False))
    scene.then_refused("malformed", "answer-key-not-accepted")
    acting = arriving(ShowBusinesses(token=SEALED, answer_key=KEY), customer=NOURA_ACTING)
    given(state).when(show_businesses, acting, ASKER).then_refused("individual-only", "acting-already")


@pytest.mark.parametrize("state", NOT_ACTIVE, ids=lambda state: state.stage)
def test_I17_businesses_are_shown_to_active_users_only(state: UserState) -> None:
    asking = arriving(ShowBusinesses(token=SEALED, answer_key=KEY), customer=CUSTOMER)
    given(state).when(show_businesses, asking, ASKER).then_refused("sign-in-needed", "user-not-active")

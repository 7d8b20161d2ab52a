"""How a user comes to act for a business that exists, and ceases to (I17): from the invited person to their user.

An invitation of somebody unknown ends here without a word (I15).
"""

import json
from dataclasses import replace

from contracts.decision import Decision, Facts, Incoming, Refusal, answered, decided, ignored
from contracts.identity_business import BusinessesShown, ShowBusinesses
from contracts.identity_business_internal import AuthorityEnded, AuthorityOffered, AuthorityTaken, PersonInvited
from contracts.sealed import Sealed, Secret
from services.identity.acting import INDIVIDUALS_ONLY, unsaved
from services.identity.addresses import NOT_SIGNED_IN, AskerFacts
from services.identity.person import Member, PersonState
from services.identity.representation import MOST_BUSINESSES, KnownBusiness
from services.identity.states import Active, UserState


def pass_on_invitation(state: PersonState, incoming: Incoming[PersonInvited], _: Facts) -> Decision[PersonState]:
    """Only an active user can be authorised; nobody is told of anybody else (I15)."""
    match state:
        case Member():
            offered = AuthorityOffered(
                user_id=state.user_id,
                business_id=incoming.body.business_id,
                name=Sealed.of(incoming.opened("name")),
                invited_by=incoming.body.invited_by,
                replaces=incoming.body.replaces,
                invited_at=incoming.body.invited_at,
            )
            return decided(state, offered)
        case _:
            return ignored(state)


def take_authority(state: UserState, incoming: Incoming[AuthorityOffered], _: Facts) -> Decision[UserState]:
    """The business is put on the user's list, if that has room, and told whom it has won."""
    if not isinstance(state, Active):
        return ignored(state)
    offer = incoming.body
    if not state.represents.knows(offer.business_id) and len(state.represents.known) >= MOST_BUSINESSES:
        return ignored(state)
    known = KnownBusiness(offer.business_id, Secret(incoming.opened("name")))
    taken = AuthorityTaken(
        business_id=offer.business_id,
        user_id=state.declared.user_id,
        email=Sealed.of(state.contact.email.reveal()),
        mobile=Sealed.of(state.contact.mobile.reveal()),
        language=state.declared.language,
        invited_by=offer.invited_by,
        replaces=offer.replaces,
        invited_at=offer.invited_at,
    )
    return decided(replace(state, represents=state.represents.with_known(known)), taken)


def end_authority(state: UserState, incoming: Incoming[AuthorityEnded], _: Facts) -> Decision[UserState]:
    """The user may act for that business no more."""
    match state:
        case Active():
            return decided(replace(state, represents=state.represents.without_known(incoming.body.business_id)))
        case _:
            return ignored(state)


def show_businesses(state: UserState, incoming: Incoming[ShowBusinesses], facts: AskerFacts) -> Decision[UserState]:
    """The businesses of this person, by their names."""
    if incoming.who.actor is not None:
        return unsaved(state, INDIVIDUALS_ONLY)
    if not isinstance(state, Active):
        return unsaved(state, NOT_SIGNED_IN)
    if not facts.key_is_good:
        return unsaved(state, Refusal("malformed", "answer-key-not-accepted"))
    rows = [{"business_id": each.business_id, "name": each.name.reveal()} for each in state.represents.known]
    text = json.dumps(rows, ensure_ascii=False)
    return answered(state, BusinessesShown(businesses=Sealed.of(text, to=incoming.body.answer_key)))

"""Who may act for a business: added, replaced, removed and shown by those who may already (I17)."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from contracts.decision import Decision, Facts, Incoming, Refusal, answered, decided, ignored
from contracts.identity_business import (
    AddAuthorisedPerson,
    AuthorisedPersonAdded,
    AuthorisedPersonGone,
    AuthorisedPersonInvited,
    AuthorisedPersonRemoved,
    AuthorisedPersonsShown,
    RemoveAuthorisedPerson,
    ReplaceAuthorisedPerson,
    ShowAuthorisedPersons,
)
from contracts.identity_business_internal import AuthorityEnded, AuthorityOffered, AuthorityTaken, PersonInvited
from contracts.identity_sessions import SessionsEnded
from contracts.message import Message
from contracts.sealed import Sealed
from contracts.values.identity_number import judge_identity
from contracts.values.public_reasons import public_reason_of
from contracts.values.rejected import Rejected
from contracts.values.segment import Segment
from services.identity.acting import NO_LONGER_AUTHORISED, unsaved
from services.identity.addresses import AskerFacts
from services.identity.business import MOST_REMOVED, Business, Removed, contact_of, person_of
from services.identity.policy import PolicyFacts
from services.identity.sessions import LONGEST_SESSION

MOST_PERSONS: Final = 50  # ours: that may act for one business; keeps the document small
INVITATIONS_A_DAY: Final = 10  # ours: the list shows who was known, so that trying numbers must be dear (I15)
INVITATIONS_A_MONTH: Final = 60  # ours: each accepted one is one more sender, of at most 100 in 30 days (law 4)
_DAY: Final = timedelta(days=1)
_MONTH: Final = timedelta(days=30)

InvitationReason = Literal["invitations-a-day-used-up", "invitations-a-month-used-up"]


@dataclass(frozen=True, slots=True)
class InvitationFacts(PolicyFacts):
    """The aggregate of the person with the stated number (I18)."""

    person: str


# --- inviting -------------------------------------------------------------------------------------------------------
def add_person(state: Business, incoming: Incoming[AddAuthorisedPerson], facts: InvitationFacts) -> Decision[Business]:
    """Another person beside those who are there."""
    if not state.is_authorised(incoming.who.person):
        return unsaved(state, NO_LONGER_AUTHORISED)
    if len(state.persons) >= MOST_PERSONS:
        return unsaved(state, Refusal("too-many-authorised-persons", "authorised-persons-used-up"))
    return _invite(state, incoming, facts, replaces=None)


def replace_person(
    state: Business, incoming: Incoming[ReplaceAuthorisedPerson], facts: InvitationFacts
) -> Decision[Business]:
    """Another person instead of one who is there, and who stays until the other is known."""
    if not state.is_authorised(incoming.who.person):
        return unsaved(state, NO_LONGER_AUTHORISED)
    if not state.is_authorised(incoming.body.person_id):
        return unsaved(state, Refusal("authorised-person-not-found", "person-not-authorised"))
    return _invite(state, incoming, facts, replaces=incoming.body.person_id)


def _invite(
    state: Business,
    incoming: Incoming[AddAuthorisedPerson] | Incoming[ReplaceAuthorisedPerson],
    facts: InvitationFacts,
    replaces: str | None,
) -> Decision[Business]:
    """Answered here and now, the same for known and unknown (I15): who it is, is found out afterwards."""
    identity = judge_identity(incoming.body.identity_type, incoming.opened("identity_number"), Segment.INDIVIDUAL)
    if isinstance(identity, Rejected):
        return unsaved(state, Refusal(public_reason_of(identity.reason), identity.reason))
    recent = tuple(moment for moment in state.invitations if moment > facts.present - _MONTH)
    reason = _used_up(recent, facts.present)
    if reason is not None:
        return unsaved(state, Refusal("too-many-invitations", reason))
    invited = PersonInvited(
        person=facts.person,
        business_id=state.business_id,
        name=Sealed.of(state.name.reveal()),
        invited_by=incoming.who.person,
        replaces=replaces,
        invited_at=facts.present,
    )
    return decided(replace(state, invitations=(*recent, facts.present)), AuthorisedPersonInvited(), invited)


def _used_up(recent: tuple[datetime, ...], present: datetime) -> InvitationReason | None:
    if sum(moment > present - _DAY for moment in recent) >= INVITATIONS_A_DAY:
        return "invitations-a-day-used-up"
    return "invitations-a-month-used-up" if len(recent) >= INVITATIONS_A_MONTH else None


def admit_person(state: Business, incoming: Incoming[AuthorityTaken], facts: Facts) -> Decision[Business]:
    """The invited person is known: they may act from now on, if whoever invited them still may, and nobody has removed
    them since."""
    taken = incoming.body
    replaced = taken.replaces if taken.replaces != taken.user_id else None
    is_new = not state.is_authorised(taken.user_id)
    leaving = replaced if replaced is not None and state.is_authorised(replaced) else None
    room = MOST_PERSONS if leaving is None else MOST_PERSONS + 1
    is_over = not state.is_authorised(taken.invited_by) or state.is_removed_since(taken.user_id, taken.invited_at)
    if is_over or (is_new and len(state.persons) >= room):
        if not is_new:
            return ignored(state)
        return decided(state, AuthorityEnded(user_id=taken.user_id, business_id=state.business_id))
    after, messages = state, tuple[Message, ...]()
    if is_new:
        after = replace(state, persons=(*state.persons, person_of(incoming, taken.invited_by, facts)))
        messages = (
            AuthorisedPersonAdded(
                user_id=state.business_id, person_id=taken.user_id, acted_by=taken.invited_by, at=facts.present
            ),
            _kept_on_the_list(state, taken, facts),
        )
    if leaving is not None:
        after, gone = _without(after, leaving, taken.invited_by, facts)
        messages += gone
    return decided(after, *messages)


def _kept_on_the_list(state: Business, taken: AuthorityTaken, facts: Facts) -> AuthorityOffered:
    """An end of their authority of before may have crossed the invitation, and reached the user behind it: the
    business's word comes in its order. The user takes it once more, and that changes nothing here, nor does it undo a
    removal meanwhile."""
    return AuthorityOffered(
        user_id=taken.user_id,
        business_id=state.business_id,
        name=Sealed.of(state.name.reveal()),
        invited_by=taken.invited_by,
        invited_at=taken.invited_at or facts.present,
    )


# --- removing -------------------------------------------------------------------------------------------------------
def remove_person(state: Business, incoming: Incoming[RemoveAuthorisedPerson], facts: Facts) -> Decision[Business]:
    """From now on this person acts no more; their tokens end (I13). A business always has somebody."""
    person_id = incoming.body.person_id
    if not state.is_authorised(incoming.who.person):
        return unsaved(state, NO_LONGER_AUTHORISED)
    if not state.is_authorised(person_id):
        return unsaved(state, Refusal("authorised-person-not-found", "person-not-authorised"))
    if len(state.persons) == 1:
        return unsaved(state, Refusal("last-authorised-person", "last-authorised-person"))
    after, messages = _without(state, person_id, incoming.who.person, facts)
    return decided(after, AuthorisedPersonGone(), *messages)


def _without(state: Business, person_id: str, acted_by: str, facts: Facts) -> tuple[Business, tuple[Message, ...]]:
    after = replace(
        state,
        persons=tuple(each for each in state.persons if each.person_id != person_id),
        removed=(*state.removed, Removed(person_id, facts.present))[-MOST_REMOVED:],
    )
    messages: tuple[Message, ...] = (
        AuthorisedPersonRemoved(user_id=state.business_id, person_id=person_id, acted_by=acted_by, at=facts.present),
        SessionsEnded(
            user_id=state.business_id,
            actor=person_id,
            ended_at=facts.present,
            forget_after=facts.present + LONGEST_SESSION,
        ),
        AuthorityEnded(user_id=person_id, business_id=state.business_id),
    )
    if after.persons[0] != state.persons[0]:
        messages += (contact_of(after),)
    return after, messages


# --- showing --------------------------------------------------------------------------------------------------------
def show_persons(state: Business, incoming: Incoming[ShowAuthorisedPersons], facts: AskerFacts) -> Decision[Business]:
    """Who may act, since when, and who decided it."""
    if not state.is_authorised(incoming.who.person):
        return unsaved(state, NO_LONGER_AUTHORISED)
    if not facts.key_is_good:
        return unsaved(state, Refusal("malformed", "answer-key-not-accepted"))
    rows: list[dict[str, Any]] = [
        {"person_id": each.person_id, "since": each.since.isoformat(), "added_by": each.added_by}
        for each in state.persons
    ]
    text = json.dumps(rows)
    return answered(state, AuthorisedPersonsShown(persons=Sealed.of(text, to=incoming.body.answer_key)))

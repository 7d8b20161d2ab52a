"""Identity's messages about businesses and the persons who act for them (I1, I3, I17).

Outside identity a business is a `business_id`, used wherever a `user_id` is: commands under a token for acting are the
business's, and events say in `acted_by` who did it.
"""

from pydantic import AwareDatetime

from contracts.identity import ForAsker, SealedText
from contracts.message import Answer, Code, CustomerCommand, Event, Id, PublicKey, Query
from contracts.topics import IDENTITY_ANSWERS, IDENTITY_COMMANDS, IDENTITY_EVENTS


# --- commands of an individual, under their own token ---------------------------------------------------------------
class RegisterBusiness(CustomerCommand, service="identity", topic=IDENTITY_COMMANDS):
    """I17: an active individual registers a business and becomes its first authorised person. `identity_type` is
    `business`, `identity_number` opens to the unified national number (I3), `name` to the business's name. The
    registry is asked whether this person may act for it (ours). Answered by `BusinessRegistered`."""

    segment: Code
    identity_type: Code
    identity_number: SealedText
    name: SealedText


class ShowBusinesses(Query, service="identity", topic=IDENTITY_COMMANDS):
    """The businesses that this person may act for. Answered by `BusinessesShown`."""


class ActFor(CustomerCommand, service="identity", topic=IDENTITY_COMMANDS):
    """I17: act for a business. Answered by `ActingFor`, its token sealed to `answer_key`."""

    business_id: Id
    answer_key: PublicKey


# --- commands under a token for acting ------------------------------------------------------------------------------
class AddAuthorisedPerson(CustomerCommand, service="identity", topic=IDENTITY_COMMANDS):
    """I17: another individual may act for the business, if they are an active user. Answered by
    `AuthorisedPersonInvited`, the same for known and unknown identities (I15)."""

    identity_type: Code
    identity_number: SealedText


class ReplaceAuthorisedPerson(CustomerCommand, service="identity", topic=IDENTITY_COMMANDS):
    """I17: somebody else instead of `person_id`, who stays until the other is known. Answered by
    `AuthorisedPersonInvited`."""

    person_id: Id
    identity_type: Code
    identity_number: SealedText


class RemoveAuthorisedPerson(CustomerCommand, service="identity", topic=IDENTITY_COMMANDS):
    """I17: `person_id` acts no more, from now on. The last one cannot be removed. Answered by
    `AuthorisedPersonGone`."""

    person_id: Id


class ShowAuthorisedPersons(Query, service="identity", topic=IDENTITY_COMMANDS):
    """Who may act for the business. Answered by `AuthorisedPersonsShown`."""


# --- answers --------------------------------------------------------------------------------------------------------
class BusinessRegistered(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """`next_step` is `act-for`."""

    business_id: Id
    next_step: Code


class BusinessesShown(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """Opens to JSON: a list of `{business_id, name}`."""

    businesses: ForAsker


class ActingFor(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """A token under which commands are the business's: `sub` is the business, `act.sub` the person (RFC 8693, 4.1).
    `next_step` is `choose-address` or `define-account`."""

    token: ForAsker
    expires_at: AwareDatetime
    next_step: Code


class AuthorisedPersonInvited(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """If this is an active user, they may act for the business from now on."""


class AuthorisedPersonGone(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """That person acts for the business no more."""


class AuthorisedPersonsShown(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """Opens to JSON: a list of `{person_id, since, added_by}`."""

    persons: ForAsker


# --- events ---------------------------------------------------------------------------------------------------------
class BusinessActivated(Event, service="identity", topic=IDENTITY_EVENTS):
    """A business is registered. `user_id` is the business's id, `authorised_person` an individual's."""

    user_id: Id
    authorised_person: Id
    activated_at: AwareDatetime


class AuthorisedPersonAdded(Event, service="identity", topic=IDENTITY_EVENTS):
    """`person_id` may act for the business `user_id`; `acted_by` says who decided it (I17)."""

    user_id: Id
    person_id: Id
    acted_by: Id
    at: AwareDatetime


class AuthorisedPersonRemoved(Event, service="identity", topic=IDENTITY_EVENTS):
    """`person_id` may not act for the business `user_id` any more."""

    user_id: Id
    person_id: Id
    acted_by: Id
    at: AwareDatetime

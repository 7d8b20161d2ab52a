"""What identity's aggregates tell each other about businesses (I17): users, persons, businesses.

`business_id` stands for the aggregate `business:<business_id>`, `user_id` for `user:<user_id>`. A person's contact goes
with every authority, because a business is reached by one of its authorised persons.
"""

from pydantic import AwareDatetime

from contracts.identity import LanguageCode, SealedText
from contracts.message import Event, Id
from contracts.topics import IDENTITY_INTERNAL


# --- registering ----------------------------------------------------------------------------------------------------
class BusinessClaimed(Event, service="identity", topic=IDENTITY_INTERNAL):
    """The registry says that this user may act for the business with this unified number, which is to begin."""

    business_id: Id
    user_id: Id
    unified_number: SealedText
    name: SealedText
    email: SealedText
    mobile: SealedText
    language: LanguageCode


class BusinessGranted(Event, service="identity", topic=IDENTITY_INTERNAL):
    """It is registered, and this user is its first authorised person."""

    user_id: Id
    business_id: Id


class BusinessDenied(Event, service="identity", topic=IDENTITY_INTERNAL):
    """Somebody has registered it already."""

    user_id: Id
    business_id: Id


# --- authorised persons ---------------------------------------------------------------------------------------------
class PersonInvited(Event, service="identity", topic=IDENTITY_INTERNAL):
    """`invited_by` wants this person to act for the business, instead of `replaces` where that is given. `invited_at`:
    whoever is removed afterwards does not come back by it."""

    person: Id
    business_id: Id
    name: SealedText
    invited_by: Id
    replaces: Id | None = None
    invited_at: AwareDatetime | None = None


class AuthorityOffered(Event, service="identity", topic=IDENTITY_INTERNAL):
    """The invited person is this active user's."""

    user_id: Id
    business_id: Id
    name: SealedText
    invited_by: Id
    replaces: Id | None = None
    invited_at: AwareDatetime | None = None


class AuthorityTaken(Event, service="identity", topic=IDENTITY_INTERNAL):
    """The user has the business on their list."""

    business_id: Id
    user_id: Id
    email: SealedText
    mobile: SealedText
    language: LanguageCode
    invited_by: Id
    replaces: Id | None = None
    invited_at: AwareDatetime | None = None


class AuthorityEnded(Event, service="identity", topic=IDENTITY_INTERNAL):
    """The business is not on the user's list any more."""

    user_id: Id
    business_id: Id

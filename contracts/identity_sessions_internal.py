"""What identity's aggregates tell each other about challenges: codes by which a known person proves a mobile again, to
reset a password (I13) or to consent (A9).

`challenge` is the id of a challenge's aggregate, `challenge:...`; `person` that of a person, `person:...`; `user_id`
stands for `user:<user_id>`.
"""

from pydantic import AwareDatetime

from contracts.identity import LanguageCode, SealedText
from contracts.message import Code, Event, Id
from contracts.topics import IDENTITY_INTERNAL


class ResetOpened(Event, service="identity", topic=IDENTITY_INTERNAL):
    """The person lets a password reset begin and has paid for its first code (I14). `user_id`: whose password it is;
    None where nobody may log in as this person, which the caller is never told (I15)."""

    challenge: Id
    person: Id
    user_id: Id | None = None
    channel: Code
    language: LanguageCode


class ResetContactAsked(Event, service="identity", topic=IDENTITY_INTERNAL):
    """The person asks its user: tell this challenge where you are reached, if that is your birth date (I13)."""

    challenge: Id
    user_id: Id
    birth_date: SealedText


class ConsentContactAsked(Event, service="identity", topic=IDENTITY_INTERNAL):
    """A consent's challenge asks the user or business where they are reached (A9, I17)."""

    challenge: Id
    user_id: Id


class ContactTold(Event, service="identity", topic=IDENTITY_INTERNAL):
    """The proven mobile of this user or business. `own_data` opens to a JSON list of what does not make a password of
    this person (I16); empty for a consent."""

    challenge: Id
    user_id: Id
    mobile: SealedText
    own_data: SealedText
    language: LanguageCode


class ContactWithheld(Event, service="identity", topic=IDENTITY_INTERNAL):
    """There is no such user, not active, or the birth date is another. Only operators learn which (I15)."""

    challenge: Id
    user_id: Id
    reason: Code


class PasswordChosen(Event, service="identity", topic=IDENTITY_INTERNAL):
    """The code was right: this is the person's new password (its Argon2id hash)."""

    challenge: Id
    person: Id
    user_id: Id
    password_hash: SealedText


class PasswordReplaced(Event, service="identity", topic=IDENTITY_INTERNAL):
    """From now on the new password counts. The user says so: outside identity there is no person (I18)."""

    challenge: Id
    user_id: Id
    changed_at: AwareDatetime


class ResetSettled(Event, service="identity", topic=IDENTITY_INTERNAL):
    """Whether the password was replaced: the challenge answers its command now (J3)."""

    challenge: Id
    replaced: bool

"""What identity's aggregates tell each other: persons, users (a registration and what becomes of it),
budgets of numbers.

`user_id` stands for the aggregate `user:<user_id>`; `person` is the id of a person aggregate, `person:...`;
`asked_by` is the id of whatever aggregate waits for a code.
"""

from typing import Annotated

from pydantic import AwareDatetime, Field

from contracts.identity import LanguageCode, SealedText
from contracts.message import Code, Event, Id
from contracts.topics import IDENTITY_INTERNAL

CodeNumber = Annotated[int, Field(ge=1, le=100)]
"""The how-manieth code of a registration or challenge."""


# --- registration ---------------------------------------------------------------------------------------------------
class RegistrationOpened(Event, service="identity", topic=IDENTITY_INTERNAL):
    """The person lets a registration begin and has paid for its first code (I14). Values are in canonical form."""

    user_id: Id
    person: Id
    channel: Code
    segment: Code
    nationality: Annotated[str, Field(max_length=2, pattern=r"^[A-Z]{2}$")]
    identity_type: Code
    identity_number: SealedText
    birth_date: SealedText
    language: LanguageCode


class PersonClaimed(Event, service="identity", topic=IDENTITY_INTERNAL):
    """Both codes were right: this user wants to be the person's, with this password (its Argon2id hash). `withdrawn`:
    no more, as nobody opened the activation link in time (I10); the hash is then empty."""

    person: Id
    user_id: Id
    password_hash: SealedText
    withdrawn: bool = False


class ClaimGranted(Event, service="identity", topic=IDENTITY_INTERNAL):
    """The person is this user's."""

    user_id: Id


class ClaimRefused(Event, service="identity", topic=IDENTITY_INTERNAL):
    """The person is somebody's already."""

    user_id: Id


class ActivationReported(Event, service="identity", topic=IDENTITY_INTERNAL):
    """The user's link was opened (I10): the person may log in."""

    person: Id
    user_id: Id


class ActivationNoted(Event, service="identity", topic=IDENTITY_INTERNAL):
    """From now on a login of this user succeeds."""

    user_id: Id


class ActivationLapsed(Event, service="identity", topic=IDENTITY_INTERNAL):
    """Too late: the person is another user's by now."""

    user_id: Id


class SignInReported(Event, service="identity", topic=IDENTITY_INTERNAL):
    """The person has signed in. The user says so to the others: outside identity there is no person (I18)."""

    user_id: Id
    channel: Code
    signed_in_at: AwareDatetime


class AddressReported(Event, service="identity", topic=IDENTITY_INTERNAL):
    """The user has a national address (I12), so that a login's next step is another one."""

    person: Id
    user_id: Id


# --- budgets of codes (I14) -----------------------------------------------------------------------------------------
class PersonCodeAsked(Event, service="identity", topic=IDENTITY_INTERNAL):
    """May this registration or challenge have another code? `replaces_lost`: the last was not handed over, so this is
    free (N10)."""

    person: Id
    asked_by: Id
    number: CodeNumber
    channel: Code
    replaces_lost: bool


class PersonCodeGranted(Event, service="identity", topic=IDENTITY_INTERNAL):
    """The person's budget allows it."""

    asked_by: Id
    number: CodeNumber


class PersonCodeDenied(Event, service="identity", topic=IDENTITY_INTERNAL):
    """The person's budget does not allow it."""

    asked_by: Id
    number: CodeNumber
    reason: Code


class NumberCodeAsked(Event, service="identity", topic=IDENTITY_INTERNAL):
    """May a code go to this mobile? `unproven`: a registration asks, so nobody has shown yet that the mobile is theirs;
    half of its budget is kept from such (I14)."""

    mobile: SealedText
    asked_by: Id
    number: CodeNumber
    replaces_lost: bool
    unproven: bool = False


class NumberCodeGranted(Event, service="identity", topic=IDENTITY_INTERNAL):
    """The number's budget allows it."""

    asked_by: Id
    number: CodeNumber


class NumberCodeDenied(Event, service="identity", topic=IDENTITY_INTERNAL):
    """The number's budget does not allow it."""

    asked_by: Id
    number: CodeNumber
    reason: Code

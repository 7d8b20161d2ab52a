"""Identity's messages about sessions, forgotten passwords and consents by code (I13, I14, A9)."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, StringConstraints

from contracts.identity import LanguageCode, SealedText
from contracts.message import Answer, Code, Command, CustomerCommand, Event, Id
from contracts.topics import (
    IDENTITY_ANSWERS,
    IDENTITY_COMMANDS,
    IDENTITY_CONSENT_REQUESTS,
    IDENTITY_CONSENTS,
    IDENTITY_CREDENTIALS,
    IDENTITY_EVENTS,
    IDENTITY_SESSIONS,
)

ConsentPurpose = Literal["transfer", "instalments"]

ConsentId = Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""Chosen by whoever asks, never twice: the code's own id is made from it."""


# --- commands -------------------------------------------------------------------------------------------------------
class LogOut(CustomerCommand, service="identity", topic=IDENTITY_COMMANDS):
    """I13: end this session. Answered by `LoggedOut`; again, too."""


class StartPasswordReset(Command, service="identity", topic=IDENTITY_COMMANDS):
    """I13: the password is forgotten. The key is a new flow's id. A code goes to the mobile of the person, if there is
    one. Answered by `PasswordResetStarted`, the same for known and unknown (I15). `birth_date`: the Hijri date."""

    identity_type: Code
    identity_number: SealedText
    birth_date: SealedText
    language: LanguageCode


class ResendResetCode(Command, service="identity", topic=IDENTITY_COMMANDS):
    """I14: another code in this flow. Answered by `ResetCodeResent`, the same for known and unknown."""


class ConfirmPasswordReset(Command, service="identity", topic=IDENTITY_CREDENTIALS):
    """I13, I16: the code and a new password. Every session of the person ends. Answered by `PasswordReset`."""

    code: SealedText
    password: SealedText


class ConfirmConsent(CustomerCommand, service="identity", topic=IDENTITY_COMMANDS):
    """A9: the code by which this person consents to what `consent_id` stands for. Answered by `ConsentConfirmed`."""

    consent_id: ConsentId
    code: SealedText


class ResendConsentCode(CustomerCommand, service="identity", topic=IDENTITY_COMMANDS):
    """I14: another code for this consent. Answered by `ConsentCodeResent`."""

    consent_id: ConsentId


# --- answers --------------------------------------------------------------------------------------------------------
class LoggedOut(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """`next_step` is `log-in`."""

    next_step: Code


class PasswordResetStarted(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """`next_step` is `confirm-reset`."""

    next_step: Code


class ResetCodeResent(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """`next_step` is `confirm-reset`."""

    next_step: Code


class PasswordReset(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """The new password counts. `next_step` is `log-in`."""

    next_step: Code


class ConsentConfirmed(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """The consent has been passed on to whoever asked for it."""

    consent_id: ConsentId


class ConsentCodeResent(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """`next_step` is `confirm-consent`."""

    next_step: Code


# --- to every service -----------------------------------------------------------------------------------------------
class SessionsEnded(Event, service="identity", topic=IDENTITY_SESSIONS):
    """Tokens that count no more, though their time is not over (I13). A command is judged by its stamp: one that came
    in before this event's own stamp still counts (law 9).

    `session_id` given: that session only. Otherwise every token issued up to `ended_at` of `user_id`, and of whomever
    that person acts for (I17); with `actor`, only those under which this person acts for the business `user_id`. After
    `forget_after` none of them lives.
    """

    user_id: Id
    session_id: Id | None = None
    actor: Id | None = None
    ended_at: AwareDatetime
    forget_after: AwareDatetime


class PasswordChanged(Event, service="identity", topic=IDENTITY_EVENTS):
    """For the security notice (N3)."""

    user_id: Id
    changed_at: AwareDatetime


# --- consents by code: accounts asks, identity checks ---------------------------------------------------------------
class ConsentAsked(Event, service="identity", topic=IDENTITY_CONSENT_REQUESTS):
    """Written by accounts: let the person `user_id` consent by a code to their mobile, until `ends_at`. A consent that
    is known already changes nothing. `asked_by`: the aggregate that asks; every answer repeats it. `acting_for`: the
    business for which this person consents (I17): the code counts only from who still acts for it, under such a token.
    """

    asked_by: Id
    consent_id: ConsentId
    user_id: Id
    acting_for: Id | None = None
    purpose: ConsentPurpose
    ends_at: AwareDatetime


class ConsentGiven(Event, service="identity", topic=IDENTITY_CONSENTS):
    """The right code came in time (I6). `given_at`: the broker's stamp of its entry."""

    asked_by: Id
    consent_id: ConsentId
    user_id: Id
    given_at: AwareDatetime
    channel: Code


class ConsentNotGiven(Event, service="identity", topic=IDENTITY_CONSENTS):
    """It will not come under this id; a new one may be asked for."""

    asked_by: Id
    consent_id: ConsentId
    user_id: Id
    reason: Literal["time-is-over", "too-many-tries", "no-contact"]

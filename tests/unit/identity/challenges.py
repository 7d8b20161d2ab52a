"""Situations of a person who proves the mobile again: to reset a password, or to consent."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from contracts.decision import Customer, Incoming
from contracts.identity_sessions import (
    ConfirmConsent,
    ConfirmPasswordReset,
    ConsentAsked,
    ResendConsentCode,
    ResendResetCode,
)
from contracts.identity_sessions_internal import ContactTold, ContactWithheld, ResetOpened
from contracts.sealed import Secret
from services.identity.challenge_states import (
    Challenge,
    Changing,
    Consenting,
    Finished,
    KnownContact,
    Resetting,
    Unopened,
)
from services.identity.contact import personal_data
from services.identity.one_time_code import code_id
from services.identity.password_reset import ResetFacts
from services.identity.states import Issued, Wanted
from tests.scenario import NOON, arriving
from tests.unit.identity.situations import (
    CONTACT,
    CUSTOMER,
    DECLARED,
    GIVEN_MOBILE,
    MINUTE,
    PERSON,
    POLICY,
    SEALED,
    USER_ID,
)

RESET = "challenge:0f8f1c1e-6f5d-4a52-9d5c-1c8a3f1f9d10"
CONSENT_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
CONSENT = f"challenge:{CONSENT_ID}"
ASKER = "transfer:K7QD9RXM2PTCHW"
NEW_PASSWORD = "nine orange falcons over the dunes"
NEW_HASH = Secret("$argon2id$another")
RESET_FACTS = ResetFacts(NOON, POLICY, frozenset({"password", "letmein"}), NEW_HASH)
OWN_DATA = personal_data(DECLARED, CONTACT)
ENDS = NOON + timedelta(minutes=30)
STRANGER = Customer("somebody-else", "s-9", "web")

known_contact = KnownContact(Secret(GIVEN_MOBILE), Secret(json.dumps(OWN_DATA)))
unopened = Unopened(USER_ID, known_contact, ENDS)
resetting_nobody = Resetting(RESET, PERSON, None, "web", "en", ENDS, Wanted(1, NOON))
resetting = replace(resetting_nobody, user_id=USER_ID)
reset_code_awaited = replace(resetting, contact=known_contact)
reset_code = Issued(1, code_id(RESET[10:], 1), Secret("123456"), NOON, NOON, MINUTE)
reset_code_issued = replace(reset_code_awaited, code=reset_code)
changing = Changing(USER_ID, command_id="c-9")
reset_done = Finished("reset-password", "used")
reset_over = Finished("reset-password", "over")
consenting = Consenting(CONSENT, ASKER, CONSENT_ID, USER_ID, "transfer", ENDS, Wanted(1, NOON))
consent_code_awaited = replace(consenting, mobile=Secret(GIVEN_MOBILE))
consent_code_issued = replace(
    consent_code_awaited, code=Issued(1, code_id(CONSENT_ID, 1), Secret("123456"), NOON, NOON, MINUTE)
)
consented = Finished("give-consent", "used", USER_ID)
consent_over = Finished("give-consent", "over", USER_ID)

EVERY_RESET: tuple[Challenge, ...] = (
    resetting_nobody, resetting, reset_code_awaited, reset_code_issued, changing, reset_done, reset_over,
)  # fmt: skip
EVERY_CONSENT: tuple[Challenge, ...] = (
    consenting, consent_code_awaited, consent_code_issued, consented, consent_over,
)  # fmt: skip
EVERY_CHALLENGE: tuple[Challenge, ...] = (unopened, *EVERY_RESET, *EVERY_CONSENT)


def told(challenge: str, user_id: str = USER_ID) -> Incoming[Any]:
    """Where a user is reached."""
    body = ContactTold(challenge=challenge, user_id=user_id, mobile=SEALED, own_data=SEALED, language="en")
    return arriving(body, opened={"mobile": GIVEN_MOBILE, "own_data": json.dumps(OWN_DATA)})


def withheld(challenge: str, reason: str, user_id: str = USER_ID) -> Incoming[Any]:
    """Where a user is reached is not told."""
    return arriving(ContactWithheld(challenge=challenge, user_id=user_id, reason=reason))


def opened(user_id: str | None = USER_ID) -> Incoming[Any]:
    """The person lets a reset begin."""
    return arriving(ResetOpened(challenge=RESET, person=PERSON, user_id=user_id, channel="web", language="en"))


def resetting_with(code: str = "123456", password: str = NEW_PASSWORD, **at: Any) -> Incoming[Any]:
    """A code and a new password are entered."""
    body = ConfirmPasswordReset(code=SEALED, password=SEALED)
    return arriving(body, opened={"code": code, "password": password}, **at)


def resend_reset(**at: Any) -> Incoming[Any]:
    """Another code for the reset is asked for."""
    return arriving(ResendResetCode(), **at)


def asking_consent(**changes: Any) -> Incoming[Any]:
    """Accounts asks for the consent."""
    stated: dict[str, Any] = {
        "asked_by": ASKER, "consent_id": CONSENT_ID, "user_id": USER_ID, "purpose": "transfer", "ends_at": ENDS,
    }  # fmt: skip
    return arriving(ConsentAsked(**stated | changes), source="accounts", subject=ASKER)


def consenting_with(code: str = "123456", customer: Customer = CUSTOMER, **at: Any) -> Incoming[Any]:
    """The code of the consent is entered."""
    body = ConfirmConsent(token=SEALED, consent_id=CONSENT_ID, code=SEALED)
    return arriving(body, opened={"code": code}, customer=customer, **at)


def resend_consent(customer: Customer = CUSTOMER, **at: Any) -> Incoming[Any]:
    """Another code for the consent is asked for."""
    return arriving(ResendConsentCode(token=SEALED, consent_id=CONSENT_ID), customer=customer, **at)

"""E-mail, mobile and password as the customer gives them (I7, I16)."""

from dataclasses import dataclass
from typing import Final, Literal

from contracts.decision import Incoming
from contracts.identity import GiveContact
from contracts.sealed import Secret
from contracts.values.email_address import EmailReason, parse_email
from contracts.values.mobile import MobileReason, parse_mobile
from contracts.values.public_reasons import public_reason_of
from contracts.values.rejected import Rejected
from services.identity.password import Blocked, PasswordReason, judge_password, public_password_reason
from services.identity.policy import PolicyFacts
from services.identity.states import AcceptingTerms, Contact, Declared, GivingContact, ProvingMobile

CONTACTS_A_REGISTRATION: Final = 10  # ours: each costs a hash

ContactReason = EmailReason | MobileReason | PasswordReason | Literal["contacts-of-registration-used-up"]


@dataclass(frozen=True, slots=True)
class ContactFacts(PolicyFacts):
    """The common passwords, and the new password's Argon2id hash: empty where the contact is refused before hashing."""

    common_passwords: frozenset[str]
    password_hash: Secret


@dataclass(frozen=True, slots=True)
class ContactRefused:
    """Why this contact is not taken (J4)."""

    public_reason: str
    reason: ContactReason


def judge_contact(
    state: GivingContact | AcceptingTerms | ProvingMobile,
    incoming: Incoming[GiveContact],
    facts: ContactFacts,
) -> Contact | ContactRefused:
    """The contact in canonical form, or the first thing that is wrong with it. Hashes nothing."""
    if not isinstance(state, GivingContact) and state.contacts >= CONTACTS_A_REGISTRATION:
        return ContactRefused("not-available-now", "contacts-of-registration-used-up")
    email = parse_email(incoming.opened("email"))
    if isinstance(email, Rejected):
        return ContactRefused(public_reason_of(email.reason), email.reason)
    mobile = parse_mobile(incoming.opened("mobile"))
    if isinstance(mobile, Rejected):
        return ContactRefused(public_reason_of(mobile.reason), mobile.reason)
    contact = Contact(Secret(email.text), Secret(mobile.text))
    blocked = Blocked(facts.common_passwords, facts.policy.company_words, personal_data(state.declared, contact))
    reason = judge_password(incoming.opened("password"), blocked)
    if reason is not None:
        return ContactRefused(public_password_reason(reason), reason)
    return contact


def personal_data(declared: Declared, contact: Contact) -> tuple[str, ...]:
    """What a stranger may know of this person, in the forms in which it is typed (I16)."""
    email, mobile = contact.email.reveal(), contact.mobile.reveal()
    days = (declared.birth_date.reveal(), declared.birth_date_gregorian.reveal())
    return (
        declared.identity_number.reveal(),
        email,
        email.partition("@")[0],
        mobile.removeprefix("+966"),
        *(form for day in days for form in _forms_of_day(day)),
    )


def _forms_of_day(day: str) -> tuple[str, ...]:
    parts = day.split("-")
    return tuple(joint.join(order) for joint in ("", "-", "/", ".") for order in (parts, parts[::-1]))

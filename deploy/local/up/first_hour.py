"""The commands that take one made-up person by hand from the first word to a defined account."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from deploy.local.journey.person import Person
from deploy.local.system import ACCOUNT
from deploy.local.terms import terms_in_force
from services.accounts.service_terms import CURRENT_VERSION, text_hash

CODE: Final = "CODE"
TOKEN: Final = "TOKEN"  # noqa: S105 - a place for one
REFERENCE: Final = "REFERENCE"
Language = Literal["ar", "en"]


@dataclass(frozen=True, slots=True)
class ByHand:
    """One command to type, and why. Words in capitals are read from the inbox or from an answer before."""

    command: str
    why: str


def first_hour(person: Person, who: str) -> list[ByHand]:
    """Registration, activation, login, address, definition, inquiry (J2)."""
    return [ByHand(_with_who(command, who), why) for command, why in (*_sign_up(person), *_define(person.language))]


def _sign_up(person: Person) -> Iterator[tuple[str, str]]:
    language = person.language
    who = {"identity_type": person.identity_type, "identity_number": person.identity_number}
    terms = next(text for text in terms_in_force() if text["language"] == language)
    yield (
        _send("StartRegistration", segment="individual", nationality="SA", **who, birth_date=person.birth_date,
              language=language), "who is it?",
    )  # fmt: skip
    yield _inbox(person.approved_mobile), "the code, sent to the mobile that the registry knows"
    yield _send("ConfirmOtp", code=CODE), "within a minute"
    yield _send("GiveContact", email=person.email, mobile=person.mobile, password=person.password), "how to reach them"
    yield _send("AcceptTerms", version=terms["version"], language=language, text_hash=terms["text_hash"]), "the terms"
    yield _inbox(person.mobile), "another code, sent to the mobile just given"
    yield _send("ConfirmOtp", code=CODE), "now they are registered"
    yield _inbox(person.email), "an e-mail with the activation link and its token"
    yield _send("ActivateUser", activation_token=TOKEN), "now they are active"
    yield _send("LogIn", **who, password=person.password), "the session is remembered"
    yield _send("ShowAddresses"), "their own addresses, from the registry"
    yield _send("ChooseAddress", address_id=next(iter(person.addresses))), "now services are open"


def _define(language: Language) -> Iterator[tuple[str, str]]:
    version = CURRENT_VERSION
    hashed = text_hash(version, language) or ""
    yield _send("StartDefinition", relation="owner"), "define now"
    yield _send("AddAccount", identifier_kind="account-number", identifier=ACCOUNT), "which account"
    yield _send("ReviewDefinition"), "what was given, and nothing else"
    yield _send("ConfirmReview"), "that is right"
    yield _send("DeclareBeneficiary", is_actual_beneficiary="true"), "who uses the power"
    yield _send("ShowDues"), "what is owed, from billing"
    yield _send("AcceptServiceTerms", version=version, language=language, text_hash=hashed), "the service's terms"
    yield _send("CompleteDefinition"), "answered with the reference number"
    yield _send("InquireReference", reference=REFERENCE), "ask by that number"


def _send(name: str, **fields: str) -> str:
    return shlex.join(["./hesabi", "send", name, *(f"{field}={value}" for field, value in fields.items())])


def _inbox(address: str) -> str:
    return shlex.join(["./hesabi", "inbox", "--to", address])


def _with_who(command: str, who: str) -> str:
    return f"{command} --who {who}" if who != "me" and " send " in command else command

"""Situations of a person on the way into Hesabi, by name."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

from contracts.decision import Customer, Incoming
from contracts.identity import ConfirmOtp, GiveContact, LogIn, StartRegistration
from contracts.sealed import Sealed, Secret
from services.identity.contact import ContactFacts
from services.identity.one_time_code import CodeFacts, code_id
from services.identity.policy import Policy, PolicyFacts, TermsVersion
from services.identity.states import (
    AcceptingTerms,
    Active,
    Claiming,
    Contact,
    Declared,
    Ended,
    GivingContact,
    Issued,
    Link,
    ProvingApproval,
    ProvingMobile,
    Registered,
    TermsEvidence,
    UserState,
    Wanted,
)
from tests.scenario import NOON, arriving

CITIZEN = "1000000008"
RESIDENT = "2000000006"
BIRTH_DATE = "1410-05-12"
USER_ID = "6b1f2a34-9c0d-4e5f-8a7b-1c2d3e4f5a6b"
USER = f"user:{USER_ID}"
PERSON = "person:" + "a" * 32
EMAIL = "noura.h@example.com"
APPROVED_MOBILE = "+966501234567"
GIVEN_MOBILE = "+966559876543"
PASSWORD = "seven purple camels in the rain"
HASHED = Secret("$argon2id$stand-in")
KEY = '{"kty":"OKP","crv":"X25519","x":"' + "A" * 43 + '"}'
SEALED = Sealed.of("-")
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
TERMS = TermsVersion("2026-01", "ar", hashlib.sha256(b"terms").hexdigest())

POLICY = Policy(
    code_life=MINUTE,
    resend_after=MINUTE,
    registration_life=timedelta(minutes=30),
    link_life=timedelta(hours=24),
    session_life=timedelta(minutes=30),
    addresses_wait=MINUTE,
    authority_wait=MINUTE,
    terms=(TERMS, TermsVersion("2026-01", "en", "0" * 64)),
    company_words=("hesabi", "electricity", "كهرباء"),
)
FACTS = PolicyFacts(NOON, POLICY)
CODE_FACTS = CodeFacts(NOON, Secret("123456"), MINUTE)
CONTACT_FACTS = ContactFacts(NOON, POLICY, frozenset({"password", "letmein"}), HASHED)
CUSTOMER = Customer(USER_ID, "s-1", "web")

DECLARED = Declared(
    user_id=USER_ID,
    person=PERSON,
    channel="web",
    segment="individual",
    nationality="SA",
    identity_type="citizen",
    identity_number=Secret(CITIZEN),
    birth_date=Secret(BIRTH_DATE),
    birth_date_gregorian=Secret("1989-12-10"),
    language="ar",
)
CONTACT = Contact(Secret(EMAIL), Secret(GIVEN_MOBILE))
EVIDENCE = TermsEvidence("2026-01", "ar", TERMS.text_hash, NOON, "web")
ENDS = NOON + timedelta(minutes=30)
WANTED = Wanted(number=1, asked_at=NOON)
ISSUED = Issued(1, code_id(USER_ID, 1), Secret("123456"), NOON, NOON, MINUTE)
TOKEN = f"{USER_ID}.{'r' * 43}"

asking_registry = ProvingApproval(DECLARED, ENDS, WANTED)
asking_number = replace(asking_registry, approved_mobile=Secret(APPROVED_MOBILE))
unknown_to_registry = replace(asking_registry, registry_denied=True)
first_code_issued = replace(asking_number, code=ISSUED)
giving_contact = GivingContact(DECLARED, ENDS, codes=1)
accepting_terms = AcceptingTerms(DECLARED, ENDS, codes=1, contacts=1, contact=CONTACT, password_hash=HASHED)
asking_second_code = ProvingMobile(
    DECLARED, ENDS, Wanted(2, NOON), contacts=1, contact=CONTACT, password_hash=HASHED, terms=EVIDENCE
)
second_code_issued = replace(asking_second_code, code=replace(ISSUED, number=2, otp_id=code_id(USER_ID, 2)))
claiming = Claiming(DECLARED, CONTACT, EVIDENCE, command_id="c-2")
registered = Registered(
    DECLARED, CONTACT, EVIDENCE, Link(hashlib.sha256(TOKEN.encode()).hexdigest(), NOON + timedelta(hours=24))
)
active = Active(DECLARED, CONTACT, EVIDENCE, registered.link)
abandoned = Ended("abandoned")

EVERY_STATE: tuple[UserState, ...] = (
    asking_registry,
    asking_number,
    unknown_to_registry,
    first_code_issued,
    giving_contact,
    accepting_terms,
    asking_second_code,
    second_code_issued,
    claiming,
    registered,
    active,
    abandoned,
)


def starting(number: str = CITIZEN, birth_date: str = BIRTH_DATE, **changes: Any) -> Incoming[Any]:
    """A registration begins; changes are to the command's clear fields."""
    at = {name: changes.pop(name) for name in ("now", "source", "id", "subject") if name in changes}
    stated: dict[str, Any] = {"segment": "individual", "nationality": "SA", "identity_type": "citizen"} | changes
    body = StartRegistration(identity_number=SEALED, birth_date=SEALED, language="ar", **stated)
    return arriving(body, opened={"identity_number": number, "birth_date": birth_date}, **at)


def entering(code: str, **at: Any) -> Incoming[Any]:
    """A code is entered."""
    return arriving(ConfirmOtp(code=SEALED), opened={"code": code}, **at)


def contact(email: str = EMAIL, mobile: str = GIVEN_MOBILE, password: str = PASSWORD) -> Incoming[Any]:
    """Contact and password are given."""
    body = GiveContact(email=SEALED, mobile=SEALED, password=SEALED)
    return arriving(body, opened={"email": email, "mobile": mobile, "password": password})


def logging_in(number: str = CITIZEN, password: str = PASSWORD, **at: Any) -> Incoming[Any]:
    """Somebody logs in."""
    body = LogIn(identity_type="citizen", identity_number=SEALED, password=SEALED, answer_key=KEY)
    return arriving(body, opened={"identity_number": number, "password": password}, **at)

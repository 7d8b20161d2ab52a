"""What a person gives at the beginning goes on to whoever it is for: a resident on the app, who reads English."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.identity import (
    AcceptTerms,
    ActivationLinkRequested,
    ContactProven,
    LanguageCode,
    OtpConfirmed,
    OtpRequested,
    RegistrationStarted,
    ResendOtp,
    TermsAccepted,
    UserRegistered,
)
from contracts.identity_business_internal import AuthorityOffered, AuthorityTaken, BusinessClaimed
from contracts.identity_internal import (
    ClaimGranted,
    NumberCodeAsked,
    NumberCodeGranted,
    PersonCodeAsked,
    RegistrationOpened,
)
from contracts.identity_sessions import PasswordResetStarted
from contracts.identity_sessions_internal import ContactTold, ResetContactAsked, ResetOpened
from contracts.registry import ApprovedMobileAsked, ApprovedMobileFound, AuthorityConfirmed
from contracts.sealed import Secret
from services.identity.activation import LinkFacts, claim_granted
from services.identity.approved_mobile import approved_mobile_found, open_registration
from services.identity.authority import take_authority
from services.identity.business_registration import authority_confirmed
from services.identity.code_delivery import number_granted
from services.identity.known_contact import tell_for_reset
from services.identity.password_reset import ResetOpeningFacts, open_reset, resend_reset_code, start_reset
from services.identity.person import Member, OpeningFacts, start_registration
from services.identity.registration import accept_terms, resend_otp
from tests.scenario import NOON, arriving, given
from tests.unit.identity import challenges
from tests.unit.identity.businesses import BUSINESS_ID, NAME, OTHER_ID
from tests.unit.identity.challenges import resend_reset
from tests.unit.identity.in_memory import plain
from tests.unit.identity.situations import (
    APPROVED_MOBILE,
    BIRTH_DATE,
    CODE_FACTS,
    DECLARED,
    FACTS,
    HASHED,
    MINUTE,
    PERSON,
    POLICY,
    RESIDENT,
    SEALED,
    TERMS,
    USER,
    USER_ID,
    accepting_terms,
    active,
    asking_number,
    asking_registry,
    asking_second_code,
    claiming,
    starting,
)
from tests.unit.identity.test_business_registration import asking, from_registry
from tests.unit.identity.test_password_reset import starting_reset

IN_ENGLISH = replace(DECLARED, language="en")


def english(message: Any) -> Any:
    return replace(message, body=message.body.model_copy(update={"language": "en"}))


def test_I2_I3_I4_what_is_stated_opens_the_registration_in_canonical_form() -> None:
    stated = english(
        starting("٢٠٠٠٠٠٠٠٠٦", "١٤١٠-٠٥-١٢", nationality="EG", identity_type="resident", source="app"),
    )
    scene = given().when(start_registration, stated, OpeningFacts(NOON, PERSON, USER_ID))
    _, opened = scene.then(RegistrationStarted, RegistrationOpened).messages
    assert isinstance(opened, RegistrationOpened)
    assert (opened.nationality, opened.identity_type, opened.channel, opened.language) == (
        "EG",
        "resident",
        "app",
        "en",
    )
    assert (plain(opened.identity_number), plain(opened.birth_date)) == (RESIDENT, BIRTH_DATE)


def test_I2_I14_the_registration_keeps_nationality_channel_and_language() -> None:
    body = RegistrationOpened(
        user_id=USER_ID,
        person=PERSON,
        channel="app",
        segment="individual",
        nationality="EG",
        identity_type="resident",
        identity_number=SEALED,
        birth_date=SEALED,
        language="en",
    )
    opened = arriving(body, opened={"identity_number": RESIDENT, "birth_date": BIRTH_DATE})
    declared = given().when(open_registration, opened, FACTS).then(ApprovedMobileAsked).state.declared
    assert (declared.nationality, declared.identity_type, declared.channel, declared.language) == (
        "EG", "resident", "app", "en",
    )  # fmt: skip


@pytest.mark.parametrize("written", ["0501234567", "966501234567", "٠٥٠١٢٣٤٥٦٧"])
def test_I5_the_approved_mobile_is_kept_in_one_form_however_the_registry_writes_it(written: str) -> None:
    found = arriving(ApprovedMobileFound(asked_by=USER, mobile=SEALED), opened={"mobile": written})
    scene = given(asking_registry).when(approved_mobile_found, found).then(NumberCodeAsked)
    assert scene.state.approved_mobile == Secret(APPROVED_MOBILE)


def test_I8_the_terms_were_accepted_on_the_channel_that_showed_them() -> None:
    body = AcceptTerms(version="2026-01", language="ar", text_hash=TERMS.text_hash)
    scene = given(accepting_terms).when(accept_terms, arriving(body, source="app"), FACTS)
    scene.then(TermsAccepted, PersonCodeAsked)
    assert scene.state.terms.channel == "app"


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize(
    "state",
    [
        asking_number,
        asking_second_code,
        challenges.reset_code_awaited,
        challenges.consent_code_awaited,
    ],
    ids=lambda state: state.stage,
)
def test_N3_a_code_comes_in_the_persons_language(state: Any, language: LanguageCode) -> None:
    if hasattr(state, "declared"):
        holder = replace(state, declared=replace(state.declared, language=language))
    else:
        holder = replace(state, language=language)
    granted = arriving(NumberCodeGranted(asked_by=USER, number=state.code.number))
    (requested,) = given(holder).when(number_granted, granted, CODE_FACTS).then(OtpRequested).messages
    assert isinstance(requested, OtpRequested)
    assert requested.language == language


def test_I10_N3_the_link_and_what_others_hear_of_the_user_are_in_the_persons_language() -> None:
    granted = arriving(ClaimGranted(user_id=USER_ID))
    state = replace(claiming, declared=IN_ENGLISH)
    scene = given(state).when(claim_granted, granted, LinkFacts(NOON, POLICY, Secret("r" * 43)))
    _, *told = scene.then(OtpConfirmed, UserRegistered, ContactProven, ActivationLinkRequested).messages
    assert [getattr(each, "language", None) for each in told] == ["en", "en", "en"]


def test_I13_I14_a_reset_is_of_the_channel_that_asked_for_it() -> None:
    facts = ResetOpeningFacts(NOON, PERSON, challenges.RESET)
    scene = given(Member(USER_ID, HASHED)).when(start_reset, replace(starting_reset(), source="app"), facts)
    _, opened, _ = scene.then(PasswordResetStarted, ResetOpened, ResetContactAsked).messages
    assert isinstance(opened, ResetOpened)
    assert opened.channel == "app"
    assert [row.source for row in scene.state.codes] == ["app"]


def test_I17_N3_a_business_is_told_the_language_of_who_acts_for_it() -> None:
    confirmed = from_registry(AuthorityConfirmed)
    claim = given(replace(asking, declared=IN_ENGLISH)).when(authority_confirmed, confirmed).then(BusinessClaimed)
    offer = AuthorityOffered(user_id=USER_ID, business_id=BUSINESS_ID, name=SEALED, invited_by=OTHER_ID, replaces=None)
    offered = arriving(offer, opened={"name": NAME})
    taken = given(replace(active, declared=IN_ENGLISH)).when(take_authority, offered).then(AuthorityTaken)
    assert [getattr(each, "language", None) for each in (*claim.messages, *taken.messages)] == ["en", "en"]


def test_I13_N3_a_reset_hears_the_persons_language() -> None:
    asked = ResetContactAsked(challenge=challenges.RESET, user_id=USER_ID, birth_date=SEALED)
    state = replace(active, declared=IN_ENGLISH)
    scene = given(state).when(tell_for_reset, arriving(asked, opened={"birth_date": BIRTH_DATE}))
    (told,) = scene.then(ContactTold).messages
    assert isinstance(told, ContactTold)
    assert told.language == "en"


def test_I14_further_codes_are_paid_for_on_the_channel_that_began() -> None:
    begun = arriving(
        ResetOpened(challenge=challenges.RESET, person=PERSON, user_id=USER_ID, channel="app", language="en")
    )
    reset = given().when(open_reset, begun, FACTS).when(resend_reset_code, resend_reset(now=NOON + MINUTE), FACTS)
    on_the_app = replace(asking_number, declared=replace(DECLARED, channel="app"))
    registration = given(on_the_app).when(resend_otp, arriving(ResendOtp(), now=NOON + MINUTE), FACTS)
    asked = [each for each in (*reset.messages, *registration.messages) if isinstance(each, PersonCodeAsked)]
    assert [each.channel for each in asked] == ["app", "app"]

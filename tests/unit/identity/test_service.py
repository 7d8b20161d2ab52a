"""The whole of identity by its own table, with real hashing and states read back from what documents hold."""

import json
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher

from contracts.decision import Customer, Refusal
from contracts.identity import (
    ActivateUser,
    ActivationAccepted,
    ActivationLinkRequested,
    AddAddress,
    AddressesShown,
    AddressSaved,
    ChooseAddress,
    ConfirmOtp,
    ContactProven,
    LoggedIn,
    NationalAddressSaved,
    OtpConfirmed,
    OtpRequested,
    OtpResent,
    RegistrationStarted,
    ResendOtp,
    ShowAddresses,
    UserActivated,
    UserRegistered,
)
from contracts.registry import (
    AddressesAsked,
    AddressesFound,
    ApprovedMobileAbsent,
    ApprovedMobileAsked,
)
from contracts.sealed import Sealed, Secret
from contracts.topics import CATALOGUE, REPLAY
from services.chassis.document import Document
from services.identity.effects import IdentityEffects
from services.identity.ids import person_id
from services.identity.person import Member
from tests.unit.identity.in_memory import Identity, Mirror, plain
from tests.unit.identity.journey import (
    activate,
    confirm_code,
    get_code,
    keyed_hash,
    log_in,
    register,
    settings,
    sign,
    sign_in,
    start,
)
from tests.unit.identity.situations import (
    APPROVED_MOBILE,
    BIRTH_DATE,
    CITIZEN,
    EMAIL,
    GIVEN_MOBILE,
    KEY,
    PASSWORD,
    SEALED,
    SECOND,
    USER_ID,
    active,
)
from tests.unit.identity.test_addresses import LISTED

PERSONAL = (CITIZEN, BIRTH_DATE, APPROVED_MOBILE, GIVEN_MOBILE, EMAIL, PASSWORD, "طريق الملك فهد")


@pytest.fixture(scope="module")
def effects() -> IdentityEffects:
    return IdentityEffects(keyed_hash, sign, lambda text: text == KEY)


@pytest.fixture
def identity(effects: IdentityEffects) -> Identity:
    return Identity(settings(), effects, keyed_hash)


async def test_J2_J3_one_individual_from_start_to_address(identity: Identity) -> None:
    assert await register(identity) == OtpConfirmed(next_step="activate")
    user_id = identity.last(UserRegistered).user_id
    assert plain(identity.last(ContactProven).mobile) == GIVEN_MOBILE
    refused = await identity.command(log_in())
    assert isinstance(refused, Refusal)
    assert (refused.public_reason, refused.reason) == ("sign-in-refused", "not-activated")
    assert isinstance(await activate(identity), ActivationAccepted)
    assert isinstance(await activate(identity), ActivationAccepted)
    assert (identity.count(UserActivated), identity.last(UserActivated).user_id) == (1, user_id)
    customer = await sign_in(identity)
    assert customer.user_id == user_id
    assert plain(identity.last(LoggedIn).token) == f"token-of-{user_id}-web"
    await identity.command(ShowAddresses(token=SEALED, answer_key=KEY), customer=customer)
    asked_by = identity.last(AddressesAsked).asked_by
    found = AddressesFound(asked_by=asked_by, addresses=Sealed.of(LISTED))
    await identity.deliver(found, correlation_id=identity.last_command)
    assert plain(identity.last(AddressesShown).addresses) == LISTED
    chosen = await identity.command(ChooseAddress(token=SEALED, address_id="home"), customer=customer)
    assert chosen == AddressSaved(next_step="define-account")
    assert identity.last(NationalAddressSaved) == NationalAddressSaved(user_id=user_id, region=1)
    await sign_in(identity)
    assert identity.last(LoggedIn).next_step == "define-account"


async def test_J3_each_command_has_exactly_one_answer(identity: Identity) -> None:
    await register(identity)
    await activate(identity)
    await sign_in(identity)
    commands = [f"command-{n + 1}" for n in range(identity._count)]
    assert {command: len(identity.answers[command]) for command in commands} == dict.fromkeys(commands, 1)


async def test_I18_nothing_personal_stands_in_clear_in_a_document_or_leaves_unsealed(identity: Identity) -> None:
    await register(identity)
    await activate(identity)
    customer = await sign_in(identity)
    add = AddAddress(token=SEALED, address=Sealed.of(json.dumps(json.loads(LISTED)[0] | {}, ensure_ascii=False)))
    await identity.command(add, customer=customer)
    held = "".join(document.state or "" for document in identity.documents.values()) + "".join(identity.documents)
    spoken = repr(identity.said)
    for personal in PERSONAL:
        assert personal not in held
        assert personal not in spoken
    assert Mirror().encrypt(EMAIL, "email") in held  # it is there, encrypted


async def test_I18_a_user_id_comes_from_the_flow_and_says_nothing_of_the_person(identity: Identity) -> None:
    await get_code(identity, "flow-1")
    first = identity.last(OtpRequested).otp_id
    await get_code(identity, "flow-2")
    assert identity.last(OtpRequested).otp_id != first
    assert sum(aggregate.startswith("person:") for aggregate in identity.documents) == 1


async def test_I15_known_and_unknown_get_the_same_answers_step_by_step(identity: Identity) -> None:
    await get_code(identity, "known")
    assert await identity.command(start("1000000016"), "unknown") == RegistrationStarted(next_step="confirm-otp")
    await identity.deliver(ApprovedMobileAbsent(asked_by=identity.last(ApprovedMobileAsked).asked_by))
    assert identity.audit == ["no-approved-mobile"]
    for flow in ("known", "unknown"):
        wrong = await identity.command(ConfirmOtp(code=Sealed.of("abc")), flow)
        assert isinstance(wrong, Refusal)
        assert (wrong.public_reason, wrong.missing_step) == ("code-not-accepted", None)
        soon = await identity.command(ResendOtp(), flow)
        assert isinstance(soon, Refusal)
        assert soon.public_reason == "resend-too-soon"
    identity.now += 60 * SECOND
    for flow in ("known", "unknown"):
        assert await identity.command(ResendOtp(), flow) == OtpResent(next_step="confirm-otp")
    assert identity.count(OtpRequested) == 2  # both to the known


async def test_I15_unknown_identities_cost_a_hash_too(effects: IdentityEffects) -> None:
    compared: list[bool] = []

    class Counting(IdentityEffects):
        async def password_matches(self, password: str, known: Any) -> bool:
            compared.append(known is not None)
            return await super().password_matches(password, known)

    identity = Identity(settings(), Counting(keyed_hash, sign, lambda text: text == KEY), keyed_hash)
    for _ in range(6):
        refused = await identity.command(log_in("wrong"))
        assert isinstance(refused, Refusal)
        assert refused.public_reason == "sign-in-refused"
    assert compared == [False] * 5
    assert identity.audit == ["identity-unknown"] * 5 + ["throttled"]


async def test_I16_a_weak_hash_is_replaced_at_the_first_login_and_at_no_other(effects: IdentityEffects) -> None:
    hashed: list[str] = []

    class Counting(IdentityEffects):
        async def hash_password(self, password: str) -> Secret:
            hashed.append(password)
            return await super().hash_password(password)

    identity = Identity(settings(), Counting(keyed_hash, sign, lambda text: text == KEY), keyed_hash)
    weak = Secret(PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD))
    codec, person = identity.codecs["person"], person_id("citizen", CITIZEN, keyed_hash)
    document = identity.documents[person] = Document(person)
    codec.write(document, Member(USER_ID, weak))
    user = identity.documents[f"user:{USER_ID}"] = Document(f"user:{USER_ID}")
    identity.codecs["user"].write(user, active)
    await identity.command(log_in("wrong"))
    assert codec.read(document).password_hash == weak
    for _ in range(2):
        assert isinstance(await identity.command(log_in()), LoggedIn)
    assert hashed == [PASSWORD]
    assert not effects.is_weak(codec.read(document).password_hash)
    assert await effects.password_matches(PASSWORD, codec.read(document).password_hash)


async def test_I14_eleven_registrations_in_an_hour_are_one_too_many_before_any_flow(identity: Identity) -> None:
    for n in range(10):
        await identity.command(start(), f"flow-{n}")
    asked = identity.count(ApprovedMobileAsked)
    refused = await identity.command(start(), "flow-10")
    assert isinstance(refused, Refusal)
    assert (refused.public_reason, identity.count(ApprovedMobileAsked)) == ("too-many-codes", asked)


async def test_I10_a_second_registration_of_the_same_person_is_told_after_its_second_code(identity: Identity) -> None:
    await register(identity, "flow-1")
    await activate(identity)
    refused = await register(identity, "flow-2")
    assert isinstance(refused, Refusal)
    assert refused.public_reason == "already-registered"
    assert identity.count(UserRegistered) == 1


async def test_I10_J1_who_has_misspelt_the_e_mail_registers_again_at_once(identity: Identity) -> None:
    await register(identity, "flow-1")
    first = identity.last(ActivationLinkRequested)
    assert await register(identity, "flow-2") == OtpConfirmed(next_step="activate")
    refused = await identity.command(ActivateUser(activation_token=Sealed.of(plain(first.activation_token))))
    assert isinstance(refused, Refusal)
    assert (refused.public_reason, refused.reason) == ("link-not-accepted", "link-of-ended-registration")
    assert isinstance(await activate(identity), ActivationAccepted)
    assert isinstance(await sign_in(identity), Customer)


async def test_I10_a_user_who_never_activated_makes_room_for_the_person(identity: Identity) -> None:
    await register(identity, "flow-1")
    user = f"user:{identity.last(UserRegistered).user_id}"
    identity.now += timedelta(hours=27)
    await identity.wake(user)
    assert identity.stage(user) == "ended"
    person = person_id("citizen", CITIZEN, keyed_hash)
    assert identity.stage(person) == "stranger"
    assert "password_hash" not in (identity.documents[person].state or "")
    contact = identity.last(ContactProven)
    assert (contact.withdrawn, plain(contact.email), plain(contact.mobile)) == (True, "", "")
    assert await register(identity, "flow-2") == OtpConfirmed(next_step="activate")
    assert isinstance(await activate(identity), ActivationAccepted)
    assert isinstance(await sign_in(identity), Customer)


async def test_I6_a_late_code_is_refused_and_another_one_counts(identity: Identity) -> None:
    await get_code(identity)
    late = identity.last(OtpRequested)
    identity.now += 61 * SECOND
    refused = await identity.command(ConfirmOtp(code=Sealed.of(plain(late.code))))
    assert isinstance(refused, Refusal)
    assert (refused.public_reason, refused.reason) == ("code-not-accepted", "code-expired")
    await identity.command(ResendOtp())
    assert identity.last(OtpRequested).otp_id != late.otp_id
    assert await confirm_code(identity) == OtpConfirmed(next_step="give-contact")


async def test_J2_a_step_of_no_flow_names_the_beginning(identity: Identity) -> None:
    refused = await identity.command(ResendOtp(), "nowhere")
    assert isinstance(refused, Refusal)
    assert (refused.public_reason, refused.missing_step) == ("step-missing", "start-registration")
    wrong = await identity.command(ActivateUser(activation_token=Sealed.of("nonsense")), "mail")
    assert isinstance(wrong, Refusal)
    assert wrong.public_reason == "link-not-accepted"


def test_J3_every_message_for_identity_has_a_lane_and_one_decision(identity: Identity) -> None:
    lanes = {lane.topic.name for lane in identity.service.lanes} - {REPLAY["identity"].name}  # the chassis's own
    assert {route.message.topic.name for route in identity.service.routes} == lanes
    assert len(identity.routes) == len(identity.service.routes)
    assert all("identity" in CATALOGUE[lane].readers for lane in lanes)

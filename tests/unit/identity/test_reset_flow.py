"""A forgotten password, a consent and the end of a session through identity's own table, from first to last."""

import json
from datetime import timedelta
from typing import Any

import pytest

from contracts.decision import Customer, Refusal
from contracts.identity import LoggedIn, OtpRequested, UserRegistered
from contracts.identity_internal import NumberCodeGranted
from contracts.identity_sessions import (
    ConfirmConsent,
    ConfirmPasswordReset,
    ConsentAsked,
    ConsentConfirmed,
    ConsentGiven,
    ConsentNotGiven,
    LoggedOut,
    LogOut,
    PasswordChanged,
    PasswordReset,
    PasswordResetStarted,
    ResendResetCode,
    ResetCodeResent,
    SessionsEnded,
    StartPasswordReset,
)
from contracts.notifications import OtpHandedOver
from contracts.sealed import Sealed, Secret
from services.identity.challenge import READ_LATE
from services.identity.effects import IdentityEffects
from services.identity.sessions import LONGEST_SESSION
from services.identity.settings import IdentitySettings
from tests.unit.identity.challenges import NEW_PASSWORD
from tests.unit.identity.in_memory import Identity, plain
from tests.unit.identity.journey import activate, keyed_hash, log_in, register, settings, sign, sign_in
from tests.unit.identity.situations import BIRTH_DATE, CITIZEN, GIVEN_MOBILE, KEY, PASSWORD, SEALED, SECOND

UNKNOWN = "1000000016"


class Counting(IdentityEffects):
    """Counts what was hashed, and takes no time over it."""

    hashed = 0

    async def hash_password(self, password: str) -> Secret:
        self.hashed += 1
        return Secret(keyed_hash("password", password))

    async def password_matches(self, password: str, known: Secret | None) -> bool:
        return known == Secret(keyed_hash("password", password))

    def is_weak(self, known: Secret) -> bool:
        return False


@pytest.fixture(scope="module")
def effects() -> Counting:
    return Counting(keyed_hash, sign, lambda text: text == KEY)


@pytest.fixture
async def identity(effects: Counting) -> Identity:
    """An active user."""
    identity = Identity(settings(), effects, keyed_hash)
    await register(identity)
    await activate(identity)
    effects.hashed = 0
    return identity


def start_reset(number: str = CITIZEN, birth_date: str = BIRTH_DATE) -> StartPasswordReset:
    return StartPasswordReset(
        identity_type="citizen",
        identity_number=Sealed.of(number),
        birth_date=Sealed.of(birth_date),
        language="en",
    )


def confirm(code: str, password: str = NEW_PASSWORD) -> ConfirmPasswordReset:
    return ConfirmPasswordReset(code=Sealed.of(code), password=Sealed.of(password))


async def code_of(identity: Identity, **whose: str) -> str:
    """Start, and take the code from the message that carries it."""
    assert await identity.command(start_reset(**whose), "reset-1") == PasswordResetStarted(next_step="confirm-reset")
    requested = identity.last(OtpRequested)
    assert (requested.purpose, plain(requested.mobile)) == ("reset-password", GIVEN_MOBILE)
    challenge = identity.last(NumberCodeGranted).asked_by
    await identity.deliver(OtpHandedOver(otp_id=requested.otp_id, asked_by=challenge))
    return plain(requested.code)


def reason_of(answer: Any) -> str:
    assert isinstance(answer, Refusal), answer
    return answer.public_reason


async def test_I13_the_new_password_counts_the_old_does_not_and_every_session_ends(identity: Identity) -> None:
    user_id = identity.last(UserRegistered).user_id
    assert await identity.command(confirm(await code_of(identity)), "reset-1") == PasswordReset(next_step="log-in")
    ended = identity.last(SessionsEnded)
    assert (ended.user_id, ended.session_id, ended.actor) == (user_id, None, None)
    assert identity.last(PasswordChanged) == PasswordChanged(user_id=user_id, changed_at=ended.ended_at)
    assert reason_of(await identity.command(log_in(PASSWORD))) == "sign-in-refused"
    assert isinstance(await identity.command(log_in(NEW_PASSWORD)), LoggedIn)


async def test_I13_a_login_in_the_same_second_is_not_ended_with_the_old_sessions() -> None:
    signed: list[Any] = []

    def note(customer: Customer, issued_at: Any, expires_at: Any) -> str:
        signed.append((issued_at, expires_at))
        return "token"

    identity = Identity(settings(), Counting(keyed_hash, note, lambda text: text == KEY), keyed_hash)
    await register(identity)
    await activate(identity)
    identity.now += timedelta(milliseconds=400)
    assert isinstance(await identity.command(confirm(await code_of(identity)), "reset-1"), PasswordReset)
    for milliseconds in (0, 500, 1_500):
        identity.now += timedelta(milliseconds=milliseconds)
        assert isinstance(await identity.command(log_in(NEW_PASSWORD)), LoggedIn)
    ended_at = identity.last(SessionsEnded).ended_at
    assert [issued > ended_at for issued, _ in signed] == [True] * 3
    assert {expires - issued for issued, expires in signed} == {timedelta(minutes=30)}


async def test_I13_wrong_passwords_before_the_reset_are_forgotten(identity: Identity) -> None:
    for _ in range(6):
        await identity.command(log_in("wrong"))
    assert identity.audit[-1] == "throttled"
    await identity.command(confirm(await code_of(identity)), "reset-1")
    assert isinstance(await identity.command(log_in(NEW_PASSWORD)), LoggedIn)


async def test_I14_I16_nothing_is_hashed_but_for_the_right_code_and_a_good_password(
    identity: Identity, effects: Counting
) -> None:
    code = await code_of(identity)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert reason_of(await identity.command(confirm(wrong), "reset-1")) == "code-not-accepted"
    assert reason_of(await identity.command(confirm(code, "short"), "reset-1")) == "password-too-short"
    assert reason_of(await identity.command(confirm(code, CITIZEN + " and more"), "reset-1")) == "password-blocked"
    assert effects.hashed == 0
    assert isinstance(await identity.command(confirm(code), "reset-1"), PasswordReset)
    assert reason_of(await identity.command(confirm(code), "reset-1")) == "code-not-accepted"
    assert effects.hashed == 1


async def test_I15_unknown_other_birth_date_and_known_are_answered_alike_to_the_end(identity: Identity) -> None:
    flows = {
        "known": start_reset(),
        "unknown": start_reset(UNKNOWN),
        "other-day": start_reset(birth_date="1410-05-13"),
    }
    for flow, command in flows.items():
        assert await identity.command(command, flow) == PasswordResetStarted(next_step="confirm-reset")
        assert reason_of(await identity.command(confirm("none", "short"), flow)) == "code-not-accepted"
        assert reason_of(await identity.command(ResendResetCode(), flow)) == "resend-too-soon"
    identity.now += 60 * SECOND
    for flow in flows:
        assert await identity.command(ResendResetCode(), flow) == ResetCodeResent(next_step="confirm-reset")
    assert sum(m.purpose == "reset-password" for m in identity.said if isinstance(m, OtpRequested)) == 2
    identity.now += timedelta(minutes=31) + READ_LATE
    for aggregate in [each for each in identity.documents if each.startswith("challenge:")]:
        await identity.wake(aggregate)
        assert identity.stage(aggregate) == "finished"
    for flow in flows:
        assert reason_of(await identity.command(confirm("123456"), flow)) == "code-not-accepted"


async def test_I15_only_operators_hear_that_a_reset_is_nobodys(identity: Identity) -> None:
    before = set(identity.documents)
    assert isinstance(await identity.command(start_reset(UNKNOWN), "nobodys"), PasswordResetStarted)
    assert identity.audit[-1] == "person-not-member"
    assert all(identity.documents[new].state is None for new in set(identity.documents) - before if "user:" in new)


async def test_I14_the_budget_survives_new_flows_resends_and_registrations(identity: Identity) -> None:
    for n in range(4):
        await identity.command(start_reset(), f"reset-{n}")
    identity.now += 60 * SECOND
    for n in range(3):
        await identity.command(ResendResetCode(), f"reset-{n}")
    sent = identity.count(OtpRequested)
    # The registration took two, so one is left of ten, whichever way it is asked for.
    assert isinstance(await identity.command(start_reset(), "reset-8"), PasswordResetStarted)
    assert reason_of(await identity.command(start_reset(), "reset-9")) == "too-many-codes"
    assert isinstance(await identity.command(start_reset(), "reset-9", source="app"), PasswordResetStarted)
    assert identity.count(OtpRequested) - sent <= 2


async def test_I13_a_flow_begun_for_two_persons_serves_the_first_only(identity: Identity) -> None:
    """Somebody begins a flow for a victim, with a wrong birth date, and again for themselves."""
    await identity.command(start_reset(birth_date="1410-05-13"), "mixed")
    codes = identity.count(OtpRequested)
    await identity.command(start_reset(), "mixed")
    assert identity.audit[-1] == "flow-used-before"
    assert identity.count(OtpRequested) == codes + 1  # the same user, who now gave the right day
    await identity.command(start_reset(UNKNOWN), "mixed-2")
    await identity.command(start_reset(), "mixed-2")
    assert identity.count(OtpRequested) == codes + 1


async def test_J2_a_reset_that_nobody_began_names_the_beginning(identity: Identity) -> None:
    for command in (confirm("123456"), ResendResetCode()):
        refused = await identity.command(command, "nowhere")
        assert isinstance(refused, Refusal)
        assert (refused.public_reason, refused.missing_step) == ("step-missing", "start-password-reset")


# --- sessions -------------------------------------------------------------------------------------------------------
async def test_I13_logging_out_ends_this_session(identity: Identity) -> None:
    customer = await sign_in(identity)
    assert await identity.command(LogOut(token=SEALED), customer=customer) == LoggedOut(next_step="log-in")
    ended = identity.last(SessionsEnded)
    assert (ended.user_id, ended.session_id) == (customer.user_id, customer.session_id)
    assert ended.forget_after - ended.ended_at == LONGEST_SESSION


async def test_I13_I17_logging_out_while_acting_is_the_persons(identity: Identity) -> None:
    customer = await sign_in(identity)
    acting = Customer("b-" + "0" * 32, "s-1", "web", actor=customer.user_id)
    assert isinstance(await identity.command(LogOut(token=SEALED), customer=acting), LoggedOut)
    assert identity.last(SessionsEnded).user_id == customer.user_id


def test_I13_no_setting_outlives_what_is_remembered_of_ended_sessions() -> None:
    (longest,) = [part.le for part in IdentitySettings.model_fields["session_life_s"].metadata if hasattr(part, "le")]
    assert timedelta(seconds=longest) == LONGEST_SESSION


# --- consents -------------------------------------------------------------------------------------------------------
def ask(identity: Identity, user_id: str, consent_id: str = "c-1") -> ConsentAsked:
    return ConsentAsked(
        asked_by="transfer:1",
        consent_id=consent_id,
        user_id=user_id,
        purpose="transfer",
        ends_at=identity.now + timedelta(days=3),
    )


async def test_A9_a_consent_from_the_asking_to_the_answer(identity: Identity) -> None:
    customer = await sign_in(identity)
    for _ in range(2):
        await identity.deliver(ask(identity, customer.user_id), subject="transfer:1", source="accounts")
    requested = identity.last(OtpRequested)
    assert (requested.purpose, plain(requested.mobile)) == ("give-consent", GIVEN_MOBILE)
    enter = ConfirmConsent(token=SEALED, consent_id="c-1", code=Sealed.of(plain(requested.code)))
    stranger = Customer("another", "s-2", "web")
    assert reason_of(await identity.command(enter, customer=stranger)) == "not-found"
    assert await identity.command(enter, customer=customer) == ConsentConfirmed(consent_id="c-1")
    assert identity.last(ConsentGiven) == ConsentGiven(
        asked_by="transfer:1", consent_id="c-1", user_id=customer.user_id, given_at=identity.now, channel="web"
    )
    assert reason_of(await identity.command(enter, customer=customer)) == "code-not-accepted"
    assert (identity.count(ConsentGiven), identity.count(ConsentNotGiven)) == (1, 0)


@pytest.mark.parametrize("user_id", ["nobody", "b-" + "0" * 32])
async def test_A9_a_party_that_identity_does_not_know_cannot_consent(identity: Identity, user_id: str) -> None:
    await identity.deliver(ask(identity, user_id), subject="transfer:1", source="accounts")
    assert identity.last(ConsentNotGiven).reason == "no-contact"


async def test_A9_a_consent_that_nobody_asked_for_is_not_found(identity: Identity) -> None:
    customer = await sign_in(identity)
    enter = ConfirmConsent(token=SEALED, consent_id="unknown", code=Sealed.of("123456"))
    assert reason_of(await identity.command(enter, customer=customer)) == "not-found"


async def test_A9_time_that_is_over_is_told_to_accounts(identity: Identity) -> None:
    customer = await sign_in(identity)
    await identity.deliver(ask(identity, customer.user_id), subject="transfer:1", source="accounts")
    identity.now += timedelta(days=3) + READ_LATE
    await identity.wake("challenge:c-1")
    assert identity.last(ConsentNotGiven).reason == "time-is-over"


async def test_I18_nothing_personal_of_a_challenge_stands_in_clear(identity: Identity) -> None:
    customer = await sign_in(identity)
    await code_of(identity)
    await identity.deliver(ask(identity, customer.user_id), subject="transfer:1", source="accounts")
    held = json.dumps([document.state for document in identity.documents.values()])
    code = plain(identity.last(OtpRequested).code)
    for personal in (CITIZEN, BIRTH_DATE, GIVEN_MOBILE, code):
        assert personal not in held
        assert personal not in repr(identity.said)

"""Forgotten passwords, consents by code and ended sessions on a real Kafka and MongoDB; everything is sent twice."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from contracts import identity as said
from contracts import identity_sessions as sessions
from contracts.accounts import DefinitionStarted, StartDefinition
from contracts.keys import ServiceKeysPublished
from contracts.message import CommandRefused, Message
from contracts.sealed import Sealed
from deploy.local.neighbours.registry import Person
from deploy.local.stack import Stack
from services.accounts.effects import AccountsEffects
from services.accounts.kind_files import OUR_KINDS, read_kinds
from services.accounts.service import accounts_service
from services.accounts.settings import AccountsSettings
from services.chassis.keyring import Keyring
from services.chassis.keys import PrivateKeys
from services.chassis.runtime import Engine, running
from services.identity import challenge
from tests.component.identity_outside import (
    BIRTH_DATE,
    PASSWORD,
    Outside,
    activate,
    identity_at_work,
    log_in,
    register,
    sign_in,
)
from tests.eventually import eventually

NOURA, UNKNOWN = "1000000008", "1000000016"
NEW_PASSWORD = "nine orange falcons over the dunes"
PENDING = Sealed(jwe="a.b.c.d.e")
ASKER = "transfer:K7QD9RXM2PTCHW"


@pytest.fixture
async def outside(stack: Stack, tmp_path: Path, database_name: str) -> AsyncIterator[Outside]:
    """Identity at work with one active user, who has signed in."""
    people = [Person("citizen", NOURA, BIRTH_DATE, "+966501234567")]
    async with identity_at_work(stack, tmp_path, database_name, people) as channel:
        await register(channel, str(uuid4()), NOURA)
        await activate(channel)
        channel.token = await sign_in(channel, NOURA)
        yield channel


def start_reset(number: str = NOURA, birth_date: str = BIRTH_DATE) -> sessions.StartPasswordReset:
    return sessions.StartPasswordReset(
        identity_type="citizen",
        identity_number=Sealed.of(number),
        birth_date=Sealed.of(birth_date),
        language="ar",
    )


def confirm(code: str, password: str = NEW_PASSWORD) -> sessions.ConfirmPasswordReset:
    return sessions.ConfirmPasswordReset(code=Sealed.of(code), password=Sealed.of(password))


def reason_of(answer: Message) -> str:
    assert isinstance(answer, CommandRefused), answer
    return answer.public_reason


# --- a forgotten password -------------------------------------------------------------------------------------------
async def test_I13_J3_a_password_is_reset_once_and_its_sessions_end(outside: Outside) -> None:
    flow = str(uuid4())
    assert await outside.command(start_reset(), flow) == sessions.PasswordResetStarted(next_step="confirm-reset")
    code = await outside.next_code()
    assert reason_of(await outside.command(confirm("none"), flow)) == "code-not-accepted"
    assert reason_of(await outside.command(confirm(code, "short"), flow)) == "password-too-short"
    assert await outside.command(confirm(code), flow) == sessions.PasswordReset(next_step="log-in")
    ((_, ended),) = await eventually(lambda: outside.distinct(sessions.SessionsEnded))
    ((_, changed),) = await eventually(lambda: outside.distinct(sessions.PasswordChanged))
    assert ended.user_id == changed.user_id == outside.distinct(said.UserRegistered)[0][1].user_id
    assert reason_of(await outside.command(sessions.LogOut(token=PENDING), "s-1")) == "sign-in-needed"
    assert reason_of(await outside.command(log_in(outside, NOURA, PASSWORD), "s-2")) == "sign-in-refused"
    again = await outside.command(log_in(outside, NOURA, NEW_PASSWORD), "s-2")
    assert isinstance(again, said.LoggedIn)
    outside.token = outside.opened(again, "token")
    assert isinstance(await outside.command(sessions.LogOut(token=PENDING), "s-2"), sessions.LoggedOut)


async def test_I15_unknown_and_other_birth_date_are_answered_like_the_known(outside: Outside) -> None:
    flows = [str(uuid4()) for _ in range(3)]
    starts = [start_reset(), start_reset(UNKNOWN), start_reset(birth_date="1410-05-13")]
    for command in (starts, [confirm("123456", "short")] * 3, [sessions.ResendResetCode()] * 3):
        answers = [await outside.command(body, flow) for body, flow in zip(command, flows, strict=True)]
        assert answers[0] == answers[1] == answers[2]
    nowhere = await outside.command(confirm("123456"), str(uuid4()))
    assert isinstance(nowhere, CommandRefused)
    assert (nowhere.public_reason, nowhere.missing_step) == ("step-missing", "start-password-reset")
    odd = await outside.command(start_reset(birth_date="1447-02-30"), str(uuid4()))
    assert reason_of(odd) == "birth-date-not-accepted"


# --- ended sessions -------------------------------------------------------------------------------------------------
@contextlib.asynccontextmanager
async def accounts_at_work(stack: Stack, folder: Path, database: str, outside: Outside) -> AsyncIterator[Engine]:
    """Accounts beside identity, on the same broker."""
    settings = AccountsSettings(
        kafka_bootstrap=stack.kafka_bootstrap,
        mongo_uri=SecretStr(stack.mongo_uri),
        database=f"{database}-accounts",
        keys_folder=folder / "accounts",
        key_fingerprints=outside.pinned,
        http_port=0,
    )
    keys = PrivateKeys.load(folder / "accounts")
    announced = Keyring("accounts", keys, {}).own_announcement()
    assert isinstance(announced, ServiceKeysPublished)
    assert outside.keyring.learn("accounts", announced)
    service = accounts_service(settings, AccountsEffects(keys.hash_key, read_kinds(OUR_KINDS)))
    async with running(service, settings, keys) as engine:
        yield engine


async def told(outside: Outside) -> Message:
    """Accounts' answer to a command under the session's token."""
    flow, message_id = str(uuid4()), str(uuid4())
    body = StartDefinition(token=Sealed.of(outside.token), relation="tenant")
    await outside.publish(body, "web", flow, message_id)
    (answer, *_) = await eventually(
        lambda: [m for e, m in outside.heard if e.correlation_id == message_id], bool, within=30
    )
    return answer


async def test_I13_J3_logged_out_counts_in_every_service_now_and_after_a_restart(
    outside: Outside, stack: Stack, tmp_path: Path, database_name: str
) -> None:
    async with accounts_at_work(stack, tmp_path, database_name, outside) as accounts:
        assert isinstance(await told(outside), DefinitionStarted)
        logged_out = await outside.command(sessions.LogOut(token=PENDING), "s-1")  # sent twice, answered alike
        assert logged_out == sessions.LoggedOut(next_step="log-in")
        assert len(outside.distinct(sessions.SessionsEnded)) == 1
        await eventually(lambda: len(accounts.ended), bool)
        assert reason_of(await told(outside)) == "sign-in-needed"
    assert reason_of(await outside.command(sessions.LogOut(token=PENDING), "s-1")) == "sign-in-needed"
    async with accounts_at_work(stack, tmp_path, database_name, outside):
        assert reason_of(await told(outside)) == "sign-in-needed"
        outside.token = await sign_in(outside, NOURA)
        assert isinstance(await told(outside), DefinitionStarted)


# --- consents -------------------------------------------------------------------------------------------------------
async def asked(outside: Outside, user_id: str, ends_at: datetime) -> str:
    """Accounts asks for a consent, twice."""
    consent_id = str(uuid4())
    body = sessions.ConsentAsked(
        asked_by=ASKER, consent_id=consent_id, user_id=user_id, purpose="transfer", ends_at=ends_at
    )
    for _ in range(2):
        await outside.publish(body, "accounts", ASKER, f"asked-{consent_id}")
    return consent_id


async def test_A9_J3_a_consent_by_code_is_given_once(outside: Outside) -> None:
    user_id = outside.distinct(said.UserRegistered)[0][1].user_id
    consent_id = await asked(outside, user_id, datetime.now(UTC) + timedelta(hours=1))
    code = await outside.next_code()

    def entering(text: str, which: str = consent_id) -> sessions.ConfirmConsent:
        return sessions.ConfirmConsent(token=PENDING, consent_id=which, code=Sealed.of(text))

    assert reason_of(await outside.command(entering("none"), "s-1")) == "code-not-accepted"
    assert reason_of(await outside.command(entering(code, "unknown"), "s-1")) == "not-found"
    again = sessions.ResendConsentCode(token=PENDING, consent_id=consent_id)
    assert reason_of(await outside.command(again, "s-1")) == "resend-too-soon"
    confirmed = await outside.command(entering(code), "s-1")
    assert confirmed == sessions.ConsentConfirmed(consent_id=consent_id)
    ((envelope, given),) = await eventually(lambda: outside.distinct(sessions.ConsentGiven))
    assert (given.asked_by, given.consent_id, given.user_id, given.channel) == (ASKER, consent_id, user_id, "web")
    assert envelope.subject == f"challenge:{consent_id}"
    assert reason_of(await outside.command(entering(code), "s-1")) == "code-not-accepted"
    assert outside.distinct(sessions.ConsentNotGiven) == []


async def test_A9_without_a_contact_or_in_time_there_is_no_consent(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(challenge, "READ_LATE", timedelta(0))  # nobody waits a quarter of an hour here
    user_id = outside.distinct(said.UserRegistered)[0][1].user_id
    nobody = await asked(outside, "nobody", datetime.now(UTC) + timedelta(hours=1))
    late = await asked(outside, user_id, datetime.now(UTC) + timedelta(seconds=8))
    await outside.next_code()
    answers = await eventually(
        lambda: outside.distinct(sessions.ConsentNotGiven), lambda seen: len(seen) == 2, within=30
    )
    assert {m.consent_id: m.reason for _, m in answers} == {nobody: "no-contact", late: "time-is-over"}

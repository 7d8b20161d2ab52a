"""Identity on a real Kafka and MongoDB: one individual signs up; every command and every report is sent twice."""

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from joserfc.jwk import OKPKey
from pydantic import SecretStr

from contracts import identity as said
from contracts.envelope import Envelope, from_headers, to_headers
from contracts.message import CATALOGUE, CommandRefused, Message
from contracts.notifications import OtpHandedOver
from contracts.sealed import Sealed
from contracts.topics import CATALOGUE as TOPICS
from contracts.topics import (
    IDENTITY_ANSWERS,
    IDENTITY_CODES,
    IDENTITY_EVENTS,
    IDENTITY_NOTICES,
)
from contracts.values.national_address import StatedAddress
from deploy.local.keys import make_keys
from deploy.local.neighbours.registry import Person, RegistrySimulator
from deploy.local.stack import Stack
from deploy.local.stack.topics import create_topics
from services.chassis.key_reader import KeyReader
from services.chassis.keyring import Keyring
from services.chassis.keys import Fingerprints, KeyUnknown, PrivateKeys
from services.chassis.runtime import running
from services.chassis.sealing import binding_of, open_seal, public_jwk, thumbprint
from services.identity.__main__ import build
from services.identity.settings import IdentitySettings
from tests.eventually import eventually

M = TypeVar("M", bound=Message)

KNOWN, UNKNOWN, BIRTH_DATE = "1000000008", "1000000016", "1410-05-12"
PASSWORD = "seven purple camels in the rain"
TERMS = hashlib.sha256(b"terms").hexdigest()
HOME = StatedAddress("8228", "طريق الملك فهد", "العليا", "الرياض", "12313", "2121", short_address="RHHA8228")
CITIZEN = Person("citizen", KNOWN, BIRTH_DATE, "+966501234567", {"home": HOME})


@dataclass
class Outside:
    """A channel, and notifications' own voice and ears."""

    producer: AIOKafkaProducer
    keyring: Keyring
    key: OKPKey = field(default_factory=lambda: OKPKey.generate_key("X25519"))
    heard: list[tuple[Envelope, Message]] = field(default_factory=list)
    token: str = ""

    @property
    def answer_key(self) -> str:
        return public_jwk(self.key)

    async def publish(self, body: Message, source: str, subject: str, message_id: str) -> None:
        sealed = self.keyring.seal_fields(body, subject)
        envelope = Envelope(message_id, source, body.type_name, subject, datetime.now(UTC))
        value = sealed.model_dump_json().encode()
        await self.producer.send_and_wait(body.topic.name, value, key=subject.encode(), headers=to_headers(envelope))

    async def command(self, body: Any, flow: str) -> Message:
        """Send a command twice; its one answer, which is given again to the second."""
        if "token" in type(body).model_fields:
            body = body.model_copy(update={"token": Sealed.of(self.token)})
        message_id, sealed = str(uuid4()), self.keyring.seal_fields(body, flow)
        for copies in (1, 2):
            await self.publish(sealed, "web", flow, message_id)
            await self.heard_answers(message_id, copies)
        first, second = self.answers_to(message_id)
        assert first == second  # sealed fields included: the same answer again, not a new one
        return first

    async def heard_answers(self, message_id: str, count: int) -> None:
        await eventually(lambda: self.answers_to(message_id), lambda seen: len(seen) >= count, within=20)

    def answers_to(self, message_id: str) -> list[Message]:
        return [m for e, m in self.heard if e.correlation_id == message_id and m.topic is IDENTITY_ANSWERS]

    def distinct(self, kind: type[M]) -> list[tuple[Envelope, M]]:
        """What was said of a kind, copies counted once."""
        return list({e.id: (e, m) for e, m in self.heard if isinstance(m, kind)}.values())

    async def enter_code(self, flow: str, number: int) -> Message:
        """Wait for the number-th code, report its hand-over twice, and enter it."""
        codes = await eventually(lambda: self.distinct(said.OtpRequested), lambda seen: len(seen) == number, within=20)
        envelope, requested = codes[-1]
        report = OtpHandedOver(otp_id=requested.otp_id, asked_by=envelope.subject)
        for _ in range(2):
            await self.publish(report, "notifications", f"delivery:{requested.otp_id}", f"sent-{requested.otp_id}")
        code = self.keyring.opener(requested, envelope.subject)("code")
        return await self.command(said.ConfirmOtp(code=Sealed.of(code)), flow)

    def opened(self, body: Message, name: str) -> str:
        (subject,) = {e.subject for e, heard in self.heard if heard is body}
        private = {thumbprint(self.key): self.key}
        return open_seal(getattr(body, name).jwe, private, binding_of(body.type_name, subject, name))

    async def listen(self, consumer: AIOKafkaConsumer) -> None:
        async for record in consumer:
            envelope = from_headers(record.key, record.headers)
            assert isinstance(envelope, Envelope)
            self.heard.append((envelope, CATALOGUE[envelope.type].model_validate_json(record.value)))


@pytest.fixture
async def outside(stack: Stack, tmp_path: Path, database_name: str) -> AsyncIterator[Outside]:
    """Identity at work, with a registry that knows one person."""
    bootstrap = stack.kafka_bootstrap
    await create_topics(bootstrap, TOPICS.values())
    fingerprints = make_keys(tmp_path)
    pinned = {service: Fingerprints(**each) for service, each in fingerprints.items()}
    settings = IdentitySettings(
        kafka_bootstrap=bootstrap,
        mongo_uri=SecretStr(stack.mongo_uri),
        database=database_name,
        keys_folder=tmp_path / "identity",
        key_fingerprints=pinned,
        http_port=0,
        terms=json.dumps([{"version": "2026-01", "language": "ar", "text_hash": TERMS}]),  # type: ignore[arg-type]
    )
    keys = PrivateKeys.load(tmp_path / "identity")
    keyring = Keyring("notifications", PrivateKeys.load(tmp_path / "notifications"), pinned)
    reader = KeyReader({"bootstrap_servers": bootstrap}, keyring, ["identity"])
    heard = (IDENTITY_ANSWERS, IDENTITY_CODES, IDENTITY_EVENTS, IDENTITY_NOTICES)
    consumer = AIOKafkaConsumer(*(topic.name for topic in heard), bootstrap_servers=bootstrap)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    async with contextlib.AsyncExitStack() as cleanup:
        await producer.start()
        cleanup.push_async_callback(producer.stop)
        await consumer.start()
        await consumer.seek_to_end()
        cleanup.push_async_callback(consumer.stop)
        channel = Outside(producer, keyring)
        tasks = [asyncio.create_task(channel.listen(consumer)), asyncio.create_task(reader.run())]
        cleanup.push_async_callback(_end, tasks)
        await channel.publish(keyring.own_announcement(), "notifications", "notifications", str(uuid4()))
        await cleanup.enter_async_context(RegistrySimulator(bootstrap, tmp_path / "registry", fingerprints, [CITIZEN]))
        await cleanup.enter_async_context(running(build(settings, keys), settings, keys))
        await eventually(lambda: _is_known(keyring))
        yield channel


def _is_known(keyring: Keyring) -> bool:
    with contextlib.suppress(KeyUnknown):
        return bool(keyring.public_key("identity"))
    return False


async def _end(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def start(number: str) -> said.StartRegistration:
    return said.StartRegistration(
        segment="individual",
        nationality="SA",
        identity_type="citizen",
        identity_number=Sealed.of(number),
        birth_date=Sealed.of(BIRTH_DATE),
        language="ar",
    )


def log_in(channel: Outside, number: str, password: str) -> said.LogIn:
    return said.LogIn(
        identity_type="citizen",
        identity_number=Sealed.of(number),
        password=Sealed.of(password),
        answer_key=channel.answer_key,
    )


async def register(outside: Outside, flow: str) -> None:
    """From the start to the link."""
    assert await outside.command(start(KNOWN), flow) == said.RegistrationStarted(next_step="confirm-otp")
    assert await outside.enter_code(flow, 1) == said.OtpConfirmed(next_step="give-contact")
    contact = said.GiveContact(
        email=Sealed.of("noura@example.com"), mobile=Sealed.of("0559876543"), password=Sealed.of(PASSWORD)
    )
    assert await outside.command(contact, flow) == said.ContactGiven(next_step="accept-terms")
    accept = said.AcceptTerms(version="2026-01", language="ar", text_hash=TERMS)
    assert await outside.command(accept, flow) == said.TermsAccepted(next_step="confirm-otp")
    assert await outside.enter_code(flow, 2) == said.OtpConfirmed(next_step="activate")


async def test_J2_J3_one_individual_signs_up_activates_signs_in_and_gives_an_address(outside: Outside) -> None:
    await register(outside, str(uuid4()))
    early = await outside.command(log_in(outside, KNOWN, PASSWORD), "s-1")
    assert isinstance(early, CommandRefused)
    ((envelope, link),) = await eventually(lambda: outside.distinct(said.ActivationLinkRequested))
    token = outside.keyring.opener(link, envelope.subject)("activation_token")
    for _ in range(2):
        accepted = await outside.command(said.ActivateUser(activation_token=Sealed.of(token)), "mail")
        assert isinstance(accepted, said.ActivationAccepted)
    logged_in = await outside.command(log_in(outside, KNOWN, PASSWORD), "s-1")
    assert isinstance(logged_in, said.LoggedIn)
    assert logged_in.expires_at > datetime.now(UTC) + timedelta(minutes=10)
    outside.token = outside.opened(logged_in, "token")
    pending = Sealed(jwe="a.b.c.d.e")
    shown = await outside.command(said.ShowAddresses(token=pending, answer_key=outside.answer_key), "s-1")
    assert [each["address_id"] for each in json.loads(outside.opened(shown, "addresses"))] == ["home"]
    saved = await outside.command(said.ChooseAddress(token=pending, address_id="home"), "s-1")
    assert saved == said.AddressSaved(next_step="define-account")
    counts = {
        kind.__name__: len(outside.distinct(kind))
        for kind in (said.UserRegistered, said.UserActivated, said.UserSignedIn, said.NationalAddressSaved)
    }
    assert counts == {"UserRegistered": 1, "UserActivated": 1, "UserSignedIn": 1, "NationalAddressSaved": 1}
    assert len(outside.distinct(said.OtpRequested)) == 2


async def test_I15_unknown_identities_are_answered_alike(outside: Outside) -> None:
    known, unknown = str(uuid4()), str(uuid4())
    answers = [await outside.command(start(number), flow) for number, flow in ((KNOWN, known), (UNKNOWN, unknown))]
    assert answers[0] == answers[1]
    await eventually(lambda: outside.distinct(said.OtpRequested), within=20)
    guess = said.ConfirmOtp(code=Sealed.of("none"))
    assert await outside.command(guess, known) == await outside.command(guess, unknown)
    wrong = [await outside.command(log_in(outside, number, PASSWORD), "s-2") for number in (KNOWN, UNKNOWN)]
    assert wrong[0] == wrong[1]
    assert isinstance(wrong[0], CommandRefused)
    assert wrong[0].public_reason == "sign-in-refused"

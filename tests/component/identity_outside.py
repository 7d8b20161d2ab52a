"""Identity at work on a real Kafka and MongoDB, with a channel, a registry, and notifications' own voice and ears."""

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from joserfc.jwk import OKPKey
from pydantic import SecretStr

from contracts import identity as said
from contracts.envelope import Envelope, from_headers, to_headers
from contracts.message import CATALOGUE, Message, Query
from contracts.notifications import OtpHandedOver
from contracts.sealed import Sealed
from contracts.topics import (
    ACCOUNTS_ANSWERS,
    IDENTITY_ANSWERS,
    IDENTITY_CODES,
    IDENTITY_CONSENTS,
    IDENTITY_EVENTS,
    IDENTITY_NOTICES,
    IDENTITY_SESSIONS,
)
from contracts.topics import CATALOGUE as TOPICS
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

BIRTH_DATE = "1410-05-12"
PASSWORD = "seven purple camels in the rain"
TERMS = hashlib.sha256(b"terms").hexdigest()

HEARD = (
    IDENTITY_ANSWERS,
    IDENTITY_CODES,
    IDENTITY_EVENTS,
    IDENTITY_NOTICES,
    IDENTITY_SESSIONS,
    IDENTITY_CONSENTS,
    ACCOUNTS_ANSWERS,
)


@dataclass
class Outside:
    """A channel, and notifications' own voice and ears."""

    producer: AIOKafkaProducer
    keyring: Keyring
    registry: RegistrySimulator
    pinned: Mapping[str, Fingerprints]
    key: OKPKey = field(default_factory=lambda: OKPKey.generate_key("X25519"))
    heard: list[tuple[Envelope, Message]] = field(default_factory=list)
    token: str = field(default="", repr=False)
    codes: int = 0

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
        first, *again = self.answers_to(message_id)  # two of them, or more: delivery is at least once
        for each in again:
            # A query is asked again, and sealed again; any other command has the same answer, seals included.
            same = self._texts(each) == self._texts(first) if isinstance(body, Query) else each == first
            assert same
        return first

    def _texts(self, body: Message) -> list[str]:
        return [type(body).type_name, *(self.opened(body, name) for name in type(body).sealed_fields)]

    async def heard_answers(self, message_id: str, count: int) -> None:
        await eventually(lambda: self.answers_to(message_id), lambda seen: len(seen) >= count, within=20)

    def answers_to(self, message_id: str) -> list[Message]:
        return [m for e, m in self.heard if e.correlation_id == message_id and m.topic is IDENTITY_ANSWERS]

    def distinct(self, kind: type[M]) -> list[tuple[Envelope, M]]:
        """What was said of a kind, copies counted once."""
        return list({e.id: (e, m) for e, m in self.heard if isinstance(m, kind)}.values())

    async def next_code(self) -> str:
        """Wait for the next code, report its hand-over twice, and read it."""
        self.codes += 1
        number = self.codes
        codes = await eventually(lambda: self.distinct(said.OtpRequested), lambda seen: len(seen) == number, within=20)
        envelope, requested = codes[-1]
        report = OtpHandedOver(otp_id=requested.otp_id, asked_by=envelope.subject)
        for _ in range(2):
            await self.publish(report, "notifications", f"delivery:{requested.otp_id}", f"sent-{requested.otp_id}")
        return self.keyring.opener(requested, envelope.subject)("code")

    async def enter_code(self, flow: str) -> Message:
        """Wait for the next code of a registration, and enter it."""
        return await self.command(said.ConfirmOtp(code=Sealed.of(await self.next_code())), flow)

    def opened(self, body: Message, name: str) -> str:
        (subject,) = {e.subject for e, heard in self.heard if heard is body}
        private = {thumbprint(self.key): self.key}
        return open_seal(getattr(body, name).jwe, private, binding_of(body.type_name, subject, name))

    async def listen(self, consumer: AIOKafkaConsumer) -> None:
        async for record in consumer:
            envelope = from_headers(record.key, record.headers)
            assert isinstance(envelope, Envelope)
            self.heard.append((envelope, CATALOGUE[envelope.type].model_validate_json(record.value)))


@contextlib.asynccontextmanager
async def identity_at_work(
    stack: Stack, folder: Path, database_name: str, people: Iterable[Person]
) -> AsyncIterator[Outside]:
    """Identity, with a registry that knows these people. Keys are made in the folder."""
    bootstrap = stack.kafka_bootstrap
    await create_topics(bootstrap, TOPICS.values())
    fingerprints = make_keys(folder)
    pinned = {service: Fingerprints(**each) for service, each in fingerprints.items()}
    settings = IdentitySettings(
        kafka_bootstrap=bootstrap,
        mongo_uri=SecretStr(stack.mongo_uri),
        database=database_name,
        keys_folder=folder / "identity",
        key_fingerprints=pinned,
        http_port=0,
        terms=json.dumps([{"version": "2026-01", "language": "ar", "text_hash": TERMS}]),  # type: ignore[arg-type]
    )
    keys = PrivateKeys.load(folder / "identity")
    keyring = Keyring("notifications", PrivateKeys.load(folder / "notifications"), pinned)
    reader = KeyReader({"bootstrap_servers": bootstrap}, keyring, ["identity"])
    consumer = AIOKafkaConsumer(*(topic.name for topic in HEARD), bootstrap_servers=bootstrap)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    async with contextlib.AsyncExitStack() as cleanup:
        await producer.start()
        cleanup.push_async_callback(producer.stop)
        await consumer.start()
        await consumer.seek_to_end()
        cleanup.push_async_callback(consumer.stop)
        registry = RegistrySimulator(bootstrap, folder / "registry", fingerprints, people)
        channel = Outside(producer, keyring, registry, pinned)
        tasks = [asyncio.create_task(channel.listen(consumer)), asyncio.create_task(reader.run())]
        cleanup.push_async_callback(_end, tasks)
        await channel.publish(keyring.own_announcement(), "notifications", "notifications", str(uuid4()))
        await cleanup.enter_async_context(registry)
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
    """Somebody with this citizen's number begins to register."""
    return said.StartRegistration(
        segment="individual",
        nationality="SA",
        identity_type="citizen",
        identity_number=Sealed.of(number),
        birth_date=Sealed.of(BIRTH_DATE),
        language="ar",
    )


def log_in(channel: Outside, number: str, password: str) -> said.LogIn:
    """Somebody logs in."""
    return said.LogIn(
        identity_type="citizen",
        identity_number=Sealed.of(number),
        password=Sealed.of(password),
        answer_key=channel.answer_key,
    )


async def register(outside: Outside, flow: str, number: str) -> None:
    """From the start to the link."""
    assert await outside.command(start(number), flow) == said.RegistrationStarted(next_step="confirm-otp")
    assert await outside.enter_code(flow) == said.OtpConfirmed(next_step="give-contact")
    contact = said.GiveContact(
        email=Sealed.of("noura@example.com"), mobile=Sealed.of("0559876543"), password=Sealed.of(PASSWORD)
    )
    assert await outside.command(contact, flow) == said.ContactGiven(next_step="accept-terms")
    accept = said.AcceptTerms(version="2026-01", language="ar", text_hash=TERMS)
    assert await outside.command(accept, flow) == said.TermsAccepted(next_step="confirm-otp")
    assert await outside.enter_code(flow) == said.OtpConfirmed(next_step="activate")


async def activate(outside: Outside, links: int = 1) -> None:
    """Open the last of so many links."""
    (*_, (envelope, link)) = await eventually(
        lambda: outside.distinct(said.ActivationLinkRequested), lambda seen: len(seen) == links
    )
    token = outside.keyring.opener(link, envelope.subject)("activation_token")
    accepted = await outside.command(said.ActivateUser(activation_token=Sealed.of(token)), "mail")
    assert isinstance(accepted, said.ActivationAccepted)


async def sign_in(outside: Outside, number: str) -> str:
    """Log in; the session's token."""
    logged_in = await outside.command(log_in(outside, number, PASSWORD), "s-1")
    assert isinstance(logged_in, said.LoggedIn)
    return outside.opened(logged_in, "token")

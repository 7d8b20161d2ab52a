"""A channel that speaks to accounts on a real Kafka and MongoDB: a person who has logged in, and identity's voice."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from joserfc.jwk import OKPKey
from pydantic import SecretStr

from contracts.decision import Customer
from contracts.envelope import Envelope, from_headers, to_headers
from contracts.message import CATALOGUE, Message
from contracts.sealed import Sealed
from contracts.topics import ACCOUNTS_ANSWERS, ACCOUNTS_EVENTS
from contracts.topics import CATALOGUE as TOPICS
from deploy.local.keys import make_keys
from deploy.local.stack import Stack
from deploy.local.stack.topics import create_topics
from services.accounts.effects import AccountsEffects
from services.accounts.kind_files import OUR_KINDS, read_kinds
from services.accounts.service import accounts_service
from services.accounts.settings import AccountsSettings
from services.chassis.key_reader import KeyReader
from services.chassis.keyring import Keyring
from services.chassis.keys import Fingerprints, KeyUnknown, PrivateKeys
from services.chassis.runtime import Engine, running
from services.chassis.sealing import binding_of, open_seal, public_jwk, thumbprint
from services.chassis.tokens import sign_session
from tests.eventually import eventually

PENDING = Sealed(jwe="a.b.c.d.e")


@dataclass
class Channel:
    """A channel with a person who has logged in, and identity's own voice."""

    producer: AIOKafkaProducer
    keyring: Keyring
    signing: OKPKey
    user_id: str = field(default_factory=lambda: f"user-{uuid4().hex}")
    actor: str | None = None
    key: OKPKey = field(default_factory=lambda: OKPKey.generate_key("X25519"))
    heard: list[tuple[Envelope, Message]] = field(default_factory=list)
    engine: Engine | None = None

    @property
    def answer_key(self) -> str:
        return public_jwk(self.key)

    async def publish(self, body: Message, source: str, subject: str, message_id: str) -> None:
        now = datetime.now(UTC)
        sealed = self.keyring.seal_fields(body, subject)
        envelope = Envelope(message_id, source, body.type_name, subject, now)
        value = sealed.model_dump_json().encode()
        await self.producer.send_and_wait(body.topic.name, value, key=subject.encode(), headers=to_headers(envelope))

    async def command(self, body: Any, flow: str, as_user: str | None = None) -> Message:
        """Send a command twice; its one answer, which is given again to the second."""
        customer = Customer(as_user or self.user_id, "session-1", "web", None if as_user else self.actor)
        now = datetime.now(UTC)
        token = sign_session(self.signing, customer, now - timedelta(seconds=5), now + timedelta(minutes=5))
        body = body.model_copy(update={"token": Sealed.of(token)})
        message_id = str(uuid4())
        sealed = self.keyring.seal_fields(body, flow)
        for copies in (1, 2):
            await self.publish(sealed, "web", flow, message_id)
            await self.heard_answers(message_id, copies)
        first, *again = (body for _, body in self.answers_to(message_id))  # or more: delivery is at least once
        assert all(type(each) is type(first) for each in again)
        assert first.sealed_fields or all(each == first for each in again)
        return first

    async def heard_answers(self, message_id: str, count: int) -> None:
        await eventually(lambda: self.answers_to(message_id), lambda seen: len(seen) >= count, within=20)

    def answers_to(self, message_id: str) -> list[tuple[Envelope, Message]]:
        return [
            (envelope, body)
            for envelope, body in self.heard
            if envelope.correlation_id == message_id and body.topic is ACCOUNTS_ANSWERS
        ]

    def events(self, kind: type[Message]) -> list[Message]:
        """Events about this person, each counted once by its id."""
        by_id = {e.id: body for e, body in self.heard if isinstance(body, kind)}
        return [body for body in by_id.values() if getattr(body, "user_id", None) == self.user_id]

    def opened(self, body: Message, name: str) -> Any:
        (envelope,) = {e.subject for e, heard in self.heard if heard is body}
        private = {thumbprint(self.key): self.key}
        text = open_seal(getattr(body, name).jwe, private, binding_of(body.type_name, envelope, name))
        return json.loads(text)

    async def listen(self, consumer: AIOKafkaConsumer) -> None:
        async for record in consumer:
            envelope = from_headers(record.key, record.headers)
            assert isinstance(envelope, Envelope)
            message = CATALOGUE.get(envelope.type)
            if message is not None:
                self.heard.append((envelope, message.model_validate_json(record.value)))


@contextlib.asynccontextmanager
async def open_channel(stack: Stack, folder: Path, database: str, **settings: Any) -> AsyncIterator[Channel]:
    """Accounts at work with these settings, and a channel beside it. `folder`: for the keys of everybody."""
    bootstrap = stack.kafka_bootstrap
    await create_topics(bootstrap, TOPICS.values())
    pinned = {service: Fingerprints(**each) for service, each in make_keys(folder).items()}
    given = AccountsSettings(
        kafka_bootstrap=bootstrap,
        mongo_uri=SecretStr(stack.mongo_uri),
        database=database,
        keys_folder=folder / "accounts",
        key_fingerprints=pinned,
        http_port=0,
        **settings,
    )
    keys = PrivateKeys.load(folder / "accounts")
    service = accounts_service(given, AccountsEffects(keys.hash_key, read_kinds(OUR_KINDS)))
    identity = PrivateKeys.load(folder / "identity")
    assert identity.signing is not None
    keyring = Keyring("identity", identity, pinned)
    reader = KeyReader({"bootstrap_servers": bootstrap}, keyring, ["accounts"])
    consumer = AIOKafkaConsumer(ACCOUNTS_ANSWERS.name, ACCOUNTS_EVENTS.name, bootstrap_servers=bootstrap)
    async with contextlib.AsyncExitStack() as cleanup:
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
        await producer.start()
        cleanup.push_async_callback(producer.stop)
        await consumer.start()
        await consumer.seek_to_end()
        cleanup.push_async_callback(consumer.stop)
        channel = Channel(producer, keyring, identity.signing)
        tasks = [asyncio.create_task(channel.listen(consumer)), asyncio.create_task(reader.run())]
        cleanup.push_async_callback(ended, tasks)
        await channel.publish(keyring.own_announcement(), "identity", "identity", str(uuid4()))
        channel.engine = await cleanup.enter_async_context(running(service, given, keys))
        await eventually(lambda: _is_known(keyring))
        yield channel


def _is_known(keyring: Keyring) -> bool:
    with contextlib.suppress(KeyUnknown):
        return bool(keyring.public_key("accounts"))
    return False


async def ended(tasks: list[asyncio.Task[Any]]) -> None:
    """Cancels these tasks and waits for their end."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

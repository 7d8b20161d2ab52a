"""Accounts on a real Kafka and MongoDB: one person defines an account; every command and every event is sent twice."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from joserfc.jwk import OKPKey
from pydantic import SecretStr

from contracts import accounts
from contracts.accounts import AccountDefined, DefinitionCompleted, DuesShown, TransferAccepted, TransferRequested
from contracts.decision import Customer
from contracts.envelope import Envelope, from_headers, to_headers
from contracts.identity import NationalAddressSaved
from contracts.message import CATALOGUE, CommandRefused, Message
from contracts.sealed import Sealed
from contracts.topics import ACCOUNTS_ANSWERS, ACCOUNTS_EVENTS
from contracts.topics import CATALOGUE as TOPICS
from deploy.local.keys import make_keys
from deploy.local.neighbours.billing import BillingSimulator
from deploy.local.stack import Stack
from deploy.local.stack.topics import create_topics
from services.accounts.effects import AccountsEffects
from services.accounts.service import accounts_service
from services.accounts.service_terms import CURRENT_VERSION, text_hash
from services.accounts.settings import AccountsSettings
from services.chassis.key_reader import KeyReader
from services.chassis.keyring import Keyring
from services.chassis.keys import Fingerprints, KeyUnknown, PrivateKeys
from services.chassis.runtime import running
from services.chassis.sealing import binding_of, open_seal, public_jwk, thumbprint
from services.chassis.tokens import sign_session
from tests.eventually import eventually

ACCOUNT, UNKNOWN_ACCOUNT = "30012345678", "30099999999"
PENDING = Sealed(jwe="a.b.c.d.e")


@dataclass
class Channel:
    """A channel with a person who has logged in, and identity's own voice."""

    producer: AIOKafkaProducer
    keyring: Keyring
    signing: OKPKey
    user_id: str = field(default_factory=lambda: f"user-{uuid4().hex}")
    key: OKPKey = field(default_factory=lambda: OKPKey.generate_key("X25519"))
    heard: list[tuple[Envelope, Message]] = field(default_factory=list)

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
        customer = Customer(as_user or self.user_id, "session-1", "web")
        now = datetime.now(UTC)
        token = sign_session(self.signing, customer, now - timedelta(seconds=5), now + timedelta(minutes=5))
        body = body.model_copy(update={"token": Sealed.of(token)})
        message_id = str(uuid4())
        sealed = self.keyring.seal_fields(body, flow)
        for copies in (1, 2):
            await self.publish(sealed, "web", flow, message_id)
            await self.heard_answers(message_id, copies)
        first, second = (body for _, body in self.answers_to(message_id))
        assert type(first) is type(second)
        assert first.sealed_fields or first == second
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


@pytest.fixture
async def channel(stack: Stack, tmp_path: Path, database_name: str) -> AsyncIterator[Channel]:
    """Accounts at work, and a channel whose person has just saved their address."""
    bootstrap = stack.kafka_bootstrap
    await create_topics(bootstrap, TOPICS.values())
    pinned = {service: Fingerprints(**each) for service, each in make_keys(tmp_path).items()}
    settings = AccountsSettings(
        kafka_bootstrap=bootstrap,
        mongo_uri=SecretStr(stack.mongo_uri),
        database=database_name,
        keys_folder=tmp_path / "accounts",
        key_fingerprints=pinned,
        http_port=0,
        dues_wait_s=2,
    )
    keys = PrivateKeys.load(tmp_path / "accounts")
    service = accounts_service(settings, AccountsEffects(keys.hash_key))
    identity = PrivateKeys.load(tmp_path / "identity")
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
        cleanup.push_async_callback(_end, tasks)
        await channel.publish(keyring.own_announcement(), "identity", "identity", str(uuid4()))
        await cleanup.enter_async_context(running(service, settings, keys))
        await eventually(lambda: _is_known(keyring))
        yield channel


def _is_known(keyring: Keyring) -> bool:
    with contextlib.suppress(KeyUnknown):
        return bool(keyring.public_key("accounts"))
    return False


async def _end(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def define(channel: Channel, flow: str, identifier: str = ACCOUNT) -> Message:
    """All steps of a definition; the answer to the last."""
    steps: list[Any] = [
        accounts.StartDefinition(token=PENDING, relation="owner"),
        accounts.AddAccount(token=PENDING, identifier_kind="account-number", identifier=identifier),
        accounts.ConfirmReview(token=PENDING),
        accounts.DeclareBeneficiary(token=PENDING, is_actual_beneficiary=True),
        accounts.ShowDues(token=PENDING),
        accounts.AcceptServiceTerms(
            token=PENDING, version=CURRENT_VERSION, language="ar", text_hash=text_hash(CURRENT_VERSION, "ar") or ""
        ),
    ]
    for step in steps:
        answer = await channel.command(step, flow)
        assert not isinstance(answer, CommandRefused), answer
    return await channel.command(accounts.CompleteDefinition(token=PENDING), flow)


async def test_A7_one_person_defines_an_account_and_asks_for_its_transfer(channel: Channel, stack: Stack) -> None:
    for _ in range(2):
        saved = NationalAddressSaved(user_id=channel.user_id, region=1)
        await channel.publish(saved, "identity", f"user:{channel.user_id}", "address-" + channel.user_id)
    async with BillingSimulator(stack.kafka_bootstrap, [ACCOUNT]):
        flow = str(uuid4())
        completed = await define(channel, flow)
        assert isinstance(completed, DefinitionCompleted)
        review = accounts.ReviewDefinition(token=PENDING, answer_key=channel.answer_key)
        reviewed = channel.opened(await channel.command(review, flow), "review")
        assert reviewed == {"relation": "owner", "identifier_kind": "account-number", "identifier": ACCOUNT}
        again = await define(channel, str(uuid4()))
        assert isinstance(again, CommandRefused)
        assert again.public_reason == "already-defined"
        transfer = accounts.RequestTransfer(token=PENDING, reference=completed.reference.lower())
        accepted = await channel.command(transfer, "session-1")
        assert isinstance(accepted, TransferAccepted)
        assert accepted.reference != completed.reference
    inquiry = accounts.InquireReference(token=PENDING, answer_key=channel.answer_key, reference=completed.reference)
    found = channel.opened(await channel.command(inquiry, "session-1"), "inquiry")
    assert found["definition"]["state"] == "defined"
    assert [each["reference"] for each in found["requests"]] == [accepted.reference]
    assert len(channel.events(AccountDefined)) == len(channel.events(TransferRequested)) == 1


async def test_A8_to_another_person_nothing_exists(channel: Channel, stack: Stack) -> None:
    flow, other = str(uuid4()), f"user-{uuid4().hex}"
    async with BillingSimulator(stack.kafka_bootstrap, [ACCOUNT]):
        completed = await define(channel, flow)
    assert isinstance(completed, DefinitionCompleted)
    confirm = accounts.ConfirmReview(token=PENDING)
    theirs = await channel.command(confirm, flow, as_user=other)
    nobodys = await channel.command(confirm, str(uuid4()), as_user=other)
    assert theirs == nobodys
    envelopes = [e for e, body in channel.heard if body in (theirs, nobodys)]
    assert {(e.subject == e.causation_id, e.sequence) for e in envelopes} == {(True, None)}
    inquiry = accounts.InquireReference(token=PENDING, answer_key=channel.answer_key, reference=completed.reference)
    refused = await channel.command(inquiry, "session-2", as_user=other)
    never_issued = await channel.command(inquiry.model_copy(update={"reference": "nonsense"}), "s-2", as_user=other)
    assert isinstance(refused, CommandRefused)
    assert refused == never_issued
    assert refused.public_reason == "reference-not-found"


async def test_J3_a_silent_billing_an_unknown_account_and_another_try(channel: Channel, stack: Stack) -> None:
    flow = str(uuid4())
    for step in (
        accounts.StartDefinition(token=PENDING, relation="tenant"),
        accounts.AddAccount(token=PENDING, identifier_kind="account-number", identifier=UNKNOWN_ACCOUNT),
        accounts.ConfirmReview(token=PENDING),
        accounts.DeclareBeneficiary(token=PENDING, is_actual_beneficiary=True),
    ):
        await channel.command(step, flow)
    async with BillingSimulator(stack.kafka_bootstrap, [ACCOUNT]) as billing:
        billing.go_away()
        silent = await channel.command(accounts.ShowDues(token=PENDING), flow)
        assert isinstance(silent, CommandRefused)
        assert (silent.public_reason, silent.missing_step) == ("not-available-now", "show-dues")
        billing.come_back()
        unknown = await channel.command(accounts.ShowDues(token=PENDING), flow)
        assert isinstance(unknown, CommandRefused)
        assert (unknown.public_reason, unknown.missing_step) == ("account-number-not-accepted", "add-account")
        for step in (
            accounts.AddAccount(token=PENDING, identifier_kind="account-number", identifier=ACCOUNT),
            accounts.ConfirmReview(token=PENDING),
            accounts.DeclareBeneficiary(token=PENDING, is_actual_beneficiary=True),
        ):
            await channel.command(step, flow)
        shown = await channel.command(accounts.ShowDues(token=PENDING), flow)
        assert isinstance(shown, DuesShown)
        assert shown.total_halalas == sum(due.amount_halalas for due in shown.dues)

"""Notifications on a real Kafka and MongoDB, with the gateway and the relay: every message comes twice."""

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import CommitFailedError
from pydantic import SecretStr

from contracts import accounts, identity, notifications, reports, topics
from contracts.catalogue import CATALOGUE
from contracts.envelope import Envelope, from_headers, to_headers
from contracts.keys import ServiceKeysPublished
from contracts.message import Message
from contracts.sealed import Sealed
from deploy.local.client import Client
from deploy.local.keys import make_keys
from deploy.local.neighbours.mail_sink import MailSink
from deploy.local.neighbours.sms_gateway import SmsGateway
from deploy.local.stack import Stack
from deploy.local.stack.topics import create_topics
from deploy.local.watch import Watch, partitions_of
from services.chassis.keyring import Keyring
from services.chassis.keys import Fingerprints, PrivateKeys
from services.chassis.runtime import Engine, running
from services.chassis.service import Lane
from services.notifications.__main__ import at_start, build
from services.notifications.notice import USE
from services.notifications.service import LANES
from services.notifications.settings import NotificationsSettings
from tests.eventually import eventually

M = TypeVar("M", bound=Message)

APP_SID, CARE, EMAIL, MOBILE = "app-sid", "care@power.example", "noura@example.com", "+966501234567"
DEAD_LETTERS = topics.DEAD_LETTERS["notifications"]
SPOKEN = {topic.name for topic in (topics.NOTIFICATIONS_CODES, topics.NOTIFICATIONS_EVENTS, DEAD_LETTERS)}


@dataclass
class Outside:
    """Notifications at work, the other services' voices, the gateway, the relay, and a channel."""

    engine: Engine
    producer: AIOKafkaProducer
    keyring: Keyring
    gateway: SmsGateway
    mails: MailSink
    client: Client
    ears: AIOKafkaConsumer
    since: Mapping[TopicPartition, int]
    user_id: str = field(default_factory=lambda: f"user-{uuid4().hex}")
    sequences: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    async def tell_twice(self, body: Message, subject: str | None = None) -> None:
        """A message as the service it belongs to says it: the very same bytes, id and sequence, two times."""
        subject, topic = subject or f"user:{self.user_id}", body.topic.name
        stream = (body.service, subject, topic)
        self.sequences[stream] += 1
        now, sequence = datetime.now(UTC), self.sequences[stream]
        envelope = Envelope(str(uuid4()), body.service, body.type_name, subject, now, sequence=sequence)
        value = self.keyring.seal_fields(body, subject).model_dump_json().encode()
        for _ in range(2):
            await self.producer.send_and_wait(topic, value, key=subject.encode(), headers=to_headers(envelope))

    async def is_quiet(self) -> bool:
        """Whether every record on every lane is decided and committed, and no call is under way."""
        lanes = partitions_of({lane.topic.name for lane in LANES}.__contains__)
        ends = await self.ears.end_offsets(lanes)
        done = {(topic, partition): offset for (_, topic, partition), offset in (await self.engine.committed()).items()}
        await self.engine.desk.finish(limit_s=20)
        nothing_new = await self.ears.end_offsets(lanes) == ends
        return nothing_new and all(done[tp.topic, tp.partition] >= end for tp, end in ends.items())

    async def said(self) -> list[Message]:
        """All that notifications has said since it began, each once by its id, dead letters among it."""
        ends = await self.ears.end_offsets(list(self.since))
        self.ears.assign(list(self.since))
        for tp, offset in self.since.items():
            self.ears.seek(tp, offset)
        found: dict[str, Message] = {}
        while any([await self.ears.position(tp) < end for tp, end in ends.items()]):
            for records in (await self.ears.getmany(timeout_ms=50)).values():
                for record in records:
                    envelope = from_headers(record.key, record.headers)
                    assert isinstance(envelope, Envelope)
                    found[envelope.id] = CATALOGUE[envelope.type].model_validate_json(record.value or b"")
        return list(found.values())


def of_kind(said: list[Message], kind: type[M]) -> list[M]:
    return [body for body in said if isinstance(body, kind)]


def on_topic(said: list[Message], topic: topics.Topic) -> list[Message]:
    return [body for body in said if body.topic is topic]


@pytest.fixture
async def outside(stack: Stack, tmp_path: Path, database_name: str) -> AsyncIterator[Outside]:
    """Notifications at work, from the present ends of its lanes on."""
    bootstrap = stack.kafka_bootstrap
    await create_topics(bootstrap, topics.CATALOGUE.values())
    fingerprints = make_keys(tmp_path)
    pinned = {service: Fingerprints(**each) for service, each in fingerprints.items()}
    keys = PrivateKeys.load(tmp_path / "notifications")
    keyring = Keyring("identity", PrivateKeys.load(tmp_path / "identity"), pinned)
    announced = Keyring("notifications", keys, pinned).own_announcement()
    assert isinstance(announced, ServiceKeysPublished)
    assert keyring.learn("notifications", announced)
    async with contextlib.AsyncExitStack() as cleanup:
        gateway = await cleanup.enter_async_context(SmsGateway(app_sid=APP_SID, seconds_to_receipt=600))
        mails = await cleanup.enter_async_context(MailSink())
        given = {"kafka_bootstrap": bootstrap, "mongo_uri": SecretStr(stack.mongo_uri), "database": database_name}
        settings = _settings(given, tmp_path / "notifications", pinned, gateway, mails)
        producer = await cleanup.enter_async_context(AIOKafkaProducer(bootstrap_servers=bootstrap))
        ears = await cleanup.enter_async_context(AIOKafkaConsumer(bootstrap_servers=bootstrap))
        for lane in LANES:
            await eventually(partial(_begins_here, bootstrap, lane), bool, within=30)
        since = await ears.end_offsets(partitions_of(SPOKEN.__contains__))
        watch = await cleanup.enter_async_context(Watch(bootstrap))
        service = build(settings, keys)
        await cleanup.enter_async_context(service.effects)
        engine = await cleanup.enter_async_context(running(service, settings, keys, at_start=at_start(settings)))
        client = Client("web", producer, watch, fingerprints)
        yield Outside(engine, producer, keyring, gateway, mails, client, ears, since)


def _settings(
    given: dict[str, Any], keys_folder: Path, pinned: Mapping[str, Fingerprints], gateway: SmsGateway, mails: MailSink
) -> NotificationsSettings:
    return NotificationsSettings(
        **given,
        keys_folder=keys_folder,
        key_fingerprints=pinned,
        http_port=0,
        sms_url=gateway.url,
        sms_app_sid=SecretStr(APP_SID),
        sms_sender="Hesabi",
        receipts_url="http://127.0.0.1:9",
        receipts_secret=SecretStr("s" * 32),
        smtp_host="127.0.0.1",
        smtp_port=mails.port,
        smtp_starttls=False,
        mail_from="no-reply@power.example",
        contact_email=CARE,
        pages_url="https://hesabi.example",
    )


async def _begins_here(bootstrap: str, lane: Lane) -> bool:
    """What others left on a lane, sealed to other keys, is none of this test's; False while the group still lives."""
    group = f"notifications.{lane.name}"
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(partitions_of(lane.topic.name.__eq__))
        await consumer.commit(await consumer.end_offsets(consumer.assignment()))
    except CommitFailedError:
        return False
    finally:
        await consumer.stop()
    return True


def code(hand_over_by: datetime) -> identity.OtpRequested:
    return identity.OtpRequested(
        otp_id=str(uuid4()),
        purpose="confirm-mobile",
        mobile=Sealed.of(MOBILE),
        code=Sealed.of("482913"),
        language="ar",
        issued_at=hand_over_by - timedelta(seconds=90),
        hand_over_by=hand_over_by,
        valid_until=hand_over_by + timedelta(seconds=60),
    )


def news(user_id: str) -> list[Message]:
    """Whatever identity, accounts and reports say of one person."""
    now, number, first, second = datetime.now(UTC), "30012345678", "7K3M-0QXZ-91TC", "8K3M-0QXZ-91TC"
    whose = {"user_id": user_id, "account_number": number, "relation": "owner"}
    moved = {**whose, "definition_reference": first, "reference": second, "requested_at": now}
    defined = {**whose, "is_actual_beneficiary": True, "reference": first, "defined_at": now}
    link = {"user_id": user_id, "language": "ar", "email": Sealed.of(EMAIL), "activation_token": Sealed.of("token")}
    made = {"user_id": user_id, "report_id": str(uuid4()), "kind": "consumption", "account_number": number}
    return [
        identity.ActivationLinkRequested.model_validate({**link, "valid_until": now + timedelta(hours=1)}),
        identity.ContactProven(user_id=user_id, email=Sealed.of(EMAIL), mobile=Sealed.of(MOBILE), language="ar"),
        identity.UserActivated(user_id=user_id, text_ar="تم", text_en="Done"),
        identity.UserSignedIn(user_id=user_id, channel="web", signed_in_at=now),
        accounts.AccountDefined.model_validate(defined),
        accounts.TransferRequested.model_validate(moved),
        reports.ReportMade.model_validate({**made, "made_at": now}),
    ]


async def test_N3_N10_J3_every_message_that_comes_twice_is_sent_and_told_once(outside: Outside) -> None:
    asked = code(datetime.now(UTC) + timedelta(seconds=90))
    await outside.tell_twice(asked, "registration:1")
    for body in news(outside.user_id):
        await outside.tell_twice(body)
    await eventually(lambda: len(outside.gateway.ledger.bills) >= 7 and len(outside.mails.taken) >= 6, within=30)
    await eventually(outside.is_quiet, bool, within=30)
    said = await outside.said()
    assert on_topic(said, DEAD_LETTERS) == []
    handed_over = of_kind(said, notifications.MessageHandedOver)
    by_sms = {each.message_id: each.template for each in handed_over if each.channel == "sms"}
    by_mail = {each.message_id: each.template for each in handed_over if each.channel == "email"}
    assert len(handed_over) == len(by_sms) + len(by_mail)
    assert sorted(by_sms.values()) == sorted([*USE, "confirm-mobile-code"])
    assert sorted(by_mail.values()) == sorted(USE)
    assert sorted(bill.correlation_id for bill in outside.gateway.ledger.bills) == sorted(by_sms)  # one bill each
    assert {bill.recipient for bill in outside.gateway.ledger.bills} == {MOBILE.removeprefix("+")}
    assert "482913" in outside.gateway.ledger.bills_of(asked.otp_id)[0].body
    taken = [str(each.message["Message-ID"]) for each in outside.mails.taken]
    assert sorted(taken) == sorted(f"<{message_id}@power.example>" for message_id in by_mail)
    told = notifications.OtpHandedOver(otp_id=asked.otp_id, asked_by="registration:1")
    assert on_topic(said, topics.NOTIFICATIONS_CODES) == [told]


async def test_N2_N10_a_code_past_its_hand_over_is_never_sent_and_told_once(outside: Outside) -> None:
    late = code(datetime.now(UTC) - timedelta(seconds=1))  # N2: its life has not ended, its hand-over has
    await outside.tell_twice(late, "registration:2")
    await eventually(outside.is_quiet, bool, within=30)
    said = await outside.said()
    told = notifications.OtpNotHandedOver(otp_id=late.otp_id, asked_by="registration:2", reason="expired")
    assert on_topic(said, topics.NOTIFICATIONS_CODES) == [told]
    expired = notifications.MessageExpired(message_id=late.otp_id, template="confirm-mobile-code", channel="sms")
    assert of_kind(said, notifications.MessageExpired) == [expired]
    assert outside.gateway.ledger.requests == 0
    assert on_topic(said, DEAD_LETTERS) == []


async def test_N9_J3_contact_channels_are_answered_and_the_same_again(outside: Outside) -> None:
    given = await outside.client.ask(notifications.AskContactChannels(), key="session-1")
    assert given.body == notifications.ContactChannelsGiven(
        customer_line="92000222", technical_support="920001100", emergency="933", email=CARE
    )
    await outside.client.send_bytes(given.sent)
    again = await outside.client.answer(given.sent, number=2)
    assert again.body == given.body  # nothing is recorded of a question: it is answered anew, and alike
    await eventually(outside.is_quiet, bool, within=30)
    said = await outside.said()
    assert len(of_kind(said, notifications.ContactChannelsPublished)) == 1
    assert on_topic(said, DEAD_LETTERS) == []

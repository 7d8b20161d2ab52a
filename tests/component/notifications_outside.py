"""Notifications at work on a real Kafka and MongoDB, with other services, gateway, relay and channel round it."""

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import CommitFailedError
from pydantic import SecretStr

from contracts import topics
from contracts.catalogue import CATALOGUE
from contracts.envelope import Envelope, from_headers, to_headers
from contracts.keys import ServiceKeysPublished
from contracts.message import Message
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
    watch: Watch
    operator: Client
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

    async def say_again(self, *spoken: topics.Topic) -> int:
        """Every record that these topics have had, the same bytes once more; returns how many."""
        names = {topic.name for topic in spoken}
        seen = [each for each in self.watch.seen if each.topic in names]
        for each in seen:
            key, headers = each.envelope.subject.encode(), to_headers(each.envelope)
            await self.producer.send_and_wait(each.topic, each.value, key=key, headers=headers)
        return len(seen)

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


@contextlib.asynccontextmanager
async def notifications_at_work(
    stack: Stack, folder: Path, database_name: str, changed: Callable[[], Mapping[str, Any]] = dict
) -> AsyncIterator[Outside]:
    """Notifications at work, from the present ends of its lanes on. `changed()` gives settings other than the tests'
    own; it is asked just before the start."""
    bootstrap = stack.kafka_bootstrap
    await create_topics(bootstrap, topics.CATALOGUE.values())
    fingerprints = make_keys(folder)
    pinned = {service: Fingerprints(**each) for service, each in fingerprints.items()}
    keys = PrivateKeys.load(folder / "notifications")
    keyring = Keyring("identity", PrivateKeys.load(folder / "identity"), pinned)
    announced = Keyring("notifications", keys, pinned).own_announcement()
    assert isinstance(announced, ServiceKeysPublished)
    assert keyring.learn("notifications", announced)
    async with contextlib.AsyncExitStack() as cleanup:
        gateway = await cleanup.enter_async_context(SmsGateway(app_sid=APP_SID, seconds_to_receipt=600))
        mails = await cleanup.enter_async_context(MailSink())
        given = {"kafka_bootstrap": bootstrap, "mongo_uri": SecretStr(stack.mongo_uri), "database": database_name}
        producer = await cleanup.enter_async_context(AIOKafkaProducer(bootstrap_servers=bootstrap))
        ears = await cleanup.enter_async_context(AIOKafkaConsumer(bootstrap_servers=bootstrap))
        for lane in LANES:
            await eventually(partial(_begins_here, bootstrap, lane), bool, within=30)
        since = await ears.end_offsets(partitions_of(SPOKEN.__contains__))
        watch = await cleanup.enter_async_context(Watch(bootstrap))
        settings = _settings({**given, **changed()}, folder / "notifications", pinned, gateway, mails)
        service = build(settings, keys)
        engine = await cleanup.enter_async_context(running(service, settings, keys, at_start=at_start(settings)))
        client = Client("web", producer, watch, fingerprints)
        operator = Client("operators", producer, watch, fingerprints)
        yield Outside(engine, producer, keyring, gateway, mails, client, ears, since, watch, operator)


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

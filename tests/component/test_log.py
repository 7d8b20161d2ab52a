"""Kafka through `KafkaPublisher` and `KafkaLane` passes the same suite as the fake."""

import contextlib
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from contracts.topics import ACCOUNTS_COMMANDS
from deploy.local.stack import Stack
from deploy.local.stack.topics import create_topics
from services.chassis.acknowledged import Acknowledged
from services.chassis.document import Record
from services.chassis.group_start import begin_at_the_beginning
from services.chassis.lane import KafkaLane, Settle
from services.chassis.lane_broker import LaneBroker
from services.chassis.metrics import Metrics
from services.chassis.observer import ServiceObserver
from services.chassis.publisher import KafkaPublisher, PublishFailed
from services.chassis.service import Lane
from services.chassis.start_check import TopicsUnfit
from tests.component.test_stack import Topic
from tests.eventually import eventually
from tests.log_suite import MOST, PARTITIONS, GroupSuite, LogSuite


class KafkaUnderTest:
    """One topic and one group of the test's own."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.connection: dict[str, Any] = {"bootstrap_servers": bootstrap}
        self.topic = replace(ACCOUNTS_COMMANDS, name=prefix + "log", partitions=PARTITIONS)
        self.prefix = prefix
        self.stamps: list[int] = []
        self.publisher = KafkaPublisher(self.connection, lambda stamp, _: self.stamps.append(stamp))

    async def publish(self, records: Sequence[Record]) -> None:
        await self.publisher([r._replace(topic=self.topic.name) for r in records])

    async def committed(self) -> dict[int, int]:
        admin = AIOKafkaAdminClient(**self.connection)
        await admin.start()
        try:
            found = await admin.list_consumer_group_offsets(f"{self.prefix}.ordinary")
        finally:
            await admin.close()
        return {tp.partition: metadata.offset for tp, metadata in found.items() if metadata.offset >= 0}

    @contextlib.asynccontextmanager
    async def member(
        self, settle: Settle, after: Any = lambda _: None, name: str | None = None, *, falls: bool = False
    ) -> AsyncIterator[KafkaLane]:
        observer = ServiceObserver(Metrics(), structlog.get_logger())
        lane = KafkaLane(self.prefix, Lane("ordinary", self.topic, most=MOST), settle, after, Acknowledged(), observer)
        broker = LaneBroker(
            self.connection["bootstrap_servers"],
            allow_auto_create_topics=False,
            apply_types=False,
            logger=None,
            graceful_timeout=0.1,
        )
        await begin_at_the_beginning(self.connection, lane.group, self.topic)
        lane.attach(broker, name)
        await broker.start()
        try:
            yield lane
        finally:
            if falls:
                self._coordinator(lane).generation = -1  # who has none says no good-bye
            await broker.stop()

    def dealt(self, lane: KafkaLane) -> int:
        return int(self._coordinator(lane).generation)

    def _coordinator(self, lane: KafkaLane) -> Any:
        consumer: Any = lane.consumer
        return consumer._coordinator


@pytest.fixture
async def log(stack: Stack, topic_prefix: str) -> AsyncIterator[KafkaUnderTest]:
    kafka = KafkaUnderTest(stack.kafka_bootstrap, topic_prefix.rstrip("-"))
    await create_topics(stack.kafka_bootstrap, [kafka.topic])
    yield kafka
    await kafka.publisher.close()


class TestKafka(LogSuite, GroupSuite):
    """Every promise, on Kafka."""


async def test_trap_17_nothing_comes_onto_the_log_behind_a_batch_that_was_refused(
    stack: Stack, topic_prefix: str
) -> None:
    """Readers would take what is published again for duplicates: its numbers are below those that came through."""
    topic = Topic(topic_prefix + "narrow", partitions=1, config={"max.message.bytes": "100000"})
    await create_topics(stack.kafka_bootstrap, [topic])
    sending = KafkaPublisher({"bootstrap_servers": stack.kafka_bootstrap}, lambda *_: None)
    # Two batches of the client's: the first is too large for this topic, the second is not.
    outbox = [Record(topic.name, b"k", random.randbytes(9_000), []) for _ in range(20)]
    try:
        with pytest.raises(PublishFailed):
            await sending(outbox)
    finally:
        await sending.close()
    place = TopicPartition(topic.name, 0)
    async with AIOKafkaConsumer(bootstrap_servers=stack.kafka_bootstrap) as consumer:
        assert await consumer.end_offsets([place]) == {place: 0}


async def test_trap_18_a_group_whose_members_read_another_topic_is_not_joined(log: KafkaUnderTest) -> None:
    """A release that has moved a lane to a new topic would find no offset there, and stand still."""

    async def settle(*_: Any) -> None:
        """Nothing is sent."""

    moved = replace(log.topic, name=log.topic.name + "-moved")
    await create_topics(log.connection["bootstrap_servers"], [moved])
    async with log.member(settle) as lane:
        await eventually(lambda: lane.consumer is not None and lane.consumer.assignment())
        await begin_at_the_beginning(log.connection, lane.group, log.topic)
        with pytest.raises(TopicsUnfit, match="another topic"):
            await begin_at_the_beginning(log.connection, lane.group, moved)
    await begin_at_the_beginning(log.connection, lane.group, moved)

"""The local stack is a real Kafka and a real MongoDB, survives what tests do to it, and leaves nothing behind."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError
from motor.motor_asyncio import AsyncIOMotorClient

import contracts.topics
from contracts.topics import ACCOUNTS_COMMANDS, METERING_READINGS
from deploy.local.stack import Stack, running_stack
from deploy.local.stack.kafka import kafka_answers
from deploy.local.stack.running import KAFKA_ADDRESS, MONGO_ADDRESS, RUNS, WAY
from deploy.local.stack.topics import create_topics
from tests.eventually import eventually

LOG_APPEND_TIME = 1
LONG_AGO = 1_000_000_000_000  # ms


@dataclass(frozen=True)
class Topic:
    name: str
    partitions: int = 2
    config: Mapping[str, str] = field(default_factory=lambda: {"message.timestamp.type": "LogAppendTime"})


@pytest.fixture
async def own_stack(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stack]:
    """A stack that only this test breaks, whatever addresses the environment gives."""
    for name in (KAFKA_ADDRESS, MONGO_ADDRESS):
        monkeypatch.delenv(name, raising=False)
    async with running_stack() as running:
        yield running


async def produce(stack: Stack, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=stack.kafka_bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic, value, key=b"k", timestamp_ms=LONG_AGO)


async def first_record(stack: Stack, topic: str) -> Any:
    settings = {"bootstrap_servers": stack.kafka_bootstrap, "auto_offset_reset": "earliest"}
    async with AIOKafkaConsumer(topic, **settings) as consumer, asyncio.timeout(20):
        return await consumer.getone()


def collection(stack: Stack, database_name: str) -> tuple[AsyncIOMotorClient[dict[str, Any]], Any]:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(stack.mongo_uri, w="majority", journal=True)
    return client, client[database_name]["things"]


async def test_a_record_bears_the_broker_s_time(stack: Stack, topic_prefix: str) -> None:
    topic = Topic(topic_prefix + "stamped")
    await create_topics(stack.kafka_bootstrap, [topic])
    await produce(stack, topic.name, b"v")
    record = await first_record(stack, topic.name)
    assert (record.key, record.value, record.timestamp_type) == (b"k", b"v", LOG_APPEND_TIME)
    assert record.timestamp > LONG_AGO


@pytest.mark.parametrize(("topic", "is_taken"), [(ACCOUNTS_COMMANDS, False), (METERING_READINGS, True)])
async def test_law7_a_batch_that_unpacks_to_more_than_a_record_may_be_is_refused_where_channels_write(
    stack: Stack, topic_prefix: str, topic: contracts.topics.Topic, is_taken: bool
) -> None:
    """The broker looks at what it stores: a packed batch of 40 KB is small to it, whatever comes out of it."""
    like = Topic(topic_prefix + topic.name, config=topic.config)
    await create_topics(stack.kafka_bootstrap, [like])
    limit = 16 * 1024 * 1024
    packs = AIOKafkaProducer(bootstrap_servers=stack.kafka_bootstrap, compression_type="lz4", max_request_size=limit)
    async with packs:
        refused = contextlib.nullcontext() if is_taken else pytest.raises(MessageSizeTooLargeError)
        with refused:
            await packs.send_and_wait(like.name, bytes(limit // 2), key=b"k")
        await packs.send_and_wait(like.name, b"v", key=b"k")
    assert (await first_record(stack, like.name)).value == (bytes(limit // 2) if is_taken else b"v")


async def test_topics_are_created_once_as_asked(stack: Stack, topic_prefix: str) -> None:
    wanted = [Topic(topic_prefix + "one"), Topic(topic_prefix + "two", partitions=3)]
    await create_topics(stack.kafka_bootstrap, wanted[:1])
    await create_topics(stack.kafka_bootstrap, wanted)
    async with AIOKafkaConsumer(*(each.name for each in wanted), bootstrap_servers=stack.kafka_bootstrap) as consumer:
        partitions = [len(consumer.partitions_for_topic(each.name) or ()) for each in wanted]
    assert partitions == [2, 3]


async def test_a_majority_write_is_read_back(stack: Stack, database_name: str) -> None:
    client, things = collection(stack, database_name)
    assert (await things.insert_one({"_id": "thing:1"})).acknowledged
    assert await things.find_one({"_id": "thing:1"}) == {"_id": "thing:1"}
    client.close()


async def test_data_survive_a_killed_and_a_restarted_server(own_stack: Stack, topic_prefix: str) -> None:
    topic = Topic(topic_prefix + "kept")
    await create_topics(own_stack.kafka_bootstrap, [topic])
    await produce(own_stack, topic.name, b"kept")
    await own_stack.kafka.restart()
    assert (await first_record(own_stack, topic.name)).value == b"kept"
    await own_stack.kafka.kill()
    await own_stack.kafka.start()
    assert (await first_record(own_stack, topic.name)).value == b"kept"

    client, things = collection(own_stack, "kept")
    await things.insert_one({"_id": "thing:1"})
    await own_stack.mongo.kill()
    await own_stack.mongo.start()
    assert await things.find_one({"_id": "thing:1"}) == {"_id": "thing:1"}
    client.close()


async def stack_command() -> tuple[Process, str]:
    """`python -m deploy.local.stack` once it runs embedded, and Kafka's address."""
    environment = {name: value for name, value in os.environ.items() if name not in {KAFKA_ADDRESS, MONGO_ADDRESS}}
    environment[WAY] = "embedded"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.local.stack", stdout=PIPE, env=environment, cwd=RUNS.parent
    )
    assert process.stdout
    async with asyncio.timeout(120):
        line = (await process.stdout.readline()).decode()
    return process, line.split(f"{KAFKA_ADDRESS}=")[1].split()[0]


def servers_of(process: Process) -> list[Path]:
    """Kafka and MongoDB among its children, as folders of /proc."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [Path("/proc", child) for child in children]


@pytest.mark.parametrize(
    ("sign", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGKILL, -signal.SIGKILL)]
)
async def test_nothing_runs_on_when_the_command_has_ended(sign: signal.Signals, code: int) -> None:
    process, address = await stack_command()
    servers = servers_of(process)
    assert len(servers) == 2
    await eventually(lambda: kafka_answers(address), bool)
    process.send_signal(sign)
    assert await process.wait() == code
    await eventually(lambda: not any(Path(server, "exe").exists() for server in servers))
    assert not await kafka_answers(address)
    if sign != signal.SIGKILL:
        assert not list(RUNS.glob(f"run-{process.pid}-*"))

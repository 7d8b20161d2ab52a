"""From send to published event, at a steady pace, beside the bare loop at the same pace."""

import asyncio
import json
import time
from pathlib import Path
from statistics import quantiles

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from contracts import topics
from tests.benchmarks.load import Loader
from tests.benchmarks.work import MESSAGE_OF

SECONDS = 8
SETTLE = 1


async def drained(kafka: str, group: str) -> None:
    """Wait, at most a minute, until a contender has read what the rounds before have left."""
    admin, topic = AIOKafkaAdminClient(bootstrap_servers=kafka), MESSAGE_OF["a"].topic
    await admin.start()
    try:
        async with AIOKafkaConsumer(bootstrap_servers=kafka) as consumer, asyncio.timeout(60):
            ends = await consumer.end_offsets([TopicPartition(topic.name, p) for p in range(topic.partitions)])
            while True:
                found = await admin.list_consumer_group_offsets(group)
                if all(tp in found and found[tp].offset >= end for tp, end in ends.items()):
                    return
                await asyncio.sleep(0.2)
    finally:
        await admin.close()


async def paced(kafka: str, keys: Path, rate: int, first_number: int) -> dict[str, float]:
    """Send `rate` events a second for some seconds; returns p50 and p99 in milliseconds. The first second warms up."""
    loader = Loader("a", keys)
    sent: dict[int, float] = {}
    seen: dict[int, float] = {}
    consumer = AIOKafkaConsumer(topics.ACCOUNTS_EVENTS.name, bootstrap_servers=kafka, auto_offset_reset="latest")
    async with consumer, AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        await consumer.seek_to_end()
        count = rate * SECONDS

        async def watch() -> None:
            async for record in consumer:
                number = json.loads(record.value)["amount"]
                if number >= first_number:
                    seen.setdefault(number, time.perf_counter())
                if len(seen) == count:
                    return

        watching = asyncio.create_task(watch())
        begun = time.perf_counter()
        for i in range(count):
            await asyncio.sleep(max(0.0, begun + i / rate - time.perf_counter()))
            key, value, headers = loader.record(first_number + i)
            sent[first_number + i] = time.perf_counter()
            await producer.send(loader.message.topic.name, value, key, headers=headers)
        await asyncio.wait_for(watching, 60)
    waits = [1000 * (seen[n] - sent[n]) for n in sorted(sent)[rate * SETTLE :]]
    cuts = quantiles(waits, n=100)
    return {"p50_ms": round(cuts[49], 1), "p99_ms": round(cuts[98], 1)}

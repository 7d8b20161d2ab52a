"""From send to published event, at a steady pace, beside the bare loop at the same pace."""

import asyncio
import contextlib
import json
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from contracts import topics
from contracts.topics import Topic
from tests.benchmarks.bench import Bench, process
from tests.benchmarks.figure import Figure
from tests.benchmarks.load import Loader
from tests.benchmarks.work import MESSAGE_OF

SECONDS: Final = 8
SETTLE: Final = 1
RATE: Final = 1000
ROUNDS: Final = 5
"""An odd number: one bad second of the machine is a run's whole p99."""
FILLER_BYTES: Final = 1600
"""As large as the loop's documents of row (a)."""
MOST_OF_BARE: Final = 1.5
DRAIN_S: Final = 600


async def latency_row(bench: Bench) -> None:
    """Both loops at the same pace, in turn; the medians of their p50 and p99."""
    for number in range(ROUNDS):
        await _pace(bench, "hesabi_loop", 10**6 * (2 * number + 1))
        await _pace(bench, "bare_loop", 10**6 * (2 * number + 2))
    for name in ("p50_ms", "p99_ms"):
        ours, bare = (
            median(run[name] for run in bench.runs if run["who"] == who and name in run)
            for who in ("hesabi_loop", "bare_loop")
        )
        what = f"{name[:3]} at {RATE}/s of the bare loop's"
        bench.found(Figure("latency", what, round(ours / bare, 2), at_most=MOST_OF_BARE))
        bench.found(Figure("latency", f"{name[:3]} at {RATE}/s", ours, f"ms beside {bare} ms"))


async def _pace(bench: Bench, who: str, first_number: int) -> None:
    contender = await process(bench.argument(who, "a", 10**9, FILLER_BYTES))
    group = f"accounts.bench-{bench.count}" if who == "hesabi_loop" else f"bench-{bench.count}"
    try:
        await drained(bench.stack.kafka_bootstrap, group)
        figures = await paced(bench.stack.kafka_bootstrap, bench.keys, RATE, first_number)
    finally:
        contender.kill()
        await contender.wait()
    bench.runs.append({"who": who, "row": "latency", "rate": RATE, **figures})
    bench.console.print(f"  {who:18} {RATE}/s  p50 {figures['p50_ms']} ms  p99 {figures['p99_ms']} ms")


async def drained(kafka: str, group: str, topic: Topic = MESSAGE_OF["a"].topic) -> None:
    """Wait until a group has read a topic to its end: what all rows before have written.

    Raises:
        TimeoutError: it has not within ten minutes.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        async with AIOKafkaConsumer(bootstrap_servers=kafka) as consumer, asyncio.timeout(DRAIN_S):
            ends = await consumer.end_offsets([TopicPartition(topic.name, p) for p in range(topic.partitions)])
            while True:
                with contextlib.suppress(GroupCoordinatorNotAvailableError):  # of the first group of a new broker
                    found = await admin.list_consumer_group_offsets(group)
                    if all(tp in found and found[tp].offset >= end for tp, end in ends.items()):
                        return
                await asyncio.sleep(0.2)
    finally:
        await admin.close()


async def read_by(kafka: str, group: str) -> int:
    """How many records a group has committed."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        return sum(found.offset for found in (await admin.list_consumer_group_offsets(group)).values())
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

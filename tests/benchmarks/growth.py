"""`make bench-growth`: what more partitions and processes bring, and what more documents cost. Without a target."""

import asyncio
import json
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from motor.motor_asyncio import AsyncIOMotorClient
from rich.console import Console

from deploy.local.stack import running_stack
from services.chassis.document import Document, stored
from services.chassis.publisher import partition_of_key
from services.chassis.store import COLLECTION
from services.chassis.sweep import partition_of
from tests.benchmarks.bench import Bench, process
from tests.benchmarks.figure import Figure, report
from tests.benchmarks.load import Loader
from tests.benchmarks.work import AGGREGATES, MESSAGE_OF, STATE_TEXT

MESSAGES: Final = 20_000
TOGETHER: Final = (1, 2, 4)
DOCUMENTS: Final = (10_000, 100_000, 1_000_000)
DOCUMENTS_AT_ONCE: Final = 5_000
TIMED: Final = (0.2, 0.9)
"""The share of the messages at which the watch starts and stops: before it everybody starts."""

TOPIC: Final = MESSAGE_OF["a"].topic


async def _growth() -> int:
    console = Console()
    async with running_stack(say=console.print) as stack:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(stack, Path(folder), console)
            await bench.prepare()
            for number in TOGETHER:
                accounts = _on_partitions(number)
                per_second = await _drained(bench, f"together-{number}", accounts, number)
                bench.found(Figure("growth", f"{number} partitions and processes", per_second, "a second"))
            for number in DOCUMENTS:
                group = f"documents-{number}"
                await _fill_documents(bench, group, number)
                per_second = await _drained(bench, group, [f"a{n}" for n in range(number)], 1)
                bench.found(Figure("growth", f"{number:,} documents", per_second, "a second"))
    report(bench.figures, bench.runs, console)
    return 0


def _on_partitions(number: int) -> list[str]:
    """Accounts that fall on the first so many partitions: the assignor gives each process one of them."""
    accounts = (f"a{n}" for n in range(10 * AGGREGATES))
    return [a for a in accounts if partition_of_key(a.encode(), TOPIC.partitions) < number][:AGGREGATES]


async def _drained(bench: Bench, group: str, accounts: list[str], processes: int) -> float:
    """Messages a second that so many processes of one group settle, from a backlog."""
    kafka = bench.stack.kafka_bootstrap
    begin = await _ends(kafka)
    await _begin_at(kafka, f"accounts.{group}", begin)
    await Loader("a", bench.keys, accounts).fill(kafka, MESSAGES)
    contenders = [
        await process(bench.argument("hesabi_loop", "a", 10**9, len(STATE_TEXT), group)) for _ in range(processes)
    ]
    try:
        return await _pace(kafka, f"accounts.{group}", sum(begin.values()))
    finally:
        for contender in contenders:
            contender.kill()
            await contender.wait()


async def _pace(kafka: str, group: str, begun_at: int) -> float:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    first: tuple[float, int] | None = None
    try:
        async with asyncio.timeout(120):
            while True:
                offsets = await admin.list_consumer_group_offsets(group)
                now, done = time.perf_counter(), sum(o.offset for o in offsets.values()) - begun_at
                if first is None and done >= MESSAGES * TIMED[0]:
                    first = now, done
                if first is not None and done >= MESSAGES * TIMED[1]:
                    return round((done - first[1]) / (now - first[0]))
                await asyncio.sleep(0.05)
    finally:
        await admin.close()


async def _ends(kafka: str) -> dict[TopicPartition, int]:
    async with AIOKafkaConsumer(bootstrap_servers=kafka) as consumer:
        ends: dict[TopicPartition, int] = await consumer.end_offsets(
            [TopicPartition(TOPIC.name, p) for p in range(TOPIC.partitions)]
        )
        return ends


async def _begin_at(kafka: str, group: str, offsets: dict[TopicPartition, int]) -> None:
    async with AIOKafkaConsumer(bootstrap_servers=kafka, group_id=group, enable_auto_commit=False) as consumer:
        consumer.assign(list(offsets))
        await consumer.commit(offsets)


async def _fill_documents(bench: Bench, database: str, number: int) -> None:
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(bench.stack.mongo_uri)
    now, partition = datetime.now(UTC), partition_of("accounts")
    pattern = Document("", state=json.dumps({"total": 0, "filler": STATE_TEXT, "stage": "account"}))
    try:
        for start in range(0, number, DOCUMENTS_AT_ONCE):
            documents = [replace(pattern, id=f"account:a{n}") for n in range(start, start + DOCUMENTS_AT_ONCE)]
            fields = [{"_id": d.id, "version": 1, **stored(d, now, partition(d.id))} for d in documents]
            await client[database][COLLECTION].insert_many(fields, ordered=False)
    finally:
        client.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(_growth()))

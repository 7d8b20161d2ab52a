"""The fastest peer: aiokafka and Motor by hand; no numbers, envelope, validation beyond JSON, rewind or metrics.

It saves as a loop must that can have two owners for a moment: over the version that it loaded. Its driver tries a lost
bulk again, as it does by itself: nothing else here would.
"""

import asyncio
import json
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import WriteConcern

from tests.benchmarks.contender import Contest


async def run(contest: Contest) -> None:
    """Drain until the contest says it is over."""
    mongo: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        contest.mongo_uri, maxPoolSize=10, retryWrites=contest.driver_tries_again
    )
    documents = mongo[contest.database].get_collection("bare", write_concern=WriteConcern(w="majority", j=True))
    consumer = AIOKafkaConsumer(
        contest.topic, bootstrap_servers=contest.kafka, group_id=contest.group, enable_auto_commit=False,
        auto_offset_reset="earliest", fetch_max_wait_ms=100, max_partition_fetch_bytes=512 * 1024,
    )  # fmt: skip
    producer = AIOKafkaProducer(
        bootstrap_servers=contest.kafka, acks="all", enable_idempotence=True, compression_type="lz4",
        max_batch_size=128 * 1024,
    )  # fmt: skip
    await asyncio.gather(consumer.start(), producer.start())
    while not contest.over:
        fetched = await consumer.getmany(timeout_ms=10, max_records=500)
        records = [record for part in fetched.values() for record in part]
        if not records:
            continue
        contest.begin()
        bodies = [json.loads(record.value or b"") for record in records]
        for body in bodies:
            contest.cryptography(body)
        ids = list({body["account"] for body in bodies})
        states = {d["_id"]: d async for d in documents.find({"_id": {"$in": ids}})}
        sends = []
        for body in bodies:
            state = states.setdefault(body["account"], contest.new_document(body["account"]))
            state["total"] += body["amount"]
            for topic, message in contest.out(body, state["total"]):
                sends.append((topic, json.dumps(message).encode(), body["account"].encode()))
        await documents.bulk_write([contest.change(states[i]) for i in ids], ordered=False)
        waiting = [await producer.send(topic, value, key) for topic, value, key in sends]
        for future in waiting:
            await future
        await consumer.commit({tp: part[-1].offset + 1 for tp, part in fetched.items()})
        contest.done(len(records))
    await asyncio.gather(consumer.stop(), producer.stop())
    mongo.close()

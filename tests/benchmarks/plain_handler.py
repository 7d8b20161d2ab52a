"""The ordinary peer: FastStream's documented style, one message at a time, with Motor."""

import asyncio
import json
from typing import Any

from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import ReturnDocument, WriteConcern

from tests.benchmarks.contender import Contest


async def run(contest: Contest) -> None:
    """Drain until the contest says it is over."""
    mongo: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(contest.mongo_uri, maxPoolSize=10)
    documents = mongo[contest.database].get_collection("plain", write_concern=WriteConcern(w="majority", j=True))
    broker = KafkaBroker(
        contest.kafka, allow_auto_create_topics=False, logger=None, acks="all", enable_idempotence=True
    )

    @broker.subscriber(
        contest.topic, group_id=contest.group, auto_offset_reset="earliest", ack_policy=AckPolicy.ACK, no_reply=True
    )
    async def handle(body: dict[str, Any]) -> None:
        contest.begin()
        contest.cryptography(body)
        document = await documents.find_one_and_update(
            {"_id": body["account"]},
            {"$inc": {"total": body["amount"]}, "$setOnInsert": {"filler": contest.filler}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        for topic, message in contest.out(body, document["total"]):
            await broker.publish(json.dumps(message).encode(), topic, key=body["account"].encode())
        contest.done(1)

    await broker.start()
    while not contest.over:  # noqa: ASYNC110 - the peer is as plain as its documentation
        await asyncio.sleep(0.05)
    await broker.stop()
    mongo.close()

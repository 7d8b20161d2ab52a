"""MongoDB through `MongoStore` passes the same suite as the fake, and its faults are told apart (laws 6 and 7)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from deploy.local.stack import Stack
from services.chassis.document import Document
from services.chassis.store import MongoStore
from tests.store_suite import NOON, StoreSuite, partition_of


@pytest.fixture
async def store(stack: Stack, database_name: str) -> AsyncIterator[MongoStore]:
    mongo = MongoStore(stack.mongo_uri, database_name, partition_of)
    await mongo.prepare()
    yield mongo
    mongo.close()


@pytest.fixture
async def delete(stack: Stack, database_name: str) -> AsyncIterator[Callable[[str], Awaitable[None]]]:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(stack.mongo_uri)

    async def gone(document_id: str) -> None:
        deleted = await client[database_name]["aggregates"].delete_one({"_id": document_id})
        assert deleted.deleted_count == 1

    yield gone
    client.close()


class TestMongoStore(StoreSuite):
    """Every promise, on MongoDB."""


async def test_law7_an_operation_that_alone_is_rejected_counts_against_its_aggregate(
    stack: Stack, database_name: str
) -> None:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(stack.mongo_uri)
    await client[database_name].create_collection("aggregates", validator={"state": {"$ne": "unwanted"}})
    store = MongoStore(stack.mongo_uri, database_name, partition_of)
    drafts = [Document("count:1", state="s"), Document("count:2", state="unwanted")]
    assert await store.save(drafts, NOON) == ["saved", "refused"]
    store.close()
    client.close()

"""MongoDB through `MongoStore` passes the same suite as the fake, and its faults are told apart (laws 6 and 7)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection

from deploy.local.stack import Stack
from deploy.local.stack.mongodb import mongod_binary, mongodb_answers
from deploy.local.stack.server import EmbeddedServer, free_port
from services.chassis.document import Document
from services.chassis.store import COLLECTION, VERSION_RULE, MongoStore
from tests.store_suite import NOON, StoreSuite, partition_of

Collection = AsyncIOMotorCollection[dict[str, Any]]
OLD = Document("count:1", version=1, state="late")


@pytest.fixture
async def collection(stack: Stack, database_name: str) -> AsyncIterator[Collection]:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(stack.mongo_uri)
    yield client[database_name][COLLECTION]
    client.close()


@pytest.fixture
async def bare(stack: Stack, database_name: str) -> AsyncIterator[MongoStore]:
    """As it is before it is prepared."""
    mongo = MongoStore(stack.mongo_uri, database_name, partition_of)
    yield mongo
    mongo.close()


@pytest.fixture
async def store(bare: MongoStore) -> MongoStore:
    await bare.give_rule()
    await bare.make_indexes()
    assert bare.has_rule
    return bare


@pytest.fixture
async def delete(collection: Collection) -> Callable[[str], Awaitable[None]]:
    async def gone(document_id: str) -> None:
        assert (await collection.delete_one({"_id": document_id})).deleted_count == 1

    return gone


class TestMongoStore(StoreSuite):
    """Every promise, on MongoDB."""


class TestMongoStoreWithoutTheRule(StoreSuite):
    """Every promise, where the collection does not check versions by itself."""

    @pytest.fixture
    async def store(self, bare: MongoStore, collection: Collection) -> MongoStore:
        await collection.database.create_collection(COLLECTION)
        return bare


async def changed_by_0_1_0(collection: Collection, version: int) -> None:
    """As release 0.1.0 changes a document: over the version that it loaded, and claiming nothing."""
    change = {"$set": {"state": "by 0.1.0", "version": version + 1}}
    assert (await collection.update_one({"_id": OLD.id, "version": version}, change)).modified_count == 1


async def test_law6_a_stale_write_loses_to_one_of_the_release_before(store: MongoStore, collection: Collection) -> None:
    await store.save([replace(OLD, version=0)], NOON)
    await changed_by_0_1_0(collection, 1)
    assert await store.save([OLD], NOON) == ["conflict"]
    assert await store.save([replace(OLD, version=2)], NOON) == ["saved"]
    assert await store.save([replace(OLD, version=2)], NOON) == ["conflict"]


async def test_law13_the_release_before_changes_what_this_one_wrote(store: MongoStore, collection: Collection) -> None:
    await store.save([replace(OLD, version=0)], NOON)
    await store.save([OLD], NOON)
    await changed_by_0_1_0(collection, 2)
    await changed_by_0_1_0(collection, 3)
    assert [d.state for d in (await store.load([OLD.id])).values()] == ["by 0.1.0"]
    assert await store.save([replace(OLD, version=4, state="ours")], NOON) == ["saved"]


async def test_law6_it_is_the_rule_that_refuses_a_stale_write(store: MongoStore, collection: Collection) -> None:
    await collection.database.command({"collMod": COLLECTION, "validator": {}})
    await store.save([replace(OLD, version=0)], NOON)
    await store.save([replace(OLD, state="quicker")], NOON)
    assert await store.save([OLD], NOON) == ["saved"], "who comes late has won, since nobody looked"


async def test_law6_without_the_rule_versions_are_filtered(bare: MongoStore) -> None:
    await bare.save([replace(OLD, version=0)], NOON)
    await bare.save([replace(OLD, state="quicker")], NOON)
    assert await bare.save([OLD], NOON) == ["conflict"]


@pytest.mark.parametrize("options", [{}, {"validator": {"state": {"$ne": "x"}}}, {"validator": VERSION_RULE}])
async def test_a_collection_that_is_there_is_given_the_rule(
    options: dict[str, Any], bare: MongoStore, collection: Collection
) -> None:
    """Without one, with another, and with the rule, but as a mere warning."""
    await collection.database.create_collection(COLLECTION, validationAction="warn", **options)
    for _ in range(2):
        await bare.give_rule()
        assert bare.has_rule
        assert (await collection.options())["validator"] == VERSION_RULE
        assert (await collection.options())["validationAction"] == "error"


@pytest.fixture
async def with_rights(tmp_path: Path) -> AsyncIterator[str]:
    """A server that asks who one is. Yields the URI of a user who may read and write in `theirs` and nothing else."""
    address = f"127.0.0.1:{free_port()}"
    command = [str(mongod_binary()), "--auth", "--bind_ip", "127.0.0.1", "--port", address.partition(":")[2]]
    command += ["--dbpath", str(tmp_path), "--nounixsocket", "--quiet"]
    alone = EmbeddedServer(
        "MongoDB", command, tmp_path / "mongod.log", lambda: mongodb_answers(f"mongodb://{address}/")
    )
    await alone.start()
    try:
        await _user(f"mongodb://{address}/", "root", ["root"])
        await _user(f"mongodb://root:secret@{address}/", "service", [{"role": "readWrite", "db": "theirs"}])
        yield f"mongodb://service:secret@{address}/"
    finally:
        await alone.stop()


async def _user(uri: str, name: str, roles: list[Any]) -> None:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(uri)
    await client.admin.command("createUser", name, pwd="secret", roles=roles)
    client.close()


async def test_a_user_with_the_fewest_rights_makes_the_collection_with_the_rule(with_rights: str) -> None:
    store = MongoStore(with_rights, "theirs", partition_of)
    await store.give_rule()
    await store.give_rule()
    assert store.has_rule
    store.close()


async def test_where_the_rule_cannot_be_given_versions_are_filtered(with_rights: str) -> None:
    store = MongoStore(with_rights, "theirs", partition_of)
    await store.save([replace(OLD, version=0)], NOON)
    await store.give_rule()
    assert not store.has_rule
    await store.save([replace(OLD, state="quicker")], NOON)
    assert await store.save([OLD], NOON) == ["conflict"]
    store.close()


async def test_law6_a_collection_that_lost_its_rule_or_has_another_is_noticed(
    store: MongoStore, collection: Collection
) -> None:
    database = collection.database
    await database.drop_collection(COLLECTION)
    await store.look_for_rule()
    assert not store.has_rule
    await store.save([replace(OLD, version=0)], NOON)  # makes the collection anew
    await store.look_for_rule()
    assert not store.has_rule
    await store.save([replace(OLD, state="quicker")], NOON)
    assert await store.save([OLD], NOON) == ["conflict"]
    for rule, is_ours in ((VERSION_RULE, True), ({"state": {"$ne": "x"}}, False)):
        await database.command("collMod", COLLECTION, validator=rule)
        await store.look_for_rule()
        assert store.has_rule == is_ours


async def test_law6_who_goes_by_the_rule_and_who_filters_see_each_other(
    store: MongoStore, stack: Stack, database_name: str
) -> None:
    filtering = MongoStore(stack.mongo_uri, database_name, partition_of)
    await store.save([replace(OLD, version=0)], NOON)
    for quicker, slower in ((store, filtering), (filtering, store)):
        old = (await quicker.load([OLD.id]))[OLD.id]
        assert await quicker.save([old.draft()], NOON) == ["saved"]
        assert await slower.save([replace(old, state="late")], NOON) == ["conflict"]
    filtering.close()


@pytest.mark.parametrize("version", [0, 1])
async def test_law7_an_operation_that_alone_is_rejected_counts_against_its_aggregate(
    version: int, bare: MongoStore, collection: Collection
) -> None:
    await bare.save([Document(f"count:{i}", state="s") for i in (1, 2)] if version else [], NOON)
    await collection.insert_one({"_id": "makes the collection"})
    await collection.database.command({"collMod": COLLECTION, "validator": {"state": {"$ne": "unwanted"}}})
    drafts = [Document("count:1", version, state="s"), Document("count:2", version, state="unwanted")]
    assert await bare.save(drafts, NOON) == ["saved", "refused"]

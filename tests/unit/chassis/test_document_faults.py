"""Which faults of the database are a document's own, and which are broken machinery (law 7)."""

from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from pymongo.errors import BulkWriteError, OperationFailure

from services.chassis.document import Document
from services.chassis.store import MongoStore, StoreUnavailable
from tests.store_suite import NOON, partition_of

NOT_AUTHORISED, OUT_OF_DISK_SPACE, STEPPED_DOWN, TOO_LARGE, NOT_VALID = 13, 14031, 11602, 10334, 121
BAD_VALUE, UNKNOWN = 2, 99_999
STRAINED = (365, 24, 146, 371, 433, 449, 402, 64, 112)
"""Temporarily unavailable, locks that took too long, no memory, writes blocked, limits of rates and the like."""


class Refusing:
    """A collection whose bulks fail."""

    def __init__(self, error: OperationFailure) -> None:
        self.error = error
        self.bulks: list[int] = []

    async def bulk_write(self, operations: list[Any], ordered: bool) -> None:
        assert not ordered
        self.bulks.append(len(operations))
        raise self.error


@pytest.fixture
async def store() -> AsyncIterator[MongoStore]:
    mongo = MongoStore("mongodb://127.0.0.1:1/?directConnection=true&connect=false", "nowhere", partition_of)
    yield mongo
    mongo.close()


def write_error(code: int) -> BulkWriteError:
    return BulkWriteError({"writeErrors": [{"index": 1, "code": code}], "writeConcernErrors": []})


DRAFTS = [Document("count:1", state="a"), Document("count:2", state="b")]


@pytest.mark.parametrize("code", [NOT_AUTHORISED, OUT_OF_DISK_SPACE, STEPPED_DOWN])
async def test_law7_a_whole_bulk_refused_for_want_of_rights_or_room_parks_nobody(store: MongoStore, code: int) -> None:
    store._collection = Refusing(OperationFailure("no", code))  # type: ignore[assignment]
    with pytest.raises(StoreUnavailable):
        await store.save(DRAFTS, NOON)


async def test_law7_a_bulk_that_is_too_large_is_run_one_aggregate_at_a_time(store: MongoStore) -> None:
    collection = Refusing(OperationFailure("no", TOO_LARGE))
    store._collection = collection  # type: ignore[assignment]
    assert await store.save(DRAFTS, NOON) == ["refused", "refused"]
    assert collection.bulks == [2, 1, 1]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(11000, "conflict"), (66, "conflict"), (NOT_VALID, "refused"), (TOO_LARGE, "refused"), (BAD_VALUE, "refused")],
)
async def test_law6_one_rejected_operation_is_named(store: MongoStore, code: int, outcome: str) -> None:
    store._collection = Refusing(write_error(code))  # type: ignore[assignment]
    assert await store.save(DRAFTS, NOON) == ["saved", outcome]


@pytest.mark.parametrize("code", [STEPPED_DOWN, OUT_OF_DISK_SPACE, *STRAINED, UNKNOWN])
async def test_law7_a_write_that_fails_for_another_reason_than_its_document_is_machinery(
    store: MongoStore, code: int
) -> None:
    """A strained database answers so for each operation of a bulk: the third time would park all of its aggregates."""
    store._collection = Refusing(write_error(code))  # type: ignore[assignment]
    with pytest.raises(StoreUnavailable, match=str(code)):
        await store.save(DRAFTS, NOON)


async def test_trap24_a_write_that_no_majority_has_is_machinery(store: MongoStore) -> None:
    details = {"writeErrors": [], "writeConcernErrors": [{"code": 64}]}
    store._collection = Refusing(BulkWriteError(details))  # type: ignore[assignment]
    with pytest.raises(StoreUnavailable):
        await store.save(DRAFTS, NOON)


async def test_law7_a_database_that_does_not_answer_is_machinery() -> None:
    away = MongoStore("mongodb://127.0.0.1:1/?directConnection=true", "nowhere", partition_of, limit_s=1.1)
    with pytest.raises(StoreUnavailable):
        await away.load(["count:1"])
    away.close()


async def test_law6_loads_see_and_saves_wait_for_what_a_majority_has(store: MongoStore) -> None:
    """What one server alone has a fail-over takes back, after it was published."""
    collection = store._collection
    assert collection.read_concern.level == "majority"
    assert collection.write_concern.document == {"w": "majority", "j": True}


async def test_law6_a_rule_that_no_majority_has_is_not_counted_on(store: MongoStore) -> None:
    """After a fail-over the collection would be without it, and stale writes go by `_id` alone."""

    class Database:
        async def list_collections(self, **_: object) -> Any:
            return Mock(to_list=AsyncMock(return_value=[]))

        async def command(self, command: dict[str, Any]) -> dict[str, Any]:
            assert command["writeConcern"] == {"w": "majority"}
            return {"ok": 1, "writeConcernError": {"code": 64}}

    store._database = Database()  # type: ignore[assignment]
    with pytest.raises(StoreUnavailable):
        await store.give_rule()
    assert not store.has_rule

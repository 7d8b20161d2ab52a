"""The one module that speaks to MongoDB (architecture, laws 3 and 6). Motor ends here.

A save claims the version that it makes, and the database itself refuses a document whose version has become another
(`VERSION_RULE`): one that goes by `_id` alone is found a third faster than one that goes by `_id` and version. Where
the collection lacks the rule, a save filters on both. It upserts with an `_id` that cannot be inserted: a deleted
document fails with code 66, a stale one with that or 121, each with its index, and nothing is resurrected (traps 24 and
28; decision 29).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeVar

from bson import Int64
from bson.errors import InvalidDocument
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import ASCENDING, DESCENDING, InsertOne, UpdateOne, WriteConcern
from pymongo.errors import BulkWriteError, OperationFailure
from pymongo.read_concern import ReadConcern

from services.chassis.arrival import PARKED
from services.chassis.document import Document, Entry, changes, check_format, loaded, stored, unpacked
from services.chassis.instants import in_utc
from services.chassis.parked_letters import PARKED_STATES

Outcome = Literal["saved", "conflict", "refused"]
"""`conflict`: somebody else wrote first, decide again. `refused`: the database does not take this one document."""

COLLECTION: Final = "aggregates"
LOAD_AT_MOST: Final = 500
CALL_LIMIT_S: Final = 6.0
VERSION_RULE: Final[dict[str, Any]] = {
    "$or": [{"$expr": {"$eq": ["$version", "$claimed_version"]}}, {"version": {"$type": "int"}}]
}
"""Release 0.1.0 claims nothing, and filters on the version; it writes versions of 32 bits, this one of 64."""

_RULE: Final = {"validator": VERSION_RULE, "validationLevel": "strict", "validationAction": "error"}
_CONFLICTS: Final = frozenset({11000, 66})
_RULE_BROKEN: Final = 121
_EXISTS: Final = 48
_NOT_PERMITTED: Final = 13
_TOO_LARGE: Final = frozenset({10334, 17419, 17420})
_OF_A_DOCUMENT: Final = _TOO_LARGE | {2, 22, _RULE_BROKEN}
"""All that a document can be refused for: its size, its values, its form, a rule. Whatever else fails is no document's
fault: a server that stops, steps down, is strained or full fails one operation like another (law 7)."""

_ONE: Final = Int64(1)
_FIRST: Final = {"version": _ONE, "claimed_version": 1}
_T = TypeVar("_T")


class Quiet(NamedTuple):
    """What the audit sees of a document: the minute of its last write, and what is in its outbox."""

    written_minute: datetime
    id: str
    outbox: list[Entry]


class StoreUnavailable(Exception):
    """The database did not answer, or not with a majority: machinery, the lane pauses (law 7)."""


class Store(Protocol):
    """What the loop needs of a database. The fake in the tests passes the same suite as the real one."""

    async def load(self, ids: Sequence[str]) -> dict[str, Document]:
        """The documents that exist, by id, as a majority has them."""
        ...

    async def save(self, drafts: Sequence[Document], written_at: datetime) -> list[Outcome]:
        """Write each draft over the version it was loaded at (0: create). One atomic operation a document."""
        ...

    async def due(
        self, partitions: Sequence[int], before: datetime, limit: int, *, latest_first: bool = False
    ) -> list[tuple[str, datetime]]:
        """Ids of documents of these partitions whose `due_at` has come: the most overdue first, or the latest."""
        ...

    async def quiet(self, partition: int, after: tuple[datetime, str], before: datetime, limit: int) -> list[Quiet]:
        """Documents of a partition by the minute of their last write and id: those behind `after` (a minute and an id),
        up to the minute of `before` (for the audit). Those with nothing in their outbox are among them: a page ends
        in time, and the next one goes on, however few of the others there are."""
        ...


def store_limit_s(call_timeout_s: float) -> float:
    """Within which a call ends for the loop: the driver gives it up before."""
    return call_timeout_s + 1.0


class MongoStore:
    """The collection of one service. Every call ends within `limit_s` seconds or raises `StoreUnavailable`."""

    def __init__(
        self, uri: str, database: str, partition_of: Callable[[str], int], limit_s: float = CALL_LIMIT_S
    ) -> None:
        self._client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
            uri,
            timeoutMS=int(limit_s * 1000) - 1000,
            maxPoolSize=10,
            appName=f"hesabi-{database}",
            retryWrites=False,  # the loop itself tries again, and the server need not note each write (decision 23)
        )
        self._database = self._client[database]
        self._collection = self._database.get_collection(
            COLLECTION,
            write_concern=WriteConcern(w="majority", j=True),
            read_concern=ReadConcern("majority"),
        )
        self._partition_of = partition_of
        self._limit_s = limit_s
        self.has_rule = False

    async def give_rule(self) -> None:
        """Give the collection the rule if it lacks it: an old one takes more rights than `readWrite`. `has_rule` says
        afterwards whether it has it, and so how saves are checked."""
        options = await self.look_for_rule()
        if self.has_rule:
            return
        command = {"create" if options is None else "collMod": COLLECTION}
        try:
            # A fail-over must not take it back while we count on it.
            answer = await self._within(self._database.command({**command, **_RULE, "writeConcern": {"w": "majority"}}))
        except OperationFailure as error:
            if error.code == _EXISTS:  # another replica was quicker
                await self.give_rule()
            elif error.code != _NOT_PERMITTED:
                raise
        else:
            if "writeConcernError" in answer:
                raise StoreUnavailable("write concern not satisfied")
            self.has_rule = True

    async def look_for_rule(self) -> dict[str, Any] | None:
        """The options of the collection, None where there is none; `has_rule` says whether the rule is among them.
        One that is made anew lacks it; another release's is another."""
        found = await self._within(self._database.list_collections(filter={"name": COLLECTION}))
        collections = await self._within(found.to_list(length=1))
        options = collections[0]["options"] if collections else None
        self.has_rule = options is not None and {**options, **_RULE} == options
        return options

    async def make_indexes(self) -> None:
        """The two that sweep and audit read by. Neither is unique (law 3)."""
        await self._within(
            self._collection.create_index(
                [("partition", ASCENDING), ("due_at", ASCENDING)],
                partialFilterExpression={"due_at": {"$type": "date"}},
            )
        )
        audited = [("partition", ASCENDING), ("written_minute", ASCENDING), ("_id", ASCENDING)]
        await self._within(self._collection.create_index(audited))

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    async def load(self, ids: Sequence[str]) -> dict[str, Document]:
        """See `Store.load`."""
        found: dict[str, Document] = {}
        # Half of the ids are marks of parking, which as good as never exist.
        for start in range(0, len(ids), 2 * LOAD_AT_MOST):
            part = list(ids[start : start + 2 * LOAD_AT_MOST])
            # In one answer, as far as it fits: by itself the server gives 101 at first.
            cursor = self._collection.find({"_id": {"$in": part}}, batch_size=len(part))
            for fields in await self._within(cursor.to_list(length=None)):
                found[fields["_id"]] = loaded(fields)
        return found

    async def save(self, drafts: Sequence[Document], written_at: datetime) -> list[Outcome]:
        """See `Store.save`."""
        outcomes: list[Outcome] = []
        for start in range(0, len(drafts), LOAD_AT_MOST):
            part = drafts[start : start + LOAD_AT_MOST]
            # They are two commands on the wire anyway. By one call, a change that is too large would be told when the
            # creations are done, and nobody could say of those whether they were ours (trap 29).
            outcome_of: dict[str, Outcome] = {}
            for some in ([d for d in part if d.version == 0], [d for d in part if d.version > 0]):
                outcome_of |= zip((d.id for d in some), await self._save(some, written_at), strict=True)
            outcomes += [outcome_of[draft.id] for draft in part]
        return outcomes

    async def _save(self, drafts: Sequence[Document], written_at: datetime) -> list[Outcome]:
        outcomes: list[Outcome] = ["saved"] * len(drafts)
        if not drafts:
            return outcomes
        ruled = self.has_rule
        operations = [self._operation(draft, written_at, ruled) for draft in drafts]
        try:
            await self._within(self._collection.bulk_write(operations, ordered=False))
        except BulkWriteError as error:
            details: Any = error.details
            if details.get("writeConcernErrors"):
                raise StoreUnavailable("write concern not satisfied") from None
            for write_error in details["writeErrors"]:
                index = write_error["index"]
                is_claim = ruled and drafts[index].version > 0
                outcomes[index] = _judged(write_error["code"], is_claim)
        except (OperationFailure, InvalidDocument) as error:
            # Every other refusal of a whole bulk (no rights, no room, no primary) would meet any document.
            if isinstance(error, OperationFailure) and error.code not in _TOO_LARGE:
                raise StoreUnavailable(type(error).__name__) from None
            if len(drafts) == 1:
                return ["refused"]
            # One operation too large fails the whole bulk and applies none of it (trap 29): find it alone.
            return [(await self._save([draft], written_at))[0] for draft in drafts]
        return outcomes

    def _operation(self, draft: Document, written_at: datetime, ruled: bool) -> InsertOne[dict[str, Any]] | UpdateOne:
        partition = self._partition_of(draft.id)
        if draft.version == 0:
            return InsertOne({"_id": draft.id, **_FIRST, **stored(draft, written_at, partition)})
        fields = changes(draft, written_at, partition)
        return UpdateOne(
            {"_id": draft.id} if ruled else {"_id": draft.id, "version": draft.version},
            {
                "$set": {**fields, "claimed_version": draft.version + 1},
                "$inc": {"version": _ONE},
                "$setOnInsert": {"_id": "!"},
            },
            upsert=True,
        )

    async def due(
        self, partitions: Sequence[int], before: datetime, limit: int, *, latest_first: bool = False
    ) -> list[tuple[str, datetime]]:
        """See `Store.due`."""
        cursor = self._collection.find(
            {"partition": {"$in": list(partitions)}, "due_at": {"$lte": before, "$type": "date"}}, {"due_at": 1}
        )
        found = await self._within(
            cursor.sort("due_at", DESCENDING if latest_first else ASCENDING).limit(limit).to_list(length=limit)
        )
        return [(fields["_id"], in_utc(fields["due_at"])) for fields in found]

    async def quiet(self, partition: int, after: tuple[datetime, str], before: datetime, limit: int) -> list[Quiet]:
        """See `Store.quiet`."""
        minute, document_id = after
        cursor = self._collection.find(
            {
                "partition": partition,
                "written_minute": {"$gte": minute, "$lte": before},
                "$or": [{"written_minute": {"$gt": minute}}, {"_id": {"$gt": document_id}}],
            },
            ["format", "written_minute", "outbox"],
        )
        by_age = [("written_minute", ASCENDING), ("_id", ASCENDING)]
        found = await self._within(cursor.sort(by_age).limit(limit).to_list(length=limit))
        return [quiet(fields) for fields in found]

    async def parked(self, partitions: Sequence[int]) -> int:
        """How many aggregates whose twins fall on these partitions are parked."""
        twins = {"$gte": PARKED, "$lt": PARKED[:-1] + chr(ord(PARKED[-1]) + 1)}
        wanted = {"_id": twins, "partition": {"$in": list(partitions)}, "state": {"$regex": PARKED_STATES}}
        return await self._within(self._collection.count_documents(wanted))

    async def _within(self, call: Awaitable[_T]) -> _T:
        try:
            async with asyncio.timeout(self._limit_s):
                return await call
        except (BulkWriteError, OperationFailure, InvalidDocument):
            raise
        except Exception as error:  # noqa: BLE001
            # The driver's texts can carry addresses and documents: only its class goes on.
            raise StoreUnavailable(type(error).__name__) from None


def quiet(fields: Mapping[str, Any]) -> Quiet:
    """What the audit sees, from MongoDB's fields. Raises `FormatTooNew`."""
    check_format(fields)
    return Quiet(in_utc(fields["written_minute"]), fields["_id"], [unpacked(entry) for entry in fields["outbox"]])


def _judged(code: int, is_claim: bool) -> Outcome:
    if code in _CONFLICTS or (is_claim and code == _RULE_BROKEN):
        return "conflict"
    if code in _OF_A_DOCUMENT:
        return "refused"
    raise StoreUnavailable(f"a write failed with code {code}")

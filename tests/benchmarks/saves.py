"""What a save costs where the database checks versions by its rule, beside one that filters on them (decision 29)."""

import json
import time
from datetime import UTC, datetime
from statistics import median
from typing import Any, Final

from motor.motor_asyncio import AsyncIOMotorClient

from services.chassis.document import Document, Entry, Position
from services.chassis.store import COLLECTION, MongoStore
from services.chassis.sweep import partition_of
from tests.benchmarks.bench import Bench
from tests.benchmarks.figure import Figure
from tests.benchmarks.work import STATE_TEXT, Counted

DOCUMENTS: Final = 500
ROUNDS: Final = 40
IDS: Final = tuple(f"account:a{n}" for n in range(DOCUMENTS))
BODY: Final = Counted(account="a1", amount=1).model_dump_json().encode()


async def save_row(bench: Bench) -> None:
    """One store with the rule and one without, in turn, each over documents of its own."""
    ruled, filtering = [
        MongoStore(bench.stack.mongo_uri, name, partition_of("accounts")) for name in ("rule", "filter")
    ]
    for store in (ruled, filtering):
        await store.give_rule()
        await store.make_indexes()
        await store.save([_changed(Document(i), 0) for i in IDS], datetime.now(UTC))
    await _without_rule(bench.stack.mongo_uri, filtering)
    took: dict[MongoStore, list[float]] = {ruled: [], filtering: []}
    for number in range(1, ROUNDS + 1):
        for store, seconds in took.items():
            drafts = [_changed(document, number) for document in (await store.load(IDS)).values()]
            began = time.perf_counter()
            outcomes = await store.save(drafts, datetime.now(UTC))
            seconds.append(time.perf_counter() - began)
            assert outcomes == ["saved"] * DOCUMENTS
    by_rule, by_filter = (round(1e6 * median(took[store]) / DOCUMENTS, 1) for store in (ruled, filtering))
    bench.found(Figure("save", "with the rule, of one with the filter", round(by_rule / by_filter, 2)))
    bench.found(Figure("save", "a document with the rule", by_rule, f"us beside {by_filter}"))
    ruled.close()
    filtering.close()


async def _without_rule(uri: str, store: MongoStore) -> None:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(uri)
    await client["filter"].command({"collMod": COLLECTION, "validator": {}})
    client.close()
    store.has_rule = False


def _changed(document: Document, number: int) -> Document:
    draft = document.draft()
    draft.state = json.dumps({"total": number, "filler": STATE_TEXT, "stage": "account"})
    draft.remember_number("1/billing.answers/0", number, datetime.now(UTC))
    draft.sequences["accounts.events"] = number + 1
    cause, at = Position(1, "billing.answers", 0, number), datetime.now(UTC)
    name = f"{draft.id}/{number}"
    draft.outbox = [Entry(name, "accounts.events", Counted.type_name, number + 1, at, name, name, BODY, cause)]
    return draft

"""A database in memory that keeps what `MongoStore` promises; `tests/store_suite.py` holds both to it."""

import copy
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from services.chassis.document import Document, changes, loaded
from services.chassis.store import Outcome, Quiet, StoreUnavailable, quiet

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024


class FakeStore:
    """`fault(call)` may raise, or return how many drafts of a save are applied before it fails; None: all is well."""

    def __init__(self, partition_of: Callable[[str], int], fault: Callable[[str], int | None] = lambda _: None) -> None:
        self._partition_of = partition_of
        self._documents: dict[str, dict[str, Any]] = {}
        self.fault = fault
        self.saves = 0

    async def load(self, ids: Sequence[str]) -> dict[str, Document]:
        self.fault("load")
        return {i: loaded(copy.deepcopy(self._documents[i])) for i in ids if i in self._documents}

    async def save(self, drafts: Sequence[Document], written_at: datetime) -> list[Outcome]:
        if not drafts:
            return []
        self.saves += 1
        applied = self.fault("save")
        outcomes = [self._save(draft, written_at) for draft in drafts[:applied]]
        if applied is not None:
            raise StoreUnavailable("half of a bulk")
        return outcomes

    def _save(self, draft: Document, written_at: datetime) -> Outcome:
        known = self._documents.get(draft.id)
        if (known["version"] if known else 0) != draft.version:
            return "conflict"
        partition = self._partition_of(draft.id)
        fields = {**(known or {}), **changes(draft, written_at, partition)}
        if _size(fields) > MAX_DOCUMENT_BYTES:
            return "refused"
        self._documents[draft.id] = copy.deepcopy({**fields, "_id": draft.id, "version": draft.version + 1})
        return "saved"

    async def due(
        self, partitions: Sequence[int], before: datetime, limit: int, *, latest_first: bool = False
    ) -> list[tuple[str, datetime]]:
        found = [
            (i, f["due_at"])
            for i, f in self._documents.items()
            if f["partition"] in partitions and f["due_at"] is not None and f["due_at"] <= before
        ]
        return sorted(found, key=lambda each: each[1], reverse=latest_first)[:limit]

    async def quiet(self, partition: int, after: tuple[datetime, str], before: datetime, limit: int) -> list[Quiet]:
        of_partition = (copy.deepcopy(f) for f in self._documents.values() if f["partition"] == partition)
        found = (quiet(f) for f in of_partition if f["written_minute"] <= before)
        return sorted((each for each in found if each[:2] > after), key=lambda each: each[:2])[:limit]

    def put(self, fields: dict[str, Any]) -> None:
        """A document as a database has it, written by whatever release."""
        self._documents[fields["_id"]] = copy.deepcopy(fields)

    def delete(self, document_id: str) -> None:
        """What no service ever does."""
        del self._documents[document_id]

    @property
    def ids(self) -> set[str]:
        """Of everything that is kept, whoever wrote it."""
        return {*self._documents}

    @property
    def documents(self) -> dict[str, Document]:
        """Everything that is kept."""
        return {i: loaded(copy.deepcopy(f)) for i, f in self._documents.items()}


def _size(value: Any) -> int:
    if isinstance(value, dict):
        return sum(_size(v) for v in value.values())
    if isinstance(value, list | tuple):
        return sum(_size(v) for v in value)
    return len(value) if isinstance(value, str | bytes) else 8

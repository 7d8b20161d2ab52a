"""A database in memory: one primary that may run ahead of the majority, fail-overs, hours without it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, Final

from services.chassis.document import Document, changes
from services.chassis.store import Outcome, Quiet, StoreUnavailable
from tests.simulation.faults import Faults
from tests.simulation.life import Gone, Life, begin_outside
from tests.simulation.releases import read_by_release
from tests.simulation.virtual_time import instant, now_s, pause

LIMIT_S: Final = 6.0
"""As `MongoStore`: every call ends within it."""

MAX_DOCUMENT_BYTES: Final = 16 * 1024 * 1024
Fields = dict[str, Any]


class ReplicaSet:
    """The documents of one service. `majority` is what a majority has, `ahead` what only the primary has so far.

    `reads_majority` and `checks_version` are safeguards of ours, switched off to see that they are missed."""

    def __init__(self, partition_of: Callable[[str], int]) -> None:
        self.partition_of = partition_of
        self.majority: dict[str, Fields] = {}
        self.ahead: dict[str, Fields] = {}
        self.due: dict[str, datetime] = {}
        self.away_until = 0.0
        self.isolated_until = 0.0
        self.term = 0
        self.reads_majority = True
        self.checks_version = True
        self.on_due: Callable[[], None] = lambda: None

    def view(self) -> Callable[[str], Fields | None]:
        """What a load sees."""
        return self.majority.get if self.reads_majority else self.newest

    def newest(self, document_id: str) -> Fields | None:
        """The document as the primary has it."""
        return self.ahead.get(document_id) or self.majority.get(document_id)

    def write(self, draft: Document, written_at: datetime) -> Outcome:
        """One atomic operation on the primary."""
        known = self.newest(draft.id)
        version = known["version"] if known else 0
        if version != draft.version and (self.checks_version or draft.version == 0):
            return "conflict"
        if _size(draft) > MAX_DOCUMENT_BYTES:
            return "refused"
        fields = changes(draft, written_at, self.partition_of(draft.id))
        self.ahead[draft.id] = {**(known or {}), **fields, "_id": draft.id, "version": version + 1}
        return "saved"

    def acknowledge(self, ids: Sequence[str]) -> None:
        """A majority has these now."""
        for document_id in ids:
            fields = self.ahead.pop(document_id, None)
            if fields is not None:
                self.majority[document_id] = fields
                self._note_due(document_id, fields["due_at"])

    def replicate(self, ids: Sequence[str], term: int) -> None:
        """The others have caught up, if they can hear the primary, and it still is one."""
        if term == self.term and self.isolated_until <= now_s():
            self.acknowledge(ids)

    def fail_over(self, *, keeps: bool) -> list[str]:
        """Another primary: it has what was ahead, or has it not. Returns what was rolled back."""
        self.term += 1
        if keeps:
            self.acknowledge(list(self.ahead))
        lost = list(self.ahead)
        self.ahead.clear()
        return lost

    def delete(self, document_id: str) -> None:
        """What no service ever does."""
        self.ahead.pop(document_id, None)
        self.majority.pop(document_id)
        self.due.pop(document_id, None)

    def _note_due(self, document_id: str, due_at: datetime | None) -> None:
        if due_at is None:
            self.due.pop(document_id, None)
        else:
            self.due[document_id] = due_at
            self.on_due()

    def earliest_due(self, partitions: Sequence[int]) -> datetime | None:
        """When the next of these partitions' documents is due."""
        return min((at for i, at in self.due.items() if self.partition_of(i) in partitions), default=None)


@dataclass(slots=True)
class SimulatedStore:
    """What `MongoStore` promises, for one process, whose release is so many `ahead` of today's."""

    replicas: ReplicaSet
    life: Life
    faults: Faults
    chance: Random
    ahead: int = 0

    async def load(self, ids: Sequence[str]) -> dict[str, Document]:
        """See `Store.load`."""
        await self._reach("before-load")
        see = self.replicas.view()
        found = {i: read_by_release(fields, self.ahead) for i in ids if (fields := see(i)) is not None}
        if self.faults.strikes("after-load", self.life.name):
            await self._fail()
        return found

    async def save(self, drafts: Sequence[Document], written_at: datetime) -> list[Outcome]:
        """See `Store.save`."""
        if not drafts:
            return []
        await self._reach(None)
        replicas, term = self.replicas, self.replicas.term
        if self.faults.strikes("inside-bulk", self.life.name):
            some = self.chance.sample(list(drafts), self.chance.randint(0, len(drafts) - 1) if len(drafts) > 1 else 0)
            replicas.acknowledge([d.id for d in some if replicas.write(d, written_at) == "saved"])
            await self._fail()
        if self.faults.strikes("fail-over", self.life.name):
            begin_outside(self._isolate())
        outcomes = [replicas.write(draft, written_at) for draft in drafts]
        saved = [draft.id for draft, outcome in zip(drafts, outcomes, strict=True) if outcome == "saved"]
        await self._majority(saved, term)
        if self.faults.strikes("after-bulk", self.life.name):
            await self._fail()
        await self.life.wait(self.chance.uniform(0.0005, 0.002))
        return outcomes

    async def due(
        self, partitions: Sequence[int], before: datetime, limit: int, *, latest_first: bool = False
    ) -> list[tuple[str, datetime]]:
        """See `Store.due`."""
        await self._reach(None)
        partition_of = self.replicas.partition_of
        found = [(i, at) for i, at in self.replicas.due.items() if at <= before and partition_of(i) in partitions]
        return sorted(found, key=lambda each: each[1], reverse=latest_first)[:limit]

    async def quiet(self, partition: int, after: tuple[datetime, str], before: datetime, limit: int) -> list[Quiet]:
        """See `Store.quiet`."""
        await self._reach(None)
        found = [
            Quiet(f["written_minute"], f["_id"], read_by_release(f, self.ahead).outbox)
            for f in self.replicas.majority.values()
            if f["partition"] == partition and f["written_minute"] <= before
        ]
        return sorted((each for each in found if each[:2] > after), key=lambda each: each[:2])[:limit]

    async def _reach(self, point: Any) -> None:
        self.life.check()
        if point is not None and self.faults.strikes(point, self.life.name):
            await self._fail()
        await self.life.wait(self.chance.uniform(0.001, 0.005) * (20 if self.replicas.isolated_until > now_s() else 1))
        away_s = self.replicas.away_until - now_s()
        if away_s > 0:
            await self.life.wait(min(LIMIT_S, away_s + 0.1))
            if away_s > LIMIT_S or self.chance.random() < 0.5:
                raise StoreUnavailable("no primary answers")

    async def _majority(self, saved: Sequence[str], term: int) -> None:
        """Until a majority has it, whether or not we live to hear of it. An isolated primary never hears of one; a
        fail-over has ended its term."""
        seconds = self.chance.uniform(0.001, 0.006)
        asyncio.get_running_loop().call_later(seconds, self.replicas.replicate, saved, term)
        await self.life.wait(seconds + 0.0001)
        isolated_s = self.replicas.isolated_until - now_s()
        if isolated_s > 0:
            await self.life.wait(min(LIMIT_S, isolated_s + 0.01))
        if self.replicas.term != term:
            raise StoreUnavailable("the primary has stepped down")
        if self.replicas.isolated_until > now_s():
            raise StoreUnavailable("write concern not satisfied")

    async def _isolate(self) -> None:
        """The primary loses its majority; some seconds later another one is elected, mostly without what was ahead."""
        seconds, keeps = self.chance.uniform(0.5, 12.0), self.chance.random() < 0.3
        for document in await isolate(self.replicas, seconds, keeps=keeps):
            self.faults.count("rolled-back", document)

    async def _fail(self) -> None:
        if self.chance.random() < 0.4:
            self.life.die()
            raise Gone
        await self.life.wait(self.chance.uniform(0.01, 2.0))
        raise StoreUnavailable("no answer")


async def isolate(replicas: ReplicaSet, seconds: float, *, keeps: bool) -> list[str]:
    """The primary cannot reach a majority, until another one is elected. Returns what was rolled back."""
    replicas.isolated_until = now_s() + seconds
    await pause(seconds)
    return replicas.fail_over(keeps=keeps)


def wake_when_due(replicas: ReplicaSet, event: asyncio.Event, until: datetime) -> None:
    """Set the event then."""
    delay = max(0.0, (until - instant(now_s())).total_seconds())
    asyncio.get_running_loop().call_later(delay, event.set)


def _size(draft: Document) -> int:
    return len(draft.state or "") + sum(len(entry.body) for entry in draft.outbox)

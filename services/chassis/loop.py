"""The one loop: load, fold, save, publish, commit, call (architecture, laws 1-8).

A batch is settled in rounds: aggregates whose save met a conflict, or that have more messages than one round takes,
go into the next. A large round is settled in two shares side by side: one is decided while the database saves the
other. Only when every aggregate met has its whole outbox acknowledged may the lane commit; what raises here is
machinery, and the lane comes back to the same place.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from typing import Final, Literal, TypeVar

from contracts.message import Nudge
from contracts.topics import Topic
from services.chassis.acknowledged import Acknowledged
from services.chassis.arrival import PARKED, Arrival, Decoder, RawRecord, Skipped, Undecodable, stamp_of
from services.chassis.batch import Batch
from services.chassis.dead_letters import Morgue
from services.chassis.document import Document, Entry, Record
from services.chassis.fold import DueEffect, Folded, Folder
from services.chassis.membership import PartitionsLost
from services.chassis.observer import Observer, timed
from services.chassis.orders import Read, Told, told_entries, understood
from services.chassis.parked_letters import is_parked
from services.chassis.publisher import Publisher
from services.chassis.store import Store
from services.chassis.turns import Turns

MESSAGES_A_ROUND: Final = 64
"""Messages of one aggregate folded before the next save (law 7)."""

SHARED_FROM: Final = 64
"""Aggregates of a round that is settled in shares: fewer are decided before a second call of the database pays."""

FAILURES_BEFORE_PARKING: Final = 3
ROUNDS_AT_MOST: Final = 1_500
"""Far above what 500 records and conflicts can need: past it the lane pauses instead of spinning."""

T = TypeVar("T")


@dataclass(slots=True)
class Loop:
    """The loop of one service. `present()` is the corrected clock; `turns` has a monotonic one, for measuring.
    `holds(lane)` says whether what the lane has in hand is its own still (decision 35). `shared_from`: a round of so
    many aggregates is settled in two shares."""

    service: str
    decoder: Decoder
    folder: Folder
    morgue: Morgue
    store: Store
    publish: Publisher
    acknowledged: Acknowledged
    observer: Observer
    present: Callable[[], datetime]
    turns: Turns
    holds: Callable[[str], Awaitable[bool]]
    shared_from: int = SHARED_FROM
    large: frozenset[str] = frozenset()

    async def settle(self, lane: str, topic: Topic, records: Sequence[RawRecord], calls: list[DueEffect]) -> None:
        """Everything up to the commit. `calls` gets those to make for what was saved, even where machinery broke
        afterwards: no redelivery decides them again (law 8). Raises on broken machinery."""
        batch = Batch(effects=calls)
        await self._timed(lane, "read", self._read(batch, lane, topic, records))
        rounds = 0
        while batch.waiting or batch.direct:
            rounds += 1
            if rounds > ROUNDS_AT_MOST:
                raise RuntimeError("a batch does not settle")
            shares = [self._share(batch, lane, share) for share in self._shares(batch, lane)]
            unasked = [self._timed(lane, "publish", self._publish(batch, lane))] if batch.direct else []
            await _all_of([*shares, *unasked])
        await self._timed(lane, "trim", self._trim(batch))
        self.observer.outcomes(lane, batch.outcomes)
        for reason in batch.undecodable:  # not earlier: what is tried again is read again, and is one letter
            self.observer.dead_letter(lane, reason)

    async def _read(self, batch: Batch, lane: str, topic: Topic, records: Iterable[RawRecord]) -> None:
        turn = self.turns.turn(lane)
        for raw in records:
            if turn.is_over():
                await turn.give_way()
            read: Read = self.decoder.read(raw, topic, stamp_of(raw))
            if isinstance(read, Arrival) and read.order is not None:
                read = understood(self.decoder, read)
            if isinstance(read, Arrival):
                self._sort(batch, read)
            elif isinstance(read, Told):
                self._tell(batch, read)
            elif isinstance(read, Undecodable):
                batch.direct += self.morgue.put_aside(read, self.present())
                batch.outcomes["dead-letter"] += 1
                batch.undecodable.append(read.reason)
            elif isinstance(read, Skipped):
                batch.outcomes["skipped"] += 1

    def _sort(self, batch: Batch, arrival: Arrival) -> None:
        if arrival.aggregate:
            batch.waiting.setdefault(arrival.aggregate, []).append(arrival)
            if isinstance(arrival.incoming.body, Nudge):
                batch.nudged.add(arrival.aggregate)
            return
        # A command whose seal or token is not accepted has no aggregate to ask: it is answered all the same (J3).
        assert arrival.obstacle is not None
        key = arrival.incoming.id  # not the flow's: who knows a flow's id may go on with it
        encoder = self.folder.encoder
        messages = encoder.refusal(arrival.obstacle, arrival.incoming)
        entries = encoder.unsaved(key, messages, arrival.incoming, arrival.position, self.present())
        batch.direct += [(key, entry) for entry in entries]
        batch.outcomes["refused"] += 1
        if arrival.order is not None:
            self._tell(batch, Told(arrival.order, arrival.position, "refused"))

    def _tell(self, batch: Batch, told: Told) -> None:
        """An order that no aggregate is asked about."""
        entries = told_entries(self.folder.encoder, told.order.subject, told, self.present())
        batch.direct += [(told.order.subject, entry) for entry in entries]
        batch.outcomes[told.outcome if isinstance(told.outcome, str) else "refused"] += 1

    def _shares(self, batch: Batch, lane: str) -> list[list[str]]:
        """The aggregates of one round, by the shares that they are settled in."""
        aggregates = batch.round(self.turns.round(lane, len(batch.waiting)), self.large)
        if len(aggregates) < self.shared_from:
            return [aggregates] if aggregates else []
        half = len(aggregates) // 2
        return [aggregates[:half], aggregates[half:]]

    async def _share(self, batch: Batch, lane: str, aggregates: Sequence[str]) -> None:
        share = replace(batch, met={}, direct=[])
        await self._saved(share, lane, aggregates)
        # In every round: what is acknowledged leaves the outbox with the next, so that no document grows with the
        # length of a batch.
        await self._timed(lane, "publish", self._publish(share, lane))
        batch.take_over(share)

    async def _saved(self, batch: Batch, lane: str, aggregates: Sequence[str]) -> None:
        waiting = {aggregate: batch.waiting[aggregate][:MESSAGES_A_ROUND] for aggregate in aggregates}
        ids = [*waiting, *(PARKED + aggregate for aggregate in waiting)]
        loaded = await self._timed(lane, "load", self.store.load(ids))
        folds = await self._timed(lane, "decide", self._fold_all(loaded, waiting, batch, lane))
        drafts = [f for f in folds if f.changed]
        # The last thing before the save: what comes between is not seen.
        if drafts:
            await self._timed(lane, "hold", self._hold(lane))
        saved = await self._timed(lane, "save", self.store.save([f.draft for f in drafts], self.present()))
        outcome_of = dict(zip((f.draft.id for f in drafts), saved, strict=True))
        for folded in folds:
            self._note(batch, folded, outcome_of.get(folded.draft.id, "unchanged"), lane)

    async def _hold(self, lane: str) -> None:
        if not await self.holds(lane):
            raise PartitionsLost

    async def _fold_all(
        self, loaded: Mapping[str, Document], waiting: Mapping[str, Sequence[Arrival]], batch: Batch, lane: str
    ) -> list[Folded]:
        def fold(aggregate: str, arrivals: Sequence[Arrival]) -> Awaitable[Folded]:
            document, twin = loaded.get(aggregate) or Document(aggregate), loaded.get(PARKED + aggregate)
            if twin is not None:
                # It is met, too: what it put aside before it was unparked is perhaps not yet on the log.
                batch.met[twin.id] = twin
            return self._way(batch, document, twin, arrivals)

        slow = {a for a, arrivals in waiting.items() for x in arrivals if x.route is not None and x.route.prepare}
        # Aggregates that must prepare (hash, compute) do so side by side; a task for each of the others would cost more
        # than its decision.
        tasks = [asyncio.ensure_future(fold(a, waiting[a])) for a in slow]
        for task in tasks:
            task.add_done_callback(lambda _: self.observer.step(lane))
        try:
            folds, turn = [], self.turns.turn(lane)
            for aggregate, arrivals in waiting.items():
                if aggregate not in slow:
                    if turn.is_over():
                        await turn.give_way()
                    folds.append(await fold(aggregate, arrivals))
            return folds + await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    def _way(
        self, batch: Batch, document: Document, twin: Document | None, arrivals: Sequence[Arrival]
    ) -> Awaitable[Folded]:
        """What becomes of an aggregate's messages in this round, as many as go the same way: they are decided, or put
        aside, or the aggregate is unparked."""
        first, fails = arrivals[0], batch.failures.get(document.id, 0) >= FAILURES_BEFORE_PARKING
        if twin is None and not fails and first.order is None:
            return self.folder.fold(document, arrivals)
        aside, parked = twin or Document(PARKED + document.id), fails or is_parked(twin)
        way = _way_of(first, parked)
        if first.order is not None:
            arrivals = list(takewhile(lambda each: _way_of(each, parked) == way, arrivals))
        if way != "decide":
            # It is met, too: what it saved before it was parked is perhaps not yet on the log.
            batch.met[document.id] = document
            if way == "put-aside":
                return self.morgue.fold(aside, document, arrivals, self.present())
            return self.morgue.unpark(aside, document, first, self.present())
        if fails:
            return self.morgue.keep(document, first, self.present())
        return self.folder.fold(document, arrivals, twin)

    def _note(self, batch: Batch, folded: Folded, outcome: str, lane: str) -> None:
        aggregate = folded.draft.id.removeprefix(PARKED)
        if outcome == "conflict":
            batch.outcomes["conflict"] += 1
            return
        if outcome == "refused":
            self._count_failure(batch, aggregate, RuntimeError("the database refused the document"))
            return
        if outcome == "saved":
            folded.draft.version += 1
            self.acknowledged.forget(folded.draft.id, folded.draft.outbox)
        batch.met[folded.draft.id] = folded.draft
        batch.direct += [(folded.draft.id, entry) for entry in folded.direct]
        batch.effects += folded.effects
        for word in folded.outcomes:
            batch.outcomes[word] += 1
            if word == "put-aside":
                self.observer.dead_letter(lane, "aggregate-parked")
            elif word == "unparked":
                self.observer.unparked(aggregate)
        self._advance(batch, aggregate, folded.done)
        if folded.failure is not None:
            self._count_failure(batch, aggregate, folded.failure)

    def _advance(self, batch: Batch, aggregate: str, done: int) -> None:
        if done:  # a failure that passed was not the next message's
            batch.failures.pop(aggregate, None)
        if rest := batch.waiting[aggregate][done:]:
            batch.waiting[aggregate] = rest
        else:
            del batch.waiting[aggregate]

    def _count_failure(self, batch: Batch, aggregate: str, error: Exception) -> None:
        batch.failures[aggregate] += 1
        # A letter that fails again stays where it is: its aggregate is parked already.
        parks = batch.waiting[aggregate][0].letters is None
        self.observer.failed(aggregate, error, parks and batch.failures[aggregate] >= FAILURES_BEFORE_PARKING)

    async def _publish(self, batch: Batch, lane: str) -> None:
        records: list[Record] = []
        entries: list[tuple[str, Entry]] = []
        for aggregate, document in batch.met.items():
            for entry in document.outbox:
                if not self.acknowledged.knows(aggregate, entry):
                    records.append(entry.record(self.service, aggregate))
                    entries.append((aggregate, entry))
        # What is saved goes out in any case; what nobody has saved another may have answered otherwise.
        lost = bool(batch.direct) and not await self.holds(lane)
        records += [] if lost else [entry.record(self.service, key) for key, entry in batch.direct]
        if records:
            await self.publish(records)
        for aggregate, entry in entries:
            self.acknowledged.note(aggregate, entry)
        if lost:
            raise PartitionsLost
        batch.direct.clear()

    async def _trim(self, batch: Batch) -> None:
        """A nudged aggregate is trimmed in the same handling (law 5). A conflict is harmless: somebody else wrote,
        and trims."""
        drafts = [document.draft() for document in batch.met.values() if document.outbox]
        for draft in drafts:
            draft.outbox = []
        if drafts:
            await self.store.save(drafts, self.present())

    async def _timed(self, lane: str, stage: str, call: Awaitable[T]) -> T:
        with timed(self.observer, lane, stage, self.turns.clock):
            return await call


async def _all_of(shares: Sequence[Awaitable[None]]) -> None:
    """One that fails does not call off the others: whoever comes back to this place must not meet them under way."""
    if len(shares) == 1:
        await shares[0]
        return
    failures = [outcome for outcome in await asyncio.gather(*shares, return_exceptions=True) if outcome is not None]
    if failures:
        together = BaseExceptionGroup("shares of a round", failures)
        raise together if isinstance(together, Exception) and len(failures) > 1 else failures[0]


def _way_of(arrival: Arrival, parked: bool) -> Literal["decide", "put-aside", "unpark"]:
    if arrival.incoming is arrival.order and arrival.letters is None:
        return "unpark"
    return "put-aside" if parked and arrival.letters is None else "decide"

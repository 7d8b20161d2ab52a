"""The slow audit: nothing stays in an outbox unpublished and unnoticed (architecture, law 5).

Each document is looked at once, ten minutes after its last write. One whose outbox is not proven published gets a
nudge, one under way at a time, more where many wait; what stays unproven for half an hour is an alarm.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

from contracts.operations import NUDGE
from services.chassis.acknowledged import is_proven
from services.chassis.arrival import PARKED
from services.chassis.document import Entry, Record
from services.chassis.lane import KafkaLane
from services.chassis.service import Service
from services.chassis.skip_orders import SkipOrders, Spoils
from services.chassis.store import Store
from services.chassis.sweep import own_record

AUDIT_EVERY_S: Final = 20.0
AFTER: Final = timedelta(minutes=10)
ALARM_AFTER: Final = timedelta(minutes=30)
DOCUMENTS_AT_ONCE: Final = 1_000
"""So many the database reads in a moment, whether or not any of them has something in its outbox."""

PAGES_AT_MOST: Final = 25
"""Pages of one look at one partition: more documents than a partition's service can write in the meantime."""
UNPROVEN_AT_MOST: Final = 10_000
"""With so many the look goes no further until some are proven. A topic that is made anew leaves all that is quiet
unproven: no commit on the new one says anything of what was caused by the old one."""

LONG_AGO: Final = timedelta(days=1)
"""What a process decides that has lost its partition, and does not know it yet, is younger."""

NUDGED_OF: Final = 10
"""Of so many that wait, one more is nudged at a time."""

NUDGE_LIFE: Final = timedelta(minutes=2)
_EVER: Final = (datetime(2020, 1, 1, tzinfo=UTC), "")

Committed = Callable[[], Awaitable[Mapping[tuple[int, str, int], int]]]


@dataclass(slots=True)
class Audit:
    """`committed()` gives the group's committed offsets of every lane, by (epoch, topic, partition), from the
    broker. `learn` hears them, and that they prove what was queued before a certain instant."""

    service: Service
    lane: KafkaLane
    store: Store
    publish: Callable[[Sequence[Record]], Awaitable[None]]
    committed: Committed
    present: Callable[[], datetime]
    tell: Callable[..., None]
    learn: Callable[[Mapping[tuple[int, str, int], int], datetime], None]
    spoils: Spoils = SkipOrders().spoil
    _seen_to: dict[int, tuple[datetime, str]] = field(default_factory=dict)
    _unproven: dict[str, datetime] = field(default_factory=dict)
    _nudged: dict[str, datetime] = field(default_factory=dict)
    _kinds: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._kinds = frozenset(kind.name for kind in self.service.kinds)

    async def once(self) -> float:
        """One look. Returns the age in seconds of the oldest write whose outbox is not proven, 0 if there is none."""
        now = self.present()
        partitions = list(self.lane.lag())
        self._seen_to = {p: self._seen_to.get(p, _EVER) for p in partitions}
        committed = await self.ask()
        for partition in partitions:
            await self._look(partition, now, committed)
        await self._let_go(now, committed)
        await self._nudge(now)
        oldest = min(self._unproven.values(), default=now)
        if now - oldest > ALARM_AFTER:
            self.tell("outbox_unproven", count=len(self._unproven), oldest_s=(now - oldest).total_seconds())
        return (now - oldest).total_seconds()

    async def ask(self) -> Mapping[tuple[int, str, int], int]:
        """What every lane's group has committed."""
        now, committed = self.present(), await self.committed()
        self.learn(committed, now - LONG_AGO)
        return committed

    async def _look(self, partition: int, now: datetime, committed: Mapping[tuple[int, str, int], int]) -> None:
        before = now - AFTER
        for _ in range(PAGES_AT_MOST):
            if len(self._unproven) >= UNPROVEN_AT_MOST:
                return
            found = await self.store.quiet(partition, self._seen_to[partition], before, DOCUMENTS_AT_ONCE)
            for written_at, aggregate, outbox in found:
                # Of a kind of another release, to which this one's nudges are no words, that one's audit knows.
                if aggregate.removeprefix(PARKED).partition(":")[0] not in self._kinds:
                    continue
                if self._is_proven(outbox, committed):
                    self._unproven.pop(aggregate, None)
                else:
                    self._unproven.setdefault(aggregate, written_at)
            if found:
                self._seen_to[partition] = found[-1][:2]
            if len(found) < DOCUMENTS_AT_ONCE:
                return

    def _is_proven(self, outbox: Sequence[Entry], committed: Mapping[tuple[int, str, int], int]) -> bool:
        return all(is_proven(entry, committed, self.spoils) for entry in outbox)

    async def _let_go(self, now: datetime, committed: Mapping[tuple[int, str, int], int]) -> None:
        """What was trimmed waits no longer; what a nudge did not help waits behind the others."""
        loaded = await self.store.load([*self._nudged])
        for aggregate, at in [*self._nudged.items()]:
            if aggregate not in loaded or self._is_proven(loaded[aggregate].outbox, committed):
                self._unproven.pop(aggregate, None)
            elif now - at < NUDGE_LIFE:
                continue
            elif aggregate in self._unproven:
                self._unproven[aggregate] = self._unproven.pop(aggregate)
            del self._nudged[aggregate]

    async def _nudge(self, now: datetime) -> None:
        room = 1 + len(self._unproven) // NUDGED_OF - len(self._nudged)
        waiting = (a for a in self._unproven if a not in self._nudged)
        nudged = [*islice(waiting, max(0, room))]
        # What is parked is nudged under the aggregate's own name: with the prefix, a long one is no id any more.
        names = [aggregate.removeprefix(PARKED) for aggregate in nudged]
        service = self.service.name
        nudge = NUDGE[service]
        await self.publish([own_record(service, nudge(aggregate=name), name, now) for name in names])
        self._nudged |= dict.fromkeys(nudged, now)

"""A log in memory that keeps what publisher and lanes need of Kafka; `tests/log_suite.py` holds both to it."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from contracts.topics import Topic
from services.chassis.acknowledged import Acknowledged
from services.chassis.document import Record
from services.chassis.fold import DueEffect
from services.chassis.lane import Settle
from services.chassis.publisher import PublishFailed

LOG_APPEND_TIME = 1


@dataclass
class FakeRecord:
    """A record as a consumer gets it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    timestamp_type: int = LOG_APPEND_TIME


@dataclass
class FakeLog:
    """Topics with partitions, and what groups have committed. `now()` stamps."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    partitions_of: Callable[[str], int] = lambda _: 6
    records: dict[str, list[list[FakeRecord]]] = field(default_factory=dict)
    committed: dict[tuple[str, str, int], int] = field(default_factory=dict)
    in_order: list[FakeRecord] = field(default_factory=list)

    def append(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes | None]]
    ) -> FakeRecord:
        """Take a record in, stamped."""
        partitions = self.records.setdefault(topic, [[] for _ in range(self.partitions_of(topic))])
        number = sum(key or b"") % len(partitions)
        stamp = int(self.now().timestamp() * 1000)
        record = FakeRecord(topic, number, len(partitions[number]), stamp, key, value, tuple(headers))
        partitions[number].append(record)
        self.in_order.append(record)
        return record

    def all(self, topic: str) -> list[FakeRecord]:
        """Every record of a topic, partition by partition."""
        return [record for partition in self.records.get(topic, []) for record in partition]


@dataclass
class FakePublisher:
    """`fault("publish")` may raise, or say how many records get through before the rest fails."""

    log: FakeLog
    on_stamp: Callable[[int], None] = lambda _: None
    fault: Callable[[str], int | None] = lambda _: None

    async def __call__(self, records: Sequence[Record]) -> None:
        if not records:
            return
        through = self.fault("publish")
        taken = [self.log.append(r.topic, r.key, r.value, r.headers) for r in records[:through]]
        if through is not None:
            raise PublishFailed("some were not acknowledged")
        self.on_stamp(taken[-1].timestamp)


async def held(_: str) -> bool:
    """No other member has the lane's partitions."""
    return True


@dataclass
class FakeLane:
    """A member of a group; `owned` are its partitions. Each `step` handles one batch, as `KafkaLane` does."""

    log: FakeLog
    group: str
    name: str
    topic: Topic
    settle: Settle
    after: Callable[[list[DueEffect]], None]
    acknowledged: Acknowledged
    owned: set[int]
    max_records: int = 500
    fault: Callable[[str], Any] = lambda _: None
    paused: bool = False
    busy: bool = False
    positions: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.positions = {p: self._committed(p) for p in self.owned}
        for partition in self.owned:
            self.acknowledged.committed[self.topic.epoch, self.topic.name, partition] = self._committed(partition)

    def lag(self) -> dict[int, int | None]:
        """See `KafkaLane.lag`."""
        return {p: len(self._records(p)) - self.positions[p] for p in sorted(self.owned)}

    async def step(self) -> int:
        """Handle what is there, at most one batch. Returns how many records; 0 as well when the batch failed."""
        batch = self._fetch()
        if not batch:
            return 0
        self.busy = True
        calls: list[DueEffect] = []
        try:
            await self.settle(self.name, self.topic, batch, calls)
            self.fault("commit")
        except Exception:  # noqa: BLE001 - machinery: the same records come again
            for record in reversed(batch):
                self.positions[record.partition] = record.offset
            self.paused = True
        else:
            self.commit(batch)
            self.paused = False
        finally:
            self.busy = False
        if calls:
            self.after(calls)
        return 0 if self.paused else len(batch)

    def commit(self, batch: Sequence[FakeRecord]) -> None:
        """Commit what is owned."""
        for record in batch:
            if record.partition in self.owned:
                self.log.committed[self.group, self.topic.name, record.partition] = record.offset + 1
                self.acknowledged.committed[self.topic.epoch, self.topic.name, record.partition] = record.offset + 1

    def _fetch(self) -> list[FakeRecord]:
        batch: list[FakeRecord] = []
        for partition in sorted(self.owned):
            position = self.positions[partition]
            batch += self._records(partition)[position : position + self.max_records - len(batch)]
        for record in batch:
            self.positions[record.partition] = record.offset + 1
        return batch

    def _records(self, partition: int) -> list[FakeRecord]:
        partitions = self.log.records.get(self.topic.name)
        return partitions[partition] if partitions else []

    def _committed(self, partition: int) -> int:
        return self.log.committed.get((self.group, self.topic.name, partition), 0)


def never(_: str) -> None:
    """No fault."""


Publish = Callable[[Sequence[Record]], Awaitable[None]]

"""A log in memory: topics with partitions, stamps, retention, what groups have committed, and hours without it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from random import Random
from typing import Final

from contracts.envelope import Envelope, from_headers
from contracts.topics import CATALOGUE
from services.chassis.document import Record
from services.chassis.publisher import SEND_LIMIT_S, PublishFailed, partition_of_key
from tests.fakes.log import FakeRecord
from tests.simulation.faults import Faults
from tests.simulation.life import Gone, Life
from tests.simulation.virtual_time import broker_time, now_s, pause

FEW_PARTITIONS: Final = 2
"""Of every topic but those of commands, whose partitions sweeps and audits reckon with: fewer are quicker."""


class Taken(FakeRecord):
    """A record on the log. Those who only listen read its envelope once; services read it for themselves."""

    @cached_property
    def envelope(self) -> Envelope | None:
        """None: it has none that can be read."""
        envelope = from_headers(self.key, self.headers)
        return envelope if isinstance(envelope, Envelope) else None


Hear = Callable[[Taken], None]


def partitions_of(topic: str) -> int:
    """How many partitions a topic has here."""
    known = CATALOGUE.get(topic)
    if known is None or topic.endswith(".commands"):
        return known.partitions if known else FEW_PARTITIONS
    return min(known.partitions, FEW_PARTITIONS)


@dataclass(slots=True)
class Partition:
    """Its records; those before `first` have been dropped by retention."""

    records: list[Taken] = field(default_factory=list)
    first: int = 0

    @property
    def end(self) -> int:
        """The offset of the next record."""
        return self.first + len(self.records)

    def read(self, offset: int, at_most: int) -> list[Taken]:
        """Records from this offset on."""
        begin = max(0, offset - self.first)
        return self.records[begin : begin + at_most]


class SimulatedLog:
    """`now` stamps, by each broker's own clock, so many seconds off. `hears` is told of every record taken in,
    `history` keeps all of them."""

    def __init__(self, now: Callable[[], datetime] = broker_time, brokers_off_s: Sequence[float] = (0.0,)) -> None:
        self._now, self._brokers_off_s = now, brokers_off_s
        self._topics: dict[str, list[Partition]] = {}
        self._readers: dict[str, list[asyncio.Event]] = {}
        self._hears: dict[str, list[Hear]] = {}
        self.partitions_of = partitions_of
        self.committed: dict[tuple[str, str, int], int] = {}
        self.history: list[Taken] = []
        self.away_until = 0.0
        self.on_append: Hear = lambda _: None

    @property
    def is_away(self) -> bool:
        """Whether no broker answers."""
        return now_s() < self.away_until

    def topic(self, name: str) -> list[Partition]:
        """Its partitions."""
        found = self._topics.get(name)
        if found is None:
            found = self._topics[name] = [Partition() for _ in range(self.partitions_of(name))]
        return found

    def append(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes | None]]
    ) -> Taken:
        """Take a record in, stamped."""
        partitions = self.topic(topic)
        number = partition_of_key(key or b"", len(partitions))
        partition = partitions[number]
        off_s = self._brokers_off_s[(number + len(topic)) % len(self._brokers_off_s)]
        stamp = round((self._now().timestamp() + off_s) * 1000)
        record = Taken(topic, number, partition.end, stamp, key, value, tuple(headers))
        partition.records.append(record)
        self.history.append(record)
        self.on_append(record)
        for event in self._readers.get(topic, ()):
            event.set()
        for hear in self._hears.get(topic, ()):
            hear(record)
        return record

    def read_by(self, topic: str, event: asyncio.Event) -> None:
        """Set this event whenever the topic gets a record."""
        self._readers.setdefault(topic, []).append(event)

    def read_no_more(self, topic: str, event: asyncio.Event) -> None:
        """A reader is gone."""
        self._readers[topic].remove(event)

    def heard_by(self, topic: str, hear: Hear) -> None:
        """Tell of every record of this topic."""
        self._hears.setdefault(topic, []).append(hear)

    def go_away(self, seconds: float) -> None:
        """For so long no broker answers."""
        self.away_until = now_s() + seconds
        asyncio.get_running_loop().call_later(seconds, self._come_back)

    def _come_back(self) -> None:
        for events in self._readers.values():
            for event in events:
                event.set()

    async def there(self) -> None:
        """Returns once brokers answer."""
        while self.is_away:
            await pause(self.away_until - now_s())

    def drop_old(self) -> None:
        """What retention has to drop by now."""
        for name, partitions in self._topics.items():
            known = CATALOGUE.get(name)
            if known is None or known.compacted:
                continue
            oldest = round((self._now() - known.retention).timestamp() * 1000)
            for partition in partitions:
                kept = [record for record in partition.records if record.timestamp >= oldest]
                partition.first += len(partition.records) - len(kept)
                partition.records = kept


@dataclass(slots=True)
class SimulatedPublisher:
    """What `KafkaPublisher` promises, for one process: in order in each partition, all acknowledged or `PublishFailed`.

    A failed send leaves a part of each partition's records on the log, from the first on; the broker may take them in
    once more later (a copy of the abandoned producer's)."""

    log: SimulatedLog
    life: Life
    faults: Faults
    chance: Random
    on_stamp: Callable[[int, int], None] = lambda *_: None

    async def __call__(self, records: Sequence[Record]) -> None:
        """Send all."""
        if not records:
            return
        self.life.check()
        began = now_s()
        if self.faults.strikes("before-publish", self.life.name):
            await self._fail(())
        await self.life.wait(self.chance.uniform(0.001, 0.006))
        if self.log.is_away:
            await self.life.wait(min(SEND_LIMIT_S, max(0.0, self.log.away_until - now_s()) + 0.1))
            if self.log.is_away or self.chance.random() < 0.5:
                raise PublishFailed("no broker answers")
        if self.faults.strikes("inside-publish", self.life.name):
            await self._fail(self._some_of(records))
        stamp = 0
        for record in records:
            stamp = self.log.append(record.topic, record.key, record.value, record.headers).timestamp
        if self.faults.strikes("after-publish", self.life.name):
            await self._fail(())
        await self.life.wait(self.chance.uniform(0.001, 0.004))
        self.on_stamp(stamp, round((now_s() - began) * 1000))

    def _some_of(self, records: Sequence[Record]) -> list[Record]:
        """Of each partition's records the first ones, as many as chance will have it."""
        by_place: dict[tuple[str, int], list[Record]] = {}
        for record in records:
            place = record.topic, partition_of_key(record.key, len(self.log.topic(record.topic)))
            by_place.setdefault(place, []).append(record)
        return [r for each in by_place.values() for r in each[: self.chance.randint(0, len(each))]]

    async def _fail(self, taken: Sequence[Record]) -> None:
        for record in taken:
            self.log.append(record.topic, record.key, record.value, record.headers)
        if taken and self.chance.random() < 0.5:
            delay = self.chance.uniform(0.01, 5.0)
            asyncio.get_running_loop().call_later(delay, self._late_copy, tuple(taken))
        if self.chance.random() < 0.4:
            self.life.die()
            raise Gone
        await self.life.wait(self.chance.uniform(0.01, 2.0))
        raise PublishFailed("some were not acknowledged")

    def _late_copy(self, taken: Sequence[Record]) -> None:
        self.faults.count("late-copy")
        for record in taken:
            self.log.append(record.topic, record.key, record.value, record.headers)


def committed_of(log: SimulatedLog, groups: Mapping[str, str]) -> dict[tuple[int, str, int], int]:
    """What these groups (by the topic each reads) have committed, by (epoch, topic, partition)."""
    return {
        (CATALOGUE[topic].epoch, topic, partition): offset
        for (group, topic, partition), offset in log.committed.items()
        if groups.get(topic) == group
    }

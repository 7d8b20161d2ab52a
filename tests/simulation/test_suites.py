"""The simulated database and log pass the suites that MongoDB and Kafka pass (style 13)."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any, cast

import pytest

from contracts.topics import ACCOUNTS_COMMANDS
from services.chassis.acknowledged import Acknowledged
from services.chassis.document import Record
from services.chassis.lane import KafkaLane, Settle
from services.chassis.observer import ServiceObserver
from services.chassis.service import Lane
from tests.log_suite import MOST, PARTITIONS, GroupSuite, LogSuite
from tests.simulation.broker import SimulatedBroker
from tests.simulation.faults import Faults, no_faults
from tests.simulation.group import Group
from tests.simulation.life import Life
from tests.simulation.log import SimulatedLog, SimulatedPublisher
from tests.simulation.process import Told
from tests.simulation.store import ReplicaSet, SimulatedStore
from tests.store_suite import StoreSuite, partition_of


@pytest.fixture
def faults() -> Faults:
    return no_faults()


@pytest.fixture
def replicas() -> ReplicaSet:
    return ReplicaSet(partition_of)


@pytest.fixture
def store(replicas: ReplicaSet, faults: Faults) -> SimulatedStore:
    return SimulatedStore(replicas, Life("test"), faults, Random(1))


@pytest.fixture
def delete(replicas: ReplicaSet) -> Callable[[str], Awaitable[None]]:
    async def gone(document_id: str) -> None:
        replicas.delete(document_id)

    return gone


class TestSimulatedStore(StoreSuite):
    """Every promise of a store."""


class LogOfATest:
    """One topic of two partitions; members are processes that die on leaving."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.topic = replace(ACCOUNTS_COMMANDS, name="test.commands", partitions=PARTITIONS)
        self.stamps: list[int] = []
        self.log = SimulatedLog()
        self._group = Group(self.log, "test.ordinary", self.topic.name, Random(1))
        self._publish = SimulatedPublisher(self.log, Life("sender"), faults, Random(1), self._on_stamp)

    def _on_stamp(self, stamp: int, _: int) -> None:
        self.stamps.append(stamp)

    async def publish(self, records: Sequence[Record]) -> None:
        await self._publish([record._replace(topic=self.topic.name) for record in records])

    async def committed(self) -> dict[int, int]:
        return {number: offset for (_, _, number), offset in self.log.committed.items()}

    @contextlib.asynccontextmanager
    async def member(
        self, settle: Settle, after: Any = lambda _: None, name: str | None = None, *, falls: bool = False
    ) -> AsyncIterator[KafkaLane]:
        life = Life("member")
        observer = cast("ServiceObserver", Told(lambda _: None, "member"))
        lane = KafkaLane("test", Lane("ordinary", self.topic, most=MOST), settle, after, Acknowledged(), observer)
        broker = SimulatedBroker(lambda *_: self._group, life, self.faults, Random(1))
        lane.attach(cast("Any", broker), name)
        broker.start()
        try:
            yield lane
        finally:
            life.die()
            if not falls:
                broker.leave()

    def dealt(self, lane: KafkaLane) -> int:
        consumer: Any = lane.consumer
        return int(consumer.generation)


@pytest.fixture
def log(faults: Faults) -> LogOfATest:
    return LogOfATest(faults)


class TestSimulatedLog(LogSuite, GroupSuite):
    """Every promise of a log and of the lanes on it."""

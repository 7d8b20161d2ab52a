"""The fake log passes the suite of the real one (style 13)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from contracts.topics import ACCOUNTS_COMMANDS
from services.chassis.acknowledged import Acknowledged
from services.chassis.document import Record
from services.chassis.lane import Settle
from tests.fakes.log import FakeLane, FakeLog, FakePublisher
from tests.log_suite import MOST, PARTITIONS, LogSuite

TOPIC = replace(ACCOUNTS_COMMANDS, name="fake", partitions=PARTITIONS)
GROUP = "accounts.ordinary"


class FakeLogUnderTest:
    """One topic, one group; its members share the partitions out among themselves."""

    def __init__(self) -> None:
        self.log = FakeLog(partitions_of=lambda _: PARTITIONS)
        self.stamps: list[int] = []
        self.members: list[FakeLane] = []

    async def publish(self, records: Sequence[Record]) -> None:
        await FakePublisher(self.log, self.stamps.append)([r._replace(topic=TOPIC.name) for r in records])

    async def committed(self) -> dict[int, int]:
        return {partition: offset for (_, _, partition), offset in self.log.committed.items()}

    @contextlib.asynccontextmanager
    async def member(self, settle: Settle, after: Any = lambda _: None) -> AsyncIterator[FakeLane]:
        share = set(range(PARTITIONS))
        for lane in self.members:
            lane.owned = {min(lane.owned)}
            share -= lane.owned
        lane = FakeLane(self.log, GROUP, "ordinary", TOPIC, settle, after, Acknowledged(), share, MOST)
        self.members.append(lane)

        async def live() -> None:
            while True:
                await lane.step()
                await asyncio.sleep(0)

        task = asyncio.create_task(live())
        try:
            yield lane
        finally:
            task.cancel()
            self.members.remove(lane)
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def log() -> FakeLogUnderTest:
    return FakeLogUnderTest()


class TestFakeLog(LogSuite):
    """Every promise, on the fake."""

"""What the tests of the chassis may ask for."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer.fetcher import Fetcher

from services.chassis.consumer import LaneConsumer
from tests.unit.chassis.fetching import FakeBroker, Open


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """Consumers that have all partitions of a broker, at their beginning."""
    consumers: list[Any] = []

    def open_at(broker: FakeBroker) -> Any:
        consumer: Any = LaneConsumer(group_id="accounts.ordinary", enable_auto_commit=False, auto_offset_reset="none")
        consumers.append(consumer)
        consumer.assign(list(broker.committed))
        broker._loop = consumer._loop
        consumer._coordinator = SimpleNamespace(
            check_errors=lambda: None, fetch_committed_offsets=broker.fetch_committed_offsets
        )
        consumer._client = broker
        consumer._fetcher = Fetcher(broker, consumer._subscription, auto_offset_reset="none")
        for tp, offset in broker.committed.items():
            consumer.seek(tp, offset)
        return consumer

    yield open_at
    for consumer in consumers:
        consumer._coordinator = None
        consumer._closed = True
        await consumer._fetcher.close()

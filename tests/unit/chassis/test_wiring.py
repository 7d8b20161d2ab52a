from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from services.chassis.lane import KafkaLane
from services.chassis.metrics import Metrics
from services.chassis.observer import ServiceObserver
from services.chassis.wiring import Outside, wired
from tests.component.counter import counter_service
from tests.fakes.world import NOON, fake_opener, fake_seal, fake_token, keyed_hash


@dataclass
class Calls:
    """Effects that look at the clock before a call."""

    clock: Callable[[], datetime] = lambda: datetime(1999, 1, 1, tzinfo=UTC)


def test_law9_effects_are_given_the_corrected_clock() -> None:
    """By a machine's own clock, half a minute wrong, a call is never made, or begins when its end is not awaited."""
    calls = Calls()
    machinery = wired(replace(counter_service(), effects=calls), outside())
    assert calls.clock() == NOON
    assert {"ordinary", "internal", "news"} <= {lane.name for lane in machinery.lanes}


async def test_law5_the_loop_asks_the_lane_that_has_something_in_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    machinery = wired(counter_service(), outside())
    asked = []

    async def holds(lane: KafkaLane) -> bool:
        asked.append(lane.name)
        return lane.name == "news"

    monkeypatch.setattr(KafkaLane, "holds", holds)
    assert [await machinery.loop.holds(name) for name in ("news", "ordinary")] == [True, False]
    assert asked == ["news", "ordinary"]


def outside() -> Outside:
    anything: Any = None
    observer: Any = ServiceObserver(Metrics(), None)
    return Outside(
        store=anything,
        publish=anything,
        committed=anything,
        present=lambda: NOON,
        monotonic=lambda: 0.0,
        keyed_hash=keyed_hash,
        seal=fake_seal,
        opener=fake_opener,
        check_token=fake_token,
        data_keys=anything,
        observer=observer,
    )

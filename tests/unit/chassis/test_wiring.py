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


def outside() -> Outside:
    anything: Any = None
    observer: Any = ServiceObserver(Metrics(), None)
    return Outside(
        store=anything,
        publish=anything,
        committed=anything,
        present=lambda: NOON,
        monotonic=lambda: 7.0,
        keyed_hash=keyed_hash,
        seal=fake_seal,
        opener=fake_opener,
        check_token=fake_token,
        data_keys=anything,
        observer=observer,
    )


def test_law9_effects_are_given_the_corrected_clock() -> None:
    """By a machine's own clock, half a minute wrong, a call is never made, or begins when its end is not awaited."""
    calls = Calls()
    machinery = wired(replace(counter_service(), effects=calls), outside())
    assert calls.clock() == NOON
    assert {"ordinary", "internal", "news"} <= {lane.name for lane in machinery.lanes}


async def test_law5_a_save_waits_for_the_lane_s_own_group(monkeypatch: pytest.MonkeyPatch) -> None:
    machinery = wired(counter_service(), outside())
    asked: list[tuple[str, float]] = []

    async def hold(lane: KafkaLane, now: float) -> None:
        asked.append((lane.name, now))

    monkeypatch.setattr(KafkaLane, "hold", hold)
    for name in ("news", "ordinary"):
        await machinery.loop.hold(name)
    assert asked == [("news", 7.0), ("ordinary", 7.0)]

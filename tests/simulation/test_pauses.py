"""A lane that pauses again waits its whole time; an earlier pause that a rebalance has ended does not cut it short."""

from types import SimpleNamespace
from typing import Any, cast

from contracts.topics import ACCOUNTS_COMMANDS
from services.chassis.acknowledged import Acknowledged
from services.chassis.lane import KafkaLane
from services.chassis.observer import ServiceObserver
from services.chassis.service import Lane
from tests.simulation import virtual_time
from tests.simulation.process import Told
from tests.simulation.virtual_time import VirtualLoop, now_s, pause


class Consumer:
    """Owns one partition; notes when it goes on."""

    def __init__(self) -> None:
        self.held: set[Any] = set()
        self.went_on: list[float] = []
        self.halts: dict[str, Any] = {}

    def assignment(self) -> set[str]:
        return {"p"}

    def pause(self, *partitions: str) -> None:
        self.held.update(partitions)

    def resume(self, *partitions: str) -> None:
        self.held.difference_update(partitions)
        self.went_on.append(round(now_s(), 3))

    def paused(self) -> set[str]:
        return self.held


async def pauses_twice(_: VirtualLoop) -> list[float]:
    observer = cast("ServiceObserver", Told(lambda _: None, "test"))
    settle: Any = None
    lane = KafkaLane("accounts", Lane("commands", ACCOUNTS_COMMANDS), settle, settle, Acknowledged(), observer)
    consumer = Consumer()
    lane._subscriber = SimpleNamespace(consumer=consumer)
    lane._rewind_and_pause([], ConnectionError())
    await pause(0.5)
    consumer.held.clear()  # a rebalance
    lane._rewind_and_pause([], ConnectionError())
    await pause(10.0)
    return consumer.went_on


def test_law7_a_second_pause_lasts_its_whole_time() -> None:
    assert virtual_time.run(pauses_twice) == [1.5]

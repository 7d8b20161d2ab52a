"""A halted partition is told, tried again, and passed over only where an order and the group's offset agree."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException, OffsetOutOfRangeError

from contracts.message import Message
from contracts.operations import SKIP_RECORDS
from contracts.topics import ACCOUNTS_COMMANDS
from services.chassis.consumer import Halt
from services.chassis.halts import TELL_AGAIN_S, TRY_AGAIN_S, TRY_LOST_FOR_S, Halts
from services.chassis.skip_orders import SkipOrder, SkipOrders

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
TP = TopicPartition(ACCOUNTS_COMMANDS.name, 3)
UNREADABLE = Halt(TP, 6, CorruptRecordException(), 0.0, unreadable=True)
LOST = Halt(TP, 6, OffsetOutOfRangeError(), 0.0, unreadable=False)


@dataclass
class Lane:
    """A lane with one halted partition. `committed`: whether the group stands at its record; `owned`: whether the
    commit still counts."""

    halts: tuple[Halt, ...]
    committed: bool = True
    owned: bool = True
    name: str = "ordinary"
    topic: Any = ACCOUNTS_COMMANDS
    tried: int = 0
    skipped: int = 0

    async def try_again(self, halt: Halt) -> None:
        """Noted."""
        self.tried += 1

    async def stands_at(self, halt: Halt) -> bool:
        """As said."""
        return self.committed

    async def skip(self, halt: Halt) -> bool:
        """Once."""
        self.skipped += self.owned
        return self.owned


@dataclass
class Desk:
    """`Halts` over one lane, with what it says and tells."""

    lane: Lane
    orders: SkipOrders = field(default_factory=SkipOrders)
    now: float = 1.0
    said: list[tuple[str, Message]] = field(default_factory=list)
    told: list[tuple[str, Any]] = field(default_factory=list)
    counted: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        lanes: Any = [self.lane]
        self.halts = Halts("accounts", lanes, self.orders, self._say, lambda: NOW, self._observer(), lambda: self.now)

    async def _say(self, aggregate: str, correlation_id: str, message: Message) -> None:
        self.said.append((correlation_id, message))

    def _observer(self) -> Any:
        @dataclass
        class Observer:
            tell: Any = lambda event, **fields: self.told.append((event, fields.get("reason")))
            halted: Any = lambda lane, unreadable, lost: self.counted.append((unreadable, lost))
            skipped: Any = lambda lane: None

        return Observer()

    def order(self) -> None:
        body = SKIP_RECORDS["accounts"](
            source_topic=TP.topic,
            epoch=1,
            partition=3,
            first_offset=6,
            last_offset=6,
            operator="noura",
            why="disk",
        )
        self.orders.learn(SkipOrder("o-1", body, NOW))


@pytest.mark.parametrize(
    ("halt", "reason", "counts"), [(UNREADABLE, "unreadable", (1, 0)), (LOST, "offset-lost", (0, 1))]
)
async def test_a_halt_is_told_once_a_minute(halt: Halt, reason: str, counts: tuple[int, int]) -> None:
    desk = Desk(Lane((halt,)))
    for _ in range(3):
        assert await desk.halts.attend() == 1
    assert desk.told == [("partition_halted", reason)]
    assert set(desk.counted) == {counts}
    desk.now += TELL_AGAIN_S
    await desk.halts.attend()
    assert len(desk.told) == 2


@pytest.mark.parametrize("halt", [UNREADABLE, LOST])
async def test_trap_18_a_halt_is_tried_again(halt: Halt) -> None:
    desk = Desk(Lane((halt,)))
    await desk.halts.attend()
    assert desk.lane.tried == 0
    desk.now = TRY_AGAIN_S[halt.unreadable] + 1
    await desk.halts.attend()
    assert desk.lane.tried == 1
    assert desk.lane.skipped == 0


async def test_trap_19_an_order_passes_over_the_record_and_leaves_its_event() -> None:
    desk = Desk(Lane((UNREADABLE,)))
    desk.order()
    await desk.halts.attend()
    assert desk.lane.skipped == 1
    ((correlation, event),) = desk.said
    assert (correlation, event.model_dump()) == (
        "o-1",
        {
            "lane": "ordinary", "source_topic": TP.topic, "epoch": 1, "partition": 3, "offset": 6,
            "operator": "noura", "why": "disk",
        },
    )  # fmt: skip
    assert desk.told[-1][0] == "record_skipped"


async def test_law5_no_order_passes_over_what_the_group_does_not_stand_at() -> None:
    desk = Desk(Lane((UNREADABLE,), committed=False))
    desk.order()
    await desk.halts.attend()
    assert (desk.lane.skipped, desk.said) == (0, [])


async def test_trap_18_no_order_passes_over_a_lost_offset() -> None:
    desk = Desk(Lane((LOST,)))
    desk.order()
    await desk.halts.attend()
    assert (desk.lane.skipped, desk.said) == (0, [])


async def test_a_partition_that_has_gone_to_another_is_the_other_s_to_pass_over() -> None:
    desk = Desk(Lane((UNREADABLE,), owned=False))
    desk.order()
    await desk.halts.attend()
    assert "record_skipped" not in [event for event, _ in desk.told]


async def test_trap_18_an_offset_that_stays_lost_is_not_tried_until_the_log_has_grown_past_it() -> None:
    desk = Desk(Lane((LOST,)))
    while desk.now < TRY_LOST_FOR_S:
        desk.now += TRY_AGAIN_S[False] + 1
        await desk.halts.attend()
        desk.lane.halts = (replace(LOST, since=desk.now),)  # tried, and halted again
    tried = desk.lane.tried
    assert tried > 10
    for _ in range(3):
        desk.now += TRY_AGAIN_S[False] + 1
        await desk.halts.attend()
    assert desk.lane.tried == tried
    desk.lane.halts = (replace(LOST, offset=7, since=desk.now),)
    desk.now += TRY_AGAIN_S[False] + 1
    await desk.halts.attend()
    assert desk.lane.tried == tried + 1
    desk.now += 40 * 24 * 3600.0
    desk.lane.halts = (replace(LOST, since=desk.now),)
    desk.now += TRY_AGAIN_S[False] + 1
    await desk.halts.attend()
    assert desk.lane.tried == tried + 2, "the same offset, at another restart of the broker"


async def test_trap_19_an_unreadable_record_is_tried_for_as_long_as_it_stands() -> None:
    """A broken transfer, or a replica whose disk is bad: after hours another one may lead that has it whole."""
    desk = Desk(Lane((UNREADABLE,)))
    while desk.now < 3 * TRY_LOST_FOR_S:
        desk.now += TRY_AGAIN_S[True] + 1
        desk.lane.halts = (replace(UNREADABLE, since=desk.now - TRY_AGAIN_S[True] - 1),)
        tried = desk.lane.tried
        await desk.halts.attend()
        assert desk.lane.tried == tried + 1


async def test_trap_19_nothing_is_passed_over_before_its_event_is_on_the_log() -> None:
    """Once it is passed over nobody comes back to say so."""
    desk = Desk(Lane((UNREADABLE,)))
    desk.order()

    async def away(*_: object) -> None:
        raise ConnectionError

    desk.halts.publish = away
    with pytest.raises(ConnectionError):
        await desk.halts.attend()
    assert desk.lane.skipped == 0

"""A look at a lane tells work from standing still (traps 8, 15 and 37)."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from aiokafka import TopicPartition

from contracts.topics import ACCOUNTS_COMMANDS, ACCOUNTS_EVENTS, Topic
from services.chassis.consumer import Halt
from services.chassis.health import Progress
from services.chassis.lookout import FROZEN_S, LOOK_EVERY_S, Lookout, unread

TP = TopicPartition(ACCOUNTS_COMMANDS.name, 0)
LIMIT_S = 10


@dataclass
class Lane:
    """A lane as a look sees it; at first it has read everything and asks for more."""

    name: str = "ordinary"
    topic: Topic = ACCOUNTS_COMMANDS
    paused: bool = False
    busy: bool = False
    polls: int = 0
    steps: int = 0
    halts: tuple[Halt, ...] = ()
    read_to: dict[TopicPartition, int | None] = field(default_factory=lambda: {TP: 5})

    def places(self) -> dict[TopicPartition, int | None]:
        """Where it reads next."""
        return dict(self.read_to)


@dataclass
class Watch:
    """One lane, a log that ends at 5, and a clock."""

    lane: Lane = field(default_factory=Lane)
    ends: dict[TopicPartition, int] | None = field(default_factory=lambda: {TP: 5})
    now: float = 1_000.0

    def __post_init__(self) -> None:
        self.progress = Progress(["ordinary"], LIMIT_S, lambda: self.now)
        self.lookout = Lookout(
            [self.lane], self.progress, lambda: {} if self.ends is None else {TP.topic: self.ends}, lambda: self.now
        )

    def looks(self, meanwhile: Callable[[int], None], times: int = 2 * LIMIT_S) -> bool:
        """Whether the lane counts as stalled after so many looks, with something happening before each."""
        for number in range(times):
            meanwhile(number)
            self.lookout.look()
            self.now += LOOK_EVERY_S
        return bool(self.progress.stalled)


def asks(watch: Watch) -> Callable[[int], None]:
    def poll(_: int) -> None:
        watch.lane.polls += 1

    return poll


def nothing(_: int) -> None:
    """It hangs."""


def test_trap_37_who_has_read_everything_and_asks_is_alive() -> None:
    watch = Watch()
    assert not watch.looks(asks(watch))


def test_trap_37_a_spare_replica_without_partitions_is_alive() -> None:
    watch = Watch(Lane(read_to={}))
    assert not watch.looks(asks(watch))


@pytest.mark.parametrize(
    "lane", [Lane(busy=True), Lane(), Lane(read_to={})], ids=["in a batch", "in a poll", "rejoining"]
)
def test_trap_15_who_does_not_come_back_is_stalled(lane: Lane) -> None:
    watch = Watch(lane)
    assert watch.looks(nothing)


def test_trap_15_who_asks_and_gets_nothing_of_what_is_there_is_stalled() -> None:
    watch = Watch(ends={TP: 6})
    assert watch.looks(asks(watch))


def test_trap_15_who_never_learns_where_to_read_is_stalled() -> None:
    watch = Watch(Lane(read_to={TP: None}))
    assert watch.looks(asks(watch))


def test_trap_37_a_long_batch_that_gets_on_is_alive() -> None:
    watch = Watch(Lane(busy=True), ends={TP: 900})

    def step(number: int) -> None:
        watch.lane.steps += number % LIMIT_S == 0

    assert not watch.looks(step, 5 * LIMIT_S)


def test_law7_who_waits_for_machinery_is_alive() -> None:
    watch = Watch(Lane(paused=True), ends={TP: 6})
    assert not watch.looks(nothing)


def test_trap_37_without_an_answer_from_the_broker_nobody_is_stalled() -> None:
    watch = Watch(ends=None)
    assert not watch.looks(nothing)
    watch.ends = {TP: 6}
    assert watch.looks(nothing)


def test_trap_37_a_topic_without_an_answer_excuses_its_own_lanes_only() -> None:
    watch = Watch(Lane(topic=ACCOUNTS_EVENTS), ends={TP: 6})
    assert not watch.looks(nothing)
    watch = Watch(ends={TP: 6})
    assert watch.looks(nothing)


def test_a_process_that_was_frozen_is_given_its_time_again() -> None:
    watch = Watch(ends={TP: 6})
    watch.looks(nothing, 2)
    watch.now += 3 * LIMIT_S
    assert watch.progress.stalled
    assert watch.lookout.look() == pytest.approx(3 * LIMIT_S)
    assert not watch.progress.stalled
    watch.now += LOOK_EVERY_S
    assert watch.looks(nothing), f"a freeze of less than {FROZEN_S} s forgives nothing"


def test_a_look_tells_how_late_it_came() -> None:
    watch = Watch()
    assert watch.lookout.look() == 0
    watch.now += LOOK_EVERY_S + 0.25
    assert watch.lookout.look() == pytest.approx(0.25)


def test_lag_is_what_the_broker_holds_beyond_what_was_read() -> None:
    halted, unknown = TopicPartition(TP.topic, 1), TopicPartition(TP.topic, 2)
    lane = Lane(read_to={TP: 5, unknown: None}, halts=(Halt(halted, 7, ValueError(), 0.0, unreadable=True),))
    assert unread(lane, {TP: 9, halted: 10, unknown: 2, TopicPartition(TP.topic, 3): 100}) == 4 + 3

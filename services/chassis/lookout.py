"""Looking at each lane once a second: does it make progress? (traps 8, 15 and 37)

A lane is alive if it handled something, got a step further in what it handles, or has nothing to do and still asks.
It is excused while it waits for machinery to come back, and while nobody answers for its topic. A consumer that
hangs, whose task has died or fails again and again, that has lost its place in the group, or that has stopped to fetch,
is none of that.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from aiokafka import TopicPartition

from contracts.topics import Topic
from services.chassis.consumer import Halt
from services.chassis.health import Progress
from services.chassis.log_ends import Ends

LOOK_EVERY_S: Final = 1.0
FROZEN_S: Final = 5.0
"""Between two looks: the process did not run, and what it did not do meanwhile says nothing about its lanes."""


class WatchedLane(Protocol):
    """What a look sees of a lane."""

    name: str
    topic: Topic

    @property
    def paused(self) -> bool:
        """Whether it waits for machinery."""

    @property
    def busy(self) -> bool:
        """Whether a batch is in flight."""

    @property
    def polls(self) -> int:
        """How often its consumer asked for records and was not refused."""

    @property
    def steps(self) -> int:
        """How many steps of batches it has done."""

    @property
    def halts(self) -> Sequence[Halt]:
        """Its partitions that go no further."""

    def places(self) -> Mapping[TopicPartition, int | None]:
        """Where it reads next, by partition."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen of one lane."""

    steps: int
    polls: int
    positions: Mapping[TopicPartition, int | None]


@dataclass(slots=True)
class Lookout:
    """`ends()`: where the log ends, by topic; without those for which nobody answers."""

    lanes: Sequence[WatchedLane]
    progress: Progress
    ends: Callable[[], Mapping[str, Ends]]
    clock: Callable[[], float] = time.monotonic
    _seen: dict[str, Sight] = field(default_factory=dict)
    _last: float | None = None

    def look(self) -> float:
        """Beat for each lane that is alive. Returns how many seconds later than asked this look came."""
        now = self.clock()
        late = max(0.0, now - self._last - LOOK_EVERY_S) if self._last is not None else 0.0
        self._last = now
        if late > FROZEN_S:
            self.progress.forgive()
        known = self.ends()
        for lane in self.lanes:
            before, ends = self._seen.get(lane.name), known.get(lane.topic.name)
            sight = self._seen[lane.name] = Sight(lane.steps, lane.polls, lane.places())
            if before is None or ends is None or lane.paused or self._is_alive(lane, before, sight, ends):
                self.progress.beat(lane.name)
        return late

    def _is_alive(self, lane: WatchedLane, before: Sight, now: Sight, ends: Ends) -> bool:
        if (now.steps, now.positions) != (before.steps, before.positions):
            return True
        return now.polls != before.polls and not lane.busy and not has_work(now.positions, ends)


def has_work(positions: Mapping[TopicPartition, int | None], ends: Ends) -> bool:
    """Whether a partition holds records that were not read, or has none that says where to read."""
    return any(position is None or position < ends.get(tp, 0) for tp, position in positions.items())


def unread(lane: WatchedLane, ends: Ends) -> int:
    """Records of the partitions it owns that a lane has not read, halted ones among them. One whose place is not known
    yet does not count."""
    places = dict(lane.places()) | {halt.partition: halt.offset for halt in lane.halts}
    return sum(max(0, ends.get(tp, 0) - place) for tp, place in places.items() if place is not None)

"""Whether what a lane has in hand is still its own (law 5, decision 35)."""

import math
import time
from collections.abc import Awaitable, Callable
from typing import Final

from services.chassis.clock import SINCE_BOOT

SESSION_S: Final = 15.0
"""A member that is silent for so long is put out, and others get its partitions."""

HEARTBEAT_S: Final = 1.0
"""A member hears of a rebalance by its heartbeat, and keeps the others waiting until then."""

REBALANCE_S: Final = 30.0
"""So long the group waits in a rebalance for a member that has not let go yet; then others get its partitions."""

REVOKE_LIMIT_S: Final = 15.0
"""So long a batch in flight may keep a rebalance waiting. With a heartbeat before it, and after it a save that may
still begin, it is less than a rebalance."""

SHOWN_FOR_S: Final = 7.0
"""So long after the group has shown that it counts on a member a save may begin: together with the longest that a save
takes it is less than a session."""


class PartitionsLost(Exception):
    """What a lane has in hand others have perhaps decided and passed: the group has gone on without this member, or
    does not say that it has not."""


def _seconds() -> float:
    return time.clock_gettime(SINCE_BOOT)


class Membership:
    """One consumer's. `current()` is the assignment that it has, None where it knows that it is no member any more.
    `ask()` asks the group whether it counts on this member; it may raise `KafkaError`. `seconds()` is a clock that
    goes on while the process stands still."""

    def __init__(
        self,
        current: Callable[[], object | None],
        ask: Callable[[], Awaitable[bool]],
        seconds: Callable[[], float] = _seconds,
    ) -> None:
        self._current, self._ask, self._seconds = current, ask, seconds
        self._taken_from: object | None = None
        self._shown_at = -math.inf

    def takes_from(self, assignment: object) -> None:
        """What is in hand from now on was read under this assignment."""
        self._taken_from = assignment

    def lets_go(self) -> None:
        """The partitions go before the batch has ended: what is in hand is others' from now on."""
        self._taken_from = None

    async def holds(self) -> bool:
        """Whether nobody else can have begun with what is in hand. A member of a session ago may be none any more
        without knowing it, having stood still: then the group is asked."""
        if not self._is_same():
            return False
        if self._seconds() - self._shown_at > SHOWN_FOR_S:
            asked_at = self._seconds()
            if not await self._ask():
                return False
            self._shown_at = asked_at
        # It may have stood still, or been dealt other partitions, while it asked.
        return self._is_same() and self._seconds() - self._shown_at <= SHOWN_FOR_S

    def _is_same(self) -> bool:
        return self._taken_from is not None and self._current() is self._taken_from

"""The present: the wall clock corrected by the broker's last acknowledgement (architecture, law 9)."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from services.chassis.instants import instant

SKEW_ALARM: Final = timedelta(seconds=1)


def _wall() -> int:
    return time.time_ns() // 1_000_000


class Clock:
    """One process's clock. Lives that we grant start at `present()`; what messages claim is judged by their stamps.
    `wall` is the machine's own, in milliseconds since 1970."""

    def __init__(self, wall: Callable[[], int] = _wall) -> None:
        self._wall = wall
        self._skew_ms = 0

    def present(self) -> datetime:
        """Now, in UTC, as the broker sees it, to the millisecond that the log and the database keep."""
        return instant(self._wall() + self._skew_ms)

    def corrected_by(self, stamp_ms: int, waited_ms: int = 0) -> None:
        """A broker has stamped a record of ours with `stamp_ms`, at some instant of the last `waited_ms`: the skew is
        changed only as far as it cannot have been so. A stamp below 0 is none."""
        if stamp_ms >= 0:
            least = stamp_ms - self._wall()
            self._skew_ms = min(max(self._skew_ms, least), least + waited_ms)

    @property
    def skew(self) -> timedelta:
        """How far the broker's clock is ahead of ours."""
        return timedelta(milliseconds=self._skew_ms)

    @staticmethod
    def monotonic() -> float:
        """Seconds for measuring."""
        return time.monotonic()

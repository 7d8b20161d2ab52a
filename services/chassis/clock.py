"""The present: the clock of the broker's last acknowledgement, carried on by one that never jumps (architecture, law
9)."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from services.chassis.instants import instant

SKEW_ALARM: Final = timedelta(seconds=1)


SINCE_BOOT: Final[int] = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""It counts while the machine sleeps, too; where there is none such, the monotonic one."""


def _wall() -> int:
    return time.time_ns() // 1_000_000


def _steady() -> int:
    return time.clock_gettime_ns(SINCE_BOOT) // 1_000_000


class Clock:
    """One process's clock. Lives that we grant start at `present()`; what messages claim is judged by their stamps.

    `wall` is the machine's own, in milliseconds since 1970, which somebody may set; `steady` counts milliseconds
    and is never set: between two acknowledgements the present goes by it."""

    def __init__(self, wall: Callable[[], int] = _wall, steady: Callable[[], int] = _steady) -> None:
        self._wall, self._steady = wall, steady
        self._ahead_ms = wall() - steady()

    def present(self) -> datetime:
        """Now, in UTC, as the broker sees it, to the millisecond that the log and the database keep."""
        return instant(self._steady() + self._ahead_ms)

    def corrected_by(self, stamp_ms: int, waited_ms: int = 0) -> None:
        """A broker has stamped a record of ours with `stamp_ms`, at some instant of the last `waited_ms`: the present
        is changed only as far as it cannot have been so. A stamp below 0 is none."""
        if stamp_ms >= 0:
            least = stamp_ms - self._steady()
            self._ahead_ms = min(max(self._ahead_ms, least), least + waited_ms)

    @property
    def skew(self) -> timedelta:
        """How far the broker's clock is ahead of the machine's."""
        return timedelta(milliseconds=self._steady() + self._ahead_ms - self._wall())

    @staticmethod
    def monotonic() -> float:
        """Seconds for measuring."""
        return time.monotonic()

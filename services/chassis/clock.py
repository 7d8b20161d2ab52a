"""The present: the wall clock corrected by the broker's last acknowledgement (architecture, law 9)."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

SKEW_ALARM: Final = timedelta(seconds=1)


def _wall() -> datetime:
    return datetime.now(UTC)


class Clock:
    """One process's clock. Lives that we grant start at `present()`; what messages claim is judged by their stamps.
    `wall` is the machine's own, in UTC."""

    def __init__(self, wall: Callable[[], datetime] = _wall) -> None:
        self._wall = wall
        self._skew = timedelta()

    def present(self) -> datetime:
        """Now, in UTC, as the broker sees it, to the millisecond that the log and the database keep."""
        now = self._wall() + self._skew
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def corrected_by(self, stamp_ms: int) -> None:
        """A broker has just stamped a record of ours with `stamp_ms`."""
        self._skew = datetime.fromtimestamp(stamp_ms / 1000, UTC) - self._wall()

    @property
    def skew(self) -> timedelta:
        """How far the broker's clock is ahead of ours."""
        return self._skew

    @staticmethod
    def monotonic() -> float:
        """Seconds for measuring."""
        return time.monotonic()

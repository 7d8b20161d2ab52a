"""What FastStream has to say of a consumer's errors, as our own events: its texts can hold whole records (trap 9)."""

from collections.abc import Callable, Mapping
from typing import Any


class LaneErrors:
    """A logger for FastStream that tells errors by their class and group, and drops everything else."""

    def __init__(self, tell: Callable[..., None]) -> None:
        self._tell = tell

    def log(self, *_: Any, exc_info: Any = None, extra: Mapping[str, Any] | None = None) -> None:
        """Only what carries an exception is of interest. The lane is the last part of its group's name."""
        if isinstance(exc_info, Exception):
            lane = str((extra or {}).get("group_id", "")).partition(".")[2] or "unknown"
            self._tell("consumer_failed", lane=lane, error=exc_info)

"""When awareness and promotional messages may go out, and how a broadcast is spread over time (N4)."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from contracts.broadcasts import MessageClass
from contracts.values.riyadh_day import RIYADH

_DAY: Final = timedelta(days=1)
_IN_HOURS: Final[frozenset[MessageClass]] = frozenset({"awareness", "promotional"})  # N4


def keeps_hours(message_class: MessageClass) -> bool:
    """Whether messages of this class go out in permitted hours only (N4)."""
    return message_class in _IN_HOURS


@dataclass(frozen=True, slots=True)
class PermittedHours:
    """From `opens` until just before `closes`, Riyadh time. A window over midnight is one, too; never equal."""

    opens: time = time(9)  # N4
    closes: time = time(21)  # N4

    @property
    def length(self) -> timedelta:
        """How long the window is open."""
        return (_since_midnight(self.closes) - _since_midnight(self.opens)) % _DAY

    def opening(self, instant: datetime) -> datetime:
        """The instant itself where it is permitted, else the next opening: delayed, not dropped (N4)."""
        since = self._since_opening(instant)
        return instant if since < self.length else instant - since + _DAY

    def closing(self, instant: datetime) -> datetime:
        """When the window closes that is open at this instant, or opens next."""
        opening = self.opening(instant)
        return opening - self._since_opening(opening) + self.length

    def later(self, instant: datetime, by: timedelta) -> datetime:
        """The instant after so much *permitted* time: what has no room today goes on tomorrow at the opening."""
        opening = self.opening(instant)
        since = self._since_opening(opening)
        days, rest = divmod(since + by, self.length)
        return opening - since + days * _DAY + rest

    def _since_opening(self, instant: datetime) -> timedelta:
        local = instant.astimezone(RIYADH)
        return (_since_midnight(local.time()) - _since_midnight(self.opens)) % _DAY


DAYTIME: Final = PermittedHours()
"""The hours of the rule (N4)."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a broadcast goes out, so that the gateway keeps up with it."""

    hours: PermittedHours = DAYTIME
    per_second: int = 50

    def slot(self, message_class: MessageClass, started_at: datetime, number: int) -> datetime:
        """When the recipient of this number, from 0, gets the message at the earliest."""
        by = timedelta(seconds=1) * number / self.per_second
        return self.hours.later(started_at, by) if keeps_hours(message_class) else started_at + by


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond)

"""Calls that leave the house, as values (law 8): what they carry, how long they may take, how often they are made."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.notifications.delivery_states import About, Content


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to hand a message over. It is not begun after `start_by` (its end would not be awaited) nor after
    `about.hand_over_by` (N2), however long it stood in line."""

    about: About
    content: Content
    number: int
    start_by: datetime


@dataclass(frozen=True, slots=True)
class SendCode:
    """Hand a code to the gateway, on connections of its own (N1)."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class SendSms:
    """Hand any other SMS to the gateway."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class SendBroadcast:
    """Hand an SMS of a broadcast to the gateway, on connections of its own: nothing else waits for it (N1)."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class SendEmail:
    """Hand an e-mail to the relay. Each attempt bears the same Message-ID (law 8)."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class AskStatus:
    """Ask the gateway what became of an SMS whose hand-over is unknown (N6)."""

    message_id: str
    attempt: int


Effect = SendCode | SendSms | SendBroadcast | SendEmail | AskStatus


def effect_of(attempt: Attempt) -> Effect:
    """The call that an attempt means."""
    match attempt.about.channel:
        case "email":
            return SendEmail(attempt)
        case "sms":
            if attempt.about.is_code:
                return SendCode(attempt)
            return SendSms(attempt) if attempt.about.broadcast is None else SendBroadcast(attempt)


def seconds(*each: int) -> tuple[timedelta, ...]:
    """A row of waiting times."""
    return tuple(timedelta(seconds=one) for one in each)


MOST_ATTEMPTS: Final = 100
"""As high as a report can count (`AttemptReported`). The longest use of each kind fits in: 24 hours, of a broadcast 30
days."""

HELD_AT_MOST: Final = timedelta(minutes=5)
"""For so long a gateway, or a proxy before it, may still work on a call that nobody waits for any more (ours;
assumption D of `unifonic_wire.py`). Asked before, it would say truthfully that it has taken nothing, and take it after
all: what is sent again on that word is paid for twice (N6)."""


@dataclass(frozen=True, slots=True)
class AttemptRules:
    """How attempts are timed (ours): the waits after the first, second ... attempt, of which the last one repeats. Only
    the end of the message's use ends them (N2).

    `doubted_at_most` is the last attempt after which an e-mail of unknown fate goes out again: its Message-ID is the
    same, but many readers show the copies (law 8).
    `call_limit` is the longest a call may take; `start_within` how long it may stand in line before; `margin` covers
    clocks that differ and a report on its way. `held_at_most` passes before the gateway is asked about an unknown SMS,
    `query_waits` after the first, second ... question.
    """

    call_limit: timedelta = timedelta(seconds=10)
    start_within: timedelta = timedelta(seconds=10)
    margin: timedelta = timedelta(seconds=3)
    code_waits: tuple[timedelta, ...] = seconds(1, 2, 4, 8, 16, 30)
    sms_waits: tuple[timedelta, ...] = seconds(5, 30, 120, 600, 1800)
    broadcast_waits: tuple[timedelta, ...] = seconds(5, 30, 60, 120, 300, *[600] * 6, *[1800] * 6, *[3600] * 20, 43200)
    email_waits: tuple[timedelta, ...] = seconds(5, 30, 120, 600, 1800, 3600)
    doubted_at_most: int = 6
    held_at_most: timedelta = HELD_AT_MOST
    query_waits: tuple[timedelta, ...] = seconds(20, 60, 300, 900, 1800)

    def start_by(self, about: About, now: datetime) -> datetime:
        """The last instant at which an attempt decided now may begin."""
        return min(about.hand_over_by, now + self.start_within)

    def settle_at(self, start_by: datetime) -> datetime:
        """When an attempt that begins by then is certainly over (law 8)."""
        return start_by + self.call_limit + self.margin

    def wait_after(self, about: About, attempt: int) -> timedelta | None:
        """How long to wait after this attempt at least, None when no further one can be counted."""
        waits = self._waits(about)
        return waits[min(attempt, len(waits)) - 1] if attempt < MOST_ATTEMPTS else None

    def spread_of(self, wait: timedelta, about: About, attempt: int) -> timedelta:
        """What each message adds to that wait, up to half of it: what failed together does not come together to a
        gateway that is back. A code does not wait for that."""
        if about.is_code:
            return timedelta()
        drawn = hashlib.sha256(f"{about.message_id}/{attempt}".encode()).digest()
        return wait / 2 * (int.from_bytes(drawn[:4]) / 2**32)

    def _waits(self, about: About) -> tuple[timedelta, ...]:
        match about.channel:
            case "email":
                return self.email_waits
            case "sms":
                if about.is_code:
                    return self.code_waits
                return self.sms_waits if about.broadcast is None else self.broadcast_waits

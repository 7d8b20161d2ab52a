"""What became of one attempt to hand a message to a gateway or relay (N6). Always a value; an attempt never raises."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway took the message and bills it."""

    gateway_message_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The gateway answered no to this message or its recipient, for good, and bills nothing. `gateway_code` is its own
    code, for operators; may be empty."""

    reason: Literal["recipient", "message"]
    gateway_code: str = ""


@dataclass(frozen=True, slots=True)
class NotSent:
    """Certainly not handed over: no byte of the message left, or the gateway said no. Safe to try again.

    `turned-away`: it takes nothing from us as we are (login, balance, sender, address), or says what we do not
    understand. Neither the message nor its recipient is known to be at fault; an operator must look (N5).
    `text-not-known`: a later release, which works beside this one, asks for a text that this one has not (law 13).
    """

    reason: Literal["no-connection", "not-now", "turned-away", "text-not-known"]
    gateway_code: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The message may have been taken. An SMS is settled by query or receipt before anything is sent again (N6)."""

    reason: Literal["no-answer-in-time", "connection-cut", "server-error", "answer-not-understood"]


@dataclass(frozen=True, slots=True)
class TooLate:
    """Its turn came when it could no longer be used (N2): no byte of the message left."""


HandOver = Accepted | Rejected | NotSent | Unknown
LastLook = Callable[[], NotSent | TooLate | None]
"""A look at the clock, just before the first byte leaves: what speaks against sending it by now, if anything does."""


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Time limits of one attempt in seconds: to connect, between two reads or writes, and for everything together."""

    connect: float = 3.0
    read: float = 8.0
    total: float = 10.0

"""Where one message to one person by one channel can stand. What is personal leaves the state once it is not needed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts.broadcasts import MessageClass
from contracts.sealed import Secret
from services.notifications.permitted_hours import keeps_hours


@dataclass(frozen=True, slots=True)
class About:
    """What stays known of a message for ever: nothing personal.

    `asked_by` is the aggregate that asked for a code, None for any other message. `broadcast` is the class of a
    broadcast's message, None for what is one person's own. `correlation_id` is the one of the
    message that asked, for what is said later without it (timers, receipts).
    """

    message_id: str
    template: str
    channel: Literal["sms", "email"]
    hand_over_by: datetime
    correlation_id: str
    asked_by: str | None = None
    broadcast: MessageClass | None = None

    @property
    def is_code(self) -> bool:
        """Codes have lanes of their own (N1) and are never handed over twice (N10)."""
        return self.asked_by is not None

    @property
    def keeps_hours(self) -> bool:
        """Goes out in permitted hours only (N4)."""
        return self.broadcast is not None and keeps_hours(self.broadcast)


@dataclass(frozen=True, slots=True)
class Content:
    """What is needed to send. `values` is JSON; `decided_at` is the date an e-mail bears."""

    address: Secret
    language: Literal["ar", "en"]
    values: Secret
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Attempting:
    """An attempt has begun (law 8). At `settle_at` its call is certainly over, reported or not."""

    about: About
    content: Content
    attempt: int
    settle_at: datetime
    stage: Literal["attempting"] = "attempting"


@dataclass(frozen=True, slots=True)
class Waiting:
    """The last attempt left nothing to settle; the next begins at `retry_at`. After attempt 0 that is the first one,
    of a message that has to wait (N4)."""

    about: About
    content: Content
    attempt: int
    retry_at: datetime
    stage: Literal["waiting"] = "waiting"


@dataclass(frozen=True, slots=True)
class Settling:
    """An SMS may have been taken: a query or a receipt tells before anything is sent again (N6)."""

    about: About
    content: Content
    attempt: int
    queries: int
    ask_at: datetime
    stage: Literal["settling"] = "settling"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows. Nothing is sent again; only a late result or receipt moves it on (N6, N10)."""

    about: About
    stage: Literal["unknown"] = "unknown"


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The gateway or relay has it. The gateway's own id is what its people ask for; empty where it was not told."""

    about: About
    gateway_message_id: str
    stage: Literal["handed-over"] = "handed-over"


@dataclass(frozen=True, slots=True)
class Delivered:
    """A receipt says it arrived (N7)."""

    about: About
    stage: Literal["delivered"] = "delivered"


@dataclass(frozen=True, slots=True)
class Failed:
    """It was refused or not delivered, or could not be sent."""

    about: About
    reason: str
    stage: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True)
class Expired:
    """Too late to be of use: not sent (N2)."""

    about: About
    stage: Literal["expired"] = "expired"


UnderWay = Attempting | Waiting | Settling
DeliveryState = Attempting | Waiting | Settling | Unknown | HandedOver | Delivered | Failed | Expired


def due_at(state: DeliveryState) -> datetime | None:
    """When the message wants to be looked at again (law 10)."""
    match state:
        case Attempting(settle_at=at) | Waiting(retry_at=at) | Settling(ask_at=at):
            return at
        case Unknown() | HandedOver() | Delivered() | Failed() | Expired():
            return None

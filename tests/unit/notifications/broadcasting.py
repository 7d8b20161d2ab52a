"""Situations of a broadcast, by their names."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from contracts.broadcasts import BroadcastAccepted, StartBroadcast
from contracts.decision import Facts, Outgoing
from contracts.message import Message
from contracts.notifications_broadcast_internal import (
    Broadcast,
    BroadcastOffered,
    BroadcastWalked,
    BucketReached,
    ListReached,
    RegionReached,
)
from services.notifications.audience import Bucket, Region, Walk
from services.notifications.broadcast import Broadcasts, BroadcastState, Walking
from services.notifications.permitted_hours import Pace
from tests.scenario import NOON, arriving

PACE = Pace(per_second=10)
BROADCASTS = Broadcasts(PACE, frozenset({"hesabi.example"}))
WALK = Walk(PACE)


def order(**changed: Any) -> StartBroadcast:
    """A warning to regions 1 and 3, of use until the evening."""
    given: dict[str, Any] = {
        "message_class": "warning",
        "text_ar": "تنبيه: ينقطع التيار غدًا.",
        "text_en": "Please note: power is cut tomorrow.",
        "regions": (1, 3),
        "valid_until": NOON + timedelta(hours=6),
    }
    return StartBroadcast(**{**given, **changed})


def walking(**changed: Any) -> Walking:
    """The order is accepted at noon."""
    state = BROADCASTS.start(None, arriving(order(**changed), subject="b-1"), Facts(NOON)).state
    assert isinstance(state, Walking)
    return state


def broadcast(**changed: Any) -> Broadcast:
    """What the walk carries."""
    given: dict[str, Any] = {
        "broadcast_id": "b-1",
        "message_class": "warning",
        "text_ar": "تنبيه",
        "text_en": "Note",
        "started_at": NOON,
        "valid_until": NOON + timedelta(hours=6),
    }
    return Broadcast(**{**given, **changed})


@dataclass
class Land:
    """Regions with their buckets: a broadcast walks over them, one message after the other, as on the log."""

    buckets: dict[tuple[int, int], Bucket]
    state: BroadcastState | None = None
    offers: list[BroadcastOffered] = field(default_factory=list)
    said: list[Message] = field(default_factory=list)
    most_messages: int = 0

    def walk(self, wanted: StartBroadcast, *, twice: bool = False) -> None:
        """To the end; `twice`: every message of the walk is decided two times, and what follows is taken once."""
        waiting: deque[Message] = deque([wanted])
        while waiting:
            body = waiting.popleft()
            messages = self._decide(body)
            if twice and not isinstance(body, StartBroadcast | BroadcastWalked):
                assert self._decide(body) == messages
            self.most_messages = max(self.most_messages, len(messages))
            for message in messages:
                if isinstance(message, BroadcastOffered):
                    self.offers.append(message)
                elif isinstance(message, RegionReached | BucketReached | ListReached | BroadcastWalked):
                    waiting.append(message)
                else:
                    self.said.append(message)

    def _decide(self, body: Message) -> list[Message]:
        arrived, facts = arriving(body, subject="b-1"), Facts(NOON)
        decision: Any
        match body:
            case StartBroadcast():
                decision = BROADCASTS.start(self.state, arrived, facts)
                self.state = decision.state
            case ListReached():
                assert self.state is not None
                decision = BROADCASTS.list_reached(self.state, arrived, facts)
            case BroadcastWalked():
                assert self.state is not None
                decision = BROADCASTS.walked(self.state, arrived, facts)
                self.state = decision.state
            case RegionReached():
                known = tuple(sorted(bucket for region, bucket in self.buckets if region == body.region))
                decision = WALK.region_reached(Region(known) if known else None, arrived, facts)
            case BucketReached():
                decision = WALK.bucket_reached(self.buckets.get((body.region, body.bucket)), arrived, facts)
            case _:
                raise AssertionError(body)
        return [m.body if isinstance(m, Outgoing) else m for m in decision.messages]


def accepted(land: Land) -> list[Message]:
    """What the walk has said besides offers, without the first answer."""
    assert isinstance(land.said[0], BroadcastAccepted)
    return land.said[1:]


def slots(land: Land) -> list[datetime]:
    """When each recipient's turn is."""
    return [offer.not_before for offer in land.offers]

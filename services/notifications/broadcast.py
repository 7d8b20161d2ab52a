"""A message to the actual beneficiaries of regions or of a list (N4): ordered once, walked once, told at its end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from contracts.broadcasts import BroadcastAccepted, BroadcastPrepared, MessageClass, StartBroadcast
from contracts.decision import Decision, Facts, Incoming, decided, ignored, refused
from contracts.message import Message
from contracts.notifications_broadcast_internal import (
    Broadcast,
    BroadcastOffered,
    BroadcastWalked,
    ListReached,
    RegionReached,
)
from services.notifications.broadcast_order import judge_order
from services.notifications.permitted_hours import Pace

OFFERS_A_STEP: Final = 40
"""Offers of one decision, below the 50 messages that one may send (law 7)."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was ordered: regions in their order, persons without repetition; one of the two is empty."""

    message_class: MessageClass
    text_ar: str
    text_en: str
    regions: tuple[int, ...]
    user_ids: tuple[str, ...]
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Walking:
    """The walk is under way; `started_at` is the first slot."""

    order: Order
    started_at: datetime
    stage: Literal["walking"] = "walking"


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everybody has been asked."""

    order: Order
    started_at: datetime
    recipients: int
    stage: Literal["prepared"] = "prepared"


BroadcastState = Walking | Prepared


@dataclass(frozen=True, slots=True)
class Broadcasts:
    """Decides on broadcasts. `link_hosts` are the hosts that links may point to (N8)."""

    pace: Pace
    link_hosts: frozenset[str]

    def start(
        self, state: BroadcastState | None, incoming: Incoming[StartBroadcast], facts: Facts
    ) -> Decision[BroadcastState]:
        """An operator's order. The same order again under its id is answered alike; another one is refused."""
        accepted = BroadcastAccepted(broadcast_id=incoming.subject)
        order = _order_of(incoming.body)
        if state is not None:
            if state.order != order:
                return refused(state, "broadcast-id-used", "another-broadcast-has-this-id")
            return decided(state, accepted)
        first_slot = self.pace.slot(order.message_class, facts.present, 0)
        no = judge_order(incoming.body, incoming.now, first_slot, self.link_hosts)
        if no is not None:
            return Decision(None, refusal=no)
        walking = Walking(order, facts.present)
        return decided(walking, accepted, _first_step(walking, incoming.subject))

    def list_reached(
        self, state: BroadcastState, incoming: Incoming[ListReached], _: Facts
    ) -> Decision[BroadcastState]:
        """The next persons of the list; each finds out for themselves whether they benefit from a supply."""
        if not isinstance(state, Walking):
            return ignored(state)
        step = incoming.body
        broadcast = _broadcast(state, step.broadcast_id)
        users = state.order.user_ids[step.offered : step.offered + OFFERS_A_STEP]
        offers = offers_to(broadcast, users, step.offered, self.pace)
        offered = step.offered + len(users)
        if offered < len(state.order.user_ids):
            return decided(state, *offers, ListReached(broadcast_id=step.broadcast_id, offered=offered))
        return decided(state, *offers, BroadcastWalked(broadcast_id=step.broadcast_id, recipients=offered))

    def walked(self, state: BroadcastState, incoming: Incoming[BroadcastWalked], _: Facts) -> Decision[BroadcastState]:
        """The last offer is out."""
        if not isinstance(state, Walking):
            return ignored(state)
        recipients = incoming.body.recipients
        prepared = BroadcastPrepared(
            broadcast_id=incoming.body.broadcast_id,
            message_class=state.order.message_class,
            recipients=recipients,
            prepared_at=incoming.now,
        )
        return decided(Prepared(state.order, state.started_at, recipients), prepared)


def offers_to(broadcast: Broadcast, users: tuple[str, ...], first: int, pace: Pace) -> tuple[BroadcastOffered, ...]:
    """An offer to each; `first` is the number of the first among all recipients of the broadcast, from 0."""
    return tuple(
        BroadcastOffered(
            broadcast=broadcast,
            user_id=user_id,
            not_before=pace.slot(broadcast.message_class, broadcast.started_at, number),
        )
        for number, user_id in enumerate(users, first)
    )


def _order_of(body: StartBroadcast) -> Order:
    return Order(
        body.message_class,
        body.text_ar,
        body.text_en,
        tuple(sorted(set(body.regions))),
        tuple(dict.fromkeys(body.user_ids)),
        body.valid_until,
    )


def _broadcast(state: Walking, broadcast_id: str) -> Broadcast:
    order = state.order
    return Broadcast(
        broadcast_id=broadcast_id,
        message_class=order.message_class,
        text_ar=order.text_ar,
        text_en=order.text_en,
        started_at=state.started_at,
        valid_until=order.valid_until,
    )


def _first_step(state: Walking, broadcast_id: str) -> Message:
    if state.order.user_ids:
        return ListReached(broadcast_id=broadcast_id, offered=0)
    region, *regions = state.order.regions
    return RegionReached(broadcast=_broadcast(state, broadcast_id), region=region, regions=tuple(regions), recipients=0)

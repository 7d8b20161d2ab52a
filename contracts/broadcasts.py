"""Notifications' messages about broadcasts to actual beneficiaries (N4)."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.message import Answer, Command, Event, Id
from contracts.topics import NOTIFICATIONS_ANSWERS, NOTIFICATIONS_BROADCASTS, NOTIFICATIONS_EVENTS

MessageClass = Literal["warning", "awareness", "service", "personal", "promotional"]
BroadcastText = Annotated[str, StringConstraints(min_length=1, max_length=800, pattern=r"^[^\x00]*$")]
Region = Annotated[int, Field(ge=1, le=8)]


class StartBroadcast(Command, service="notifications", topic=NOTIFICATIONS_BROADCASTS):
    """N4: by an operator: a message to the actual beneficiaries of these regions, or to those of this list
    (`user_ids`). Exactly one of the two is given. `awareness` and `promotional` go out from 09:00 to 21:00 in Riyadh
    only: what comes at another hour is delayed. The texts meet N8's rules. `valid_until` is at most 30 days away. The
    key is the broadcast's id, of at most 90 characters: an id that was used means that same broadcast or is refused.
    Answered by `BroadcastAccepted`."""

    message_class: MessageClass
    text_ar: BroadcastText
    text_en: BroadcastText
    regions: Annotated[tuple[Region, ...], Field(max_length=8)] = ()
    user_ids: Annotated[tuple[Id, ...], Field(max_length=500)] = ()
    valid_until: AwareDatetime


class BroadcastAccepted(Answer, service="notifications", topic=NOTIFICATIONS_ANSWERS):
    """The recipients are being asked for."""

    broadcast_id: Id


class BroadcastPrepared(Event, service="notifications", topic=NOTIFICATIONS_EVENTS):
    """Everybody has been asked by now: who is an actual beneficiary has a message of their own. `recipients` counts the
    members of the regions, or the persons of the list; who of a list benefits from no supply gets nothing."""

    broadcast_id: Id
    message_class: MessageClass
    recipients: Annotated[int, Field(ge=0, le=100_000_000)]
    prepared_at: AwareDatetime

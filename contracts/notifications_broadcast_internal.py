"""What the aggregates of notifications tell each other about actual beneficiaries and broadcasts to them (N4).

A broadcast walks: one message goes from a region's list to its first bucket, from bucket to bucket, to the next region,
and in the end back to the broadcast. Whoever has it hands out some offers and passes it on.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.broadcasts import BroadcastText, MessageClass, Region
from contracts.message import Event, Id
from contracts.notifications import AttemptReported, MessageWanted
from contracts.topics import NOTIFICATIONS_BULK, NOTIFICATIONS_INTERNAL

Bucket = Annotated[int, Field(ge=0, le=255)]
"""Which part of a region's beneficiaries: a hash of the user id."""

Count = Annotated[int, Field(ge=0, le=100_000_000)]


# --- who is an actual beneficiary, and where ------------------------------------------------------------------------
class BeneficiaryNoted(Event, service="notifications", topic=NOTIFICATIONS_INTERNAL):
    """A supply tells whom it is about: `user_id` is its actual beneficiary from now on, or no more."""

    user_id: Id
    account_number: Id
    is_beneficiary: bool


class AudienceJoined(Event, service="notifications", topic=NOTIFICATIONS_INTERNAL):
    """An actual beneficiary whose national address is in this region."""

    user_id: Id
    region: Region
    bucket: Bucket


class AudienceLeft(Event, service="notifications", topic=NOTIFICATIONS_INTERNAL):
    """No actual beneficiary any more, or not in this region."""

    user_id: Id
    region: Region
    bucket: Bucket


class BucketOpened(Event, service="notifications", topic=NOTIFICATIONS_INTERNAL):
    """A bucket has its first member, for the list of its region."""

    region: Region
    bucket: Bucket


# --- a broadcast on its walk ----------------------------------------------------------------------------------------
class Broadcast(BaseModel):
    """What every step of a broadcast must know of it."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    broadcast_id: Id
    message_class: MessageClass
    text_ar: BroadcastText
    text_en: BroadcastText
    started_at: AwareDatetime
    valid_until: AwareDatetime


class RegionReached(Event, service="notifications", topic=NOTIFICATIONS_BULK):
    """The region's turn. `regions` come after it; `recipients` have been offered the message before it."""

    broadcast: Broadcast
    region: Region
    regions: Annotated[tuple[Region, ...], Field(max_length=8)]
    recipients: Count


class BucketReached(Event, service="notifications", topic=NOTIFICATIONS_BULK):
    """The bucket's turn, or its turn again: members up to `after` have been offered the message. `buckets` of the same
    region come after it, then `regions`."""

    broadcast: Broadcast
    region: Region
    bucket: Bucket
    after: Id | None = None
    buckets: Annotated[tuple[Bucket, ...], Field(max_length=256)]
    regions: Annotated[tuple[Region, ...], Field(max_length=8)]
    recipients: Count


class ListReached(Event, service="notifications", topic=NOTIFICATIONS_BULK):
    """The turn of the broadcast's own list, whose first `offered` persons have been offered the message."""

    broadcast_id: Id
    offered: Annotated[int, Field(ge=0, le=500)]


class BroadcastWalked(Event, service="notifications", topic=NOTIFICATIONS_BULK):
    """The walk is over: so many were offered the message."""

    broadcast_id: Id
    recipients: Count


class BroadcastOffered(Event, service="notifications", topic=NOTIFICATIONS_BULK):
    """One person's turn: an actual beneficiary gets the message, at `not_before` at the earliest."""

    broadcast: Broadcast
    user_id: Id
    not_before: AwareDatetime


class BroadcastMessageWanted(MessageWanted, service="notifications", topic=NOTIFICATIONS_BULK):
    """One person's SMS of a broadcast, on the broadcasts' own lane (N1). `values` opens to JSON: its `text`."""

    message_class: MessageClass
    channel: Literal["sms"]


class BroadcastHandOverReported(AttemptReported, service="notifications", topic=NOTIFICATIONS_BULK):
    """The attempt was to hand over a message of a broadcast: its result stays on that lane (N1)."""

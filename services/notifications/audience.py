"""The actual beneficiaries of a region, in buckets of one document each, and a broadcast's walk over them (N4).

A bucket hears from its members, so it must stay small (law 4): 256 buckets a region hold 128,000 people at 500 each.
The walk is one message that is passed on: nobody hears from more than a handful of buckets, and recipients are
numbered.
"""

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Final, Literal

from contracts.decision import Decision, Facts, Incoming, Refusal, decided, ignored, refused
from contracts.message import Message
from contracts.notifications_broadcast_internal import (
    AudienceJoined,
    AudienceLeft,
    BroadcastWalked,
    BucketOpened,
    BucketReached,
    RegionReached,
)
from services.notifications.broadcast import OFFERS_A_STEP, offers_to
from services.notifications.permitted_hours import Pace

MEMBERS_MEANT: Final = 500
"""Members for which a bucket is meant (ours). Each one above it is told to the operators, and still gets in."""

MOST_MEMBERS: Final = 4_000
"""Members for which a document has room (law 7); who comes then is told to the operators, and is not reached."""


@dataclass(frozen=True, slots=True)
class Region:
    """Its buckets that ever had a member, in order."""

    buckets: tuple[int, ...]
    stage: Literal["open"] = "open"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Its members, in order."""

    members: tuple[str, ...]
    stage: Literal["open"] = "open"


def bucket_of(user_id: str) -> int:
    """Which of the 256 buckets of a region a person belongs to, for ever."""
    return hashlib.sha256(user_id.encode()).digest()[0]


def join(state: Bucket | None, incoming: Incoming[AudienceJoined], _: Facts) -> Decision[Bucket]:
    """A new member; the first one makes the bucket known to its region."""
    joined = incoming.body
    if state is None:
        return decided(Bucket((joined.user_id,)), BucketOpened(region=joined.region, bucket=joined.bucket))
    if joined.user_id in state.members:
        return ignored(state)
    if len(state.members) >= MOST_MEMBERS:
        return refused(state, "not-available-now", "bucket-full")
    grown = replace(state, members=tuple(sorted({*state.members, joined.user_id})))
    if len(grown.members) > MEMBERS_MEANT:
        return Decision(grown, refusal=Refusal("not-available-now", "bucket-over-its-size"))
    return decided(grown)


def leave(state: Bucket, incoming: Incoming[AudienceLeft], _: Facts) -> Decision[Bucket]:
    """One member less. The bucket stays known, however empty."""
    return decided(replace(state, members=tuple(each for each in state.members if each != incoming.body.user_id)))


def open_bucket(state: Region | None, incoming: Incoming[BucketOpened], _: Facts) -> Decision[Region]:
    """The region learns of a bucket."""
    known = state.buckets if state is not None else ()
    return decided(Region(tuple(sorted({*known, incoming.body.bucket}))))


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a broadcast goes next."""

    pace: Pace

    def region_reached(self, state: Region | None, incoming: Incoming[RegionReached], _: Facts) -> Decision[Region]:
        """To the region's first bucket; past a region where nobody is."""
        reached, region = incoming.body, state or Region(())
        at = BucketReached(
            broadcast=reached.broadcast,
            region=reached.region,
            bucket=0,
            buckets=region.buckets,
            regions=reached.regions,
            recipients=reached.recipients,
        )
        return decided(region, _onward(at))

    def bucket_reached(self, state: Bucket | None, incoming: Incoming[BucketReached], _: Facts) -> Decision[Bucket]:
        """Some offers, then to itself again or onward. Members go in order, so that nobody who stays is left out or
        asked twice, whoever joins or leaves in between."""
        reached, bucket = incoming.body, state or Bucket(())
        begin = bisect_right(bucket.members, reached.after) if reached.after is not None else 0
        members = bucket.members[begin : begin + OFFERS_A_STEP]
        offers = offers_to(reached.broadcast, members, reached.recipients, self.pace)
        walked = reached.model_copy(update={"recipients": reached.recipients + len(members)})
        if begin + len(members) < len(bucket.members):
            return decided(bucket, *offers, walked.model_copy(update={"after": members[-1]}))
        return decided(bucket, *offers, _onward(walked))


def _onward(walked: BucketReached) -> Message:
    """The next bucket, else the next region, else back to the broadcast."""
    if walked.buckets:
        bucket, *buckets = walked.buckets
        return walked.model_copy(update={"bucket": bucket, "buckets": tuple(buckets), "after": None})
    if walked.regions:
        region, *regions = walked.regions
        return RegionReached(
            broadcast=walked.broadcast, region=region, regions=tuple(regions), recipients=walked.recipients
        )
    return BroadcastWalked(broadcast_id=walked.broadcast.broadcast_id, recipients=walked.recipients)

"""Actual beneficiaries and broadcasts to them (N4): which message leads to which decision."""

from typing import Any

from contracts import broadcasts, identity, topics, transfers
from contracts import notifications_broadcast_internal as inside
from contracts.decision import Incoming
from services.chassis.service import KeyedHash, Kind, Lane, Route
from services.notifications import addressee, audience, supply_use
from services.notifications.addressing import the_message, the_recipient
from services.notifications.asking import Asking
from services.notifications.audience import Walk
from services.notifications.broadcast import Broadcasts, BroadcastState
from services.notifications.delivery import Deliveries
from services.notifications.permitted_hours import Pace
from services.notifications.settings import NotificationsSettings

BROADCAST_LANES = (
    Lane("broadcasts", topics.NOTIFICATIONS_BROADCASTS),
    Lane("bulk", topics.NOTIFICATIONS_BULK),  # N1: neither codes nor notices wait for it
)

BROADCAST_KINDS = (
    Kind("account", supply_use.SupplyUse),
    Kind("audience", audience.Region),
    Kind("bucket", audience.Bucket, is_large=True),
    Kind("broadcast", BroadcastState),
)


def the_account(incoming: Incoming[Any], _: KeyedHash) -> str:
    """A supply, by its account's number."""
    return f"account:{incoming.body.account_number}"


def the_region(incoming: Incoming[Any], _: KeyedHash) -> str:
    """The list of a region's buckets."""
    return f"audience:{incoming.body.region}"


def the_bucket(incoming: Incoming[Any], _: KeyedHash) -> str:
    """A part of a region's beneficiaries."""
    return f"bucket:{incoming.body.region}.{incoming.body.bucket}"


def the_new_broadcast(incoming: Incoming[Any], _: KeyedHash) -> str:
    """The operator's key is the broadcast's id."""
    return f"broadcast:{incoming.subject}"


def the_broadcast(incoming: Incoming[Any], _: KeyedHash) -> str:
    """What comes back to a broadcast names it."""
    return f"broadcast:{incoming.body.broadcast_id}"


def broadcast_routes(settings: NotificationsSettings, asking: Asking, deliveries: Deliveries) -> tuple[Route, ...]:
    """Who benefits, where; a broadcast's walk; each one's message."""
    pace = Pace(settings.broadcast_hours, settings.broadcast_per_second)
    ordered, walk = Broadcasts(pace, settings.link_hosts), Walk(pace)
    beneficiaries = (
        Route(transfers.BeneficiaryDetermined, the_account, supply_use.determined, creates=True),  # A10
        Route(transfers.BeneficiaryUndetermined, the_account, supply_use.undetermined, creates=True),  # A10
        Route(inside.BeneficiaryNoted, the_recipient, addressee.beneficiary_noted, creates=True),
        Route(identity.NationalAddressSaved, the_recipient, addressee.address_saved, creates=True),  # I12
        Route(inside.AudienceJoined, the_bucket, audience.join, creates=True),
        Route(inside.AudienceLeft, the_bucket, audience.leave),
        Route(inside.BucketOpened, the_region, audience.open_bucket, creates=True),
    )
    walking = (
        Route(broadcasts.StartBroadcast, the_new_broadcast, ordered.start, creates=True),
        Route(inside.RegionReached, the_region, walk.region_reached, creates=True),
        Route(inside.BucketReached, the_bucket, walk.bucket_reached, creates=True),
        Route(inside.ListReached, the_broadcast, ordered.list_reached),
        Route(inside.BroadcastWalked, the_broadcast, ordered.walked),
    )
    each = (
        Route(inside.BroadcastOffered, the_recipient, addressee.offered),
        Route(inside.BroadcastMessageWanted, the_message, asking.for_message, creates=True),
        Route(inside.BroadcastHandOverReported, the_message, deliveries.on_result),
    )
    return (*beneficiaries, *walking, *each)

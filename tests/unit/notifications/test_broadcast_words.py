"""What an operator orders is what goes out: its words, its class, its end, its pace, to whom it is for (N4)."""

from datetime import timedelta
from typing import Any, get_args

import pytest

from contracts.broadcasts import BroadcastPrepared, MessageClass
from contracts.decision import Facts
from contracts.notifications_broadcast_internal import (
    AudienceJoined,
    AudienceLeft,
    BroadcastOffered,
    BroadcastWalked,
    BucketOpened,
    BucketReached,
    ListReached,
    RegionReached,
)
from contracts.transfers import BeneficiaryDetermined, BeneficiaryUndetermined
from services.notifications import supply_use
from services.notifications.audience import Bucket
from services.notifications.broadcast import Prepared
from services.notifications.broadcast_table import broadcast_routes
from services.notifications.settings import NotificationsSettings
from tests.scenario import NOON, arriving, given
from tests.unit.notifications.broadcasting import BROADCASTS, broadcast, order, walking
from tests.unit.notifications.deliveries import ASKING, DELIVERIES
from tests.unit.notifications.test_notifications_service import GIVEN

UNTIL = NOON + timedelta(days=3)
ACCOUNT = "30012345678"


def routes(**changed: str) -> dict[Any, Any]:
    settings = NotificationsSettings.model_validate({**GIVEN, **changed})
    return {route.message: route for route in broadcast_routes(settings, ASKING, DELIVERIES)}


def hashed(_: str, text: str) -> str:
    return text


@pytest.mark.parametrize("message_class", get_args(MessageClass))
@pytest.mark.parametrize("whom", [{"regions": (2,)}, {"regions": (), "user_ids": ("u-1",)}])
def test_N4_every_step_carries_the_words_the_class_and_the_end_that_were_ordered(
    message_class: str, whom: dict[str, Any]
) -> None:
    ordered = order(message_class=message_class, valid_until=UNTIL, **whom)
    scene = given().when(BROADCASTS.start, arriving(ordered, subject="b-1"))
    if not ordered.regions:
        scene = scene.when(BROADCASTS.list_reached, arriving(ListReached(broadcast_id="b-1", offered=0)))
    (carried,) = [m.broadcast for m in scene.messages if isinstance(m, RegionReached | BroadcastOffered)]
    assert carried == broadcast(
        message_class=message_class, text_ar=ordered.text_ar, text_en=ordered.text_en, valid_until=UNTIL
    )


def test_N4_an_order_that_is_read_late_keeps_its_pace() -> None:
    late = NOON + timedelta(hours=1)
    started = given().when(BROADCASTS.start, arriving(order(), subject="b-1"), Facts(late))
    assert started.state.started_at == late


def test_N4_what_was_prepared_is_told_of_its_broadcast_and_kept() -> None:
    ends = NOON + timedelta(minutes=5)
    over = arriving(BroadcastWalked(broadcast_id="b-1", recipients=7), subject="bucket:3.17", now=ends)
    told = given(walking(message_class="awareness")).when(BROADCASTS.walked, over)
    told.then(BroadcastPrepared(broadcast_id="b-1", message_class="awareness", recipients=7, prepared_at=ends))
    told.then_state(Prepared(walking(message_class="awareness").order, NOON, 7))


@pytest.mark.parametrize(
    ("message", "aggregate"),
    [
        (order(), "broadcast:flow-1"),
        (ListReached(broadcast_id="b-1", offered=0), "broadcast:b-1"),
        (BroadcastWalked(broadcast_id="b-1", recipients=1), "broadcast:b-1"),
        (RegionReached(broadcast=broadcast(), region=3, regions=(), recipients=0), "audience:3"),
        (BucketOpened(region=3, bucket=17), "audience:3"),
        (
            BucketReached(broadcast=broadcast(), region=3, bucket=17, buckets=(), regions=(), recipients=0),
            "bucket:3.17",
        ),
        (AudienceJoined(user_id="u-1", region=3, bucket=17), "bucket:3.17"),
        (AudienceLeft(user_id="u-1", region=3, bucket=17), "bucket:3.17"),
        (BroadcastOffered(broadcast=broadcast(), user_id="u-1", not_before=NOON), "recipient:u-1"),
        (BeneficiaryUndetermined(account_number=ACCOUNT, at=NOON), f"account:{ACCOUNT}"),
        (
            BeneficiaryDetermined(account_number=ACCOUNT, user_id="u-1", basis="declaration", determined_at=NOON),
            f"account:{ACCOUNT}",
        ),
    ],
)
def test_N4_every_message_comes_to_the_one_aggregate_that_it_names(message: Any, aggregate: str) -> None:
    assert routes()[type(message)].aggregate_of(arriving(message), hashed) == aggregate


def test_N4_who_leaves_an_audience_and_who_benefits_no_more_is_taken_out() -> None:
    left = routes()[AudienceLeft].decide
    given(Bucket(("u-1", "u-2"))).when(left, arriving(AudienceLeft(user_id="u-1", region=3, bucket=17))).then_state(
        Bucket(("u-2",))
    )
    assert routes()[BeneficiaryUndetermined].decide is supply_use.undetermined


@pytest.mark.parametrize(
    ("changed", "second"),
    [
        ({"broadcast_per_second": "2"}, NOON + timedelta(milliseconds=500)),
        ({"broadcast_per_second": "2", "broadcast_opens": "15:00"}, NOON + timedelta(hours=3, milliseconds=500)),
    ],
)
def test_N4_the_pace_and_the_hours_of_a_broadcast_are_those_of_the_settings(
    changed: dict[str, str], second: Any
) -> None:
    state = walking(message_class="awareness", regions=(), user_ids=("u-1", "u-2"))
    reached = routes(**changed)[ListReached].decide
    _, offer, _ = given(state).when(reached, arriving(ListReached(broadcast_id="b-1", offered=0))).messages
    assert isinstance(offer, BroadcastOffered)
    assert offer.not_before == second


def test_N4_another_order_is_another_one_whatever_differs() -> None:
    for changed in ({"message_class": "service"}, {"regions": (1,)}, {"valid_until": UNTIL}, {"text_en": "Other"}):
        again = arriving(order(**changed), id="m-2", subject="b-1")
        told = given(walking()).when(BROADCASTS.start, again)
        told.then_refused("broadcast-id-used", "another-broadcast-has-this-id")
        told.then_state(walking())

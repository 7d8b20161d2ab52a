import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from contracts.broadcasts import BroadcastPrepared
from contracts.message import MAX_MESSAGE_BYTES
from contracts.notifications_broadcast_internal import (
    AudienceJoined,
    AudienceLeft,
    BroadcastWalked,
    BucketOpened,
    BucketReached,
    ListReached,
    RegionReached,
)
from services.notifications import audience
from services.notifications.audience import MEMBERS_MEANT, MOST_MEMBERS, Bucket, Region, bucket_of
from services.notifications.broadcast import OFFERS_A_STEP, Prepared, offers_to
from tests.scenario import NOON, arriving, given
from tests.unit.notifications.broadcasting import (
    BROADCASTS,
    PACE,
    WALK,
    Land,
    accepted,
    broadcast,
    order,
    slots,
    walking,
)

MOST_MESSAGES = 50  # law 7
USERS = st.integers(0, 10**6).map(lambda number: f"u-{number}")


def land_of(users: dict[str, int]) -> Land:
    """Everybody in the bucket of their region where they belong."""
    buckets: dict[tuple[int, int], list[str]] = {}
    for user, region in users.items():
        buckets.setdefault((region, bucket_of(user) % 8), []).append(user)
    return Land({where: Bucket(tuple(sorted(members))) for where, members in buckets.items()})


@settings(max_examples=60, deadline=None)
@over(st.dictionaries(USERS, st.integers(1, 8), max_size=400), st.sets(st.integers(1, 8), min_size=1), st.booleans())
def test_N4_every_member_of_the_regions_is_offered_the_message_exactly_once(
    users: dict[str, int], regions: set[int], twice: bool
) -> None:
    land = land_of(users)
    land.walk(order(regions=tuple(regions)), twice=twice)
    meant = {user for user, region in users.items() if region in regions}
    assert sorted(offer.user_id for offer in land.offers) == sorted(meant)
    assert land.most_messages <= MOST_MESSAGES
    assert slots(land) == [PACE.slot("warning", NOON, number) for number in range(len(meant))]
    assert accepted(land) == [
        BroadcastPrepared(broadcast_id="b-1", message_class="warning", recipients=len(meant), prepared_at=NOON)
    ]


@settings(max_examples=30, deadline=None)
@over(st.lists(USERS, min_size=1, max_size=500), st.booleans())
def test_N4_everybody_on_a_list_is_offered_the_message_exactly_once(users: list[str], twice: bool) -> None:
    land = Land({})
    land.walk(order(regions=(), user_ids=tuple(users)), twice=twice)
    assert [offer.user_id for offer in land.offers] == list(dict.fromkeys(users))
    assert land.most_messages <= MOST_MESSAGES
    (prepared,) = accepted(land)
    assert isinstance(prepared, BroadcastPrepared)
    assert prepared.recipients == len(set(users))


@pytest.mark.parametrize("size", [0, 1, OFFERS_A_STEP - 1, OFFERS_A_STEP, OFFERS_A_STEP + 1, 3 * OFFERS_A_STEP, 500])
def test_N4_a_bucket_of_any_size_comes_to_its_end(size: int) -> None:
    land = Land({(1, 7): Bucket(tuple(sorted(f"u-{n}" for n in range(size))))})
    land.walk(order(regions=(1,)))
    assert len(land.offers) == size
    assert isinstance(land.state, Prepared)


def test_N4_on_a_list_of_several_steps_everybody_has_a_turn_of_their_own() -> None:
    users, land = tuple(f"u-{n:03d}" for n in range(2 * OFFERS_A_STEP + 1)), Land({})
    land.walk(order(regions=(), user_ids=users))
    assert slots(land) == [PACE.slot("warning", NOON, number) for number in range(len(users))]


def test_N4_after_a_bucket_of_several_steps_the_next_one_is_walked_from_its_beginning() -> None:
    members = {7: tuple(f"u-{n:03d}" for n in range(OFFERS_A_STEP + 1)), 9: ("a-1", "z-1")}
    land = Land({(1, bucket): Bucket(known) for bucket, known in members.items()})
    land.walk(order(regions=(1,)))
    assert [offer.user_id for offer in land.offers] == [*members[7], *members[9]]


def test_N4_who_joins_or_leaves_during_the_walk_changes_nothing_for_the_others() -> None:
    members = tuple(sorted(f"u-{n:03d}" for n in range(60)))
    reached = BucketReached(broadcast=broadcast(), region=1, bucket=7, buckets=(), regions=(), recipients=0)
    first = given(Bucket(members)).when(WALK.bucket_reached, arriving(reached))
    *offers, onward = first.messages
    left, new = members[3], "u-0000"
    changed = Bucket(tuple(sorted({*members, new} - {left})))
    *rest, _ = given(changed).when(WALK.bucket_reached, arriving(onward)).messages
    offered = [offer.user_id for offer in (*offers, *rest)]  # type: ignore[attr-defined]
    assert offered == list(members)  # who came behind the cursor waits for the next broadcast


def test_N4_a_walk_that_is_over_does_not_begin_again() -> None:
    done = Prepared(walking().order, NOON, 3)
    for late, decide in (
        (ListReached(broadcast_id="b-1", offered=0), BROADCASTS.list_reached),
        (BroadcastWalked(broadcast_id="b-1", recipients=9), BROADCASTS.walked),
    ):
        given(done).when(decide, arriving(late)).then().then_state(done)


def test_N4_a_region_where_nobody_is_is_passed_by() -> None:
    reached = RegionReached(broadcast=broadcast(), region=1, regions=(2,), recipients=4)
    passed = given().when(WALK.region_reached, arriving(reached)).then(RegionReached)
    (onward,) = passed.messages
    assert isinstance(onward, RegionReached)
    assert (onward.region, onward.regions, onward.recipients) == (2, (), 4)
    last = given().when(WALK.region_reached, arriving(onward))
    last.then(BroadcastWalked(broadcast_id="b-1", recipients=4)).then_state(Region(()))


def test_N4_the_longest_message_of_a_walk_fits() -> None:
    longest = broadcast(text_ar="ا" * 800, text_en="a" * 800, broadcast_id="b" * 90)
    reached = BucketReached(
        broadcast=longest,
        region=8,
        bucket=255,
        after="u" * 100,
        buckets=tuple(range(256)),
        regions=tuple(range(1, 9)),
        recipients=10**8,
    )
    assert len(reached.model_dump_json().encode()) < MAX_MESSAGE_BYTES
    (offer,) = offers_to(longest, ("u" * 100,), 0, PACE)
    assert len(json.dumps(offer.model_dump(mode="json"))) < MAX_MESSAGE_BYTES


# --- audiences ------------------------------------------------------------------------------------------------------
JOINED = AudienceJoined(user_id="u-2", region=3, bucket=17)
LEFT = AudienceLeft(user_id="u-2", region=3, bucket=17)


def test_N4_the_first_member_opens_a_bucket_and_no_other_does() -> None:
    first = given().when(audience.join, arriving(JOINED)).then(BucketOpened(region=3, bucket=17))
    first.when(audience.join, arriving(JOINED)).then().then_state(Bucket(("u-2",)))
    more = first.when(audience.join, arriving(JOINED.model_copy(update={"user_id": "u-1"})))
    more.then().then_state(Bucket(("u-1", "u-2")))
    empty = first.when(audience.leave, arriving(LEFT)).then().then_state(Bucket(()))
    empty.when(audience.join, arriving(JOINED)).then().then_state(Bucket(("u-2",)))


def test_N4_a_region_knows_each_of_its_buckets_once() -> None:
    opened = given().when(audience.open_bucket, arriving(BucketOpened(region=3, bucket=17)))
    opened = opened.when(audience.open_bucket, arriving(BucketOpened(region=3, bucket=4)))
    opened.when(audience.open_bucket, arriving(BucketOpened(region=3, bucket=17))).then_state(Region((4, 17)))


def test_N4_a_bucket_over_its_size_is_told_to_the_operators_and_still_takes_in() -> None:
    full = Bucket(tuple(sorted(f"m-{n:04d}" for n in range(MEMBERS_MEANT))))
    given(Bucket(full.members[1:])).when(audience.join, arriving(JOINED)).then().then_state(Bucket)
    over_it = given(full).when(audience.join, arriving(JOINED))
    over_it.then_refused("not-available-now", "bucket-over-its-size")
    assert "u-2" in over_it.state.members
    brimful = replace(full, members=tuple(f"m-{n:04d}" for n in range(MOST_MEMBERS)))
    given(brimful).when(audience.join, arriving(JOINED)).then_refused("not-available-now", "bucket-full").then_state(
        brimful
    )


@over(st.lists(USERS, min_size=1, max_size=50, unique=True))
def test_N4_everybody_has_one_of_the_256_buckets(users: list[str]) -> None:
    assert all(0 <= bucket_of(user) <= 255 for user in users)


def test_N4_buckets_fill_evenly() -> None:
    counts = [0] * 256
    for number in range(64_000):
        counts[bucket_of(f"user-{number:032x}")] += 1
    assert max(counts) < 2 * 64_000 / 256


def test_N2_N4_the_pace_of_a_broadcast_is_its_setting() -> None:
    offers = offers_to(broadcast(), tuple(f"u-{n}" for n in range(30)), 10, PACE)
    assert offers[-1].not_before == NOON + timedelta(seconds=3.9)

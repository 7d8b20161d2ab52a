from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.broadcasts import BroadcastAccepted
from contracts.decision import Facts, Refusal
from contracts.notifications_broadcast_internal import ListReached, RegionReached
from services.notifications.broadcast import Walking
from services.notifications.broadcast_order import judge_order
from tests.scenario import NOON, arriving, given
from tests.unit.notifications.broadcasting import BROADCASTS, order, walking

HOSTS = frozenset({"hesabi.example"})
TEXT, WHO, UNTIL = "broadcast-text-not-accepted", "broadcast-recipients-not-accepted", "broadcast-validity-not-accepted"

REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"regions": ()}, WHO, "regions-or-list"),
    ({"user_ids": ("u-1",)}, WHO, "regions-or-list"),
    ({"valid_until": NOON}, UNTIL, "validity-over"),
    ({"valid_until": NOON + timedelta(days=30, seconds=1)}, UNTIL, "validity-too-long"),
    ({"text_en": "Dear {name}"}, TEXT, "placeholder-left"),
    ({"text_ar": "عزيزي }"}, TEXT, "placeholder-left"),
    ({"text_en": "two\nlines"}, TEXT, "character-not-allowed"),
    *(({"text_en": f"a{c}b"}, TEXT, "character-not-allowed") for c in "\u2028\u2029\ue000\U000e0fff"),
    ({"text_en": "   "}, TEXT, "character-not-allowed"),
    *(
        ({"text_ar": text}, TEXT, "character-not-allowed")
        for text in ("\u200b", "\xad ", "\u2066\u2069", "\u3164\u2800")
    ),
    ({"text_ar": "في \u202e10"}, TEXT, "direction-marks-not-in-pairs"),
    ({"text_ar": "في \u206610"}, TEXT, "direction-marks-not-in-pairs"),
    ({"text_ar": "في \u206910\u2066"}, TEXT, "direction-marks-not-in-pairs"),
    ({"text_en": "see https://hesabi.example.evil/x"}, TEXT, "link-not-allowed"),
    ({"text_en": "see http://hesabi.example/x"}, TEXT, "link-not-allowed"),
    ({"text_ar": "انظر www.evil.example"}, TEXT, "link-not-allowed"),
    ({"text_ar": "ا" * 202}, TEXT, "too-many-parts"),
    ({"text_en": "a" * 460}, TEXT, "too-many-parts"),
]


@pytest.mark.parametrize(("changed", "public_reason", "reason"), REFUSED)
def test_N4_N8_J4_an_order_that_must_not_go_out_is_refused(
    changed: dict[str, Any], public_reason: str, reason: str
) -> None:
    assert judge_order(order(**changed), NOON, NOON, HOSTS) == Refusal(public_reason, reason)
    asked = given().when(BROADCASTS.start, arriving(order(**changed), subject="b-1"))
    asked.then_refused(public_reason, reason)
    assert asked.state is None


@pytest.mark.parametrize(
    "changed",
    [
        {"valid_until": NOON + timedelta(days=30)},
        {"text_ar": "ا" * 201},
        {"text_en": "a" * 459},
        {"text_en": "5"},
        {"text_en": "\u26a1"},
        {"text_ar": "يوم \u20662026-03-02\u2069 من \u206609:00\u2069"},
        {"text_en": "Read https://hesabi.example/saving."},
        {"regions": (), "user_ids": ("u-1",)},
    ],
)
def test_N4_N8_an_order_at_the_edge_is_accepted(changed: dict[str, Any]) -> None:
    assert judge_order(order(**changed), NOON, NOON, HOSTS) is None


def test_N4_an_order_is_answered_and_walks_off() -> None:
    started = given().when(BROADCASTS.start, arriving(order(regions=(3, 1, 3)), subject="b-1"))
    started.then(BroadcastAccepted(broadcast_id="b-1"), RegionReached).then_state(Walking)
    _, first = started.messages
    assert isinstance(first, RegionReached)
    assert (first.region, first.regions, first.recipients) == (1, (3,), 0)
    listed = order(regions=(), user_ids=("u-1", "u-1", "u-2"))
    started = given().when(BROADCASTS.start, arriving(listed, subject="b-2"))
    started.then(BroadcastAccepted, ListReached(broadcast_id="b-2", offered=0))
    assert started.state.order.user_ids == ("u-1", "u-2")


def test_N4_J3_the_same_order_under_its_id_is_answered_alike_and_walks_once() -> None:
    again = given(walking()).when(BROADCASTS.start, arriving(order(), id="m-2", subject="b-1"))
    again.then(BroadcastAccepted(broadcast_id="b-1")).then_state(walking())


def test_N4_another_order_under_a_used_id_is_refused() -> None:
    other = arriving(order(text_en="Something else"), id="m-2", subject="b-1")
    given(walking()).when(BROADCASTS.start, other).then_refused("broadcast-id-used", "another-broadcast-has-this-id")


EVENING = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)  # 21:30 in Riyadh
OPENING = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)  # 09:00 in Riyadh


@pytest.mark.parametrize("message_class", ["awareness", "promotional"])
def test_N4_J4_what_is_of_use_by_night_only_is_refused_before_it_waits_for_the_morning_to_expire(
    message_class: str,
) -> None:
    late = order(message_class=message_class, valid_until=OPENING)
    given().when(BROADCASTS.start, arriving(late, subject="b-1", now=EVENING), Facts(EVENING)).then_refused(
        UNTIL, "validity-over-before-it-goes-out"
    )
    longer = order(message_class=message_class, valid_until=OPENING + timedelta(seconds=1))
    given().when(BROADCASTS.start, arriving(longer, subject="b-1", now=EVENING), Facts(EVENING)).then_state(Walking)


def test_N4_a_warning_of_use_by_night_only_goes_out_at_once() -> None:
    tonight = arriving(order(valid_until=OPENING), subject="b-1", now=EVENING)
    given().when(BROADCASTS.start, tonight, Facts(EVENING)).then(BroadcastAccepted, RegionReached)


def test_N4_an_order_read_when_the_hours_are_over_is_judged_by_when_it_would_go_out() -> None:
    before = arriving(order(message_class="awareness", valid_until=OPENING), subject="b-1")
    given().when(BROADCASTS.start, before, Facts(EVENING)).then_refused(UNTIL, "validity-over-before-it-goes-out")

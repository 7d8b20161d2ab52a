"""A gateway or relay that is away for hours: what is still of use when it comes back goes out (N2, N3)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from contracts.broadcasts import MessageClass
from contracts.decision import Facts
from contracts.notifications import MessageExpired, MessageFailed
from services.notifications.attempt import MOST_ATTEMPTS
from services.notifications.broadcast_order import LONGEST_VALIDITY
from services.notifications.delivery_states import About, Attempting, Expired, Failed, Unknown, Waiting
from tests.scenario import NOON, Given, given
from tests.unit.notifications.deliveries import CODE, DELIVERIES, EMAIL, RULES, SMS, attempting, reported, timer

DISTANT = NOON + timedelta(days=3)


@pytest.mark.parametrize("about", [CODE, SMS, EMAIL])
def test_N6_attempts_wait_longer_each_time_and_in_the_end_the_same(about: About) -> None:
    waits = [RULES.wait_after(about, attempt) or timedelta() for attempt in range(1, MOST_ATTEMPTS)]
    assert waits == sorted(waits)
    assert waits[0] > timedelta()
    assert waits[-1] == waits[-2]


def outage(about: About) -> tuple[Given, datetime]:
    """Each attempt finds nobody. How it ends, and when the last one was made."""
    present = begun = NOON
    scenario = given(attempting(about))
    while isinstance(scenario.state, Attempting | Waiting):
        if isinstance(scenario.state, Attempting):
            begun = present
            refused = reported(about, "not-sent", scenario.state.attempt)
            scenario = scenario.when(DELIVERIES.on_result, refused, Facts(present))
        else:
            present = scenario.state.retry_at
            scenario = scenario.when(DELIVERIES.on_timer, timer(about, present - NOON), Facts(present))
    return scenario, begun


@pytest.mark.parametrize(
    ("about", "use", "gap"),
    [
        (SMS, timedelta(hours=24), timedelta(hours=1)),
        (EMAIL, timedelta(hours=24), timedelta(hours=2)),
        (replace(SMS, broadcast="warning"), timedelta(hours=24), timedelta(hours=2)),
        (replace(SMS, broadcast="warning"), LONGEST_VALIDITY, timedelta(hours=18)),
        (replace(SMS, broadcast="awareness"), LONGEST_VALIDITY, timedelta(hours=36)),
    ],
)
def test_N2_N3_an_outage_costs_no_message_that_is_still_of_use(about: About, use: timedelta, gap: timedelta) -> None:
    wanted = replace(about, hand_over_by=NOON + use)
    ended, last = outage(wanted)
    ended.then(MessageExpired).then_state(Expired(wanted))
    assert last > wanted.hand_over_by - gap


def test_N6_what_was_tried_as_often_as_a_report_can_count_has_failed() -> None:
    last = given(attempting(SMS, MOST_ATTEMPTS)).when(
        DELIVERIES.on_result, reported(SMS, "not-sent", MOST_ATTEMPTS), Facts(NOON)
    )
    last.then_state(Failed(SMS, "not-sent"))


@pytest.mark.parametrize("broadcast", [None, "awareness"])
def test_N6_what_failed_at_one_time_is_not_tried_again_at_one_time(broadcast: MessageClass | None) -> None:
    """After an outage: nor are a night's failures all tried at the hour that opens the day (N4)."""
    evening, one = NOON + timedelta(hours=9, seconds=-1), replace(SMS, broadcast=broadcast, hand_over_by=DISTANT)
    crowd = [replace(one, message_id=f"sms-{number}") for number in range(200)]
    failed = [
        given(attempting(a, 8)).when(DELIVERIES.on_result, reported(a, "not-sent", 8), Facts(evening)) for a in crowd
    ]
    instants = sorted(each.state.retry_at for each in failed)
    assert len(set(instants)) > 190
    assert instants[-1] - instants[0] > timedelta(minutes=4)


@pytest.mark.parametrize(("attempt", "state"), [(RULES.doubted_at_most, Waiting), (RULES.doubted_at_most + 1, Unknown)])
def test_N6_an_email_of_which_nobody_ever_knows_goes_out_a_few_times_only(attempt: int, state: type) -> None:
    in_doubt = reported(EMAIL, "unknown", attempt)
    given(attempting(EMAIL, attempt)).when(DELIVERIES.on_result, in_doubt, Facts(NOON)).then_state(state)


def test_N6_an_email_of_which_nobody_ever_knows_ends_with_its_use() -> None:
    soon = replace(EMAIL, hand_over_by=NOON + timedelta(seconds=4))
    told = given(attempting(soon)).when(DELIVERIES.on_result, reported(soon, "unknown"), Facts(NOON))
    told.then(MessageFailed).then_state(Unknown)


@pytest.mark.parametrize("about", [SMS, EMAIL])
def test_N6_what_is_added_to_a_wait_is_half_of_it_at_most(about: About) -> None:
    wait = timedelta(minutes=10)
    added = [RULES.spread_of(wait, replace(about, message_id=f"m-{number}"), 1) for number in range(500)]
    assert timedelta() <= min(added) < wait / 20
    assert wait / 2 - wait / 20 < max(added) <= wait / 2


def test_N1_N5_a_code_waits_for_nobody_and_half_a_minute_at_most() -> None:
    waits = [RULES.wait_after(CODE, attempt) or timedelta() for attempt in range(1, MOST_ATTEMPTS)]
    assert max(waits) <= timedelta(seconds=30)
    assert {RULES.spread_of(wait, CODE, 1) for wait in waits} == {timedelta()}

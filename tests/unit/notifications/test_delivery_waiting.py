from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts.broadcasts import MessageClass
from contracts.decision import Facts, Incoming
from contracts.notifications import MessageExpired
from contracts.notifications_broadcast_internal import BroadcastHandOverReported, BroadcastMessageWanted
from contracts.sealed import Sealed
from services.notifications.attempt import SendBroadcast, SendCode, SendSms
from services.notifications.delivery import Deliveries
from services.notifications.delivery_states import About, Attempting, Expired, Settling, Waiting, due_at
from tests.scenario import NOON, Given, arriving, given
from tests.unit.notifications.deliveries import (
    ASKING,
    CODE,
    DELIVERIES,
    RULES,
    SMS,
    attempting,
    message_wanted,
    settling,
    timer,
)

MORNING = NOON - timedelta(hours=3)  # 09:00 in Riyadh
EVENING = NOON + timedelta(hours=9)  # 21:00
NEXT_MORNING = MORNING + timedelta(days=1)


def wanted(
    message_class: MessageClass = "awareness",
    *,
    now: datetime = NOON,
    not_before: datetime = NOON,
    valid_until: datetime = NOON + timedelta(days=3),
) -> Incoming[Any]:
    body = BroadcastMessageWanted(
        message_id="b-1",
        message_class=message_class,
        template=f"broadcast-{message_class}",
        channel="sms",
        language="ar",
        address=Sealed.of("+966512345678"),
        values=Sealed.of('{"text": "x"}'),
        not_before=not_before,
        hand_over_by=valid_until,
        valid_until=valid_until,
    )
    opened = {"address": "+966512345678", "values": '{"text": "x"}'}
    return arriving(body, source="notifications", subject="recipient:u-1", opened=opened, now=now)


def asked(message: Incoming[Any]) -> Given:
    return given().when(ASKING.for_message, message)


def woken(waiting: Given, at: datetime) -> Given:
    wake_up = replace(timer(waiting.state.about, timedelta()), now=at)
    return waiting.when(DELIVERIES.on_timer, wake_up, Facts(at))


def reported(at: datetime, attempt: int, result: Any = "not-sent") -> Incoming[Any]:
    return arriving(BroadcastHandOverReported(message_id="b-1", attempt=attempt, result=result), now=at)


def test_N4_a_broadcasts_message_goes_out_by_a_call_of_its_own() -> None:
    begun = asked(wanted()).then().then_state(Attempting)
    (call,) = begun.effects
    assert isinstance(call, SendBroadcast)
    assert call.attempt.about.broadcast == "awareness"


def test_N4_before_its_time_a_message_waits_and_then_goes_out_by_timer() -> None:
    waiting = asked(wanted(not_before=NOON + timedelta(seconds=30))).then().then_state(Waiting)
    assert waiting.effects == ()
    assert due_at(waiting.state) == NOON + timedelta(seconds=30)
    assert woken(waiting, NOON + timedelta(seconds=29)).then().effects == ()
    begun = woken(waiting, NOON + timedelta(seconds=30)).then_state(Attempting)
    (call,) = begun.effects
    assert isinstance(call, SendBroadcast)
    assert call.attempt.number == 1


def test_N4_any_message_may_have_to_wait() -> None:
    message = message_wanted()
    later = message.body.model_copy(update={"not_before": NOON + timedelta(minutes=1)})
    waiting = given().when(ASKING.for_message, replace(message, body=later)).then_state(Waiting)
    (call,) = woken(waiting, NOON + timedelta(minutes=1)).effects
    assert isinstance(call, SendSms)


@pytest.mark.parametrize(
    ("read_at", "goes_at"),
    [
        (MORNING - timedelta(seconds=1), MORNING),
        (EVENING, NEXT_MORNING),
        (EVENING + timedelta(hours=2), NEXT_MORNING),
    ],
)
def test_N4_awareness_read_outside_the_hours_is_delayed_not_dropped(read_at: datetime, goes_at: datetime) -> None:
    waiting = asked(wanted(now=read_at, not_before=MORNING - timedelta(days=1))).then().then_state(Waiting)
    assert due_at(waiting.state) == goes_at
    assert len(woken(waiting, goes_at).effects) == 1


@pytest.mark.parametrize("read_at", [MORNING, EVENING - timedelta(seconds=1)])
def test_N4_awareness_read_at_the_edges_of_the_hours_goes_out(read_at: datetime) -> None:
    assert len(asked(wanted(now=read_at, not_before=read_at)).effects) == 1


@pytest.mark.parametrize("message_class", ["warning", "service", "personal"])
def test_N4_every_other_class_goes_out_at_once(message_class: MessageClass) -> None:
    assert len(asked(wanted(message_class, now=EVENING, not_before=EVENING)).effects) == 1


@pytest.mark.parametrize("message_class", ["awareness", "warning"])
def test_N2_N4_what_is_of_no_use_by_then_expires_and_is_not_sent(message_class: MessageClass) -> None:
    late = wanted(message_class, now=EVENING, not_before=NEXT_MORNING, valid_until=NEXT_MORNING - timedelta(seconds=1))
    expired = asked(late).then_state(Expired)
    expired.then(MessageExpired(message_id="b-1", template=f"broadcast-{message_class}", channel="sms"))
    assert expired.effects == ()


def test_N2_N4_what_is_of_use_until_the_very_opening_waits_for_it() -> None:
    waiting = asked(wanted(now=EVENING, not_before=EVENING, valid_until=NEXT_MORNING)).then_state(Waiting)
    assert len(woken(waiting, NEXT_MORNING).effects) == 1


def test_N4_a_late_wake_up_outside_the_hours_waits_again() -> None:
    waiting = asked(wanted(not_before=EVENING - timedelta(seconds=1)))
    again = woken(waiting, EVENING + timedelta(minutes=5)).then().then_state(Waiting)
    assert due_at(again.state) == NEXT_MORNING
    (call,) = woken(again, NEXT_MORNING).effects
    assert isinstance(call, SendBroadcast)
    assert call.attempt.number == 1


def test_N4_neither_a_call_nor_a_repetition_begins_after_the_hours() -> None:
    last = EVENING - timedelta(seconds=4)
    begun = asked(wanted(now=last, not_before=last))
    (call,) = begun.effects
    assert isinstance(call, SendBroadcast)
    assert call.attempt.start_by == EVENING
    failed = begun.when(DELIVERIES.on_result, reported(EVENING, 1)).then().then_state(Waiting)
    morning = failed.state.retry_at
    assert NEXT_MORNING <= morning < NEXT_MORNING + timedelta(seconds=3)
    assert woken(failed, morning).state.attempt == 2


@pytest.mark.parametrize("about", [CODE, SMS, replace(SMS, broadcast="warning")])
def test_N4_what_keeps_no_hours_may_begin_across_their_end(about: About) -> None:
    last = EVENING - timedelta(seconds=4)
    lasting = replace(about, hand_over_by=NEXT_MORNING)
    (call,) = DELIVERIES.begin(lasting, attempting(about).content, last).effects
    assert isinstance(call, SendBroadcast | SendCode | SendSms)
    assert call.attempt.start_by == last + RULES.start_within


def test_N6_a_result_that_comes_late_is_still_heard_while_the_next_attempt_waits() -> None:
    waiting = asked(wanted()).when(DELIVERIES.on_result, reported(NOON, 1)).then_state(Waiting)
    taken = arriving(
        BroadcastHandOverReported(message_id="b-1", attempt=1, result="accepted", gateway_message_id="gw-1")
    )
    assert waiting.when(DELIVERIES.on_result, taken).state.stage == "handed-over"


def test_N6_a_gateway_that_may_be_slow_is_not_asked_again_before_the_question_is_over() -> None:
    minute, first = timedelta(seconds=60), NOON + timedelta(seconds=5)
    patient = Deliveries(replace(RULES, call_limit=minute, margin=minute))
    asked = given(settling()).when(patient.on_timer, timer(SMS, first - NOON), Facts(first)).then_state(Settling)
    assert asked.state.ask_at == first + 2 * minute

"""An SMS of unknown fate is asked about as the attempt that it was, patiently, before anything goes on (N6, N10)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.decision import Facts
from contracts.notifications import MessageDelivered, MessageFailed, MessageHandedOver
from services.notifications.attempt import AskStatus, SendSms
from services.notifications.delivery_states import Attempting, Failed, HandedOver, Settling, Waiting
from tests.scenario import NOON, given
from tests.unit.notifications.deliveries import (
    CODE,
    DELIVERIES,
    EMAIL,
    RULES,
    SMS,
    attempting,
    receipt,
    reported,
    settling,
    status,
    timer,
    unknown,
)

LATER = NOON + timedelta(hours=1)


def test_N6_a_later_attempt_is_asked_about_and_repeated_by_its_own_number() -> None:
    unsure = given(attempting(SMS, 3)).when(DELIVERIES.on_result, reported(SMS, "unknown", 3), Facts(NOON))
    held = unsure.state.ask_at
    asked = unsure.when(DELIVERIES.on_timer, timer(SMS, held - NOON), Facts(held))
    assert asked.effects == (AskStatus("sms-1", 3),)
    never = asked.when(DELIVERIES.on_status, status(SMS, "never-accepted", 3), Facts(held)).then_state(Waiting)
    again = never.when(DELIVERIES.on_timer, timer(SMS, LATER - NOON), Facts(LATER)).then_state(Attempting)
    (call,) = again.effects
    assert isinstance(call, SendSms)
    assert call.attempt.number == again.state.attempt == 4


def test_N6_a_gateway_without_an_answer_is_asked_less_and_less_often_for_most_of_an_hour() -> None:
    present, waits, asked = NOON + timedelta(seconds=5), [], given(settling())
    while isinstance(asked.state, Settling):
        asked = asked.when(DELIVERIES.on_timer, timer(SMS, present - NOON), Facts(present))
        if isinstance(asked.state, Settling):
            waits.append(asked.state.ask_at - present)
            present = asked.state.ask_at
    assert waits == sorted(set(waits))
    assert present - NOON > timedelta(minutes=45)


@pytest.mark.parametrize(("said", "state"), [("not-sent", Waiting), ("refused", Failed)])
def test_N6_the_result_of_an_attempt_that_is_asked_about_is_still_heard(said: Any, state: type) -> None:
    heard = given(settling()).when(DELIVERIES.on_result, reported(SMS, said)).then_state(state)
    assert heard.effects == ()


def test_N6_a_late_word_that_nobody_knows_does_not_begin_the_questions_anew() -> None:
    asked = replace(settling(), queries=3)
    given(asked).when(DELIVERIES.on_result, reported(SMS, "unknown")).then().then_state(asked)


@pytest.mark.parametrize("state", [attempting(SMS), settling()])
def test_N6_the_wait_after_an_attempt_begins_when_its_end_is_read(state: Any) -> None:
    heard = (
        (DELIVERIES.on_status, status(SMS, "never-accepted"))
        if isinstance(state, Settling)
        else (DELIVERIES.on_result, reported(SMS, "not-sent"))
    )
    for decide, message, present in (
        (*heard, LATER),
        (heard[0], replace(heard[1], now=LATER), NOON),  # read by a clock that is slow
    ):
        waits = given(state).when(decide, message, Facts(present)).then_state(Waiting)
        assert waits.state.retry_at >= LATER + RULES.sms_waits[0]


def test_N6_law8_the_attempts_of_an_email_in_doubt_are_counted() -> None:
    doubted = given(attempting(EMAIL, 3)).when(DELIVERIES.on_result, reported(EMAIL, "unknown", 3), Facts(NOON))
    assert doubted.then_state(Waiting).state.attempt == 3
    assert RULES.doubted_at_most < 10  # many readers show each copy


@pytest.mark.parametrize(
    ("said", "news"),
    [
        ("taken", [MessageHandedOver]),
        ("delivered", [MessageHandedOver, MessageDelivered]),
        ("not-delivered", [MessageFailed]),
    ],
)
def test_N10_identity_hears_of_an_unknown_code_nothing_more_whatever_its_receipt_says(said: Any, news: Any) -> None:
    given(unknown(CODE)).when(DELIVERIES.on_receipt, receipt(CODE, said)).then(*news)


def test_N7_the_gateways_own_id_is_kept_from_a_receipt_that_comes_first() -> None:
    told = given(attempting(SMS)).when(DELIVERIES.on_receipt, receipt(SMS, "taken"))
    told.then_state(HandedOver(SMS, "gw-1"))


@pytest.mark.parametrize("template", ["confirm-mobile-code", "give-consent-code"])
def test_I15_of_a_code_that_anybody_may_ask_for_channels_hear_too(template: str) -> None:
    about = replace(CODE, template=template)
    told = given(attempting(about)).when(DELIVERIES.on_result, reported(about, "accepted"))
    assert [m for m in told.messages if isinstance(m, MessageHandedOver)]

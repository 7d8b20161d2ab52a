from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.decision import Facts, Outgoing
from contracts.notifications import (
    MessageDelivered,
    MessageExpired,
    MessageFailed,
    MessageHandedOver,
    OtpHandedOver,
    OtpNotHandedOver,
)
from services.notifications.attempt import HELD_AT_MOST, AskStatus, SendCode, SendEmail, SendSms
from services.notifications.delivery_states import (
    About,
    Attempting,
    Delivered,
    DeliveryState,
    Expired,
    Failed,
    HandedOver,
    Settling,
    Unknown,
    Waiting,
    due_at,
)
from tests.scenario import NOON, given
from tests.unit.notifications.deliveries import (
    CODE,
    DELIVERIES,
    EMAIL,
    RULES,
    SMS,
    QueryStatus,
    Result,
    attempting,
    handed_over,
    receipt,
    reported,
    settling,
    status,
    timer,
    unknown,
    waiting,
)

EVERY_CHANNEL = pytest.mark.parametrize("about", [CODE, SMS, EMAIL])
ENDS = [Delivered(SMS), Failed(SMS, "recipient"), Expired(SMS)]


def at(seconds: float) -> Facts:
    return Facts(NOON + timedelta(seconds=seconds))


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


# --- results --------------------------------------------------------------------------------------------------------
def test_N1_an_accepted_code_is_told_to_who_asked_and_its_secrets_leave_the_state() -> None:
    told = given(attempting(CODE)).when(DELIVERIES.on_result, reported(CODE, "accepted"))
    told.then(OtpHandedOver(otp_id="otp-1", asked_by="registration:r-1"), MessageHandedOver)
    told.then_state(HandedOver(CODE, "gw-1"))


@pytest.mark.parametrize("about", [SMS, EMAIL])
def test_N3_an_accepted_notice_is_handed_over(about: About) -> None:
    told = given(attempting(about)).when(DELIVERIES.on_result, reported(about, "accepted"))
    told.then(MessageHandedOver(message_id=about.message_id, template="new-sign-in", channel=about.channel))


@EVERY_CHANNEL
def test_N6_a_result_that_arrives_twice_counts_once(about: About) -> None:
    once = given(attempting(about)).when(DELIVERIES.on_result, reported(about, "accepted"))
    once.when(DELIVERIES.on_result, reported(about, "accepted")).then().then_state(once.state)


def test_N10_a_refused_code_may_be_asked_for_again() -> None:
    told = given(attempting(CODE)).when(DELIVERIES.on_result, reported(CODE, "refused"))
    told.then(OtpNotHandedOver(otp_id="otp-1", asked_by="registration:r-1", reason="refused"), MessageFailed)
    told.then_state(Failed(CODE, "recipient"))


@EVERY_CHANNEL
def test_N2_an_attempt_whose_turn_came_too_late_is_expired(about: About) -> None:
    given(attempting(about)).when(DELIVERIES.on_result, reported(about, "expired")).then_state(Expired(about))


def test_N2_identity_hears_that_a_code_expired() -> None:
    told = given(attempting(CODE)).when(DELIVERIES.on_result, reported(CODE, "expired"))
    told.then(OtpNotHandedOver(otp_id="otp-1", asked_by="registration:r-1", reason="expired"), MessageExpired)


def test_J3_what_is_said_later_keeps_the_correlation_of_who_asked() -> None:
    decision = DELIVERIES.on_timer(attempting(CODE), timer(CODE, after(60)), at(60))
    assert {m.correlation_id for m in decision.messages if isinstance(m, Outgoing)} == {"command-1"}
    assert len(decision.messages) == 2


# --- nothing left the house: again, while it is of use --------------------------------------------------------------
@pytest.mark.parametrize("template", ["approve-registration-code", "reset-password-code"])
def test_I15_of_a_code_that_only_a_known_person_gets_identity_alone_is_told(template: str) -> None:
    about = replace(CODE, template=template)
    taken = given(attempting(about)).when(DELIVERIES.on_result, reported(about, "accepted")).then(OtpHandedOver)
    taken.when(DELIVERIES.on_receipt, receipt(about, "delivered")).then().then_state(Delivered(about))
    taken.when(DELIVERIES.on_receipt, receipt(about, "not-delivered")).then().then_state(Failed)
    results: tuple[Result, ...] = ("refused", "expired", "unknown")
    for result in results:
        given(attempting(about)).when(DELIVERIES.on_result, reported(about, result)).then(OtpNotHandedOver)


@pytest.mark.parametrize(("about", "effect"), [(CODE, SendCode), (SMS, SendSms), (EMAIL, SendEmail)])
def test_N6_what_certainly_was_not_sent_is_tried_again_after_a_wait(about: About, effect: type) -> None:
    waits = given(attempting(about)).when(DELIVERIES.on_result, reported(about, "not-sent"), at(4))
    waits.then().then_state(Waiting)
    assert waits.effects == ()
    again = waits.when(DELIVERIES.on_timer, timer(about, after(30)), at(30)).then().then_state(Attempting)
    assert [type(call) for call in again.effects] == [effect]
    assert again.state.attempt == 2


def test_N5_a_code_is_tried_again_as_soon_as_its_wait_is_over() -> None:
    waits = given(attempting(CODE)).when(DELIVERIES.on_result, reported(CODE, "not-sent"), at(4))
    assert due_at(waits.state) == NOON + after(5)


def test_N2_no_attempt_is_waited_for_that_would_come_too_late() -> None:
    told = given(attempting(CODE)).when(DELIVERIES.on_result, reported(CODE, "not-sent"), at(59.5))
    told.then(OtpNotHandedOver(otp_id="otp-1", asked_by="registration:r-1", reason="expired"), MessageExpired)


@EVERY_CHANNEL
def test_N2_a_retry_that_is_woken_too_late_sends_nothing(about: About) -> None:
    late = timedelta(days=1)
    told = given(waiting(about)).when(DELIVERIES.on_timer, timer(about, late), Facts(NOON + late))
    told.then_state(Expired(about))
    assert told.effects == ()


# --- unknown --------------------------------------------------------------------------------------------------------
def test_N10_an_unknown_code_is_final_and_never_sent_again() -> None:
    told = given(attempting(CODE)).when(DELIVERIES.on_result, reported(CODE, "unknown"))
    told.then(
        OtpNotHandedOver(otp_id="otp-1", asked_by="registration:r-1", reason="unknown"), MessageFailed
    ).then_state(Unknown(CODE))
    assert due_at(told.state) is None
    assert told.when(DELIVERIES.on_timer, timer(CODE, after(600)), at(600)).then().effects == ()


def test_N10_a_late_acceptance_of_an_unknown_code_says_nothing_more_to_identity() -> None:
    told = given(unknown(CODE)).when(DELIVERIES.on_result, reported(CODE, "accepted"))
    told.then(MessageHandedOver).then_state(HandedOver)
    assert told.state.gateway_message_id == "gw-1"


def test_N10_a_code_that_never_reported_is_unknown_when_its_call_is_over() -> None:
    state = attempting(CODE)
    early = given(state).when(DELIVERIES.on_timer, timer(CODE, after(22.9)), at(22.9))
    early.then().then_state(state)
    given(state).when(DELIVERIES.on_timer, timer(CODE, after(23)), at(23)).then(OtpNotHandedOver, MessageFailed)


def test_N6_no_call_is_under_way_when_its_timer_comes() -> None:
    start_by = RULES.start_by(SMS, NOON)
    assert RULES.settle_at(start_by) - start_by > RULES.call_limit


def test_N6_an_unknown_sms_is_asked_about_before_anything_is_sent() -> None:
    unsure = given(attempting(SMS)).when(DELIVERIES.on_result, reported(SMS, "unknown"), at(4))
    unsure.then().then_state(Settling)
    assert unsure.effects == ()
    asked = unsure.when(DELIVERIES.on_timer, timer(SMS, after(310)), at(310)).then().then_state(Settling)
    assert asked.effects == (AskStatus("sms-1", 1),)


@pytest.mark.parametrize("over", [4, 23])
def test_N6_a_gateway_is_not_asked_while_it_may_still_take_a_call_that_was_given_up(over: int) -> None:
    happening = reported(SMS, "unknown") if over == 4 else timer(SMS, after(over))
    decide = DELIVERIES.on_result if over == 4 else DELIVERIES.on_timer
    unsure = given(attempting(SMS)).when(decide, happening, at(over)).then_state(Settling)
    held = over + HELD_AT_MOST.total_seconds()
    early = unsure.when(DELIVERIES.on_timer, timer(SMS, after(held - 1)), at(held - 1)).then().then_state(Settling)
    assert early.effects == ()
    assert early.when(DELIVERIES.on_timer, timer(SMS, after(held)), at(held)).effects == (AskStatus("sms-1", 1),)


def test_N6_an_sms_that_never_reported_is_asked_about() -> None:
    unsure = given(attempting(SMS)).when(DELIVERIES.on_timer, timer(SMS, after(23)), at(23))
    unsure.then().then_state(Settling)


def test_N6_an_sms_the_gateway_never_accepted_is_sent_again() -> None:
    waits = given(settling()).when(DELIVERIES.on_status, status(SMS, "never-accepted"), at(8))
    again = waits.then_state(Waiting).when(DELIVERIES.on_timer, timer(SMS, after(60)), at(60))
    assert [type(call) for call in again.effects] == [SendSms]


@pytest.mark.parametrize(
    ("said", "state"), [("taken", HandedOver), ("delivered", Delivered), ("not-delivered", Failed)]
)
def test_N6_a_query_settles_an_unknown_sms(said: QueryStatus, state: type) -> None:
    settled = given(settling()).when(DELIVERIES.on_status, status(SMS, said), at(8)).then_state(state)
    assert settled.effects == ()


def test_N6_an_unanswered_query_is_asked_again_until_enough() -> None:
    scenario, asked, seconds = given(settling()), 0, 5.0
    while isinstance(scenario.state, Settling):
        scenario = scenario.when(DELIVERIES.on_timer, timer(SMS, after(seconds)), at(seconds))
        asked += len(scenario.effects)
        if isinstance(scenario.state, Settling):
            seconds = (scenario.state.ask_at - NOON).total_seconds()
            scenario.when(DELIVERIES.on_status, status(SMS, "no-answer"), at(seconds)).then().then_state(scenario.state)
    assert asked == len(RULES.query_waits)
    scenario.then(MessageFailed(message_id="sms-1", template="new-sign-in", channel="sms", reason="unknown"))
    scenario.then_state(Unknown(SMS))


@pytest.mark.parametrize("state", [attempting(SMS, attempt=2), replace(settling(), attempt=2)])
def test_N6_an_answer_about_an_earlier_attempt_sends_nothing(state: DeliveryState) -> None:
    stale = given(state).when(DELIVERIES.on_status, status(SMS, "never-accepted", 1), at(8))
    stale.then().then_state(state)
    assert stale.effects == ()


def test_N6_a_late_acceptance_of_an_earlier_attempt_ends_the_sending() -> None:
    given(waiting(SMS)).when(DELIVERIES.on_result, reported(SMS, "accepted", 1)).then_state(HandedOver)


@pytest.mark.parametrize("result", ["refused", "not-sent", "unknown", "expired"])
def test_N6_a_stale_result_of_an_earlier_attempt_is_ignored(result: Any) -> None:
    state = attempting(SMS, attempt=2)
    given(state).when(DELIVERIES.on_result, reported(SMS, result, 1)).then().then_state(state)


def test_N6_an_unknown_email_is_sent_again_under_the_same_message_id() -> None:
    unsure = given(attempting(EMAIL)).when(DELIVERIES.on_result, reported(EMAIL, "unknown"), at(4))
    again = unsure.then_state(Waiting).when(DELIVERIES.on_timer, timer(EMAIL, after(60)), at(60))
    (call,) = again.effects
    assert isinstance(call, SendEmail)
    assert (call.attempt.about.message_id, call.attempt.content) == ("mail-1", attempting(EMAIL).content)


# --- receipts -------------------------------------------------------------------------------------------------------
def test_N7_receipts_move_a_message_forward() -> None:
    arrived = given(handed_over(SMS)).when(DELIVERIES.on_receipt, receipt(SMS, "delivered"))
    arrived.then(MessageDelivered).then_state(Delivered(SMS))


def test_N7_a_receipt_that_overtakes_the_result_counts_for_both() -> None:
    arrived = given(attempting(CODE)).when(DELIVERIES.on_receipt, receipt(CODE, "delivered"))
    arrived.then(OtpHandedOver, MessageHandedOver, MessageDelivered)
    arrived.when(DELIVERIES.on_result, reported(CODE, "accepted")).then().then_state(Delivered)


def test_N7_a_code_that_was_not_delivered_before_it_was_told_may_be_asked_for_again() -> None:
    told = given(attempting(CODE)).when(DELIVERIES.on_receipt, receipt(CODE, "not-delivered"))
    told.then(OtpNotHandedOver, MessageFailed).then_state(Failed)


def test_N7_an_undelivered_message_has_failed() -> None:
    told = given(handed_over(CODE)).when(DELIVERIES.on_receipt, receipt(CODE, "not-delivered"))
    told.then(MessageFailed(message_id="otp-1", template=CODE.template, channel="sms", reason="not-delivered"))


@pytest.mark.parametrize("state", ENDS)
@pytest.mark.parametrize("said", ["taken", "delivered", "not-delivered"])
def test_N7_a_late_receipt_never_moves_a_message_back(state: DeliveryState, said: Any) -> None:
    given(state).when(DELIVERIES.on_receipt, receipt(SMS, said)).then().then_state(state)


def test_N7_a_late_hand_over_receipt_changes_nothing() -> None:
    state = handed_over(SMS)
    given(state).when(DELIVERIES.on_receipt, receipt(SMS, "taken")).then().then_state(state)


@pytest.mark.parametrize(("about", "said"), [(CODE, "delivered"), (SMS, "delivered"), (SMS, "taken")])
def test_N7_a_receipt_settles_an_unknown_message(about: About, said: Any) -> None:
    settled = given(unknown(about)).when(DELIVERIES.on_receipt, receipt(about, said))
    assert not [m for m in settled.messages if isinstance(m, OtpHandedOver | OtpNotHandedOver)]
    settled.then_state(Delivered if said == "delivered" else HandedOver)


def test_N7_a_receipt_settles_a_message_that_is_being_asked_about() -> None:
    given(settling()).when(DELIVERIES.on_receipt, receipt(SMS, "taken")).then(MessageHandedOver)


@pytest.mark.parametrize("state", [*ENDS, handed_over(SMS), unknown(SMS)])
def test_N6_a_settled_message_needs_no_timer(state: DeliveryState) -> None:
    assert due_at(state) is None
    given(state).when(DELIVERIES.on_timer, timer(SMS, after(9)), at(9)).then().then_state(state)

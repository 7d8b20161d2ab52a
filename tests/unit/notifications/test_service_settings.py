"""Each setting reaches what it is for; each message comes to its decision (N1-N4)."""

from datetime import timedelta
from typing import Any

import pytest

from contracts import identity, notifications
from contracts.identity import OtpRequested
from contracts.notifications_broadcast_internal import BroadcastMessageWanted
from contracts.sealed import Sealed
from services.notifications.attempt import AttemptRules, SendEmail
from services.notifications.delivery_states import Delivered, Waiting, due_at
from services.notifications.hand_over import CallLimits
from services.notifications.recipient import tell_sign_in
from services.notifications.service import attempt_rules
from services.notifications.settings import NotificationsSettings
from tests.scenario import NOON, arriving, given
from tests.unit.notifications.deliveries import SMS, handed_over, link_requested, message_wanted, otp_requested, receipt
from tests.unit.notifications.test_notifications_service import GIVEN, built
from tests.unit.notifications.test_recipient import SIGNED_IN


def settings(**changed: str) -> NotificationsSettings:
    return NotificationsSettings.model_validate({**GIVEN, **changed})


def routes(**changed: str) -> dict[Any, Any]:
    return {route.message: route for route in built(settings(**changed)).routes}


def hashed(_: str, text: str) -> str:
    return text


@pytest.mark.parametrize(("sms", "smtp"), [("11", "17"), ("17", "11")])
def test_law8_attempts_are_timed_by_their_settings_and_by_the_longest_of_the_calls(sms: str, smtp: str) -> None:
    rules = attempt_rules(
        settings(sms_total_s=sms, smtp_total_s=smtp, attempt_start_s="5", attempt_margin_s="2", sms_held_s="400")
    )
    assert rules == AttemptRules(
        call_limit=timedelta(seconds=17),
        start_within=timedelta(seconds=5),
        margin=timedelta(seconds=2),
        held_at_most=timedelta(seconds=400),
    )


def test_law8_no_part_of_a_call_may_last_longer_than_the_call() -> None:
    short = settings(sms_connect_s="4", sms_read_s="6", sms_total_s="9", smtp_total_s="2")
    assert short.sms_limits == CallLimits(connect=4, read=6, total=9)
    assert short.mail_limits == CallLimits(connect=2, read=2, total=2)


def test_N1_codes_and_their_results_are_served_first() -> None:
    lanes = {lane.name for lane in built(settings()).lanes if lane.urgent}
    assert lanes == {"codes", "code-results"}


@pytest.mark.parametrize(
    ("message", "aggregate"),
    [
        (otp_requested(), "delivery:otp-1"),
        (link_requested(), "delivery:m-link"),
        (message_wanted(), "delivery:sms-1"),
        (receipt(SMS, "delivered"), "delivery:sms-1"),
        (arriving(SIGNED_IN, source="identity", subject="session:s-1"), "recipient:u-1"),
    ],
)
def test_N1_N3_every_message_comes_to_the_one_whom_it_names(message: Any, aggregate: str) -> None:
    assert routes()[type(message.body)].aggregate_of(message, hashed) == aggregate


def test_N6_results_come_back_to_the_delivery_that_was_begun() -> None:
    for message in (otp_requested(), link_requested(), message_wanted()):
        route = routes()[type(message.body)]
        begun = given().when(route.decide, message).state
        assert route.aggregate_of(message, hashed) == f"delivery:{begun.about.message_id}"


def test_law8_each_call_is_made_as_what_it_is_and_its_end_is_looked_for() -> None:
    service = built(settings())
    made = {call.__name__: perform.__name__ for call, perform in service.perform.items()}
    assert made == {
        "SendCode": "send_code",
        "SendSms": "send_sms",
        "SendBroadcast": "send_broadcast",
        "SendEmail": "send_email",
        "AskStatus": "ask_status",
    }
    assert {kind.name for kind in service.kinds if kind.due_at is due_at} == {"delivery"}


def test_N7_a_receipt_is_decided_as_one() -> None:
    decide = routes()[notifications.ReceiptReceived].decide
    given(handed_over(SMS)).when(decide, receipt(SMS, "delivered")).then_state(Delivered(SMS))


def test_N3_sign_ins_are_counted_before_they_are_told() -> None:
    assert routes()[identity.UserSignedIn].decide == tell_sign_in
    assert routes()[OtpRequested].creates


def test_N8_a_link_points_to_the_pages_of_the_channel() -> None:
    decide = routes(pages_url="https://pages.example/app")[identity.ActivationLinkRequested].decide
    (call,) = given().when(decide, link_requested()).effects
    assert isinstance(call, SendEmail)
    assert '"https://pages.example/app/activate#' in call.attempt.content.values.reveal()


def test_N4_awareness_keeps_the_hours_of_the_settings() -> None:
    body = BroadcastMessageWanted(
        message_id="b-1",
        message_class="awareness",
        template="broadcast-awareness",
        channel="sms",
        language="ar",
        address=Sealed.of("+966512345678"),
        values=Sealed.of('{"text": "x"}'),
        hand_over_by=NOON + timedelta(days=1),
        valid_until=NOON + timedelta(days=1),
    )
    wish = arriving(body, opened={"address": "+966512345678", "values": '{"text": "x"}'})
    waits = given().when(routes(broadcast_opens="15:00")[BroadcastMessageWanted].decide, wish).then_state(Waiting)
    assert waits.state.retry_at == NOON + timedelta(hours=3)

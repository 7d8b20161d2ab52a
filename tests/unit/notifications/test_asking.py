import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.decision import Facts, Incoming
from contracts.notifications import MessageExpired, NoticeWanted, OtpNotHandedOver
from services.notifications.attempt import SendCode, SendEmail, SendSms
from services.notifications.delivery_states import Attempting, Expired
from services.notifications.notice import TIME_TO_ARRIVE
from tests.scenario import NOON, Given, given
from tests.unit.notifications.deliveries import ASKING, RULES, link_requested, message_wanted, otp_requested

Asked = tuple[Callable[..., Any], Callable[..., Incoming[Any]]]
EVERY_WISH = pytest.mark.parametrize(
    "wish",
    [
        (ASKING.for_code, otp_requested),
        (ASKING.for_activation_link, link_requested),
        (ASKING.for_message, message_wanted),
    ],
)


def values(begun: Given) -> Any:
    assert isinstance(begun.state, Attempting)
    return json.loads(begun.state.content.values.reveal())


def test_N1_a_code_goes_out_by_its_own_call() -> None:
    begun = given().when(ASKING.for_code, otp_requested()).then().then_state(Attempting)
    (call,) = begun.effects
    assert isinstance(call, SendCode)
    assert call.attempt.about.asked_by == "registration:r-1"
    assert call.attempt.content.address.reveal() == "+966512345678"
    assert values(begun) == {"code": "482913", "seconds": "60"}


def test_I6_an_sms_never_promises_a_code_more_life_than_it_has() -> None:
    for life, said in ((60, "60"), (2, "2"), (90, "60")):
        begun = given().when(ASKING.for_code, otp_requested(life=timedelta(seconds=life)))
        assert values(begun)["seconds"] == said


@EVERY_WISH
def test_N2_what_can_no_longer_be_used_is_not_sent_but_expires(wish: Asked) -> None:
    decide, arriving_late = wish
    for message, present in (
        (arriving_late(late=timedelta(days=2)), NOON + timedelta(days=2)),
        (arriving_late(), NOON + timedelta(days=2)),  # in time on the log, read late
    ):
        told = given().when(decide, message, Facts(present)).then_state(Expired)
        assert told.effects == ()
        assert [m for m in told.messages if isinstance(m, MessageExpired)]


def test_N2_identity_hears_of_an_expired_code() -> None:
    late = timedelta(seconds=61)
    told = given().when(ASKING.for_code, otp_requested(late=late))
    told.then(OtpNotHandedOver(otp_id="otp-1", asked_by="registration:r-1", reason="expired"), MessageExpired)


def test_N2_the_last_moment_is_in_time() -> None:
    given().when(ASKING.for_code, otp_requested(late=timedelta(seconds=60))).then_state(Attempting)


@EVERY_WISH
def test_N6_a_wish_that_comes_twice_begins_one_attempt(wish: Asked) -> None:
    decide, message = wish
    once = given().when(decide, message())
    assert len(once.effects) == 1
    twice = once.when(decide, message()).then().then_state(once.state)
    assert twice.effects == ()


def test_N2_a_call_does_not_begin_after_its_hand_over_time() -> None:
    begun = given().when(ASKING.for_code, otp_requested(late=timedelta(seconds=57)))
    (call,) = begun.effects
    assert isinstance(call, SendCode)
    assert call.attempt.start_by == NOON + timedelta(seconds=60)
    assert begun.state.settle_at == call.attempt.start_by + RULES.call_limit + RULES.margin


def test_N3_an_activation_link_goes_by_email_and_an_sms_says_so_without_it() -> None:
    begun = given().when(ASKING.for_activation_link, link_requested()).then(NoticeWanted)
    (call,) = begun.effects
    assert isinstance(call, SendEmail)
    assert values(begun) == {
        "link": "https://hesabi.example/activate#tok%2Fen%2B1",
        "valid_until": "2026-03-02 12:00",
    }
    (notice,) = begun.messages
    assert isinstance(notice, NoticeWanted)
    assert (notice.user_id, notice.channels) == ("u-1", ("sms",))
    assert notice.values.plain is not None
    assert "tok" not in notice.values.plain.reveal()
    assert notice.valid_until == NOON + timedelta(hours=1)


@pytest.mark.parametrize(("seconds", "more"), [(599, TIME_TO_ARRIVE), (600, TIME_TO_ARRIVE), (601, timedelta())])
def test_I10_N2_of_a_link_that_lives_ten_minutes_or_less_the_sms_leaves_until_its_end(
    seconds: int, more: timedelta
) -> None:
    asked, over = link_requested(), NOON + timedelta(seconds=seconds)
    begun = given().when(
        ASKING.for_activation_link, replace(asked, body=asked.body.model_copy(update={"valid_until": over}))
    )
    (notice,) = (m for m in begun.messages if isinstance(m, NoticeWanted))
    assert notice.valid_until == over + more


def test_I10_N2_a_link_whose_life_is_set_short_is_sent_all_the_same() -> None:
    asked = link_requested()
    short = replace(asked, body=asked.body.model_copy(update={"valid_until": NOON + timedelta(minutes=5)}))
    begun = given().when(ASKING.for_activation_link, short).then_state(Attempting)
    assert begun.state.about.hand_over_by == NOON + timedelta(minutes=2, seconds=30)
    (notice,) = (m for m in begun.messages if isinstance(m, NoticeWanted))
    assert notice.valid_until == NOON + timedelta(minutes=5) + TIME_TO_ARRIVE  # the SMS leaves until the link is over
    over = replace(short, now=NOON + timedelta(minutes=6))
    given().when(ASKING.for_activation_link, over).then_state(Expired)


def test_N2_nobody_is_told_of_a_link_that_is_over() -> None:
    late = given().when(ASKING.for_activation_link, link_requested(), Facts(NOON + timedelta(hours=23, minutes=55)))
    notice = next(m for m in late.messages if isinstance(m, NoticeWanted))
    assert notice.valid_until == NOON + timedelta(hours=24)


@pytest.mark.parametrize(("channel", "effect"), [("sms", SendSms), ("email", SendEmail)])
def test_N3_a_message_goes_by_its_channel(channel: Any, effect: type) -> None:
    begun = given().when(ASKING.for_message, message_wanted(channel)).then()
    assert [type(call) for call in begun.effects] == [effect]
    assert not begun.state.about.is_code


@pytest.mark.parametrize(
    ("purpose", "template"), [("reset-password", "reset-password-code"), ("give-consent", "give-consent-code")]
)
def test_I13_A9_each_purpose_of_a_code_has_its_words(purpose: Any, template: str) -> None:
    asked = otp_requested()
    wish = replace(asked, body=asked.body.model_copy(update={"purpose": purpose}))
    assert given().when(ASKING.for_code, wish).state.about.template == template

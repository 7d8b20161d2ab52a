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


@pytest.mark.parametrize(("life_s", "said"), [(0, "1"), (0.4, "1"), (1.9, "1"), (59.9, "59")])
def test_I6_an_sms_names_whole_seconds_of_a_codes_life_one_at_least(life_s: float, said: str) -> None:
    asked = otp_requested()
    over = asked.body.hand_over_by + timedelta(seconds=life_s)
    begun = given().when(ASKING.for_code, replace(asked, body=asked.body.model_copy(update={"valid_until": over})))
    assert values(begun)["seconds"] == said


@EVERY_WISH
def test_N2_what_can_no_longer_be_used_is_not_sent_but_expires(wish: Asked) -> None:
    decide, arriving_late = wish
    for message, present in (
        (arriving_late(late=timedelta(days=2)), NOON + timedelta(days=2)),
        (arriving_late(), NOON + timedelta(days=2)),  # in time on the log, read late
        (arriving_late(late=timedelta(days=2)), NOON),  # read by a clock that is slow
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
def test_J3_what_becomes_of_a_message_is_told_under_the_correlation_of_who_asked(wish: Asked) -> None:
    decide, message = wish
    assert (
        given().when(decide, replace(message(), correlation_id="command-7")).state.about.correlation_id == "command-7"
    )


@EVERY_WISH
@pytest.mark.parametrize("language", ["ar", "en"])
def test_N3_a_message_is_written_in_the_language_that_was_asked_for(wish: Asked, language: str) -> None:
    decide, message = wish
    asked = message()
    spoken = replace(asked, body=asked.body.model_copy(update={"language": language}))
    assert given().when(decide, spoken).state.content.language == language


@pytest.mark.parametrize(
    ("decide", "wish"), [(ASKING.for_code, otp_requested()), (ASKING.for_message, message_wanted())]
)
@pytest.mark.parametrize(("hand_over_s", "valid_s"), [(30, 20), (20, 30)])
def test_N2_nothing_is_handed_over_past_its_hand_over_time_nor_past_its_use(
    decide: Callable[..., Any], wish: Incoming[Any], hand_over_s: int, valid_s: int
) -> None:
    times = {"hand_over_by": NOON + timedelta(seconds=hand_over_s), "valid_until": NOON + timedelta(seconds=valid_s)}
    asked = replace(wish, body=wish.body.model_copy(update=times))
    assert given().when(decide, asked).state.about.hand_over_by == NOON + timedelta(seconds=20)
    given().when(decide, asked, Facts(NOON + timedelta(seconds=21))).then_state(Expired)


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


def test_I10_N2_a_link_whose_life_is_set_short_leaves_in_its_first_half_however_late_it_is_read() -> None:
    asked = link_requested()
    short = replace(asked, body=asked.body.model_copy(update={"valid_until": NOON + timedelta(minutes=6)}))
    given().when(ASKING.for_activation_link, short, Facts(NOON + timedelta(minutes=3))).then_state(Attempting)
    given().when(ASKING.for_activation_link, short, Facts(NOON + timedelta(minutes=4))).then_state(Expired)


def test_N6_a_links_delivery_has_the_id_under_which_its_results_come_back() -> None:
    assert given().when(ASKING.for_activation_link, link_requested()).state.about.message_id == "m-link"


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
    ("purpose", "template"),
    [
        ("approve-registration", "approve-registration-code"),
        ("confirm-mobile", "confirm-mobile-code"),
        ("reset-password", "reset-password-code"),
        ("give-consent", "give-consent-code"),
    ],
)
def test_I5_I9_I13_A9_each_purpose_of_a_code_has_its_words(purpose: Any, template: str) -> None:
    asked = otp_requested()
    wish = replace(asked, body=asked.body.model_copy(update={"purpose": purpose}))
    assert given().when(ASKING.for_code, wish).state.about.template == template

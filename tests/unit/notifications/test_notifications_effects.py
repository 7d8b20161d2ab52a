import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

import pytest
from structlog.testing import capture_logs

from contracts.notifications import AttemptReported, CodeHandOverReported, HandOverReported, StatusReported
from contracts.notifications_broadcast_internal import BroadcastHandOverReported
from contracts.sealed import Secret
from contracts.values.contact_channel import contact_channels
from contracts.values.email_address import EmailAddress
from services.notifications.attempt import AskStatus, Attempt, SendBroadcast, SendCode, SendEmail, SendSms
from services.notifications.call_results import not_begun, outcome_of
from services.notifications.composing import Composer
from services.notifications.delivery_states import About, Content
from services.notifications.effects import NotificationsEffects
from services.notifications.hand_over import Accepted, HandOver, LastLook, NotSent, Rejected, TooLate, Unknown
from services.notifications.mail import Mail
from services.notifications.unifonic_wire import Found, NeverAccepted, NoAnswer, Sms, StatusAnswer
from tests.scenario import NOON

CARE = EmailAddress("care@power.example")


class Gateway:
    """Answers as told and remembers what it was handed. `connect` happens before the first byte leaves."""

    def __init__(
        self,
        outcome: HandOver = Accepted("gw-1"),  # noqa: B008
        status: StatusAnswer = NoAnswer(),  # noqa: B008
        connect: Callable[[], None] = lambda: None,
    ) -> None:
        self.outcome, self.status, self.connect = outcome, status, connect
        self.handed: list[Sms] = []

    async def hand_over(self, sms: Sms, last_look: LastLook) -> HandOver | TooLate:
        self.connect()
        if (reason := last_look()) is not None:
            return reason
        self.handed.append(sms)
        return self.outcome

    async def status_of(self, correlation_id: str) -> StatusAnswer:
        return self.status

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class Relay:
    """Takes every e-mail, or answers as told."""

    def __init__(self, outcome: HandOver | None = None) -> None:
        self.outcome = outcome
        self.handed: list[Mail] = []

    async def hand_over(self, mail: Mail) -> HandOver:
        self.handed.append(mail)
        return self.outcome or Accepted(mail.message_id)


def effects(
    codes: Gateway | None = None,
    others: Gateway | None = None,
    broadcasts: Gateway | None = None,
    relay: Relay | None = None,
    clock: Callable[[], datetime] = lambda: NOON,
) -> NotificationsEffects:
    composer = Composer(contact_channels(CARE), frozenset({"hesabi.example"}))
    gateways = (codes or Gateway(), others or Gateway(), broadcasts or Gateway())
    return NotificationsEffects(composer, *gateways, relay or Relay(), CARE, clock)


def attempt(about: About, address: str, values: dict[str, str]) -> Attempt:
    content = Content(Secret(address), "en", Secret(json.dumps(values)), NOON)
    return Attempt(about, content, 2, NOON + timedelta(seconds=10))


CODE = attempt(
    About("otp-1", "confirm-mobile-code", "sms", NOON + timedelta(seconds=60), "c-1", "registration:r-1"),
    "+966512345678",
    {"code": "482913", "seconds": "60"},
)
SMS = attempt(
    About("sms-1", "new-sign-in", "sms", NOON + timedelta(hours=6), "c-1"),
    "+966512345678",
    {"when": "2026-03-01 12:00"},
)
BROADCAST = attempt(
    About("b-1", "broadcast-warning", "sms", NOON + timedelta(hours=6), "c-1", broadcast="warning"),
    "+966512345678",
    {"text": "Power is cut from 10 to 12."},
)
EMAIL = attempt(
    About("mail-1", "new-sign-in", "email", NOON + timedelta(hours=6), "c-1"),
    "sara@example.com",
    {"when": "2026-03-01 12:00"},
)


async def test_N1_a_code_has_a_gateway_client_and_a_result_of_its_own() -> None:
    codes, others = Gateway(), Gateway()
    result = await effects(codes, others).send_code(SendCode(CODE))
    assert result == CodeHandOverReported(message_id="otp-1", attempt=2, result="accepted", gateway_message_id="gw-1")
    (sms,) = codes.handed
    assert (sms.correlation_id, sms.recipient.text) == ("otp-1", "+966512345678")
    assert "482913" in sms.body
    assert others.handed == []


async def test_N1_N4_a_broadcasts_sms_has_a_gateway_client_and_a_result_of_its_own() -> None:
    codes, others, broadcasts = Gateway(), Gateway(), Gateway()
    result = await effects(codes, others, broadcasts).send_broadcast(SendBroadcast(BROADCAST))
    assert result == BroadcastHandOverReported(
        message_id="b-1", attempt=2, result="accepted", gateway_message_id="gw-1"
    )
    assert [sms.body for sms in broadcasts.handed] == ["Power is cut from 10 to 12."]
    assert codes.handed == others.handed == []


async def test_N2_N4_a_broadcasts_sms_is_not_sent_when_it_is_too_late_or_has_no_number() -> None:
    broadcasts = Gateway()
    late = effects(broadcasts=broadcasts, clock=lambda: NOON + timedelta(hours=7))
    told = await late.send_broadcast(SendBroadcast(BROADCAST))
    assert isinstance(told, BroadcastHandOverReported)
    assert told.result == "expired"
    nowhere = replace(BROADCAST, content=replace(BROADCAST.content, address=Secret("nobody")))
    told = await effects(broadcasts=broadcasts).send_broadcast(SendBroadcast(nowhere))
    assert isinstance(told, BroadcastHandOverReported)
    assert (told.result, told.reason) == ("refused", "recipient")
    assert broadcasts.handed == []


@pytest.mark.parametrize(
    ("outcome", "result", "reason"),
    [
        (Rejected("recipient"), "refused", "recipient"),
        (NotSent("turned-away", "ER-15"), "not-sent", "turned-away"),
        (NotSent("no-connection"), "not-sent", "no-connection"),
        (Unknown("no-answer-in-time"), "unknown", "no-answer-in-time"),
    ],
)
async def test_N6_every_outcome_becomes_a_result(outcome: HandOver, result: Any, reason: str) -> None:
    by_sms = await effects(others=Gateway(outcome)).send_sms(SendSms(SMS))
    assert by_sms == HandOverReported(message_id="sms-1", attempt=2, result=result, reason=reason)
    by_email = await effects(relay=Relay(outcome)).send_email(SendEmail(EMAIL))
    assert by_email == HandOverReported(message_id="mail-1", attempt=2, result=result, reason=reason)


async def test_law13_a_text_that_only_a_later_release_has_waits_for_it() -> None:
    others, relay = Gateway(), Relay()
    sms = replace(SMS, about=replace(SMS.about, template="told-from-tomorrow-on"))
    by_sms = await effects(others=others).send_sms(SendSms(sms))
    assert by_sms == HandOverReported(message_id="sms-1", attempt=2, result="not-sent", reason="text-not-known")
    email = replace(EMAIL, about=replace(EMAIL.about, template="told-from-tomorrow-on"))
    by_email = await effects(relay=relay).send_email(SendEmail(email))
    assert by_email == HandOverReported(message_id="mail-1", attempt=2, result="not-sent", reason="text-not-known")
    assert (others.handed, relay.handed) == ([], [])


@pytest.mark.parametrize(("late", "result"), [(timedelta(hours=7), "expired"), (timedelta(seconds=11), "not-sent")])
async def test_N2_the_last_look_at_the_clock_comes_right_before_the_call(late: timedelta, result: str) -> None:
    gateway, relay = Gateway(), Relay()
    calls = effects(others=gateway, relay=relay, clock=lambda: NOON + late)
    reports = [await calls.send_sms(SendSms(SMS)), await calls.send_email(SendEmail(EMAIL))]
    assert [r.result for r in reports if isinstance(r, HandOverReported)] == [result, result]
    assert (gateway.handed, relay.handed) == ([], [])


async def test_N2_N6_the_clock_is_looked_at_again_once_there_is_a_connection() -> None:
    now = NOON

    def stands_still() -> None:
        nonlocal now
        now += timedelta(seconds=11)

    codes, others, broadcasts = (Gateway(connect=stands_still) for _ in range(3))
    calls = effects(codes, others, broadcasts, clock=lambda: now)
    for call in (
        calls.send_code(SendCode(CODE)),
        calls.send_sms(SendSms(SMS)),
        calls.send_broadcast(SendBroadcast(BROADCAST)),
    ):
        now = NOON
        report = await call
        assert isinstance(report, AttemptReported)
        assert (report.result, report.reason) == ("not-sent", "not-now")
    assert [gateway.handed for gateway in (codes, others, broadcasts)] == [[], [], []]


async def test_N2_a_code_that_stood_in_line_too_long_is_not_sent() -> None:
    codes = Gateway()
    report = await effects(codes, clock=lambda: NOON + timedelta(seconds=61)).send_code(SendCode(CODE))
    assert report == CodeHandOverReported(message_id="otp-1", attempt=2, result="expired")
    assert codes.handed == []


@pytest.mark.parametrize(
    "wrong",
    [
        replace(SMS, content=replace(SMS.content, values=Secret("{}"))),
        replace(SMS, content=replace(SMS.content, address=Secret("not a number"))),
    ],
)
async def test_N8_what_cannot_be_composed_is_not_sent(wrong: Attempt) -> None:
    gateway = Gateway()
    report = await effects(others=gateway).send_sms(SendSms(wrong))
    assert isinstance(report, HandOverReported)
    assert report.result == "refused"
    assert gateway.handed == []


async def test_N6_an_email_sent_again_is_the_same_email() -> None:
    relay = Relay()
    calls = effects(relay=relay)
    await calls.send_email(SendEmail(EMAIL))
    await calls.send_email(SendEmail(replace(EMAIL, number=3)))
    first, second = relay.handed
    assert (first.message_id, first.content) == (second.message_id, second.content)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Found("gw-1", "queued"), "taken"),
        (Found("gw-1", "sent"), "taken"),
        (Found("gw-1", "delivered"), "delivered"),
        (Found("gw-1", "not-delivered"), "not-delivered"),
        (NeverAccepted(), "never-accepted"),
        (NoAnswer(), "no-answer"),
    ],
)
async def test_N6_a_query_becomes_a_message(answer: StatusAnswer, status: Any) -> None:
    asked = await effects(others=Gateway(status=answer)).ask_status(AskStatus("sms-1", 2))
    assert asked == StatusReported(message_id="sms-1", attempt=2, status=status)


async def test_N5_operators_hear_of_a_gateway_that_takes_nothing_from_us() -> None:
    with capture_logs() as lines:
        told = await effects(others=Gateway(NotSent("turned-away", "ER-15"))).send_sms(SendSms(SMS))
    assert outcome_of(told) == "turned-away"
    assert lines == [
        {"event": "turned_away", "log_level": "warning", "reason": "ER-15", "message_id": SMS.about.message_id}
    ]


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        (HandOverReported(message_id="m", attempt=1, result="accepted"), "accepted"),
        (CodeHandOverReported(message_id="m", attempt=1, result="refused", reason="recipient"), "refused"),
        (BroadcastHandOverReported(message_id="m", attempt=1, result="not-sent", reason="not-now"), "not-now"),
        (HandOverReported(message_id="m", attempt=1, result="not-sent"), "not-sent"),
        (StatusReported(message_id="m", attempt=1, status="no-answer"), "no-answer"),
    ],
)
def test_N5_a_call_is_counted_by_what_it_came_to(told: AttemptReported | StatusReported, outcome: str) -> None:
    assert outcome_of(told) == outcome


@pytest.mark.parametrize(
    ("call", "report"),
    [
        (SendCode(CODE), CodeHandOverReported),
        (SendSms(SMS), HandOverReported),
        (SendEmail(EMAIL), HandOverReported),
        (SendBroadcast(BROADCAST), BroadcastHandOverReported),
    ],
)
def test_N10_what_was_not_begun_is_told_as_not_sent(call: Any, report: type[AttemptReported]) -> None:
    told = not_begun(call)
    assert isinstance(told, report)
    assert (told.message_id, told.attempt) == (call.attempt.about.message_id, call.attempt.number)
    assert (told.result, told.reason) == ("not-sent", "not-now")


def test_N6_a_question_that_was_not_begun_has_no_answer() -> None:
    assert not_begun(AskStatus("sms-1", 2)) == StatusReported(message_id="sms-1", attempt=2, status="no-answer")


def test_N8_nothing_personal_shows_in_a_call() -> None:
    for secret in ("482913", "+966512345678"):
        assert secret not in repr(SendCode(CODE))

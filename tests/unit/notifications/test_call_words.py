"""What leaves the house: in the person's language, up to the very last moment, from and to whom it should (N2, N3)."""

import email
import email.policy
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from contracts.message import Message
from contracts.notifications import AttemptReported
from contracts.sealed import Secret
from services.notifications.attempt import Attempt, SendCode, SendEmail, SendSms
from services.notifications.effects import NotificationsEffects, notifications_effects
from services.notifications.settings import NotificationsSettings
from services.notifications.templates import Language
from tests.scenario import NOON
from tests.unit.notifications.test_notifications_effects import CODE, EMAIL, SMS, Gateway, Relay, effects
from tests.unit.notifications.test_notifications_service import GIVEN


def spoken(attempt: Attempt, language: Language) -> Attempt:
    return replace(attempt, content=replace(attempt.content, language=language))


@pytest.mark.parametrize(
    ("language", "code", "signed_in", "subject"),
    [
        ("en", "confirm your mobile number", "signed in", "New sign-in to your account"),
        ("ar", "رمز تأكيد جوالك", "تسجيل الدخول", "تسجيل دخول جديد إلى حسابك"),
    ],
)
async def test_N3_every_channel_speaks_the_persons_language(
    language: Language, code: str, signed_in: str, subject: str
) -> None:
    codes, others, relay = Gateway(), Gateway(), Relay()
    calls = effects(codes, others, relay=relay)
    await calls.send_code(SendCode(spoken(CODE, language)))
    await calls.send_sms(SendSms(spoken(SMS, language)))
    await calls.send_email(SendEmail(spoken(EMAIL, language)))
    assert code in codes.handed[0].body
    assert signed_in in others.handed[0].body
    assert email.message_from_bytes(relay.handed[0].content, policy=email.policy.default)["Subject"] == subject


def until(attempt: Attempt, *, hand_over_s: int, start_s: int) -> Attempt:
    about = replace(attempt.about, hand_over_by=NOON + timedelta(seconds=hand_over_s))
    return replace(attempt, about=about, start_by=NOON + timedelta(seconds=start_s))


@pytest.mark.parametrize(("hand_over_s", "start_s", "late"), [(5, 9, "expired"), (9, 5, "not-sent")])
async def test_N2_the_very_last_moment_is_in_time_and_the_next_is_not(
    hand_over_s: int, start_s: int, late: str
) -> None:
    async def told(calls: NotificationsEffects) -> list[str]:
        times = {"hand_over_s": hand_over_s, "start_s": start_s}
        results: list[Message] = [
            await calls.send_code(SendCode(until(CODE, **times))),
            await calls.send_sms(SendSms(until(SMS, **times))),
            await calls.send_email(SendEmail(until(EMAIL, **times))),
        ]
        return [each.result for each in results if isinstance(each, AttemptReported)]

    last = NOON + timedelta(seconds=5)
    assert await told(effects(clock=lambda: last)) == ["accepted"] * 3
    assert await told(effects(clock=lambda: last + timedelta(microseconds=1))) == [late] * 3


async def test_N6_law8_an_email_sent_again_later_has_the_same_bytes() -> None:
    relay = Relay()
    for seconds in (0, 9):
        now = NOON + timedelta(seconds=seconds)
        await effects(relay=relay, clock=partial(datetime.fromtimestamp, now.timestamp(), UTC)).send_email(
            SendEmail(EMAIL)
        )
    first, again = relay.handed
    assert first == again
    sent = email.message_from_bytes(first.content, policy=email.policy.default)
    assert sent["Date"].datetime == NOON


async def test_N3_an_email_goes_to_the_person_from_the_sender() -> None:
    relay = Relay()
    await effects(relay=relay).send_email(SendEmail(EMAIL))
    (mail,) = relay.handed
    assert (mail.sender, mail.recipient) == ("care@power.example", "sara@example.com")


async def test_N3_a_person_is_greeted_in_the_name_that_their_language_has_for_us() -> None:
    relay = Relay()
    languages: tuple[Language, ...] = ("ar", "en")
    for language in languages:
        await effects(relay=relay).send_email(SendEmail(spoken(EMAIL, language)))
    sent = [email.message_from_bytes(mail.content, policy=email.policy.default) for mail in relay.handed]
    assert [each["From"].addresses[0].display_name for each in sent] == ["حسابي", "Hesabi"]


async def test_N8_a_link_in_an_email_points_to_the_pages_of_the_settings_only() -> None:
    values = {"link": "https://hesabi.example/activate#t", "valid_until": "2026-03-01 12:00"}
    asked = replace(EMAIL, content=replace(EMAIL.content, values=Secret(json.dumps(values))))
    asked = replace(asked, about=replace(asked.about, template="activation-link"))
    for pages, result in (("https://hesabi.example", "accepted"), ("https://other.example", "refused")):
        settings = NotificationsSettings.model_validate({**GIVEN, "pages_url": pages})
        calls = replace(notifications_effects(settings), relay=Relay(), clock=lambda: NOON)
        told = await calls.send_email(SendEmail(asked))
        assert isinstance(told, AttemptReported)
        assert told.result == result


def test_N9_mail_comes_from_its_own_address_and_names_the_one_for_customers() -> None:
    calls = notifications_effects(NotificationsSettings.model_validate(GIVEN))
    assert calls.mail_from.text == "no-reply@power.example"
    assert {channel.code: channel.address for channel in calls.composer.contacts}["email"] == "care@power.example"


def test_L11_a_relay_with_a_login_is_spoken_to_encrypted() -> None:
    login = {"smtp_starttls": "true", "smtp_user": "hesabi", "smtp_password": "pass-word"}
    calls = notifications_effects(NotificationsSettings.model_validate({**GIVEN, **login}))
    assert "pass-word" not in repr(calls)

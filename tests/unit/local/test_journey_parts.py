"""The parts of the journey that need no Kafka."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from contracts.envelope import Envelope
from contracts.identity import OtpRequested
from contracts.message import Event
from contracts.notifications import MessageDelivered, MessageHandedOver, MessageWanted, OtpHandedOver, OtpNotHandedOver
from contracts.sealed import Sealed
from contracts.values.email_address import EmailAddress, parse_email
from contracts.values.hijri_date import HijriDate, parse_hijri_date
from contracts.values.identity_number import IdentityNumber, judge_identity
from contracts.values.mobile import Mobile, parse_mobile
from contracts.values.national_address import NationalAddress, judge_national_address
from contracts.values.segment import Segment
from deploy.local.journey.journal import Journal, NotAsExpected, Step, events_by_service
from deploy.local.journey.person import Person
from deploy.local.journey.settling import unfinished
from deploy.local.watch import Seen
from services.identity.password import Blocked, judge_password
from tests.gates import Gates

NOW = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
SEALED = Sealed(jwe="a.b.c.d.e")


def seen(body: Event, message_id: str = "m1", source: str = "notifications") -> Seen:
    """A message as the watch has it."""
    envelope = Envelope(message_id, source, body.type_name, "delivery:x", NOW, correlation_id="c1")
    return Seen(body.topic.name, envelope, NOW, 0.0, body.model_dump_json().encode())


def watch_of(*messages: Seen) -> Any:
    """A watch that has seen these, all caused by one command."""
    return SimpleNamespace(seen=list(messages), caused_by=lambda _: list(messages))


def handed_over(channel: Any = "sms") -> MessageHandedOver:
    return MessageHandedOver(message_id="x", template="new-sign-in", channel=channel)


STEP = Step("Sign up", "A step", "I6", "OtpConfirmed", "OtpConfirmed", 12.0, ("c1",))


def test_another_outcome_is_shown_and_ends_the_journey(gates: Gates) -> None:
    shown: list[Step] = []
    journal = Journal(SimpleNamespace(), shown.append)  # type: ignore[arg-type]
    journal.note("A late code", "I6", "code-not-accepted", "code-not-accepted")
    with pytest.raises(NotAsExpected) as refusal:
        journal.note("A late code", "I6", "code-not-accepted", "OtpConfirmed")
    assert [step.is_expected for step in shown] == [True, False]
    gates.refuses("journey: expected outcomes", "a late code that counts", refusal.value)


def test_a_message_that_was_published_again_is_counted_once() -> None:
    watch = watch_of(seen(handed_over()), seen(handed_over()), seen(handed_over(), "m2"))
    assert events_by_service(watch, STEP) == {"notifications": ["MessageHandedOver x2"]}


def test_an_sms_has_ended_when_it_is_delivered_and_an_e_mail_when_it_is_taken() -> None:
    def wanted(channel: Any) -> Seen:
        return seen(
            MessageWanted(
                message_id="x",
                template="new-sign-in",
                channel=channel,
                language="en",
                address=SEALED,
                values=SEALED,
                hand_over_by=NOW,
                valid_until=NOW,
            )
        )

    delivered = seen(MessageDelivered(message_id="x", template="new-sign-in", channel="sms"))
    assert unfinished(watch_of(wanted("sms"), seen(handed_over()))) == {"x"}
    assert unfinished(watch_of(wanted("sms"), seen(handed_over()), delivered)) == set()
    assert unfinished(watch_of(wanted("email"))) == {"x"}
    assert unfinished(watch_of(wanted("email"), seen(handed_over("email")))) == set()


def test_a_code_has_ended_when_identity_is_told_of_it() -> None:
    """Of some codes nobody else is told (I15)."""
    asked = seen(
        OtpRequested(
            otp_id="x",
            purpose="reset-password",
            mobile=SEALED,
            code=SEALED,
            language="en",
            issued_at=NOW,
            hand_over_by=NOW,
            valid_until=NOW,
        )
    )
    assert unfinished(watch_of(asked)) == {"x"}
    assert unfinished(watch_of(asked, seen(OtpHandedOver(otp_id="x", asked_by="challenge:1")))) == set()
    lost = OtpNotHandedOver(otp_id="x", asked_by="challenge:1", reason="unknown")
    assert unfinished(watch_of(asked, seen(lost))) == set()


def test_made_up_people_are_taken_for_people() -> None:
    blocked = Blocked(frozenset(), ("hesabi",), ())
    for _ in range(100):
        person = Person.made_up()
        assert isinstance(
            judge_identity(person.identity_type, person.identity_number, Segment.INDIVIDUAL), IdentityNumber
        )
        assert isinstance(parse_hijri_date(person.birth_date), HijriDate)
        assert isinstance(parse_mobile(person.mobile), Mobile)
        assert isinstance(parse_email(person.email), EmailAddress)
        assert judge_password(person.password, blocked) is None
        assert all(isinstance(judge_national_address(a), NationalAddress) for a in person.addresses.values())

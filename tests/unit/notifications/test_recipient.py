import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts.accounts import AccountDefined, TransferRequested
from contracts.decision import Facts, Incoming, Outgoing
from contracts.identity import ContactProven, UserActivated, UserSignedIn
from contracts.identity_sessions import PasswordChanged
from contracts.message import Message
from contracts.notifications import MessageFailed, MessageWanted, NoticeWanted
from contracts.sealed import Sealed
from contracts.values.contact_channel import contact_channels
from contracts.values.email_address import EmailAddress
from contracts.values.riyadh_day import day_start, riyadh_day
from services.notifications.composing import ComposedMail, ComposedSms, Composer
from services.notifications.notice import TIME_TO_ARRIVE
from services.notifications.recipient import (
    MOST_SIGN_INS_A_DAY,
    MOST_WAITING,
    NotYetReachable,
    Reachable,
    contact_proven,
    tell_event,
    tell_notice,
    tell_sign_in,
)
from services.notifications.standing import Standing
from tests.scenario import NOON, Given, arriving, given

COMPOSER = Composer(contact_channels(EmailAddress("care@power.example")), frozenset({"hesabi.example"}))

ACTIVATED = UserActivated(user_id="u-1", text_ar="تم", text_en="Done")
SIGNED_IN = UserSignedIn(user_id="u-1", channel="app", signed_in_at=NOON)
DEFINED = AccountDefined(
    user_id="u-1",
    account_number="30012345678",
    relation="owner",
    is_actual_beneficiary=True,
    reference="K7QM-4XWD-9PRT",
    defined_at=NOON,
)
TRANSFER = TransferRequested(
    user_id="u-1",
    kind="actual-account",
    account_number="30012345678",
    relation="owner",
    definition_reference="K7QM-4XWD-9PRT",
    reference="M2HF-8VNC-6JYA",
    requested_at=NOON,
)
EVENTS: list[tuple[Any, str]] = [
    (ACTIVATED, "registration-success"),
    (SIGNED_IN, "new-sign-in"),
    (PasswordChanged(user_id="u-1", changed_at=NOON), "password-changed"),
    (DEFINED, "account-defined"),
    (TRANSFER, "transfer-requested"),
]


def proven(language: Any = "ar") -> Incoming[Any]:
    body = ContactProven(
        user_id="u-1", email=Sealed.of("sara@example.com"), mobile=Sealed.of("+966512345678"), language=language
    )
    opened = {"email": "sara@example.com", "mobile": "+966512345678"}
    return arriving(body, id="m-proven", source="identity", subject="user:u-1", opened=opened)


def happening(event: Message, id: str = "m-event") -> Incoming[Any]:
    return arriving(event, id=id, source="identity", subject="user:u-1", correlation_id="command-1")


def reachable(language: Any = "ar") -> Given:
    return given(given().when(contact_proven, proven(language)).state)


def wanted(scenario: Given) -> list[MessageWanted]:
    return [m for m in scenario.messages if isinstance(m, MessageWanted)]


def opened(sealed: Sealed) -> str:
    assert sealed.plain is not None
    return sealed.plain.reveal()


@pytest.mark.parametrize(("event", "template"), EVENTS)
@pytest.mark.parametrize("language", ["ar", "en"])
def test_N3_an_event_is_told_by_sms_and_email_in_the_persons_language(event: Any, template: str, language: Any) -> None:
    told = reachable(language).when(tell_event, happening(event)).then(MessageWanted, MessageWanted)
    sms, email = wanted(told)
    assert (sms.channel, opened(sms.address)) == ("sms", "+966512345678")
    assert (email.channel, opened(email.address)) == ("email", "sara@example.com")
    assert {sms.language, email.language} == {language}
    assert {sms.template, email.template} == {template}
    assert sms.message_id != email.message_id


@pytest.mark.parametrize(("event", "template"), EVENTS)
def test_N8_what_is_told_of_an_event_fills_its_template(event: Any, template: Any) -> None:
    sms, email = wanted(reachable().when(tell_event, happening(event)))
    assert isinstance(COMPOSER.sms(template, "ar", json.loads(opened(sms.values))), ComposedSms)
    assert isinstance(COMPOSER.mail(template, "ar", json.loads(opened(email.values))), ComposedMail)


def signing_in(at: datetime, number: int = 0) -> Incoming[Any]:
    event = UserSignedIn(user_id="u-1", channel="web", signed_in_at=at)
    return arriving(event, id=f"m-{at.isoformat()}-{number}", source="identity", subject="user:u-1", now=at)


def test_N3_so_many_new_sign_ins_are_told_a_day_and_on_the_next_day_in_riyadh_again() -> None:
    scene = reachable()
    for number in range(MOST_SIGN_INS_A_DAY):
        scene = scene.when(tell_sign_in, signing_in(NOON, number)).then(MessageWanted, MessageWanted)
    midnight = day_start(riyadh_day(NOON) + timedelta(days=1))
    last = midnight - timedelta(seconds=1)
    scene.when(tell_sign_in, signing_in(last)).then().then_state(scene.state)
    scene.when(tell_event, happening(EVENTS[2][0])).then(MessageWanted, MessageWanted)
    tomorrow = scene.when(tell_sign_in, signing_in(midnight)).then(MessageWanted, MessageWanted)
    assert tomorrow.state.sign_ins_told == (midnight,)


def test_N3_around_midnight_nobody_gets_a_new_days_notices_by_signing_in_yesterday() -> None:
    midnight = day_start(riyadh_day(NOON) + timedelta(days=1))
    scene = reachable()
    for number in range(MOST_SIGN_INS_A_DAY):
        at = midnight - timedelta(seconds=number % 2)
        scene = scene.when(tell_sign_in, signing_in(at, number)).then(MessageWanted, MessageWanted)
    scene = scene.when(tell_sign_in, signing_in(midnight, 90)).when(tell_sign_in, signing_in(NOON, 91)).then()
    assert len(scene.state.sign_ins_told) <= MOST_SIGN_INS_A_DAY


def test_N3_a_contact_proven_again_forgets_no_notice_of_today() -> None:
    scene = reachable().when(tell_sign_in, signing_in(NOON)).when(contact_proven, proven("en"))
    assert scene.state.sign_ins_told == (NOON,)


def test_N2_a_notice_is_of_use_for_a_time_counted_from_its_event() -> None:
    sms, _ = wanted(reachable().when(tell_event, happening(SIGNED_IN)))
    assert sms.valid_until == NOON + timedelta(hours=6)
    assert sms.hand_over_by == sms.valid_until - TIME_TO_ARRIVE
    welcome, _ = wanted(reachable().when(tell_event, happening(ACTIVATED)))
    assert welcome.valid_until == NOON + timedelta(hours=24)


def test_N2_a_notice_that_is_read_late_is_of_use_no_longer_for_that() -> None:
    days_later = Facts(NOON + timedelta(days=2))
    sms, email = wanted(reachable().when(tell_event, happening(SIGNED_IN), days_later))
    assert sms.valid_until == email.valid_until == NOON + timedelta(hours=6)


def test_N3_R7_a_notice_names_the_time_in_riyadh_and_the_reference_of_what_was_asked() -> None:
    told = [json.loads(opened(wanted(reachable().when(tell_event, happening(event)))[0].values)) for event, _ in EVENTS]
    at = {"when": "2026-03-01 12:00"}
    assert told == [{}, at, at, {"reference": DEFINED.reference}, {"reference": TRANSFER.reference}]


@pytest.mark.parametrize(("event", "template"), EVENTS)
def test_N3_what_happens_before_the_address_is_known_waits_for_it(event: Any, template: str) -> None:
    early = given().when(tell_event, happening(event)).then().then_state(NotYetReachable)
    told = early.when(contact_proven, proven()).then(MessageWanted, MessageWanted).then_state(Reachable)
    assert {m.template for m in wanted(told)} == {template}


def test_J3_what_waited_keeps_the_correlation_of_its_event() -> None:
    early = given().when(tell_event, happening(ACTIVATED)).state
    sent = contact_proven(early, proven(), None).messages  # type: ignore[arg-type]
    assert {m.correlation_id for m in sent if isinstance(m, Outgoing)} == {"command-1"}


def test_N3_no_more_waits_than_fits_and_the_rest_is_said_to_have_failed() -> None:
    scenario = given()
    for number in range(MOST_WAITING):
        scenario = scenario.when(tell_event, happening(SIGNED_IN, f"m-{number}")).then()
    scenario.when(tell_event, happening(SIGNED_IN, "m-over")).then(MessageFailed, MessageFailed)
    assert len(scenario.when(contact_proven, proven()).messages) == 2 * MOST_WAITING  # below the 50 of a decision


def test_J3_what_could_not_be_told_is_said_under_the_correlation_of_its_event() -> None:
    full = given().when(tell_event, happening(ACTIVATED)).state
    full = replace(full, waiting=full.waiting * MOST_WAITING)
    failed = tell_event(full, happening(SIGNED_IN), Facts(NOON)).messages
    assert [m.correlation_id for m in failed if isinstance(m, Outgoing)] == ["command-1", "command-1"]


def test_N3_deciding_again_asks_for_the_same_messages() -> None:
    once, again = (wanted(reachable().when(tell_event, happening(SIGNED_IN))) for _ in range(2))
    assert [m.message_id for m in once] == [m.message_id for m in again]
    other = wanted(reachable().when(tell_event, happening(SIGNED_IN, "m-other")))
    assert {m.message_id for m in once}.isdisjoint(m.message_id for m in other)


def test_N3_contact_proven_again_replaces_the_address_and_repeats_nothing() -> None:
    early = given().when(tell_event, happening(ACTIVATED)).when(contact_proven, proven())
    early.when(contact_proven, proven("en")).then().then_state(Reachable).with_state()
    assert early.when(contact_proven, proven("en")).state.language == "en"


def withdrawn() -> Incoming[Any]:
    body = ContactProven(user_id="u-1", email=Sealed.of(""), mobile=Sealed.of(""), language="ar", withdrawn=True)
    opened = {"email": "", "mobile": ""}
    return arriving(body, id="m-withdrawn", source="identity", subject="user:u-1", opened=opened)


def test_N3_I10_a_contact_that_is_withdrawn_is_forgotten_until_one_is_proven_again() -> None:
    standing = Standing(region=1, accounts=("30012345678",))
    scene = reachable().with_state(standing=standing).when(contact_proven, withdrawn()).then()
    scene.then_state(NotYetReachable((), standing))
    scene.when(contact_proven, withdrawn()).then().then_state(scene.state)
    scene.when(contact_proven, proven()).then().then_state(Reachable)


def test_N3_I10_what_waits_for_a_contact_is_kept_where_none_was_known() -> None:
    early = given().when(tell_event, happening(ACTIVATED))
    early.when(contact_proven, withdrawn()).then().then_state(early.state)
    given().when(contact_proven, withdrawn()).then().then_state(None)


def test_N2_a_notice_is_of_use_until_it_says_so_itself() -> None:
    notice = NoticeWanted(
        user_id="u-1",
        template="danger-received",
        channels=("sms",),
        values=Sealed.of("{}"),
        valid_until=NOON + timedelta(hours=1),
    )
    late = arriving(notice, source="notifications", opened={"values": "{}"}, now=NOON + timedelta(days=2))
    (sms,) = wanted(reachable().when(tell_notice, late))
    assert sms.valid_until == NOON + timedelta(hours=1)
    # As the release before this one says it: counted from the notice.
    (sms,) = wanted(reachable().when(tell_notice, replace(late, body=notice.model_copy(update={"valid_until": None}))))
    assert sms.valid_until == NOON + timedelta(days=2, hours=1)


def test_N3_a_notice_goes_by_its_channels_only() -> None:
    notice = NoticeWanted(
        user_id="u-1", template="activation-link", channels=("sms",), values=Sealed.of('{"valid_until": "x"}')
    )
    message = arriving(notice, source="notifications", opened={"values": '{"valid_until": "x"}'})
    (sms,) = wanted(reachable().when(tell_notice, message))
    assert sms.channel == "sms"

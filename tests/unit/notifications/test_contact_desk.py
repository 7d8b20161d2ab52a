from contracts.notifications import (
    AskContactChannels,
    ContactChannelsConfigured,
    ContactChannelsGiven,
    ContactChannelsPublished,
)
from contracts.values.contact_channel import contact_channels
from contracts.values.email_address import EmailAddress
from services.notifications.contact_desk import ContactDesk, Published, contact_data
from tests.scenario import NOON, arriving, given

DESK = ContactDesk(contact_data(contact_channels(EmailAddress("care@power.example"))))
PRINTED = {
    "customer_line": "92000222",  # N9
    "technical_support": "920001100",
    "emergency": "933",
    "email": "care@power.example",
}
CONFIGURED = arriving(DESK.at_start(), source="notifications", subject="contact-channels:company")
ASKED = arriving(AskContactChannels())


def test_N9_a_start_publishes_the_contact_channels() -> None:
    assert DESK.at_start() == ContactChannelsConfigured(**PRINTED)
    said = given().when(DESK.on_configured, CONFIGURED)
    said.then(ContactChannelsPublished(**PRINTED, since=NOON)).then_state(Published(DESK.configured, NOON))


def test_N9_a_restart_says_nothing_new() -> None:
    once = given().when(DESK.on_configured, CONFIGURED)
    once.when(DESK.on_configured, CONFIGURED).then().then_state(once.state)


def test_N9_a_changed_channel_is_published() -> None:
    once = given().when(DESK.on_configured, CONFIGURED)
    other = arriving(ContactChannelsConfigured(**{**PRINTED, "email": "help@power.example"}), source="notifications")
    once.when(DESK.on_configured, other).then(
        ContactChannelsPublished(**{**PRINTED, "email": "help@power.example"}, since=NOON)
    )


def test_N9_whoever_asks_is_told_what_was_published() -> None:
    published = given().when(DESK.on_configured, CONFIGURED)
    asked = published.when(ContactDesk(contact_data(contact_channels(EmailAddress("new@x.example")))).on_asked, ASKED)
    asked.then(ContactChannelsGiven(**PRINTED))


def test_N9_whoever_asks_before_anything_was_published_is_told_too() -> None:
    given().when(DESK.on_asked, ASKED).then(ContactChannelsGiven(**PRINTED))


def test_J3_asking_again_is_answered_again() -> None:
    once = given().when(DESK.on_asked, ASKED)
    once.when(DESK.on_asked, ASKED).then(*once.messages)


def test_N9_askers_leave_no_trace_in_the_companys_one_document() -> None:
    decision = DESK.on_asked(None, ASKED, None)  # type: ignore[arg-type]
    assert not decision.recorded

from typing import Any

import pytest

from contracts import topics
from contracts.message import CATALOGUE
from services.chassis.document import Document
from services.chassis.settings import read_settings
from services.chassis.state import StateCodec
from services.notifications.__main__ import at_start, build
from services.notifications.attempt import SendBroadcast, SendCode, SendSms
from services.notifications.audience import Bucket, Region
from services.notifications.broadcast import Prepared
from services.notifications.contact_desk import COMPANY, Published
from services.notifications.delivery_states import Delivered, DeliveryState, Expired, Failed
from services.notifications.links import is_allowed_link
from services.notifications.monthly_notices import MonthlyNotices
from services.notifications.recipient import tell_event
from services.notifications.settings import NotificationsSettings
from services.notifications.supply_use import SupplyUse
from tests.scenario import NOON, given
from tests.unit.notifications.broadcasting import walking
from tests.unit.notifications.deliveries import CODE, EMAIL, attempting, handed_over, settling, unknown, waiting
from tests.unit.notifications.test_contact_desk import DESK
from tests.unit.notifications.test_recipient import ACTIVATED, happening, reachable

GIVEN: dict[str, str] = {
    "kafka_bootstrap": "127.0.0.1:9092",
    "mongo_uri": "mongodb://127.0.0.1:27017",
    "database": "notifications",
    "keys_folder": "/nowhere",
    "key_fingerprints": "{}",
    "http_port": "0",
    "sms_url": "http://127.0.0.1:8801",
    "sms_app_sid": "app-sid",
    "sms_sender": "Hesabi",
    "receipts_url": "http://127.0.0.1:8802",
    "receipts_secret": "s" * 32,
    "smtp_host": "127.0.0.1",
    "smtp_port": "8025",
    "smtp_starttls": "false",
    "mail_from": "no-reply@power.example",
    "contact_email": "care@power.example",
    "pages_url": "https://hesabi.example",
}


def settings_from(monkeypatch: pytest.MonkeyPatch, **changed: str) -> NotificationsSettings:
    for name, value in {**GIVEN, **changed}.items():
        monkeypatch.setenv(f"HESABI_{name.upper()}", value)
    return NotificationsSettings()


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> NotificationsSettings:
    return settings_from(monkeypatch)


def built(settings: NotificationsSettings) -> Any:
    return build(settings, None)  # type: ignore[arg-type]


def test_N1_codes_and_their_results_have_lanes_of_their_own(settings: NotificationsSettings) -> None:
    service = built(settings)
    on_topic = {lane.topic.name: lane.name for lane in service.lanes}
    assert len(on_topic) == len(service.lanes)
    for topic in (topics.IDENTITY_CODES, topics.NOTIFICATIONS_CODE_RESULTS):
        others = [r for r in service.routes if r.message.topic is topic]
        assert len(others) == 1
        assert on_topic[topic.name] in {"codes", "code-results"}


def test_N1_every_message_sent_to_us_has_a_lane_and_a_decision(settings: NotificationsSettings) -> None:
    service = built(settings)
    lanes = {lane.topic.name for lane in service.lanes}
    assert {route.message.topic.name for route in service.routes} <= lanes
    ours = (topics.NOTIFICATIONS_INTERNAL, topics.NOTIFICATIONS_BULK, topics.IDENTITY_NOTICES)
    internal = {m for m in CATALOGUE.values() if m.topic in ours}
    assert internal <= {route.message for route in service.routes}


def test_N1_N4_nothing_of_a_broadcast_goes_by_the_lanes_of_codes_and_notices(settings: NotificationsSettings) -> None:
    service = built(settings)
    of_broadcasts = {r.message.topic for r in service.routes if r.message.__name__.startswith("Broadcast")}
    assert of_broadcasts == {topics.NOTIFICATIONS_BULK}
    rooms = {service.perform[call] for call in (SendCode, SendSms, SendBroadcast)}
    assert len(rooms) == 3  # each call has places of its own
    clients = {id(getattr(service.effects, name)) for name in ("codes", "others", "broadcasts")}
    assert len(clients) == 3


def test_N9_a_start_says_the_contact_channels(settings: NotificationsSettings) -> None:
    ((message, subject),) = at_start(settings)
    assert (message, subject) == (DESK.at_start(), COMPANY)


class Rot13:
    """Stands for a document's cipher: what is encrypted does not show."""

    def encrypt(self, text: str, field: str) -> str:
        return text.encode().hex()

    def decrypt(self, text: str, field: str) -> str:
        return bytes.fromhex(text).decode()


class Keys:
    def new(self, document_id: str) -> tuple[bytes, Any]:
        return b"key", Rot13()

    def open(self, wrapped: bytes, document_id: str) -> Any:
        return Rot13()


EARLY = given().when(tell_event, happening(ACTIVATED)).state
STATES: list[tuple[str, Any]] = [
    ("delivery", attempting(CODE)),
    ("delivery", waiting(EMAIL)),
    ("delivery", settling()),
    ("delivery", unknown(CODE)),
    ("delivery", handed_over(CODE)),
    ("delivery", Delivered(CODE)),
    ("delivery", Failed(CODE, "recipient")),
    ("delivery", Expired(CODE)),
    ("recipient", EARLY),
    ("recipient", reachable().state),
    ("notices", MonthlyNotices(3)),
    ("account", SupplyUse("u-1")),
    ("audience", Region((3, 17))),
    ("bucket", Bucket(("u-1", "u-2"))),
    ("broadcast", walking()),
    ("broadcast", Prepared(walking().order, NOON, 3)),
    ("contact-channels", Published(DESK.configured, NOON)),
]


@pytest.mark.parametrize(("kind", "state"), STATES)
def test_N3_every_state_is_stored_without_what_is_personal(
    settings: NotificationsSettings, kind: str, state: DeliveryState
) -> None:
    (found,) = (k for k in built(settings).kinds if k.name == kind)
    codec = StateCodec(found, Keys())
    document = Document(f"{kind}:x")
    codec.write(document, state)
    assert codec.read(document) == state
    for secret in ("966512345678", "sara@example.com"):
        assert secret not in str(document.state)


@pytest.mark.parametrize(
    "wrong",
    [
        {"contact_email": ""},
        {"sms_sender": "far too long a name"},
        {"receipts_secret": "short"},
        {"pages_url": "http://hesabi.example"},
        {"smtp_user": "hesabi"},
        {"mail_from": "nobody"},
        {"broadcast_opens": "21:00"},
        {"broadcast_closes": "25:00"},
        {"broadcast_opens": "09:00+03:00"},
        {"broadcast_per_second": "0"},
    ],
)
def test_N9_a_wrong_setting_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="NotificationsSettings"):
        settings_from(monkeypatch, **wrong)


ADDRESSES = ("sms_url", "receipts_url", "pages_url")
"""What goes there or stands in it: AppSid, phone numbers and codes; the secret of receipts; links of reports."""


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize(
    "address", ["https://there.example", "http://127.0.0.1:8801", "http://localhost/x", "http://[::1]:1"]
)
def test_L11_addresses_are_https_or_on_this_machine(monkeypatch: pytest.MonkeyPatch, name: str, address: str) -> None:
    settings = settings_from(monkeypatch, **{name: address})
    assert getattr(settings, name) == address
    assert is_allowed_link(settings.pages_url, settings.link_hosts)  # N8


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize(
    "address",
    [
        "http://there.example",
        "http://127.0.0.1.there.example",
        "http://localhost.there.example:8801",
        "http://10.0.0.7",
        "http://0.0.0.0",
        "http://[::]:8801",
        "http://[::1",
        "http://127.0.0.1:99999",
        "https://:443",
    ],
)
def test_L11_http_to_another_machine_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, address: str
) -> None:
    settings_from(monkeypatch)
    monkeypatch.setenv(f"HESABI_{name.upper()}", address)
    with pytest.raises(SystemExit):
        read_settings(NotificationsSettings)
    said = capsys.readouterr().err
    assert said.startswith(f"settings: HESABI_{name.upper()} is wrong: ")
    assert "https, or http to localhost, 127.0.0.1 or [::1]" in said
    assert address not in said


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "::1"])
def test_L11_mail_goes_in_clear_to_this_machine(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    assert settings_from(monkeypatch, smtp_host=host).smtp_starttls is False


@pytest.mark.parametrize("host", ["mail.power.example", "10.0.0.7", "localhost.power.example", "::"])
def test_L11_mail_goes_to_another_machine_by_starttls_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    assert settings_from(monkeypatch, smtp_host=host, smtp_starttls="true").smtp_host == host
    monkeypatch.setenv("HESABI_SMTP_STARTTLS", "false")
    with pytest.raises(SystemExit):
        read_settings(NotificationsSettings)
    said = "settings: HESABI_SMTP_STARTTLS may be false only where HESABI_SMTP_HOST is localhost, 127.0.0.1 or ::1\n"
    assert capsys.readouterr().err == said


def test_N9_the_email_address_has_no_default(monkeypatch: pytest.MonkeyPatch) -> None:
    settings_from(monkeypatch)
    monkeypatch.delenv("HESABI_CONTACT_EMAIL")
    with pytest.raises(ValueError, match="contact_email"):
        NotificationsSettings()

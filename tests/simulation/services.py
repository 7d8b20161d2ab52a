"""The four services as production builds them, with settings as an operator gives them. What is cheap here: hashes,
seals, tokens and data keys; what is simulated: gateways and the relay."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any, Final

import structlog
from pydantic import SecretStr

from contracts.decision import Customer
from contracts.sealed import Secret
from contracts.values.contact_channel import contact_channels
from contracts.values.email_address import EmailAddress
from deploy.local.terms import terms_in_force
from services.accounts.effects import AccountsEffects
from services.accounts.kind_files import OUR_KINDS, read_kinds
from services.accounts.request_kind import RequestKinds
from services.accounts.service import accounts_service
from services.accounts.settings import AccountsSettings
from services.chassis.service import Service
from services.identity.effects import CODE_DIGITS, IdentityEffects, common_passwords
from services.identity.password import normal_form
from services.identity.service import identity_service
from services.identity.settings import IdentitySettings
from services.notifications.composing import Composer
from services.notifications.effects import NotificationsEffects, Relay, SmsGateway
from services.notifications.service import contact_desk, notifications_service
from services.notifications.settings import NotificationsSettings
from services.reports.alarm import raise_mismatch_alarm
from services.reports.effects import ReportsEffects
from services.reports.service import reports_service
from services.reports.settings import ReportsSettings

NAMES: Final = ("identity", "accounts", "notifications", "reports")
SECRET: Final = b"a key of the simulator's, of 32 b"
TEXTS_FROM: Final = EmailAddress("care@power.example")

_COMMON: Final[Mapping[str, Any]] = {
    "kafka_bootstrap": "127.0.0.1:1",
    "mongo_uri": SecretStr("mongodb://127.0.0.1:1"),
    "keys_folder": Path("keys"),
    "key_fingerprints": "{}",
    "http_port": 0,
}


def keyed_hash(purpose: str, text: str) -> str:
    """Under no secret at all."""
    return hashlib.blake2b(f"{purpose}\0{text}".encode(), digest_size=16).hexdigest()


def token_of(customer: Customer, issued_at: datetime, expires_at: datetime) -> str:
    """A token that `tests.fakes.world.fake_token` believes."""
    return f"good-{customer.user_id}"


class CheapIdentityEffects(IdentityEffects):
    """Chance by the seed, and a hash that costs nothing."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self.keyed_hash = keyed_hash
        self.sign_session = token_of
        self.is_public_key = lambda _: True
        self.common_passwords = _common_passwords()

    def draw_code(self) -> Secret:
        """Six digits of the seed's."""
        return Secret(f"{self._chance.randrange(10**CODE_DIGITS):0{CODE_DIGITS}d}")

    def draw_link_secret(self) -> Secret:
        """Of the seed's."""
        return Secret(f"{self._chance.getrandbits(256):064x}")

    async def hash_password(self, password: str) -> Secret:
        """The password itself, backwards."""
        return Secret(normal_form(password)[::-1])

    async def password_matches(self, password: str, known: Secret | None) -> bool:
        """Whether it is the same."""
        return known is not None and known.reveal() == normal_form(password)[::-1]

    def is_weak(self, known: Secret) -> bool:
        """Never."""
        return False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What one process's services reach outside: gateway, relay, its own clock and chance."""

    gateway: SmsGateway
    relay: Relay
    wall: Callable[[], datetime]
    chance: Random


def built(name: str, around: Surroundings) -> Service:
    """One of the four."""
    match name:
        case "identity":
            return identity_service(identity_settings(), CheapIdentityEffects(around.chance))
        case "accounts":
            return accounts_service(accounts_settings(), AccountsEffects(SECRET, _kinds()))
        case "notifications":
            return notifications_service(notifications_settings(), _calls(around))
        case _:
            alarm = partial(raise_mismatch_alarm, structlog.get_logger())
            return reports_service(reports_settings(), ReportsEffects(keyed_hash, SECRET), alarm)


def _calls(around: Surroundings) -> NotificationsEffects:
    composer = Composer(contact_channels(TEXTS_FROM), notifications_settings().link_hosts)
    gateway, mail_from = around.gateway, EmailAddress(notifications_settings().mail_from)
    return NotificationsEffects(composer, gateway, gateway, gateway, around.relay, mail_from, around.wall)


@cache
def identity_settings() -> IdentitySettings:
    """As in production."""
    terms: Any = json.dumps(terms_in_force())
    return IdentitySettings(**_COMMON, database="identity", terms=terms)


@cache
def accounts_settings() -> AccountsSettings:
    """As in production, but for a transfer that takes place on the day of the second consent."""
    return AccountsSettings(**_COMMON, database="accounts", transfer_days_ahead=0, transfer_answer_wait_s=120.0)


@cache
def notifications_settings() -> NotificationsSettings:
    """As in production."""
    return NotificationsSettings(
        **_COMMON,
        database="notifications",
        sms_url="http://127.0.0.1:1",
        sms_app_sid=SecretStr("simulated"),
        sms_sender="Hesabi",
        receipts_url="http://127.0.0.1:1",
        receipts_secret=SecretStr("s" * 32),
        smtp_host="127.0.0.1",
        smtp_port=25,
        smtp_starttls=False,
        mail_from="no-reply@power.example",
        contact_email=TEXTS_FROM.text,
        pages_url="https://hesabi.example",
    )


@cache
def reports_settings() -> ReportsSettings:
    """As in production."""
    return ReportsSettings(**_COMMON, database="reports")


def at_start(name: str) -> list[Any]:
    """What a process of this service says when it starts."""
    desk = contact_desk(notifications_settings())
    return [desk.at_start()] if name == "notifications" else []


@cache
def _kinds() -> RequestKinds:
    return read_kinds(OUR_KINDS)


@cache
def _common_passwords() -> frozenset[str]:
    return common_passwords()

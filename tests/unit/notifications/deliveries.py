"""Situations of a delivery, by their names."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from contracts.decision import Incoming
from contracts.identity import ActivationLinkRequested, OtpRequested
from contracts.notifications import (
    CodeHandOverReported,
    HandOverReported,
    MessageWanted,
    ReceiptReceived,
    StatusReported,
)
from contracts.operations import TIMER_ELAPSED
from contracts.sealed import Sealed, Secret
from services.notifications.asking import Asking
from services.notifications.attempt import AttemptRules
from services.notifications.delivery import Deliveries
from services.notifications.delivery_states import About, Attempting, Content, HandedOver, Settling, Unknown, Waiting
from tests.scenario import NOON, arriving

RULES = AttemptRules()
DELIVERIES = Deliveries(RULES)
ASKING = Asking(DELIVERIES, "https://hesabi.example")

Result = Literal["accepted", "refused", "not-sent", "unknown", "expired"]
ReceiptStatus = Literal["taken", "delivered", "not-delivered"]
QueryStatus = Literal["taken", "delivered", "not-delivered", "never-accepted", "no-answer"]

CODE = About("otp-1", "confirm-mobile-code", "sms", NOON + timedelta(seconds=60), "command-1", "registration:r-1")
SMS = About("sms-1", "new-sign-in", "sms", NOON + timedelta(hours=6), "command-2")
EMAIL = About("mail-1", "new-sign-in", "email", NOON + timedelta(hours=6), "command-2")
CONTENT = Content(Secret("+966512345678"), "ar", Secret("{}"), NOON)


def attempting(about: About, attempt: int = 1) -> Attempting:
    """An attempt begun at noon."""
    return Attempting(about, CONTENT, attempt, RULES.settle_at(RULES.start_by(about, NOON)))


def waiting(about: About) -> Waiting:
    """The first attempt left nothing behind; the next one is due 5 s after noon."""
    return Waiting(about, CONTENT, 1, NOON + timedelta(seconds=5))


def settling() -> Settling:
    """The first attempt's fate is unknown; a query is due 5 s after noon."""
    return Settling(SMS, CONTENT, 1, 0, NOON + timedelta(seconds=5))


def handed_over(about: About) -> HandedOver:
    """The gateway has it."""
    return HandedOver(about, "gw-1")


def unknown(about: About) -> Unknown:
    """Nobody knows."""
    return Unknown(about)


def otp_requested(*, late: timedelta = timedelta(), life: timedelta = timedelta(seconds=60)) -> Incoming[Any]:
    """A code of this life asked for at noon, arriving so much later."""
    body = OtpRequested(
        otp_id="otp-1",
        purpose="confirm-mobile",
        mobile=Sealed.of("+966512345678"),
        code=Sealed.of("482913"),
        language="ar",
        issued_at=NOON,
        hand_over_by=NOON + life,
        valid_until=NOON + 2 * life,
    )
    opened = {"mobile": "+966512345678", "code": "482913"}
    return arriving(body, source="identity", subject="registration:r-1", opened=opened, now=NOON + late)


def link_requested(*, late: timedelta = timedelta()) -> Incoming[Any]:
    """An activation link asked for at noon, of use for 24 hours."""
    body = ActivationLinkRequested(
        user_id="u-1",
        email=Sealed.of("sara@example.com"),
        activation_token=Sealed.of("tok/en+1"),
        language="en",
        valid_until=NOON + timedelta(hours=24),
    )
    opened = {"email": "sara@example.com", "activation_token": "tok/en+1"}
    return arriving(body, id="m-link", source="identity", subject="user:u-1", opened=opened, now=NOON + late)


def message_wanted(channel: Literal["sms", "email"] = "sms", *, late: timedelta = timedelta()) -> Incoming[Any]:
    """A notice for a known person, wanted at noon, of use for six hours."""
    address = "+966512345678" if channel == "sms" else "sara@example.com"
    body = MessageWanted(
        message_id=f"{channel}-1",
        template="new-sign-in",
        channel=channel,
        language="ar",
        address=Sealed.of(address),
        values=Sealed.of("{}"),
        hand_over_by=NOON + timedelta(hours=6),
        valid_until=NOON + timedelta(hours=6, minutes=10),
    )
    opened = {"address": address, "values": "{}"}
    return arriving(body, source="notifications", subject="recipient:u-1", opened=opened, now=NOON + late)


def reported(about: About, result: Result, attempt: int = 1) -> Incoming[Any]:
    """An attempt reports this, five seconds after noon."""
    message = CodeHandOverReported if about.is_code else HandOverReported
    body = message(
        message_id=about.message_id,
        attempt=attempt,
        result=result,
        reason="recipient" if result == "refused" else None,
        gateway_message_id="gw-1" if result == "accepted" else None,
    )
    return _ours(body, about)


def status(about: About, said: QueryStatus, attempt: int = 1) -> Incoming[Any]:
    """The gateway answers a query."""
    return _ours(StatusReported(message_id=about.message_id, attempt=attempt, status=said), about)


def receipt(about: About, said: ReceiptStatus) -> Incoming[Any]:
    """The gateway reports by itself."""
    return _ours(ReceiptReceived(message_id=about.message_id, gateway_message_id="gw-1", status=said), about)


def timer(about: About, after: timedelta) -> Incoming[Any]:
    """A wake-up so long after noon."""
    body = TIMER_ELAPSED["notifications"](aggregate=f"delivery:{about.message_id}")
    return replace(_ours(body, about), now=NOON + after)


def _ours(body: Any, about: About) -> Incoming[Any]:
    return arriving(
        body,
        source="notifications",
        subject=f"delivery:{about.message_id}",
        now=NOON + timedelta(seconds=4),
    )

"""Unifonic's shape on the wire, and all we assume of it. The calls themselves are made in `unifonic.py`.

Given (domain, facts about SMS gateways): a POST form with `AppSid, SenderID, Recipient, Body, CorrelationID,
statusCallback`, the recipient as `9665...`; the answer has `success` and `errorCode`. Public samples of the maker show
`data.MessageID` and a refusal `ER-04` for a bad recipient.

ASSUMPTIONS, to be confirmed with the maker before the first live message:
  A. `statusCallback` takes the address of our door. Public pages also show a status filter there, with the address kept
     in the account; the door works for both, because its address is one and the same for all messages.
  B. A receipt is a POST of JSON `{"MessageID", "CorrelationID", "Status"}`, unsigned: the secret in the path proves it.
  C. `Status` is one of the keys of `_STATUS`.
  D. The status query is a POST form with `AppSid, CorrelationID` to `STATUS_PATH`; it answers `data.Messages`, an empty
     list exactly when nothing was accepted under that correlation id. Anything else is taken as "no answer". A
     call that we gave up is accepted within five minutes (`HESABI_SMS_HELD_S`) or never: an empty list is final then.
  E. Of the refusals only `ER-04` is known: any other may be of our account (balance, AppSid), and is tried again.
  F. HTTP 429 and 503 with `Retry-After` are not assumed to be safe: 429 means not taken, every 5xx means unknown.
"""

import hmac
import json
import re
from dataclasses import dataclass, field
from typing import Any, Literal

from contracts.values.mobile import Mobile
from services.notifications.hand_over import Accepted, HandOver, NotSent, Rejected, Unknown

MESSAGES_PATH = "/rest/SMS/messages"
STATUS_PATH = "/rest/SMS/messages/status"
MAX_RECEIPT_BYTES = 16 * 1024

DeliveryStatus = Literal["queued", "sent", "delivered", "not-delivered"]

_STATUS: dict[str, DeliveryStatus] = {
    "Queued": "queued",
    "Sent": "sent",
    "Delivered": "delivered",
    "Undelivered": "not-delivered",
    "Rejected": "not-delivered",
    "Failed": "not-delivered",
}
_BAD_RECIPIENT = "ER-04"
_GATEWAY_CODE = re.compile(r"(?=.)[A-Za-z-]{0,10}[0-9]{0,6}")  # it is logged: no number of a phone fits
_GATEWAY_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_CORRELATION_ID = re.compile(r"[A-Za-z0-9:._-]{1,100}")


@dataclass(frozen=True, slots=True)
class UnifonicAccount:
    """What the gateway knows us by. `app_sid` and the secret inside `callback_url` stay out of reprs."""

    base_url: str
    app_sid: str = field(repr=False)
    sender: str
    callback_url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sms:
    """One text message to hand over. The correlation id is the attempt's id and comes back in its receipts."""

    correlation_id: str
    recipient: Mobile
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a gateway reports about a message later, in any order (N7)."""

    gateway_message_id: str
    correlation_id: str
    status: DeliveryStatus


@dataclass(frozen=True, slots=True)
class ReceiptRefused:
    """A genuine call to the receipts' door that is not a receipt."""

    reason: Literal["too-large", "not-understood"]


@dataclass(frozen=True, slots=True)
class Found:
    """The gateway knows the message: it was accepted and billed."""

    gateway_message_id: str
    status: DeliveryStatus


@dataclass(frozen=True, slots=True)
class NeverAccepted:
    """The gateway has nothing under this correlation id."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The query settled nothing; it may be asked again."""


StatusAnswer = Found | NeverAccepted | NoAnswer


def message_form(account: UnifonicAccount, sms: Sms) -> dict[str, str]:
    """The form that hands a message over."""
    return {
        "AppSid": account.app_sid,
        "SenderID": account.sender,
        "Recipient": sms.recipient.gateway_form,
        "Body": sms.body,
        "CorrelationID": sms.correlation_id,
        "statusCallback": account.callback_url,
        "responseType": "JSON",
    }


def status_form(account: UnifonicAccount, correlation_id: str) -> dict[str, str]:
    """The form that asks what became of a message (assumption D)."""
    return {"AppSid": account.app_sid, "CorrelationID": correlation_id}


def read_answer(status: int, body: bytes) -> HandOver:
    """What the answer to a hand-over says. What is not clearly a yes or a no is `Unknown` (N6)."""
    if status >= 500 or status == 408:
        return Unknown("server-error")
    if status == 429:
        return NotSent("not-now", str(status))
    answer = _json_object(body)
    code = _matching(_GATEWAY_CODE, answer.get("errorCode"))
    match _yes_or_no(answer.get("success")):
        case True if 200 <= status < 300:
            gateway_message_id = _matching(_GATEWAY_ID, _object(answer.get("data")).get("MessageID"))
            return Accepted(gateway_message_id) if gateway_message_id else Unknown("answer-not-understood")
        case False:
            return (
                Rejected("recipient", code) if code == _BAD_RECIPIENT else NotSent("turned-away", code or str(status))
            )
        case None if status >= 400:
            return NotSent("turned-away", str(status))
        case _:
            return Unknown("answer-not-understood")


def read_status(status: int, body: bytes) -> StatusAnswer:
    """What the answer to a status query says (assumption D)."""
    answer = _json_object(body)
    if status != 200 or _yes_or_no(answer.get("success")) is not True:
        return NoAnswer()
    match _object(answer.get("data")).get("Messages"):
        case []:
            return NeverAccepted()
        case [dict(message), *_]:
            gateway_message_id = _matching(_GATEWAY_ID, message.get("MessageID"))
            delivery = _STATUS.get(str(message.get("Status")))
            return Found(gateway_message_id, delivery) if gateway_message_id and delivery else NoAnswer()
        case _:
            return NoAnswer()


def callback_url(door: str, secret: str) -> str:
    """The address a gateway reports to: our receipts' door (without a final slash) with the secret behind it."""
    return f"{door}/{secret}"


def is_genuine(path_secret: str, secret: str) -> bool:
    """Whether a call to the receipts' door has the secret in its path (assumption B), in constant time."""
    return hmac.compare_digest(path_secret.encode(), secret.encode())


def read_callback(body: bytes) -> Receipt | ReceiptRefused:
    """What a genuine call to the receipts' door says."""
    if len(body) > MAX_RECEIPT_BYTES:
        return ReceiptRefused("too-large")
    report = _json_object(body)
    gateway_message_id = _matching(_GATEWAY_ID, report.get("MessageID"))
    correlation_id = _matching(_CORRELATION_ID, report.get("CorrelationID"))
    status = _STATUS.get(str(report.get("Status")))
    if not gateway_message_id or not correlation_id or status is None:
        return ReceiptRefused("not-understood")
    return Receipt(gateway_message_id, correlation_id, status)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        return _object(json.loads(body))
    except (ValueError, RecursionError):
        return {}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _matching(shape: re.Pattern[str], value: Any) -> str:
    """The value as text when it is a string or whole number of the given shape, else the empty string."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = value if isinstance(value, str) else f"{value:d}" if abs(value) < 10**64 else ""
    return text if shape.fullmatch(text) else ""


def _yes_or_no(value: Any) -> bool | None:
    """The maker's samples show both `true` and `"true"`."""
    match value:
        case True | "true":
            return True
        case False | "false":
            return False
        case _:
            return None

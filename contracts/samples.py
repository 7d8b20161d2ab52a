"""A minimal and a full sample of every message, made from its schema: the same ones every time.

Fields of the same name mean the same thing everywhere, so a value is found by name first, then by what the schema says.
"""

import re
from typing import Any, Final, Literal

from contracts.message import Message
from contracts.schemas import schema_of

Extent = Literal["minimal", "full"]

SEALED_SAMPLE: Final = (
    "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSJ9..qL8x1yQbQd0VwzTn.c2VhbGVkLXRleHQ.wqXcJm1hR0yZzF3u8kTt0A"
)
"""Looks like a compact JWE. Nobody can open it."""

PUBLIC_KEY_SAMPLE: Final = '{"kty":"OKP","crv":"X25519","x":"hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"}'

_BY_NAME: Final[dict[str, Any]] = {
    "account_number": "30012345678",
    "address_id": "address-1",
    "amount_halalas": 43125,
    "aggregate": "definition:0f8f1c1e-6f5d-4a52-9d5c-1c8a3f1f9d10",
    "as_of": "2026-03-01T08:59:00Z",
    "asked_by": "user:5f0c2c9e7a4b4d0fb1f2a3c4d5e6f708",
    "channel": "app",
    "command_type": "hesabi.identity.ConfirmOtp.v1",
    "customer_line": "92000222",  # N9
    "day": "2026-02-28",
    "days_in_period": 28,
    "days_measured": 28,
    "due_date": "2026-03-20",
    "email": "customers@power.example",
    "emergency": "933",  # N9
    "energy_wh": [1250, None, 980],
    "expires_at": "2026-03-02T09:00:00Z",
    "file_format": "pdf",
    "flow_id": "0f8f1c1e-6f5d-4a52-9d5c-1c8a3f1f9d10",
    "first_month": "2026-01",
    "form_schema": '{"type": "object"}',
    "gateway_message_id": "gw-3187",
    "hand_over_by": "2026-03-01T09:00:45Z",
    "identifier": "30012345678",
    "identifier_kind": "account-number",
    "identity_type": "citizen",
    "interval_seconds": 3600,
    "issued_at": "2026-03-01T09:00:00Z",
    "language": "ar",
    "last_month": "2026-02",
    "letter_id": "b6b0e1f4-52f4-5f0e-9a53-3f2a1f0c9d11",
    "message_id": "3c1d5a70-6f0e-5f5b-8a43-0d9a4f1f2b11",
    "message_type": "hesabi.identity.ConfirmOtp.v1",
    "missing_step": "confirm-otp",
    "name": "consumption",
    "nationality": "SA",
    "next_step": "confirm-otp",
    "operator": "sami",
    "otp_id": "otp-7d3f0c52",
    "period_from": "2026-02-01",
    "period_to": "2026-02-28",
    "person": "person:9b1c0a7e5d3f4e21a0c4b8d7e6f50312",
    "public_reason": "code-not-accepted",
    "reason": "code-wrong",
    "reference": "K7QD-9RXM-2PTC-HW",
    "relation": "owner",
    "report_id": "report-5e0c2f",
    "segment": "individual",
    "session_id": "sid-4a1f",
    "source_note": "public sample, shifted",
    "source_notes": ["public sample, shifted"],
    "source_topic": "identity.commands",
    "technical_support": "920001100",  # N9
    "template": "account-activated",
    "text_ar": "تم تفعيل حسابك بنجاح.",
    "text_en": "Your account is active.",
    "text_hash": "0f" * 32,
    "total_halalas": 43125,
    "user": "user:5f0c2c9e7a4b4d0fb1f2a3c4d5e6f708",
    "user_id": "u-5f0c2c9e7a4b4d0fb1f2a3c4d5e6f708",
    "valid_until": "2026-03-01T09:01:00Z",
    "version": "2026-01",
    "what_for": "electricity-bill",
    "why": "corrected in release 1.4.2",
}

_BY_MESSAGE: Final[dict[str, dict[str, Any]]] = {
    "AccountAdded": {"next_step": "review"},
    "ActivationAccepted": {"next_step": "log-in"},
    "AddressSaved": {"next_step": "define-account"},
    "BeneficiaryDeclared": {"next_step": "show-dues"},
    "CommandRefused": {
        "text_ar": "تعذّر قبول رمز التحقق. يرجى التحقق منه أو طلب رمز جديد.",
        "text_en": "We could not accept this code. Please check it or ask for a new one.",
    },
    "ContactGiven": {"next_step": "accept-terms"},
    "DefinitionStarted": {"next_step": "add-account"},
    "DuesShown": {"next_step": "accept-service-terms"},
    "LoggedIn": {"next_step": "choose-address"},
    "OtpConfirmed": {"next_step": "give-contact"},
    "RegisterBusiness": {"segment": "business", "identity_type": "business"},
    "ReviewConfirmed": {"next_step": "declare-beneficiary"},
    "ServiceTermsAccepted": {"next_step": "complete"},
    "SubmitRequest": {"kind": "bill-copy"},
}
"""Where a name means something else in one message."""

_FALLBACKS: Final = ("example", "2026-03", "0f" * 32, "K7QD-9RXM-2PTC-HW", "+966500000001", "30012345678", "1", "SA")
"""Tried in turn for a text without a name of its own."""


class NoSample(Exception):
    """A field needs a row in `contracts.samples`."""


def sample_of(message: type[Message], extent: Extent) -> dict[str, Any]:
    """A body that both schemas and the message itself accept. Raises `NoSample` naming the field without a value."""
    schema = schema_of(message, "writer")
    sample = _object(schema, schema, extent)
    own = _BY_MESSAGE.get(message.__name__, {})
    return {name: own.get(name, value) for name, value in sample.items()}


def _object(schema: dict[str, Any], root: dict[str, Any], extent: Extent) -> dict[str, Any]:
    required = schema.get("required", [])
    return {
        name: _value(name, part, root, extent)
        for name, part in schema.get("properties", {}).items()
        if extent == "full" or name in required
    }


def _value(name: str, schema: dict[str, Any], root: dict[str, Any], extent: Extent) -> Any:
    if "$ref" in schema:
        return _value(name, root["$defs"][schema["$ref"].rpartition("/")[2]], root, extent)
    if "anyOf" in schema:
        return _value(name, schema["anyOf"][0], root, extent)
    match schema.get("type"):
        case "object":
            return _object(schema, root, extent)
        case "array":
            return _array(name, schema, root, extent)
        case "string":
            return _text(name, schema)
        case "integer":
            known = _BY_NAME.get(name)
            return known if isinstance(known, int) else max(1, int(schema.get("minimum", 1)))
        case "boolean":
            return True
        case _:
            raise NoSample(name)


def _array(name: str, schema: dict[str, Any], root: dict[str, Any], extent: Extent) -> list[Any]:
    known = _BY_NAME.get(name)
    if isinstance(known, list) and extent == "full":
        return known
    length = max(schema.get("minItems", 0), 1 if extent == "full" else 0)
    return [_value(name, schema["items"], root, extent) for _ in range(length)]


def _text(name: str, schema: dict[str, Any]) -> str:
    if schema.get("format") == "jwe":
        return SEALED_SAMPLE
    if "enum" in schema or "const" in schema:
        choices: list[str] = schema.get("enum") or [schema["const"]]
        return _BY_NAME[name] if _BY_NAME.get(name) in choices else choices[0]
    if schema.get("format") in ("date-time", "date"):
        default = "2026-03-01T09:00:00Z" if schema["format"] == "date-time" else "2026-03-01"
        return str(_BY_NAME.get(name, default))
    if name.endswith("_key"):
        return PUBLIC_KEY_SAMPLE
    for candidate in (_BY_NAME.get(name), *_FALLBACKS):
        if isinstance(candidate, str) and _fits(candidate, schema):
            return candidate
    raise NoSample(name)


def _fits(text: str, schema: dict[str, Any]) -> bool:
    long_enough = schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", len(text))
    return long_enough and re.search(schema.get("pattern", ""), text) is not None

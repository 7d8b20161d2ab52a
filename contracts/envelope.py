"""CloudEvents 1.0 in Kafka's binary mode (architecture, law 13).

The record's key is the subject: the id of the *sending* aggregate or flow. Headers are `ce_*` attributes in UTF-8 and
`content-type`; the value is JSON. Source: CloudEvents 1.0.2, Kafka protocol binding.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Literal

from pydantic import ValidationError
from pydantic_core import CoreSchema, SchemaValidator, core_schema

CONTENT_TYPE: Final = b"application/json"
MAX_HEADERS: Final = 40
MAX_HEADER_LENGTH: Final = 300
"""Characters of a header's value."""

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,99}")


def _text(pattern: str) -> CoreSchema:
    return core_schema.str_schema(pattern=pattern, max_length=MAX_HEADER_LENGTH)


_WORD: Final = _text("^[ -~]+$")
_IDENTIFIER: Final = _text(f"^{_ID.pattern}$")
"""What `contracts.message.Id` says."""

_INSTANT: Final = _text(r"^2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$")
"""RFC 3339, in years that leave room to reckon in."""

_NUMBER: Final = _text("^[1-9][0-9]{0,17}$")
"""A sequence counts from 1."""

_FIELDS: Final = {
    "ce_specversion": core_schema.typed_dict_field(_text(r"^1\.0$")),
    "ce_id": core_schema.typed_dict_field(_IDENTIFIER),
    "ce_source": core_schema.typed_dict_field(_WORD),
    "ce_type": core_schema.typed_dict_field(_WORD),
    "ce_time": core_schema.typed_dict_field(_INSTANT),
    "content-type": core_schema.typed_dict_field(_text("^application/json *(;[ -~]*)?$")),
    "ce_subject": core_schema.typed_dict_field(_IDENTIFIER, required=False),
    "ce_correlationid": core_schema.typed_dict_field(_IDENTIFIER, required=False),
    "ce_causationid": core_schema.typed_dict_field(_IDENTIFIER, required=False),
    "ce_expirytime": core_schema.typed_dict_field(_INSTANT, required=False),
    "ce_sequence": core_schema.typed_dict_field(_NUMBER, required=False),
}
_ATTRIBUTES: Final = SchemaValidator(core_schema.typed_dict_schema(_FIELDS, extra_behavior="ignore"))
"""All headers at one go: every message read pays for this. Others' headers are others' business."""

EnvelopeReason = Literal[
    "header-missing",
    "header-malformed",
    "too-many-headers",
    "content-type-unknown",
    "specversion-unknown",
    "key-malformed",
]

Headers = tuple[tuple[str, bytes], ...]


@dataclass(slots=True)  # not frozen: that takes four times as long, and each message read or sent has one
class Envelope:
    """What stands on a message besides its body. `sequence` counts from 1 per (service, aggregate, topic) (law 4)."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    correlation_id: str | None = None
    causation_id: str | None = None
    expiry_time: datetime | None = None
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class EnvelopeRejected:
    """The record is no message of ours."""

    reason: EnvelopeReason


@lru_cache(maxsize=256)
def rfc3339(moment: datetime) -> str:
    """A UTC instant as CloudEvents wants it, to the millisecond."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat(timespec="milliseconds")[:-6] + "Z"


def to_headers(envelope: Envelope) -> list[tuple[str, bytes]]:
    """The record headers of an envelope, in a fixed order."""
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", envelope.id.encode()),
        ("ce_source", envelope.source.encode()),
        ("ce_type", envelope.type.encode()),
        ("ce_subject", envelope.subject.encode()),
        ("ce_time", rfc3339(envelope.time).encode()),
        ("content-type", CONTENT_TYPE),
    ]
    if envelope.correlation_id is not None:
        headers.append(("ce_correlationid", envelope.correlation_id.encode()))
    if envelope.causation_id is not None:
        headers.append(("ce_causationid", envelope.causation_id.encode()))
    if envelope.expiry_time is not None:
        headers.append(("ce_expirytime", rfc3339(envelope.expiry_time).encode()))
    if envelope.sequence is not None:
        headers.append(("ce_sequence", str(envelope.sequence).encode()))
    return headers


def from_headers(key: bytes | None, headers: Collection[tuple[str, bytes | None]]) -> Envelope | EnvelopeRejected:
    """Read an envelope. Never raises: null, non-UTF-8, missing and oversized headers are rejections."""
    if len(headers) > MAX_HEADERS:
        return EnvelopeRejected("too-many-headers")
    by_name = dict(headers)
    if len(by_name) != len(headers) and _is_any_twice(headers):
        return EnvelopeRejected("header-malformed")
    try:
        found = _ATTRIBUTES.validate_python(by_name)
    except ValidationError as error:
        return EnvelopeRejected(_reason(error))
    subject = (key or b"").decode("ascii", "replace")
    # One that stands in the header as well has been looked at with it.
    if found.get("ce_subject") != subject and ("ce_subject" in found or not _ID.fullmatch(subject)):
        return EnvelopeRejected("key-malformed")
    try:
        return _envelope(subject, found)
    except ValueError:  # an instant that no calendar has
        return EnvelopeRejected("header-malformed")


def _is_any_twice(headers: Collection[tuple[str, bytes | None]]) -> bool:
    names = [name for name, _ in headers if name in _FIELDS]
    return len(set(names)) != len(names)


def _reason(error: ValidationError) -> EnvelopeReason:
    wrong = {each["loc"][0]: each["type"] for each in error.errors(include_url=False, include_input=False)}
    match wrong:
        case {"ce_specversion": kind} if kind != "missing":
            return "specversion-unknown"
        case {"content-type": _} if "ce_specversion" not in wrong:
            return "content-type-unknown"
        case _:
            return "header-missing" if "missing" in wrong.values() else "header-malformed"


def _envelope(subject: str, found: dict[str, str]) -> Envelope:
    envelope = Envelope(found["ce_id"], found["ce_source"], found["ce_type"], subject, _instant(found["ce_time"]))
    envelope.correlation_id = found.get("ce_correlationid")
    envelope.causation_id = found.get("ce_causationid")
    if (expiry := found.get("ce_expirytime")) is not None:
        envelope.expiry_time = _instant(expiry)
    if (sequence := found.get("ce_sequence")) is not None:
        envelope.sequence = int(sequence)
    return envelope


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)

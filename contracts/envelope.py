"""CloudEvents 1.0 in Kafka's binary mode (architecture, law 13).

The record's key is the subject: the id of the *sending* aggregate or flow. Headers are `ce_*` attributes in UTF-8 and
`content-type`; the value is JSON. Source: CloudEvents 1.0.2, Kafka protocol binding.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

CONTENT_TYPE: Final = b"application/json"
MAX_HEADERS: Final = 40
MAX_HEADER_BYTES: Final = 300
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,99}")
_INSTANT: Final = re.compile(r"2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")
"""RFC 3339, in years that leave room to reckon in."""

EnvelopeReason = Literal[
    "header-missing",
    "header-malformed",
    "too-many-headers",
    "content-type-unknown",
    "specversion-unknown",
    "key-malformed",
]

Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
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


def rfc3339(moment: datetime) -> str:
    """A UTC instant as CloudEvents wants it, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


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


def from_headers(key: bytes | None, headers: Iterable[tuple[str, bytes | None]]) -> Envelope | EnvelopeRejected:
    """Read an envelope. Never raises: null, non-UTF-8, missing and oversized headers are rejections."""
    raw: dict[str, bytes] = {}
    for count, (name, value) in enumerate(headers):
        if count >= MAX_HEADERS:
            return EnvelopeRejected("too-many-headers")
        if name[:3] == "ce_" or name == "content-type":
            if name in raw or not value or len(value) > MAX_HEADER_BYTES:
                return EnvelopeRejected("header-malformed")
            raw[name] = value
    texts = _texts(raw.values())
    return EnvelopeRejected("header-malformed") if texts is None else _envelope(key, dict(zip(raw, texts, strict=True)))


def _texts(values: Collection[bytes]) -> list[str] | None:
    """The values as printable text, None if one is none. Decoded at one go: every message read pays for this."""
    if not values:
        return []
    try:
        texts = b"\n".join(values).decode().split("\n")
    except UnicodeDecodeError:
        return None
    return texts if len(texts) == len(values) and "".join(texts).isprintable() else None


def _text(value: bytes | None) -> str | None:
    texts = _texts((value,)) if value and len(value) <= MAX_HEADER_BYTES else None
    return None if texts is None else texts[0]


def _envelope(key: bytes | None, found: dict[str, str]) -> Envelope | EnvelopeRejected:
    if "ce_specversion" not in found:
        return EnvelopeRejected("header-missing")
    if found["ce_specversion"] != "1.0":
        return EnvelopeRejected("specversion-unknown")
    if found.get("content-type", "").partition(";")[0].strip() != "application/json":
        return EnvelopeRejected("content-type-unknown")
    subject = _text(key)
    if subject is None or not _ID.fullmatch(subject) or found.get("ce_subject", subject) != subject:
        return EnvelopeRejected("key-malformed")
    try:
        correlation, causation = found.get("ce_correlationid"), found.get("ce_causationid")
        sequence, expiry = found.get("ce_sequence"), found.get("ce_expirytime")
        return Envelope(
            id=_identifier(found["ce_id"]),
            source=found["ce_source"],
            type=found["ce_type"],
            subject=subject,
            time=_instant(found["ce_time"]),
            correlation_id=None if correlation is None else _identifier(correlation),
            causation_id=None if causation is None else _identifier(causation),
            expiry_time=None if expiry is None else _instant(expiry),
            sequence=None if sequence is None else _number(sequence),
        )
    except KeyError:
        return EnvelopeRejected("header-missing")
    except ValueError:
        return EnvelopeRejected("header-malformed")


def _identifier(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError("an id is what `contracts.message.Id` says")
    return text


def _instant(text: str) -> datetime:
    if not _INSTANT.fullmatch(text):
        raise ValueError("an instant is RFC 3339 with its offset")
    return datetime.fromisoformat(text).astimezone(UTC)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < len(text) <= 18) or int(text) < 1:
        raise ValueError("a sequence counts from 1")
    return int(text)

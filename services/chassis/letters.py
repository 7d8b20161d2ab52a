"""What a dead letter holds of the record that was put aside, and that record again from it (architecture, law 7)."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.chassis.arrival import RawRecord
from services.chassis.document import Position

MAX_KEPT_VALUE_BYTES: Final = 90 * 1024
MAX_KEPT_HEADER_CHARACTERS: Final = 16 * 1024
MAX_KEPT_KEY_BYTES: Final = 1024
"""Larger ones are not copied into the dead letter: they stay readable at their position for the topic's retention. All
three at their largest, in base64, fit into one seal."""


@dataclass(slots=True)
class KeptRecord:
    """A record as its dead letter has it, with its original stamp in milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class Misplaced(Exception):
    """A letter's record stood elsewhere than is said."""


def whole(raw: RawRecord) -> str:
    """The record as the text that is sealed into its letter, with its place: nobody can pass it off as another."""
    value = raw.value or b""
    headers = [[name, _text(content)] for name, content in raw.headers]
    kept = {
        "key": len(raw.key or b"") <= MAX_KEPT_KEY_BYTES,
        "value": len(value) <= MAX_KEPT_VALUE_BYTES,
        "headers": len(json.dumps(headers)) <= MAX_KEPT_HEADER_CHARACTERS,
    }
    return json.dumps(
        {
            "key": _text(raw.key) if kept["key"] else None,
            "value": _text(value) if kept["value"] else None,
            "headers": headers if kept["headers"] else None,
            "stamp_ms": raw.timestamp,
            "place": [raw.topic, raw.partition, raw.offset],
            "whole": all(kept.values()),
        }
    )


def kept_record(text: str, place: Position) -> KeptRecord | None:
    """The record that `whole` made this text of; None where it was too large to be kept.

    Raises:
        Misplaced: it stood elsewhere.
        KeyError, TypeError, ValueError: the text is none of `whole`.
    """
    kept: dict[str, Any] = json.loads(text)
    at = [place.topic, place.partition, place.offset]
    if kept.get("place", at) != at:  # release 0.1 does not say it
        raise Misplaced
    if not kept.get("whole", None not in (kept["value"], kept["headers"])):
        return None
    headers = [(str(name), _bytes(content)) for name, content in kept["headers"]]
    key, value = _bytes(kept["key"]), _bytes(kept["value"])
    return KeptRecord(place.topic, place.partition, place.offset, int(kept["stamp_ms"]), key, value, headers)


def _text(content: bytes | None) -> str | None:
    return None if content is None else base64.b64encode(content).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)

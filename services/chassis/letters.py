"""What a dead letter holds of the record that was put aside, and that record again from it (architecture, law 7)."""

import base64
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from services.chassis.arrival import RawRecord
from services.chassis.document import Position
from services.chassis.service import KeyedHash

MAX_KEPT_VALUE_BYTES: Final = 90 * 1024
MAX_KEPT_HEADER_CHARACTERS: Final = 16 * 1024
MAX_KEPT_KEY_BYTES: Final = 1024
"""Larger ones are not copied into the dead letter: they stay readable at their position for the topic's retention. All
three at their largest, in base64, fit into one seal."""

_PROOF: Final = "dead-letter"
_Stamp = Annotated[int, Field(ge=946_684_800_000, lt=32_503_680_000_000)]
"""Milliseconds, in years that leave room to reckon in."""


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


class _Kept(BaseModel):
    """The text in a letter. Anybody can make a seal, so it is read as strictly as what comes from outside. `whole`:
    nothing was too large. Release 0.1 says neither that nor the place, and proves nothing."""

    model_config = ConfigDict(strict=True, frozen=True)

    key: str | None
    value: str | None
    headers: tuple[tuple[str, str | None], ...] | None
    stamp_ms: _Stamp
    place: tuple[str, int, int] | None = None
    whole: bool | None = None
    proof: str | None = None

    def is_proven(self, keyed_hash: KeyedHash) -> bool:
        """Whether this service has written it."""
        return self.proof is not None and hmac.compare_digest(
            self.proof.encode(), _proof_of(self.model_dump(exclude={"proof"}), keyed_hash).encode()
        )


class Unproven(Exception):
    """No letter of this service says that such a record stood there."""


def whole(raw: RawRecord, keyed_hash: KeyedHash) -> str:
    """The record as the text that is sealed into its letter: with its place, so that nobody can pass it off as another,
    and with the service's own proof, since anybody can make a seal."""
    value = raw.value or b""
    headers = [[name, _text(content)] for name, content in raw.headers]
    fits = {
        "key": len(raw.key or b"") <= MAX_KEPT_KEY_BYTES,
        "value": len(value) <= MAX_KEPT_VALUE_BYTES,
        "headers": len(json.dumps(headers)) <= MAX_KEPT_HEADER_CHARACTERS,
    }
    kept: dict[str, Any] = {
        "key": _text(raw.key) if fits["key"] else None,
        "value": _text(value) if fits["value"] else None,
        "headers": headers if fits["headers"] else None,
        "stamp_ms": raw.timestamp,
        "place": [raw.topic, raw.partition, raw.offset],
        "whole": all(fits.values()),
    }
    return json.dumps(kept | {"proof": _proof_of(kept, keyed_hash)})


def kept_record(text: str, place: Position, keyed_hash: KeyedHash, *, take_unproven: bool) -> KeptRecord | None:
    """The record that `whole` made this text of; None where it was too large to be kept. `take_unproven`: letters of
    release 0.1 are taken, which anybody can make who may write orders.

    Raises:
        Unproven: it stood elsewhere, or was never put aside.
        ValueError: the text is none of `whole`.
    """
    kept = _Kept.model_validate_json(text)
    at_place = kept.place in {None, (place.topic, place.partition, place.offset)}
    if not at_place or not (kept.is_proven(keyed_hash) or (kept.proof is None and take_unproven)):
        raise Unproven
    if kept.headers is None or kept.value is None or kept.whole is False:
        return None
    headers = [(name, _bytes(content)) for name, content in kept.headers]
    key, value = _bytes(kept.key), _bytes(kept.value)
    return KeptRecord(place.topic, place.partition, place.offset, kept.stamp_ms, key, value, headers)


def _proof_of(kept: dict[str, Any], keyed_hash: KeyedHash) -> str:
    return keyed_hash(_PROOF, json.dumps(kept))


def _text(content: bytes | None) -> str | None:
    return None if content is None else base64.b64encode(content).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text, validate=True)

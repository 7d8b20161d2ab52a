"""Replicas of a later release beside those of today (law 13): they write a later format of documents and states."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.chassis.document import FORMAT, Document, FormatTooNew, loaded
from services.chassis.state import StateCodec
from services.chassis.wiring import Machinery


@dataclass(slots=True)
class LaterCodec(StateCodec):
    """Writes states as a release does that is so many ahead of today's."""

    ahead: int = 0

    def write(self, document: Document, state: Any) -> None:
        """Writes its own format."""
        StateCodec.write(self, document, state)
        document.format = FORMAT + self.ahead


def of_a_later_release(machinery: Machinery, ahead: int) -> None:
    """Let the machinery write a later format."""
    for name, codec in machinery.codecs.items():
        machinery.codecs[name] = LaterCodec(codec.kind, codec.data_keys, ahead=ahead)


def read_by_release(fields: Mapping[str, Any], ahead: int) -> Document:
    """The document as a release reads it that is so many ahead: one format beyond its own, and no further. Today's is
    the real reading."""
    if not ahead:
        return loaded(fields)
    if fields["format"] > FORMAT + ahead + 1:
        raise FormatTooNew
    return read_by_any(fields)


def read_by_any(fields: Mapping[str, Any]) -> Document:
    """The document, whoever wrote it."""
    return loaded({**fields, "format": FORMAT})

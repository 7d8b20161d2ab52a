"""The checker of the log: what readers get who drop every copy of a record but the first (architecture, law 4)."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from contracts.envelope import Envelope, from_headers


class Stream(NamedTuple):
    """One aggregate's messages on one topic."""

    source: str
    subject: str
    topic: str


class Copy(NamedTuple):
    """What must be the same in every copy."""

    sequence: int
    id: str
    type: str
    correlation: str | None
    value: bytes


def envelope_of(record: Any) -> Envelope:
    envelope = from_headers(record.key, record.headers)
    assert isinstance(envelope, Envelope), envelope
    return envelope


def first_copies(records: Iterable[Any]) -> dict[Stream, list[Copy]]:
    """The first copies by stream, in the order of the log (records of one partition must be given in order).

    Raises:
        AssertionError: a stream has a gap or an inversion, or a later copy is not the same as the first.
    """
    streams: dict[Stream, list[Copy]] = defaultdict(list)
    for record in records:
        envelope = envelope_of(record)
        if envelope.sequence is None:
            continue
        stream = Stream(envelope.source, envelope.subject, record.topic)
        copy = Copy(envelope.sequence, envelope.id, envelope.type, envelope.correlation_id, record.value)
        known = streams[stream]
        if copy.sequence <= len(known):
            assert known[copy.sequence - 1] == copy, f"{stream}: two different messages have number {copy.sequence}"
        else:
            assert copy.sequence == len(known) + 1, f"{stream}: {copy.sequence} came after {len(known)}"
            known.append(copy)
    return dict(streams)

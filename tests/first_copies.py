"""The checker of the log: what readers get who drop every copy of a record but the first (architecture, law 4)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class Streams:
    """Takes messages in the order of the log (those of one partition must be given in order). `first`: the first copies
    of each stream; `faults`: what is wrong with a stream, once for each that has anything."""

    first: defaultdict[Stream, list[Copy]] = field(default_factory=lambda: defaultdict(list))
    faults: dict[Stream, str] = field(default_factory=dict)

    def take(self, topic: str, envelope: Envelope, value: bytes) -> bool:
        """One message. Returns whether it is a first copy; what has no number belongs to no stream."""
        if envelope.sequence is None:
            return False
        stream = Stream(envelope.source, envelope.subject, topic)
        copy = Copy(envelope.sequence, envelope.id, envelope.type, envelope.correlation_id, value)
        known = self.first[stream]
        if copy.sequence <= len(known):
            if known[copy.sequence - 1] != copy:
                self.faults.setdefault(stream, f"two different messages have number {copy.sequence}")
            return False
        if copy.sequence > len(known) + 1:
            self.faults.setdefault(stream, f"{copy.sequence} came after {len(known)}")
            return False
        known.append(copy)
        return True


def envelope_of(record: Any) -> Envelope:
    envelope = from_headers(record.key, record.headers)
    assert isinstance(envelope, Envelope), envelope
    return envelope


def first_copies(records: Iterable[Any]) -> dict[Stream, list[Copy]]:
    """The first copies by stream, in the order of the log.

    Raises:
        AssertionError: a stream has a gap or an inversion, or a later copy is not the same as the first.
    """
    streams = Streams()
    for record in records:
        streams.take(record.topic, envelope_of(record), record.value)
    assert not streams.faults, "; ".join(f"{stream}: {fault}" for stream, fault in streams.faults.items())
    return {stream: copies for stream, copies in streams.first.items() if copies}

"""The document of one aggregate, as the loop holds it and as MongoDB stores it (architecture, laws 3-6).

Besides its state a document carries what makes redelivery harmless: the highest number decided for each stream, the
sequences it has given out, the last commands with their answers, and the outbox.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from contracts.envelope import Envelope, to_headers

FORMAT: Final = 1
"""The format of states that this release writes. A replica that meets a higher one than FORMAT + 1 stops its lane
(law 13)."""

REMEMBERED_FOR: Final = timedelta(minutes=15)
REMEMBERED_AT_LEAST: Final = 16
REMEMBERED_AT_MOST: Final = 1_000
"""More commands of one aggregate in 15 minutes are a flood (ours). Each is kept with its answers, about 1 KB: without
an end the document outgrows what the database takes, and its aggregate is parked."""
STREAMS_AT_MOST: Final = 100
STREAM_LIFE: Final = timedelta(days=30)
"""Longer than any topic is kept and than a replayed outbox can be old: past it a stream's records cannot come again."""


class Position(NamedTuple):
    """Where a record stands in the log."""

    epoch: int
    topic: str
    partition: int
    offset: int


class Record(NamedTuple):
    """A record on its way out."""

    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


@dataclass(slots=True)
class Entry:
    """A message in the outbox. `cause` is the position of the record that caused it: once the group has committed
    past it, the entry is proven published (law 5). Only `sequence` is set later, once, when the entry is queued.

    An answer goes out under its command's id, without a sequence: it has one reader, who goes by that id, and neither
    says which aggregate answered nor how often it has spoken (I18)."""

    id: str
    topic: str
    type: str
    sequence: int | None
    time: datetime
    correlation_id: str
    causation_id: str
    body: bytes
    cause: Position
    is_answer: bool = False

    def record(self, service: str, key: str) -> Record:
        """The entry as it goes to the broker."""
        subject, sequence = (self.correlation_id, None) if self.is_answer else (key, self.sequence)
        envelope = Envelope(
            self.id, service, self.type, subject, self.time, self.correlation_id, self.causation_id, sequence=sequence
        )
        return Record(self.topic, subject.encode(), self.body, to_headers(envelope))


@dataclass(frozen=True, slots=True)
class Remembered:
    """A command of the last minutes: its id, a digest of its body, and the answers it got (J3)."""

    id: str
    digest: bytes
    at: datetime
    answers: tuple[Entry, ...] = ()


@dataclass(slots=True)
class Document:
    """One aggregate. `version` 0 means that it does not exist yet. `numbers`: stream -> (highest number, when)."""

    id: str
    version: int = 0
    format: int = FORMAT
    state: str | None = None
    numbers: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    commands: dict[str, Remembered] = field(default_factory=dict)
    outbox: list[Entry] = field(default_factory=list)
    data_key: bytes | None = None
    due_at: datetime | None = None

    def draft(self) -> "Document":
        """A copy to fold into; the loaded one stays as it is."""
        return Document(
            self.id,
            self.version,
            self.format,
            self.state,
            self.numbers.copy(),
            self.sequences.copy(),
            self.commands.copy(),
            self.outbox.copy(),
            self.data_key,
            self.due_at,
        )

    def has_decided(self, stream: str, number: int) -> bool:
        """Whether this or a later message of the stream has been decided: then it is a duplicate, for ever (law 4)."""
        known = self.numbers.get(stream)
        return known is not None and number <= known[0]

    def remember_number(self, stream: str, number: int, now: datetime) -> None:
        """Raise the stream's number. Streams whose records the log has long dropped make room."""
        self.numbers[stream] = (number, now)
        if len(self.numbers) > STREAMS_AT_MOST:
            self.numbers = {s: known for s, known in self.numbers.items() if now - known[1] < STREAM_LIFE}

    def next_sequence(self, topic: str) -> int:
        """Count from 1 without gap for this aggregate and topic."""
        self.sequences[topic] = sequence = self.sequences.get(topic, 0) + 1
        return sequence

    def remember_command(self, command_id: str, digest: bytes, now: datetime) -> None:
        """Remember a command; forget those older than 15 minutes, but never the last 16."""
        self.commands[command_id] = Remembered(command_id, digest, now)
        for old in list(self.commands.values())[:-REMEMBERED_AT_LEAST]:
            if now - old.at <= REMEMBERED_FOR:
                break
            del self.commands[old.id]

    def has_room_for_command(self, now: datetime) -> bool:
        """Whether one more command can be remembered."""
        if len(self.commands) < REMEMBERED_AT_MOST:
            return True
        return now - list(self.commands.values())[-REMEMBERED_AT_MOST].at > REMEMBERED_FOR

    def remember_answer(self, command_id: str, answer: Entry) -> None:
        """Attach an answer, given now or later, to its command if that is still remembered."""
        known = self.commands.get(command_id)
        if known is not None:
            self.commands[command_id] = replace(known, answers=(*known.answers, answer))


def stored(document: Document, written_at: datetime, partition: int) -> dict[str, Any]:
    """The document's fields as MongoDB keeps them, without `_id` and version.

    The audit's index goes by the minute of the last write: a busy document then moves in it once a minute, not at
    every write, which costs a fifth of the save.
    """
    return {
        "format": document.format,
        "state": document.state,
        "numbers": [[stream, number, _ms(at)] for stream, (number, at) in document.numbers.items()],
        "sequences": [[topic, sequence] for topic, sequence in document.sequences.items()],
        "commands": [[c.id, c.digest, _ms(c.at), [_packed(a) for a in c.answers]] for c in document.commands.values()],
        "outbox": [_packed(entry) for entry in document.outbox],
        "data_key": document.data_key,
        "due_at": document.due_at,
        "written_minute": written_at.replace(second=0, microsecond=0),
        "partition": partition,
    }


def loaded(fields: Mapping[str, Any]) -> Document:
    """The document from MongoDB's fields."""
    return Document(
        id=fields["_id"],
        version=fields["version"],
        format=fields["format"],
        state=fields["state"],
        numbers={stream: (number, _at(ms)) for stream, number, ms in fields["numbers"]},
        sequences=dict(fields["sequences"]),
        commands={c[0]: Remembered(c[0], c[1], _at(c[2]), tuple(_entries(c[3]))) for c in fields["commands"]},
        outbox=_entries(fields["outbox"]),
        data_key=fields["data_key"],
        due_at=fields["due_at"],
    )


def _packed(entry: Entry) -> list[Any]:
    return [
        entry.id,
        entry.topic,
        entry.type,
        entry.sequence,
        _ms(entry.time),
        entry.correlation_id,
        entry.causation_id,
        entry.body,
        *entry.cause,
        entry.is_answer,
    ]


def _entries(packed: Iterable[list[Any]]) -> list[Entry]:
    return [Entry(*v[:4], _at(v[4]), *v[5:8], Position(*v[8:12]), v[12]) for v in packed]  # type: ignore[call-arg]


def _ms(moment: datetime) -> int:
    # Within packed lists instants are numbers: the driver takes ten times as long over a date with a zone.
    return round(moment.timestamp() * 1000)


def _at(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)

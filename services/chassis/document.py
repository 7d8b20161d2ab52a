"""The document of one aggregate, as the loop holds it and as MongoDB stores it (architecture, laws 3-6).

Besides its state a document carries what makes redelivery harmless: the highest number decided for each stream, the
sequences it has given out, the last commands with their answers, and the outbox.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from contracts.envelope import Envelope, to_headers
from services.chassis.command_life import COMMAND_LIFE, SKEW_BORNE
from services.chassis.instants import in_utc, instant, ms

FORMAT: Final = 1
"""The format of documents and states that this release writes. It reads the next one, too: what a release is to write,
the one before it must read already (law 13)."""

REMEMBERED_FOR: Final = COMMAND_LIFE + 2 * SKEW_BORNE
"""A command lives for so long after it came when its sender's clock is ahead (J3); as much again for brokers' clocks
that differ, by whose stamps its age is reckoned."""
REMEMBERED_AT_LEAST: Final = 16
REMEMBERED_AT_MOST: Final = 1_000
"""More commands of one aggregate in that time are a flood (ours). Each is kept with its answers: without an end the
document outgrows what the database takes, and its aggregate is parked."""
REMEMBERED_BYTES_AT_MOST: Final = 4 * 1024 * 1024
"""Answers may be large: debts on a hundred bills, sealed, are 20 KB."""
_BODY: Final = 7
"""Where a packed entry has its body."""
STREAMS_AT_MOST: Final = 100
STREAM_LIFE: Final = timedelta(days=30)
"""Longer than any topic is kept, and an outbox that was published is known as such long before (`Acknowledged.learn`):
past it a stream's records cannot come again."""
_REMEMBERED_FOR_MS: Final = REMEMBERED_FOR // timedelta(milliseconds=1)
_STREAM_LIFE_MS: Final = STREAM_LIFE // timedelta(milliseconds=1)


class FormatTooNew(Exception):
    """The document was written by a release that this one knows nothing of: this replica stops its lane and parks
    nothing (law 13)."""


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


Packed = list[Any]
"""An entry as it is stored."""


class Remembered(NamedTuple):
    """A command of the last minutes, as it is stored: its id, a digest of its body, when it came (ms), and the answers
    it got, packed (J3).

    Every document carries at least the last 16, and hardly an answer is ever given again.
    """

    id: str
    digest: bytes
    at: int
    answers: list[Packed]

    def entries(self) -> list[Entry]:
        """The answers, to be given again."""
        return [unpacked(answer) for answer in self.answers]


@dataclass(slots=True)
class Document:
    """One aggregate. `version` 0 means that it does not exist yet. `numbers`: stream -> (highest number, when in
    ms). `before`: of a draft, the document that it was drawn from; `written_minute` and `partition`: of one that was
    loaded, what sweep and audit find it by."""

    id: str
    version: int = 0
    format: int = FORMAT
    state: str | None = None
    numbers: dict[str, tuple[int, int]] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    commands: dict[str, Remembered] = field(default_factory=dict)
    outbox: list[Entry] = field(default_factory=list)
    data_key: bytes | None = None
    due_at: datetime | None = None
    before: "Document | None" = field(default=None, repr=False, compare=False)
    written_minute: datetime | None = field(default=None, compare=False)
    partition: int | None = field(default=None, compare=False)

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
            self.before or self,
        )

    def has_decided(self, stream: str, number: int) -> bool:
        """Whether this or a later message of the stream has been decided: then it is a duplicate, for ever (law 4)."""
        known = self.numbers.get(stream)
        return known is not None and number <= known[0]

    def remember_number(self, stream: str, number: int, now: datetime) -> None:
        """Raise the stream's number. Streams whose records the log has long dropped make room."""
        at = ms(now)
        self.numbers[stream] = (number, at)
        if len(self.numbers) > STREAMS_AT_MOST:
            self.numbers = {s: known for s, known in self.numbers.items() if at - known[1] < _STREAM_LIFE_MS}

    def next_sequence(self, topic: str) -> int:
        """Count from 1 without gap for this aggregate and topic."""
        self.sequences[topic] = sequence = self.sequences.get(topic, 0) + 1
        return sequence

    def remember_command(self, command_id: str, digest: bytes, now: datetime) -> None:
        """Remember a command; forget those that are no longer alive, but never the last 16."""
        at = ms(now)
        self.commands[command_id] = Remembered(command_id, digest, at, [])
        for old in list(self.commands)[:-REMEMBERED_AT_LEAST]:
            if at - self.commands[old].at <= _REMEMBERED_FOR_MS:
                break
            del self.commands[old]

    def has_room_for_command(self, now: datetime) -> bool:
        """Whether one more command can be remembered."""
        if len(self.commands) <= REMEMBERED_AT_LEAST:
            return True
        since = ms(now) - _REMEMBERED_FOR_MS
        kept = [command for command in self.commands.values() if command.at >= since]
        return len(kept) < REMEMBERED_AT_MOST and sum(map(_size, kept)) < REMEMBERED_BYTES_AT_MOST

    def remember_answer(self, command_id: str, answer: Entry) -> None:
        """Attach an answer, given now or later, to its command if that is still remembered."""
        known = self.commands.get(command_id)
        if known is not None:
            self.commands[command_id] = known._replace(answers=[*known.answers, packed(answer)])


def _size(command: Remembered) -> int:
    return sum(len(answer[_BODY]) for answer in command.answers)


def _as_it_is(value: Any) -> Any:
    return value


def _as_list(numbers: Mapping[str, tuple[int, int]]) -> list[list[Any]]:
    return [[stream, *number] for stream, number in numbers.items()]


_FIELDS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "format": _as_it_is,
    "state": _as_it_is,
    "numbers": _as_list,
    "sequences": lambda sequences: [*map(list, sequences.items())],
    "commands": lambda commands: [*map(list, commands.values())],
    "outbox": lambda outbox: [packed(entry) for entry in outbox],
    "data_key": _as_it_is,
    "due_at": _as_it_is,
}
"""What MongoDB keeps of a document besides `_id`, version and what sweep and audit find it by; and how."""


def stored(document: Document, written_at: datetime, partition: int) -> dict[str, Any]:
    """The document's fields as MongoDB keeps them, without `_id` and version.

    The audit's index goes by the minute of the last write: a busy document then moves in it once a minute, not at
    every write, which costs a fifth of the save.
    """
    fields = {name: pack(getattr(document, name)) for name, pack in _FIELDS.items()}
    return {**fields, "written_minute": _minute(written_at), "partition": partition}


@lru_cache(maxsize=16)
def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def changes(document: Document, written_at: datetime, partition: int) -> dict[str, Any]:
    """The stored fields less those that its version has already: most documents carry more memory than a message
    changes, and a write that leaves the indexed fields alone costs the database a tenth less."""
    before = document.before
    if before is None or document.version == 0 or before.version != document.version:
        return stored(document, written_at, partition)
    fields: dict[str, Any] = {}
    for name, pack in _FIELDS.items():
        value = getattr(document, name)
        if value != getattr(before, name):
            fields[name] = pack(value)
    minute = _minute(written_at)
    if minute != before.written_minute:
        fields["written_minute"] = minute
    if partition != before.partition:
        fields["partition"] = partition
    return fields


def loaded(fields: Mapping[str, Any]) -> Document:
    """The document from MongoDB's fields. Raises `FormatTooNew` before it looks at any other."""
    check_format(fields)
    return Document(
        id=fields["_id"],
        version=fields["version"],
        format=fields["format"],
        state=fields["state"],
        numbers={stream: (number, at) for stream, number, at in fields["numbers"]},
        sequences=dict(fields["sequences"]),
        commands={command[0]: Remembered._make(command) for command in fields["commands"]},
        outbox=[unpacked(entry) for entry in fields["outbox"]],
        data_key=fields["data_key"],
        due_at=None if fields["due_at"] is None else in_utc(fields["due_at"]),
        written_minute=in_utc(fields["written_minute"]),
        partition=fields["partition"],
    )


def check_format(fields: Mapping[str, Any]) -> None:
    """Raises `FormatTooNew`."""
    if fields["format"] > FORMAT + 1:
        raise FormatTooNew


def packed(entry: Entry) -> Packed:
    """An entry as a list. Instants within lists are numbers, which the driver reads and writes faster than dates."""
    return [
        entry.id,
        entry.topic,
        entry.type,
        entry.sequence,
        ms(entry.time),
        entry.correlation_id,
        entry.causation_id,
        entry.body,
        *entry.cause,
        entry.is_answer,
    ]


def unpacked(v: Packed) -> Entry:
    """The entry that was packed."""
    name, topic, type_name, sequence, at, correlation, causation, body, *cause, is_answer = v
    return Entry(
        name, topic, type_name, sequence, instant(at), correlation, causation, body, Position._make(cause), is_answer
    )

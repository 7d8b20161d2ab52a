"""Dead letters as operators see them: what stands in clear, and what has been done about each.

Nothing is kept here: letters are read from `<service>.dead-letters`, what became of them from `<service>.audit`. The
record in a letter stays sealed to its service.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from contracts.envelope import EnvelopeRejected
from contracts.message import Message
from contracts.operations import (
    AGGREGATE_PARKED,
    AGGREGATE_UNPARKED,
    DEAD_LETTER,
    DEAD_LETTER_DROPPED,
    DEAD_LETTER_REPLAYED,
    PARKED_LETTERS_DROPPED,
    DeadLetter,
    DeadLetterDropped,
    DeadLetterReplayed,
    ParkedLettersDropped,
)
from contracts.topics import DEAD_LETTERS, SERVICES
from deploy.cli.outcome import Wrong
from deploy.local.watch import envelope_of
from services.chassis.instants import instant

Whose = tuple[str, str]
"""A service and its parked aggregate."""

_OF: Final[Mapping[str, type[Message]]] = {
    message.type_name: message
    for service in SERVICES
    for message in (
        DEAD_LETTER[service],
        DEAD_LETTER_REPLAYED[service],
        DEAD_LETTER_DROPPED[service],
        PARKED_LETTERS_DROPPED[service],
        AGGREGATE_PARKED[service],
        AGGREGATE_UNPARKED[service],
    )
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter. `sequence` is its number among those of its parked aggregate; `original` a JWE."""

    service: str
    id: str
    stamp: datetime
    sequence: int | None
    body: DeadLetter = field(repr=False)

    @property
    def whose(self) -> Whose | None:
        """The parked aggregate; None for the letter of one record."""
        return None if self.body.aggregate is None else (self.service, self.body.aggregate)

    @property
    def key(self) -> str:
        """The key of an order about it."""
        body = self.body
        return body.aggregate or f"{body.epoch}.{body.source_topic}.{body.partition}.{body.offset}"


@dataclass(frozen=True, slots=True)
class Deed:
    """What the audit tells: an event's name, what it says, and when it was told."""

    name: str
    body: Message
    stamp: datetime
    service: str


@dataclass(slots=True)
class Book:
    """Every letter that is kept, each once, in the order of their stamps, and what was done."""

    letters: list[Letter] = field(default_factory=list)
    deeds_of: dict[str, list[Deed]] = field(default_factory=lambda: defaultdict(list))
    settled_to: dict[Whose, int] = field(default_factory=dict)
    parked: set[Whose] = field(default_factory=set)

    def deeds(self, letter: Letter) -> list[Deed]:
        """What was done about a letter."""
        found = self.deeds_of.get(letter.id, [])
        whole = self.deeds_of.get(_about(letter.whose), []) if letter.whose else []
        return found + [deed for deed in whole if _drops(deed, letter.sequence)]

    def is_open(self, letter: Letter) -> bool:
        """Whether it is neither replayed nor dropped."""
        if letter.whose is not None:
            return (letter.sequence or 0) > self.settled_to.get(letter.whose, 0)
        return not self.deeds_of.get(letter.id)

    def aggregate(self, beginning: str) -> str:
        """The parked aggregate that is meant by its name or the beginning of it. What begins no name is given back:
        there is no letter of it.

        Raises:
            Wrong: several begin so.
        """
        known = {letter.body.aggregate for letter in self.letters} | {aggregate for _, aggregate in self.parked}
        found = {each for each in known if each is not None and each.startswith(beginning)}
        if beginning in found or not found:
            return beginning
        if len(found) > 1:
            raise Wrong(
                "several aggregates begin so: give more of the id; `./hesabi dead-letters list --all` shows them"
            )
        return found.pop()

    def open_of(self, whose: Whose) -> list[Letter]:
        """The open letters of a parked aggregate in their order."""
        found = [letter for letter in self.letters if letter.whose == whose and self.is_open(letter)]
        return sorted(found, key=lambda letter: letter.sequence or 0)


def read_record(record: Any) -> Letter | Deed | None:
    """A record of one of the two topics; None for what is neither (a refusal, an unknown type)."""
    envelope = envelope_of(record)
    if isinstance(envelope, EnvelopeRejected):
        return None
    message = _OF.get(envelope.type)
    if message is None or message.topic.name != record.topic:
        return None
    try:
        body = message.model_validate_json(record.value or b"")
    except ValueError:
        return None
    stamp = instant(record.timestamp)
    if not isinstance(body, DeadLetter):
        return Deed(type(body).__name__, body, stamp, message.service)
    return Letter(message.service, envelope.id, stamp, None if body.aggregate is None else envelope.sequence, body)


def book_of(read: Iterable[Letter | Deed], now: datetime) -> Book:
    """The book of what was read. A letter that is past its topic's retention is none any more, though the broker may
    take its time to remove it: what was done about it may be gone already."""
    book, letters = Book(), dict[tuple[str, str], Letter]()
    for each in sorted(read, key=lambda one: one.stamp):
        if isinstance(each, Deed):
            _note(book, each)
        elif now - each.stamp < DEAD_LETTERS[each.service].retention:
            letters.setdefault((each.service, each.id), each)
    book.letters = list(letters.values())
    return book


def _note(book: Book, deed: Deed) -> None:
    match deed.body:
        case DeadLetterReplayed() | DeadLetterDropped():
            book.deeds_of[deed.body.letter_id].append(deed)
            if isinstance(deed.body, DeadLetterReplayed) and deed.body.aggregate and deed.body.sequence:
                _settle(book, (deed.service, deed.body.aggregate), deed.body.sequence)
        case ParkedLettersDropped():
            book.deeds_of[_about((deed.service, deed.body.aggregate))].append(deed)
            _settle(book, (deed.service, deed.body.aggregate), deed.body.last)
        case _:
            whose = deed.service, str(getattr(deed.body, "aggregate", ""))
            if type(deed.body) is AGGREGATE_PARKED[deed.service]:
                book.parked.add(whose)
            else:
                book.parked.discard(whose)


def _settle(book: Book, whose: Whose, number: int) -> None:
    book.settled_to[whose] = max(number, book.settled_to.get(whose, 0))


def _about(whose: Whose | None) -> str:
    return "/".join(whose or ())


def _drops(deed: Deed, sequence: int | None) -> bool:
    return (
        isinstance(deed.body, ParkedLettersDropped)
        and sequence is not None
        and deed.body.first <= sequence <= deed.body.last
    )


@dataclass(frozen=True, slots=True)
class Filters:
    """Which letters are meant; what is not given is any. `ids` may be given by their beginnings, `aggregate` is whole
    (`Book.aggregate`)."""

    ids: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    aggregate: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None

    def takes(self, letter: Letter) -> bool:
        """Whether this one is meant, the limit aside."""
        body = letter.body
        tests: tuple[tuple[bool, Callable[[], bool]], ...] = (
            (bool(self.ids), lambda: any(letter.id.startswith(each) for each in self.ids)),
            (bool(self.services), lambda: letter.service in self.services),
            (bool(self.reasons), lambda: body.reason in self.reasons),
            (bool(self.topics), lambda: body.source_topic in self.topics),
            (self.aggregate is not None, lambda: body.aggregate == self.aggregate),
            (self.since is not None, lambda: letter.stamp >= (self.since or letter.stamp)),
            (self.until is not None, lambda: letter.stamp < (self.until or letter.stamp)),
        )
        return all(test() for asked, test in tests if asked)

    def chosen(self, letters: Iterable[Letter]) -> list[Letter]:
        """Those that are meant, the oldest first, at most `limit` of them."""
        found = [letter for letter in letters if self.takes(letter)]
        return found if self.limit is None else found[: self.limit]

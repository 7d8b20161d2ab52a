"""The order of a parked aggregate's dead letters, and how far they are settled (architecture, law 7).

The twin `parked:<id>` counts what it has put aside: a letter's number is its sequence. The aggregate's own document
remembers up to which of them it has decided or dropped, as the number of a stream. So neither needs a list, and a
letter is decided once and in its turn.
"""

import json
from dataclasses import dataclass
from typing import Final, Literal

from contracts.decision import Refusal
from contracts.topics import DEAD_LETTERS
from services.chassis.arrival import PARKED
from services.chassis.document import Document

PARKED_STATES: Final = r'^\{"stage": "parked"'
"""How the state of a twin begins as long as its aggregate is parked."""


_LETTERS: Final = frozenset(topic.name for topic in DEAD_LETTERS.values())


@dataclass(frozen=True, slots=True)
class ParkedLetters:
    """`put_aside` letters in all, the first `settled` of them decided or dropped. `stream` is their name in numbers."""

    stream: str
    put_aside: int
    settled: int

    @property
    def are_settled(self) -> bool:
        """Whether none is left."""
        return self.settled >= self.put_aside

    def judge(self, first: int, last: int, *, drops: bool = False) -> Refusal | None:
        """Why the letters from `first` to `last` cannot be settled now, None if they can. A settled one is replayed
        as a duplicate, but not dropped any more."""
        if not first <= last <= self.put_aside:
            return Refusal("not-found", "letter-unknown")
        if first > self.settled + 1:
            return Refusal("not-available-now", "letter-out-of-order")
        if drops and last <= self.settled:
            return Refusal("not-available-now", "letters-settled")
        return None


def twin_state(stage: Literal["parked", "unparked"], letters: ParkedLetters) -> str:
    """The twin's state from now on, with how far its letters are settled: a number of the other document may be
    forgotten after 30 days, and this is not."""
    return json.dumps({"stage": stage, "settled": letters.settled})


def is_parked(twin: Document | None) -> bool:
    """Whether what comes for the aggregate is put aside.

    Release 0.1.0 takes every twin for parked. Where it has put something aside since the twin was let go (during an
    upgrade, or after a roll back), the aggregate is parked again: decided now, what comes would raise the numbers of
    its streams, and those letters could only be duplicates."""
    if twin is None or twin.state is None:
        return False
    put_aside = sum(number for topic, number in twin.sequences.items() if topic in _LETTERS)
    mark = json.loads(twin.state)
    return mark["stage"] == "parked" or put_aside > int(mark["settled"])


def letters_of(service: str, document: Document, twin: Document | None) -> ParkedLetters:
    """How far the letters of this aggregate are settled."""
    topic = DEAD_LETTERS[service].name
    stream = f"{service}/{PARKED}{document.id}/{topic}"
    known, _ = document.numbers.get(stream, (0, 0))
    if twin is None:
        return ParkedLetters(stream, 0, known)
    settled = json.loads(twin.state).get("settled", 0) if twin.state is not None else 0
    return ParkedLetters(stream, twin.sequences.get(topic, 0), max(known, settled))

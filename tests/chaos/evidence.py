"""What a run left behind, as plain data: the checker needs neither broker nor database."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

from contracts.envelope import Envelope
from deploy.local.watch import ANSWER_TOPICS
from tests.chaos.hostile import Explained
from tests.chaos.ledger import Entry

Kind = Literal["lost", "doubled", "out of order", "unanswered", "refused", "stuck", "dead letter", "too slow"]


class Violation(NamedTuple):
    """One broken promise."""

    kind: Kind
    what: str


@dataclass(frozen=True, slots=True)
class Said:
    """One readable record of a topic."""

    topic: str
    partition: int
    offset: int
    stamp_ms: int
    envelope: Envelope
    value: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """The message's name without service and version."""
        return self.envelope.type.split(".")[-2] if self.envelope.type.count(".") >= 2 else self.envelope.type

    @property
    def body(self) -> Mapping[str, Any]:
        """What the record says."""
        body: Mapping[str, Any] = json.loads(self.value)
        return body


@dataclass(frozen=True, slots=True)
class Outbox:
    """One outbox entry of a document and the position of its cause."""

    message_id: str
    topic: str
    partition: int
    offset: int


@dataclass(frozen=True)
class Evidence:
    """Everything that is checked. `said`: readable records, those of a partition in order, hostile ones left out.
    `states`: by service and aggregate. `committed`: by service, topic and partition. `bills`: hand-overs at the SMS
    gateway by message id. `receipts`: messages whose delivery the gateway has reported, and was told that it is noted.
    `lags`, `paused`: groups with unread records, lanes that stand still."""

    ledger: Mapping[str, Entry]
    said: Sequence[Said]
    states: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    outboxes: Mapping[str, Mapping[str, Sequence[Outbox]]] = field(default_factory=dict)
    committed: Mapping[tuple[str, str, int], int] = field(default_factory=dict)
    bills: Mapping[str, int] = field(default_factory=Counter)
    receipts: frozenset[str] = frozenset()
    explained: frozenset[Explained] = frozenset()
    lags: Mapping[str, int] = field(default_factory=dict)
    paused: Sequence[str] = ()

    @cached_property
    def of_the_ledger(self) -> Mapping[str, Said]:
        """The first record of each ledger entry that is on its topic, by id."""
        found: dict[str, Said] = {}
        for said in self.said:
            entry = self.ledger.get(said.envelope.id)
            if entry is not None and entry.topic == said.topic:
                found.setdefault(entry.id, said)
        return found

    @cached_property
    def answers(self) -> Mapping[str, Sequence[Said]]:
        """Answers by the id of their command, in the order of their topics."""
        answers: defaultdict[str, list[Said]] = defaultdict(list)
        for said in self.said:
            if said.topic in ANSWER_TOPICS and said.envelope.causation_id is not None:
                answers[said.envelope.causation_id].append(said)
        return answers

    @cached_property
    def caused(self) -> Mapping[str, Mapping[str, set[str]]]:
        """What each ledger entry led to: ids of messages by their names, by the entry's id."""
        caused: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for said in self.said:
            if said.envelope.correlation_id in self.ledger:
                caused[str(said.envelope.correlation_id)][said.name].add(said.envelope.id)
        return caused

    def commands(self) -> Iterator[tuple[Entry, Said]]:
        """Ledger entries that are on their topics and are to be answered, with their first record."""
        for command_id, said in self.of_the_ledger.items():
            entry = self.ledger[command_id]
            if entry.name != "IntervalReadings":
                yield entry, said

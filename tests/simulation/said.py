"""Everything that was said in a seed, read once for all checks."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from contracts.envelope import Envelope
from contracts.message import CATALOGUE, Message
from contracts.topics import SERVICES
from services.chassis.arrival import stamp_of
from tests.simulation.log import Taken

M = TypeVar("M", bound=Message)
Stream = tuple[str, str, str]
"""Service, aggregate, topic."""


class Record(NamedTuple):
    """A record that is a message of the catalogue."""

    raw: Taken
    envelope: Envelope

    @property
    def stamp(self) -> datetime:
        """When the broker took it in."""
        return stamp_of(self.raw)

    @property
    def body(self) -> Any:
        """What it says."""
        return CATALOGUE[self.envelope.type].model_validate_json(self.raw.value or b"")

    @property
    def stream(self) -> Stream | None:
        """None for what does not count by sequences."""
        envelope = self.envelope
        if envelope.sequence is None or envelope.source not in SERVICES:
            return None
        return envelope.source, envelope.subject, self.raw.topic


@dataclass
class Said:
    """The whole log of a seed."""

    history: list[Taken]

    @cached_property
    def records(self) -> list[Record]:
        """In the order in which they were taken in."""
        read = (Record(raw, raw.envelope) for raw in self.history if raw.envelope is not None)
        return [record for record in read if record.envelope.type in CATALOGUE]

    @cached_property
    def by_type(self) -> dict[str, list[Record]]:
        """Records by the type of their message."""
        found: dict[str, list[Record]] = defaultdict(list)
        for record in self.records:
            found[record.envelope.type].append(record)
        return found

    def all(self, message: type[M]) -> list[Record]:
        """Every copy."""
        return self.by_type.get(message.type_name, [])

    def once(self, message: type[M]) -> Iterator[M]:
        """What was said, each thing once: copies bear the same number in the same stream."""
        seen: set[object] = set()
        for record in self.all(message):
            mark = (record.stream, record.envelope.sequence) if record.stream else record.envelope.id
            if mark not in seen:
                seen.add(mark)
                yield record.body

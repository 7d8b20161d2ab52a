"""Which outbox entries are known to be on the log (architecture, law 5).

Two ways of knowing: this process saw the acknowledgement, or the group has committed past the record that caused the
entry, which it does only after publishing. What is not known is published again; readers drop it by its number. They
have perhaps forgotten that after weeks, so what is old is judged by what is committed on partitions of others, too.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from services.chassis.document import Entry
from services.chassis.skip_orders import SkipOrders, Spoils

NEVER: Final = datetime.min.replace(tzinfo=UTC)
AGGREGATES_AT_MOST: Final = 50_000
"""Forgetting is safe: a forgotten entry is published once more."""


@dataclass(slots=True)
class Acknowledged:
    """What this process knows, by topic and sequence: two entries may have one id, where one cause came twice.
    `committed`: (epoch, topic, partition) -> the group's committed offset, of the partitions that it owns."""

    committed: dict[tuple[int, str, int], int] = field(default_factory=dict)
    spoils: Spoils = SkipOrders().spoil
    """What no commit proves (law 5)."""
    _everywhere: Mapping[tuple[int, str, int], int] = field(default_factory=dict)
    _before: datetime = NEVER
    _seen: OrderedDict[str, set[tuple[str, int | None]]] = field(default_factory=OrderedDict)

    def note(self, aggregate: str, entry: Entry) -> None:
        """The broker has acknowledged the entry to this process."""
        self._seen.setdefault(aggregate, set()).add((entry.topic, entry.sequence))
        self._seen.move_to_end(aggregate)
        if len(self._seen) > AGGREGATES_AT_MOST:
            self._seen.popitem(last=False)

    def knows(self, aggregate: str, entry: Entry) -> bool:
        """Whether the entry is certainly published."""
        seen = self._seen.get(aggregate)
        return (seen is not None and (entry.topic, entry.sequence) in seen) or self.proves(entry)

    def proves(self, entry: Entry) -> bool:
        """Whether the group's committed offset has passed the entry's cause."""
        if is_proven(entry, self.committed, self.spoils):
            return True
        return entry.time < self._before and is_proven(entry, self._everywhere, self.spoils)

    def learn(self, committed: Mapping[tuple[int, str, int], int], before: datetime) -> None:
        """What every group has committed, whoever owns its partitions. It proves what was queued `before`; what is
        younger is perhaps of a process that had lost its partition, and decided after the commit."""
        self._everywhere, self._before = committed, before

    def forget(self, aggregate: str, kept: list[Entry]) -> None:
        """After a save: only what is still in the outbox needs remembering."""
        seen = self._seen.get(aggregate)
        if seen is None:
            return
        seen &= {(entry.topic, entry.sequence) for entry in kept}
        if not seen:
            del self._seen[aggregate]


def is_proven(entry: Entry, committed: Mapping[tuple[int, str, int], int], spoils: Spoils) -> bool:
    """Whether these committed offsets show that the entry is published: they have passed its cause, and nobody had it
    passed over."""
    epoch, topic, partition, offset = entry.cause
    return offset < committed.get((epoch, topic, partition), 0) and not spoils(entry.cause)

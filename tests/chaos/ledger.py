"""What the load generator wrote and what the broker acknowledged: an append-only file, read again by the checker."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self


@dataclass(slots=True)
class Entry:
    """One message of the generator. `written` counts how often it was given to the broker; `places` are the (topic,
    partition, offset) that were acknowledged."""

    id: str
    type: str
    topic: str
    key: str
    at_ms: int
    written: int = 1
    places: list[tuple[str, int, int]] = field(default_factory=list)

    @property
    def acknowledged(self) -> bool:
        """Whether the broker said that it has it."""
        return bool(self.places)

    @property
    def name(self) -> str:
        """The message's name without service and version."""
        return self.type.split(".")[-2]


class LedgerFile:
    """`with LedgerFile(path) as ledger`: one line for each thing that happened, nothing is ever changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.written = self.acknowledged = 0

    def __enter__(self) -> Self:
        self._file = self._path.open("a", encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def wrote(self, id: str, type: str, topic: str, key: str, at_ms: int) -> None:
        """A message is given to the broker; the same id once more: it is written again."""
        self.written += 1
        self._note({"wrote": id, "type": type, "topic": topic, "key": key, "at_ms": at_ms})

    def took(self, id: str, topic: str, partition: int, offset: int) -> None:
        """The broker has acknowledged it at this place."""
        self.acknowledged += 1
        self._note({"took": id, "place": [topic, partition, offset]})

    def _note(self, line: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(line) + "\n")


def read_ledger(lines: Iterable[str]) -> dict[str, Entry]:
    """The entries by id, from the lines of the file."""
    entries: dict[str, Entry] = {}
    for line in lines:
        noted = json.loads(line)
        if "took" in noted:
            topic, partition, offset = noted["place"]
            entries[noted["took"]].places.append((topic, partition, offset))
        elif noted["wrote"] in entries:
            entries[noted["wrote"]].written += 1
        else:
            wrote = noted["wrote"]
            entries[wrote] = Entry(wrote, noted["type"], noted["topic"], noted["key"], noted["at_ms"])
    return entries

"""What of a whole run is worth keeping: each kind in each of its shapes, each message, and how they belong together."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from services.chassis.document import loaded
from tests.corpus.kept import Fields, Kept, KeptDocument, KeptRecord
from tests.corpus.shapes import shape_of
from tests.corpus.today import Today

OF_EACH_SHAPE: Final = 2
OF_EACH_TYPE: Final = 3
NEXT_AT_MOST: Final = 3
"""Records that brought a kept version to the one after it."""

Place = tuple[str, int]
"""A stream and a number (law 4)."""


def chosen(run: Kept, services: Mapping[str, Today]) -> Kept:
    """The part of a run that is kept."""
    documents: list[KeptDocument] = []
    wanted: set[Place] = set()
    for name, today in services.items():
        versions = [document for document in run.documents if document.service == name]
        for version, following in _notable(versions, today):
            documents.append(version)
            wanted |= _last_decided(version.fields) | _next_decided(version.fields, following)
    return Kept(run.release, documents, list(_records(run.records, wanted)), run.keys)


def _notable(versions: Sequence[KeptDocument], today: Today) -> Iterator[tuple[KeptDocument, Fields | None]]:
    """Versions that show something which the ones before them did not, each with the version after it."""
    after = _followers(versions)
    seen: Counter[tuple[str, str]] = Counter()
    for index, version in enumerate(versions):
        features = {(version.kind, feature) for feature in _features(version.fields, today)}
        if any(seen[feature] < OF_EACH_SHAPE for feature in features):
            seen.update(features)
            yield version, after.get(index)


def _followers(versions: Sequence[KeptDocument]) -> dict[int, Fields]:
    last: dict[str, int] = {}
    after: dict[int, Fields] = {}
    for index, version in enumerate(versions):
        if version.id in last:
            after[last[version.id]] = version.fields
        last[version.id] = index
    return after


def _features(fields: Fields, today: Today) -> set[str]:
    parts = {f"has {name}" for name in ("numbers", "commands", "outbox", "data_key", "due_at") if fields[name]}
    answered = {"has answers"} if any(command.answers for command in loaded(fields).commands.values()) else set()
    state: Any = today.state(fields)
    return shape_of(state) | parts | answered | {f"is {type(state).__name__}"}


def _numbers(fields: Fields | None) -> dict[str, int]:
    return {} if fields is None else {stream: number for stream, (number, _) in loaded(fields).numbers.items()}


def _last_decided(fields: Fields) -> set[Place]:
    newest = sorted(loaded(fields).numbers.items(), key=lambda each: each[1][1])[-1:]
    return {(stream, number) for stream, (number, _) in newest}


def _next_decided(fields: Fields, following: Fields | None) -> set[Place]:
    before = _numbers(fields)
    moved = [(stream, number) for stream, number in _numbers(following).items() if number != before.get(stream)]
    return set(moved[:NEXT_AT_MOST])


def _records(records: Iterable[KeptRecord], wanted: set[Place]) -> Iterator[KeptRecord]:
    seen: Counter[str] = Counter()
    for record in records:
        place = place_of(record)
        seen[record.type] += 1
        if seen[record.type] <= OF_EACH_TYPE or place in wanted or record.type.endswith(".ServiceKeysPublished.v1"):
            yield record


def place_of(record: KeptRecord) -> Place:
    """Where a reader counts it."""
    found = defaultdict(str, {name: (value or b"").decode() for name, value in record.headers})
    if found["ce_sequence"]:
        return f"{found['ce_source']}/{(record.key or b'').decode()}/{record.topic}", int(found["ce_sequence"])
    return f"1/{record.topic}/{record.partition}", record.offset

"""Today's code reads what was kept: states, records, and each document's next messages through the real loop.

Each judge returns what it objects to; nothing is good.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from contracts.catalogue import CATALOGUE
from contracts.envelope import Envelope, from_headers
from contracts.operations import NUDGE, TIMER_ELAPSED
from contracts.topics import CATALOGUE as TOPICS
from services.chassis.arrival import PARKED, Arrival, Undecodable, stamp_of
from services.chassis.document import FormatTooNew, Record, loaded
from services.chassis.sweep import own_record
from tests.corpus.choosing import place_of
from tests.corpus.kept import Fields, KeptDocument, KeptRecord
from tests.corpus.today import LATER, Today

NOT_OF_THE_DOCUMENT: Final = frozenset({"_id", "version", "written_minute", "partition"})
MORE_TIME: Final = timedelta(minutes=15)
AHEAD: Final = 2
UNSEALED: Final = frozenset({"seal-not-opened", "answer-key-not-accepted"})


def unread_states(documents: Sequence[KeptDocument], services: Mapping[str, Today]) -> list[str]:
    """Documents whose state is not read, or is not the same when it was written by today's code."""
    return [f"{each.service} {each.id}: {why}" for each in documents for why in _unread(each, services[each.service])]


def _unread(kept: KeptDocument, today: Today) -> Iterator[str]:
    try:
        before = today.state(kept.fields)
        written = today.written_anew(kept).fields
        after = today.state(written)
    except Exception as error:  # noqa: BLE001 - whatever it is, the document is not read
        yield f"it is not read: {type(error).__name__}"
        return
    if after != before:
        yield "written by today's code, it is another state"
    yield from (f"its {name} changed" for name in _changed(kept.fields, written))


def _changed(before: Fields, after: Fields) -> list[str]:
    # State and data key hold what is encrypted anew each time; the state itself has been compared.
    compared = before.keys() - NOT_OF_THE_DOCUMENT - {"state", "data_key", "format"}
    changed = {name for name in compared if before[name] != after.get(name)}
    return sorted(changed - {"due_at"} if _is_woken_later(before, after) else changed)


def _is_woken_later(before: Fields, after: Fields) -> bool:
    # A state may be given minutes more: the wake-up of old, which comes too early, changes nothing (law 10).
    earlier, later = before["due_at"], after["due_at"]
    return None not in (earlier, later) and earlier <= later <= earlier + MORE_TIME


def unread_records(records: Sequence[KeptRecord], services: Mapping[str, Today]) -> list[str]:
    """Records that the catalogue or one of the services that hear them does not read as a message for an aggregate."""
    return [f"{record.type} at {_place(record)}: {why}" for record in records for why in _unheard(record, services)]


def _unheard(record: KeptRecord, services: Mapping[str, Today]) -> Iterator[str]:
    if not isinstance(from_headers(record.key, record.headers), Envelope):
        yield "its envelope is not read"
        return
    message = CATALOGUE.get(record.type)
    if message is None:
        yield "no such message is in the catalogue"
        return
    try:
        message.model_validate_json(record.value or b"")
    except ValueError:
        yield "its body is not read"
    for name, today in services.items():
        if any(lane.topic.name == record.topic for lane in today.service.lanes):
            yield from (f"{name} says {reason}" for reason in _refusals(record, today))


def _refusals(record: KeptRecord, today: Today) -> Iterator[str]:
    read = today.decoder.read(record, TOPICS[record.topic], stamp_of(record))
    if isinstance(read, Undecodable):
        yield read.reason
    elif isinstance(read, Arrival) and read.obstacle is not None and read.obstacle.reason in UNSEALED:
        yield read.obstacle.reason


def _place(record: KeptRecord) -> str:
    return f"{record.topic}/{record.partition}/{record.offset}"


async def failing_folds(
    documents: Sequence[KeptDocument], records: Sequence[KeptRecord], services: Mapping[str, Today]
) -> list[str]:
    """Documents that today's loop cannot take further: by a nudge, by their timer, by the records that are for them."""
    found: list[str] = []
    for name, today in services.items():
        meant = _by_aggregate(records, today)
        for kept in (document for document in documents if document.service == name):
            for what, record in [*_wakers(kept, today), *_next(kept, meant[kept.id])]:
                found += [f"{name} {kept.id}: {what}: {why}" for why in await _failure(kept, record, today)]
    return found


def _by_aggregate(records: Sequence[KeptRecord], today: Today) -> Mapping[str, list[KeptRecord]]:
    heard = {lane.topic.name for lane in today.service.lanes}
    found: defaultdict[str, list[KeptRecord]] = defaultdict(list)
    for record in (each for each in records if each.topic in heard):
        read = today.decoder.read(record, TOPICS[record.topic], stamp_of(record))
        if isinstance(read, Arrival) and read.aggregate:
            found[read.aggregate].append(record)
    return found


def _next(kept: KeptDocument, meant: Sequence[KeptRecord]) -> Iterator[tuple[str, KeptRecord]]:
    """A record that it has decided comes again, and the first ones that it has not decided yet."""
    try:
        document = loaded(kept.fields)
    except FormatTooNew:
        return
    decided: list[KeptRecord] = []
    ahead: list[KeptRecord] = []
    for record in meant:
        stream, number = place_of(record)
        (decided if document.has_decided(stream, number) else ahead).append(record)
    for record in decided[-1:] + ahead[:AHEAD]:
        yield record.type, record


def _wakers(kept: KeptDocument, today: Today) -> Iterator[tuple[str, KeptRecord]]:
    nudge, timer = NUDGE[today.name](aggregate=kept.id), TIMER_ELAPSED[today.name](aggregate=kept.id)
    yield "a nudge", _as_kept(own_record(today.name, nudge, kept.id, LATER))
    if any(kind.name == kept.kind and kind.on_timer for kind in today.service.kinds):
        yield "its timer", _as_kept(own_record(today.name, timer, kept.id, LATER))


def _as_kept(record: Record) -> KeptRecord:
    return KeptRecord(
        record.topic, 0, 10**9, int(LATER.timestamp() * 1000), record.key, record.value, tuple(record.headers)
    )


async def _failure(kept: KeptDocument, record: KeptRecord, today: Today) -> list[str]:
    # A timer is judged by the clock alone: it is set past the document's own time.
    due_at = kept.fields["due_at"]
    today.begin_with(kept.fields, LATER if due_at is None else max(LATER, due_at + timedelta(seconds=1)))
    try:
        await today.loop().settle("old", TOPICS[record.topic], [record], [])
    except Exception as error:  # noqa: BLE001 - machinery that fails on an old document fails for ever
        return [f"the lane stopped: {type(error).__name__}"]
    parked = ["it was parked"] if PARKED + kept.id in today.store.ids else []
    return [error for _, error, _ in today.told.failures] + parked + today.told.letters

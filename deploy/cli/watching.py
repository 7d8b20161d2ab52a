"""`hesabi watch`: what is said on topics, as it is said, by nobody's consumer group."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import BrokerResponseError, KafkaError
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from contracts import topics
from contracts.envelope import Envelope, rfc3339
from deploy.cli.connecting import REACH_S, reaching, reader
from deploy.cli.installation import Installation
from deploy.cli.message_types import names_of
from deploy.cli.outcome import Wrong
from deploy.cli.shown import short_body, shown_body
from deploy.local.watch import Seen, envelope_of, partitions_of, seen_of

ASK_S: Final = 5.0
"""So often the broker is asked whether it is there, and so long it has for its answer: where nothing is said, a broker
that is gone looks like one that has no news."""

_ID_CHARACTERS: Final = 8
_LOOK_MS: Final = 200
_WIDTHS: Final = (12, 26, 26, 18, 8)
WIDE: Final = 140
_COLOURS: Final = {"identity": "cyan", "accounts": "green", "notifications": "magenta", "reports": "yellow"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look at. Empty topics are all of them, an empty type or correlation is any."""

    topics: Sequence[str] = ()
    type: str = ""
    correlation: str = ""
    from_beginning: bool = False
    count: int | None = None

    def takes(self, seen: Seen) -> bool:
        """Whether this one is asked for. A correlation may be given by its beginning, as it is shown."""
        ids = (seen.envelope.correlation_id or "", seen.envelope.id)
        of_type = not self.type or self.type in (seen.name, *names_of(seen.envelope.type))
        return of_type and any(each.startswith(self.correlation) for each in ids)


def checked_topics(names: Sequence[str]) -> frozenset[str]:
    """Topics by name, or by the beginning of it up to a dot: `identity` is all of identity's.

    Raises:
        Wrong: there is none of that name.
    """
    found = set[str]()
    for name in names:
        those = {topic for topic in topics.CATALOGUE if topic == name or topic.startswith(f"{name}.")}
        if not those:
            raise Wrong(f"there is no topic {name}; `./hesabi topics` lists them")
        found |= those
    return frozenset(found or topics.CATALOGUE)


async def watch(system: Installation, wanted: Wanted, told: Callable[[str], None]) -> AsyncGenerator[Seen, None]:
    """Messages as they come; ends after `count` of them. `told` is told when the broker ceases to answer, and when it
    answers again.

    Raises:
        Wrong: there is no such topic.
        NotReached: Kafka does not answer.
    """
    partitions = partitions_of(checked_topics(wanted.topics).__contains__)
    left = wanted.count
    async with reader(system) as consumer:
        with reaching(system):
            consumer.assign(partitions)
            seek: Callable[..., Awaitable[object]] = (
                consumer.seek_to_beginning if wanted.from_beginning else consumer.seek_to_end
            )
            async with asyncio.timeout(REACH_S):
                await seek(*partitions)
        asking = asyncio.create_task(_tell_of_silence(system, consumer, partitions, told))
        try:
            while True:
                with reaching(system):
                    batch = await consumer.getmany(timeout_ms=_LOOK_MS)
                for seen in _in_order(batch):
                    if wanted.takes(seen):
                        yield seen
                        left = None if left is None else left - 1
                        if left == 0:
                            return
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)


async def _tell_of_silence(
    system: Installation, consumer: AIOKafkaConsumer, partitions: list[TopicPartition], told: Callable[[str], None]
) -> None:
    is_silent = False
    while True:
        was_silent, is_silent = is_silent, not await _answers(consumer, partitions)
        if is_silent and not was_silent:
            told(f"Kafka does not answer at {system.kafka_bootstrap}; still trying")
        elif was_silent and not is_silent:
            told("Kafka answers again")
        await asyncio.sleep(ASK_S)


async def _answers(consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> bool:
    try:
        async with asyncio.timeout(ASK_S):
            await consumer.end_offsets(partitions)
    except BrokerResponseError:  # "no" is an answer, too
        return True
    except (KafkaError, OSError, TimeoutError):
        return False
    return True


def _in_order(batch: Mapping[Any, Sequence[Any]]) -> list[Seen]:
    """What came at one go, by the broker's stamps: topics and partitions have no order among them."""
    records = sorted((record for records in batch.values() for record in records), key=lambda each: each.timestamp)
    read = ((record, envelope_of(record)) for record in records)
    return [seen_of(record, envelope) for record, envelope in read if isinstance(envelope, Envelope)]


def as_json(seen: Seen) -> dict[str, Any]:
    """One message for a program; `time` is the broker's stamp."""
    envelope = seen.envelope
    about = {
        "time": rfc3339(seen.stamp),
        "topic": seen.topic,
        "type": envelope.type,
        "source": envelope.source,
        "subject": envelope.subject,
        "id": envelope.id,
        "correlation_id": envelope.correlation_id,
        "causation_id": envelope.causation_id,
    }
    return about | {"body": shown_body(envelope.type, seen.value)}


def head(width: int) -> RenderableType:
    """The table's head, on a terminal of so many columns."""
    return _row(
        width, *(Text(name, style="bold") for name in ("time (UTC)", "topic", "message", "subject", "correl.", "body"))
    )


def row(width: int, seen: Seen) -> RenderableType:
    """One message for a person, on a terminal of so many columns."""
    envelope = seen.envelope
    return _row(
        width,
        Text(seen.stamp.strftime("%H:%M:%S.%f")[:-3]),
        Text(seen.topic, style=_COLOURS.get(envelope.source, "bright_black")),
        Text(seen.name, style="bold"),
        Text(_tail(envelope.subject)),
        Text((envelope.correlation_id or "")[:_ID_CHARACTERS]),
        Text(short_body(shown_body(envelope.type, seen.value)), style="bright_black"),
    )


def _tail(subject: str) -> str:
    """`user:5f0c2c9e...`: the kind, and as much of the id as tells them apart."""
    kind, colon, name = subject.rpartition(":")
    return f"{kind}{colon}{name[:_ID_CHARACTERS]}"


def _row(width: int, *cells: Text) -> RenderableType:
    """One line; where that leaves too little room, the body has a line of its own."""
    grid = Table.grid(padding=(0, 1), expand=True)
    for column in _WIDTHS:
        grid.add_column(width=column, no_wrap=True, overflow="ellipsis")
    grid.add_column(ratio=1)
    if width >= WIDE:
        grid.add_row(*cells)
        return grid
    grid.add_row(*cells[:-1])
    return Group(grid, Padding(cells[-1], (0, 0, 0, _WIDTHS[0] + 1)))

"""Everything that is said on all topics, as somebody sees it who may read them all: for the demo's table and the tests.

It belongs to no consumer group and changes nothing.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts import topics
from contracts.catalogue import CATALOGUE
from contracts.envelope import Envelope, EnvelopeRejected, from_headers
from contracts.message import Message
from services.chassis.arrival import PARKED
from services.chassis.clients import opened, start, stop
from services.chassis.instants import instant

POLL_MS: Final = 50


@dataclass(frozen=True, slots=True)
class Seen:
    """One message on a topic. `stamp` is the broker's, `at` this process's own clock in seconds (`perf_counter`)."""

    topic: str
    envelope: Envelope
    stamp: datetime
    at: float
    value: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """The message's name without service and version: `OtpRequested`."""
        return self.envelope.type.split(".")[-2] if self.envelope.type.count(".") >= 2 else self.envelope.type

    @property
    def body(self) -> Message:
        """The message itself.

        Raises:
            KeyError: it is none of the catalogue's.
        """
        return CATALOGUE[self.envelope.type].model_validate_json(self.value)


class Watch:
    """`async with Watch(bootstrap) as watch`: from then on `watch.seen` grows. Key topics are read from their
    beginning. `wanted` names the topics to read; `connection` is what aiokafka needs besides the address."""

    def __init__(
        self,
        bootstrap: str,
        wanted: Callable[[str], bool] = topics.CATALOGUE.__contains__,
        connection: Mapping[str, Any] | None = None,
    ) -> None:
        self.seen: list[Seen] = []
        self.answers: defaultdict[str, list[Seen]] = defaultdict(list)
        """Answers by the id of their command."""
        self._correlated: defaultdict[str, list[Seen]] = defaultdict(list)
        self._wanted = wanted
        self._consumer = AIOKafkaConsumer(
            **{**(connection or {}), "bootstrap_servers": bootstrap},
            group_id=None,
            enable_auto_commit=False,
            fetch_max_wait_ms=POLL_MS,
        )
        self._news = asyncio.Condition()
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._begin()
        except BaseException:
            await stop(self._consumer)
            raise
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        await stop(self._consumer)

    async def _begin(self) -> None:
        await start(self._consumer)
        data = partitions_of(lambda topic: self._wanted(topic) and topic not in KEY_TOPICS)
        keys = partitions_of(lambda topic: self._wanted(topic) and topic in KEY_TOPICS)
        self._consumer.assign([*data, *keys])
        if data:
            await self._consumer.seek_to_end(*data)
        if keys:
            await self._consumer.seek_to_beginning(*keys)

    def caused_by(self, command_ids: Iterable[str]) -> list[Seen]:
        """Whatever these commands led to so far, their answers among it, in the order seen."""
        return [seen for command_id in command_ids for seen in self._correlated[command_id]]

    async def until(self, accept: Callable[[], bool], within: float) -> bool:
        """Waits until `accept()` is true, looking again after each news; False when it was not within so many
        seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within), self._news:
                await self._news.wait_for(accept)
                return True
        return accept()

    async def _read(self) -> None:
        async for record in self._consumer:
            envelope = envelope_of(record)
            if isinstance(envelope, Envelope):
                self._take(seen_of(record, envelope))
                async with self._news:
                    self._news.notify_all()

    def _take(self, seen: Seen) -> None:
        self.seen.append(seen)
        if seen.envelope.correlation_id is not None:
            self._correlated[seen.envelope.correlation_id].append(seen)
        if seen.topic in ANSWER_TOPICS and seen.envelope.causation_id is not None:
            self.answers[seen.envelope.causation_id].append(seen)


def envelope_of(record: Any) -> Envelope | EnvelopeRejected:
    """A parked aggregate's own messages have its name with `parked:` before it, which may be longer than a name is
    allowed to be: then they are read under the aggregate's."""
    envelope = from_headers(record.key, record.headers)
    if isinstance(envelope, Envelope) or not (record.key or b"").startswith(_PARKED):
        return envelope
    headers = [(n, v.removeprefix(_PARKED) if n == "ce_subject" and v else v) for n, v in record.headers]
    return from_headers(record.key.removeprefix(_PARKED), headers)


_PARKED: Final = PARKED.encode()
KEY_TOPICS: Final = frozenset(topic.name for topic in topics.KEYS.values())
ANSWER_TOPICS: Final = frozenset(f"{service}.answers" for service in topics.SERVICES)


def seen_of(record: Any, envelope: Envelope) -> Seen:
    """A record that was just read."""
    stamp = instant(record.timestamp)
    return Seen(record.topic, envelope, stamp, time.perf_counter(), record.value or b"")


def partitions_of(wanted: Callable[[str], bool]) -> list[TopicPartition]:
    """The partitions of all topics whose names are wanted."""
    return [
        TopicPartition(topic.name, partition)
        for topic in topics.CATALOGUE.values()
        if wanted(topic.name)
        for partition in range(topic.partitions)
    ]


async def read_everything(bootstrap: str, look: Callable[[Any], None]) -> None:
    """Look at every record that is on the log now, those of one partition in their order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False)
    async with opened(consumer):
        partitions = partitions_of(lambda _: True)
        ends = await consumer.end_offsets(partitions)
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                for record in records:
                    look(record)


async def raw_records(bootstrap: str) -> dict[str, bytes]:
    """Every byte of every record on all topics, uncompressed, by topic: keys, headers and values in a row."""
    read: defaultdict[str, list[bytes]] = defaultdict(list)
    await read_everything(bootstrap, lambda record: read[record.topic].append(_bytes_of(record)))
    return {topic: b"\n".join(parts) for topic, parts in read.items()}


def _bytes_of(record: Any) -> bytes:
    headers = (part for name, value in record.headers for part in (name.encode(), value or b""))
    return b"\n".join((record.key or b"", *headers, record.value or b""))

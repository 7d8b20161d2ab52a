"""Topics that every process reads whole, from the beginning and for as long as it runs: keys, ended sessions, orders.

What stands on them is about the process and not about an aggregate, so it does not come through a lane. Reading has no
group: every process reads all of it, whoever else does. If it breaks, that is an alarm, and it begins again.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import ValidationError

from contracts.envelope import Envelope, from_headers
from contracts.message import Message
from contracts.topics import Topic
from services.chassis.arrival import RawRecord
from services.chassis.clients import opened
from services.chassis.connection import FROM_THE_BEGINNING

RETRY_S: Final = 2.0
POLL_MS: Final = 1_000
M = TypeVar("M", bound=Message)


class Said(NamedTuple):
    """Who said what in a record."""

    envelope: Envelope
    body: Any


def said(record: RawRecord, kind: type[M], writers: Collection[str]) -> Said | None:
    """The message of a record, None where it is no message of this kind by one of these writers."""
    envelope = from_headers(record.key, record.headers)
    if not isinstance(envelope, Envelope) or envelope.source not in writers or envelope.type != kind.type_name:
        return None
    try:
        return Said(envelope, kind.model_validate_json(record.value or b""))
    except ValidationError:
        return None


class TopicReader:
    """Reads `topics`."""

    def __init__(self, connection: Mapping[str, Any], topics: Iterable[Topic]) -> None:
        self._connection = connection
        self._partitions = [TopicPartition(topic.name, n) for topic in topics for n in range(topic.partitions)]
        self._consumer: AIOKafkaConsumer | None = None
        self._positions: dict[TopicPartition, int] = {}
        self._moved = asyncio.Condition()

    @abstractmethod
    def take(self, record: RawRecord) -> None:
        """Learn from one record. What its writer cannot have written is told and passed over."""

    @abstractmethod
    def failed(self, error: Exception) -> None:
        """Tell that reading broke."""

    async def run(self) -> None:
        """Read until cancelled; begin again after any failure."""
        while True:
            try:
                await self._read()
            except Exception as error:  # noqa: BLE001 - told, and tried again
                self.failed(error)
                await asyncio.sleep(RETRY_S)

    async def catch_up(self) -> None:
        """Return when everything that stands on the topics now has been taken; while they cannot be read, never.

        Raises:
            KafkaError: the broker does not say where they end.
        """
        async with self._moved:
            await self._moved.wait_for(lambda: self._consumer is not None)
            consumer = self._consumer
        assert consumer is not None
        ends = await consumer.end_offsets(self._partitions)
        async with self._moved:
            await self._moved.wait_for(lambda: all(self._positions.get(tp, -1) >= end for tp, end in ends.items()))

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(**self._connection, **FROM_THE_BEGINNING)
        async with opened(consumer):
            consumer.assign(self._partitions)
            await consumer.seek_to_beginning(*self._partitions)
            self._consumer = consumer
            try:
                await self._take_all(consumer)
            finally:
                self._consumer, self._positions = None, {}

    async def _take_all(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            # Before the poll: whoever waits for an empty topic need not wait it out. Not under the lock: who is called
            # off while waiting must get it back first, and the broker may take its time.
            positions = {tp: await consumer.position(tp) for tp in self._partitions}
            async with self._moved:
                self._positions = positions
                self._moved.notify_all()
            fetched: Mapping[Any, Sequence[Any]] = await consumer.getmany(timeout_ms=POLL_MS)
            for records in fetched.values():
                for record in records:
                    self.take(record)

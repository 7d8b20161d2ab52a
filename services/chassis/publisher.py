"""Sending records so that order holds and nothing is believed sent that is not (traps 6, 16, 17).

Partitions are sent to side by side, to each one batch at a time. After any failed or timed-out send the producer is
abandoned: its sequence numbers can no longer be trusted. The next call makes a new one, and the outboxes are published
again.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder, MessageAccumulator

from contracts.topics import CATALOGUE as TOPICS
from contracts.topics import MAX_RECORD_BYTES
from services.chassis.clients import start
from services.chassis.document import Record
from services.chassis.traces import carried

SEND_LIMIT_S: Final = 20.0
START_LIMIT_S: Final = 10.0
STOP_LIMIT_S: Final = 3.0


Place = tuple[str, int]
"""A topic and a partition."""


class PublishFailed(Exception):
    """Not every record was acknowledged: machinery, the lane pauses (law 7). Its cause is what the client met."""


class Publisher(Protocol):
    """Sends records in order and returns when every one is acknowledged; raises if any is not."""

    def __call__(self, records: Sequence[Record]) -> Awaitable[None]:
        """Send all."""
        ...


class KafkaPublisher:
    """One idempotent producer at a time, renewed after any doubt. `on_stamp` hears the broker's latest stamp and how
    long ago sending began, both in milliseconds."""

    def __init__(self, connection: Mapping[str, Any], on_stamp: Callable[[int, int], None]) -> None:
        self._connection = connection
        self._on_stamp = on_stamp
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._turns: dict[Place, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._deliveries: set[asyncio.Task[int]] = set()
        self._farewells: set[asyncio.Task[None]] = set()
        self._under_way: list[float] = []
        self._waiting_since: float | None = None

    @property
    def oldest_send_s(self) -> float:
        """Seconds since when something waits to be acknowledged, over all tries; 0 if nothing does."""
        return 0.0 if self._waiting_since is None else time.monotonic() - self._waiting_since

    async def __call__(self, records: Sequence[Record]) -> None:
        """Send all, in order; return when all are acknowledged. Raises `PublishFailed`."""
        if not records:
            return
        began = time.monotonic()
        self._under_way.append(began)
        self._waiting_since = self._waiting_since or began
        is_wanted = False
        try:
            stamp = await self._acknowledged(records)
            self._on_stamp(stamp, round((time.monotonic() - began) * 1000))
        except PublishFailed:
            is_wanted = True  # and tried again: what waits goes on waiting until one comes through
            raise
        finally:
            self._under_way.remove(began)
            if not is_wanted:
                self._waiting_since = min(self._under_way, default=None)

    async def _acknowledged(self, records: Sequence[Record]) -> int:
        producer = await self._running()
        turns = self._turns
        try:
            async with asyncio.timeout(SEND_LIMIT_S):
                batched = await _batched(producer, records)
                sent = [self._begun(producer, turns[place], place, each) for place, each in batched.items()]
                # Is whoever called called off, they go on: the producer is as good as before, unless one fails later.
                done, _ = await asyncio.wait(sent, return_when=asyncio.FIRST_EXCEPTION)
            return max(each.result() for each in done)
        except Exception as error:
            self._abandon(producer)
            raise PublishFailed from error

    async def close(self) -> None:
        """Stop within a few seconds, whatever the broker does."""
        if self._producer is not None:
            self._abandon(self._producer)
        if ending := self._farewells | self._deliveries:
            await asyncio.wait(ending, timeout=STOP_LIMIT_S + 1)

    async def _running(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **self._connection,
                    acks="all",
                    enable_idempotence=True,
                    compression_type="lz4",
                    linger_ms=0,
                    max_batch_size=128 * 1024,
                    max_request_size=MAX_RECORD_BYTES - 8 * 1024,
                    request_timeout_ms=15_000,
                )
                try:
                    async with asyncio.timeout(START_LIMIT_S):
                        await start(producer)
                except BaseException as error:
                    self._say_farewell(producer)
                    if isinstance(error, Exception):
                        raise PublishFailed from error
                    raise
                self._producer, self._turns = producer, defaultdict(asyncio.Lock)
            return self._producer

    def _begun(
        self, producer: AIOKafkaProducer, turn: asyncio.Lock, place: Place, batches: Sequence[BatchBuilder]
    ) -> asyncio.Task[int]:
        delivery = asyncio.create_task(self._deliver(producer, turn, place, batches))
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._ended)
        return delivery

    async def _deliver(
        self, producer: AIOKafkaProducer, turn: asyncio.Lock, place: Place, batches: Sequence[BatchBuilder]
    ) -> int:
        """One batch of a partition at a time is in the library's hands, whoever sends it. One that waited there behind
        another would come onto the log though that one has failed, and readers would take what is published again for
        duplicates (trap 17). Gives the last stamp in milliseconds."""
        stamp = 0
        async with turn:
            try:
                for batch in batches:
                    if producer is not self._producer:
                        raise KafkaConnectionError("abandoned")
                    acknowledged: Any = await producer.send_batch(batch, place[0], partition=place[1])
                    stamp = int((await acknowledged).timestamp)
            except Exception:
                self._abandon(producer)
                raise
        return stamp

    def _ended(self, delivery: asyncio.Task[int]) -> None:
        self._deliveries.discard(delivery)
        if not delivery.cancelled():
            delivery.exception()  # of interest to nobody any more, where another of the same call has failed before

    def _abandon(self, producer: AIOKafkaProducer) -> None:
        if self._producer is producer:
            self._producer = None
            self._say_farewell(producer)

    def _say_farewell(self, producer: AIOKafkaProducer) -> None:
        task = asyncio.create_task(_stop(producer))
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)


async def _batched(producer: AIOKafkaProducer, records: Sequence[Record]) -> dict[Place, list[BatchBuilder]]:
    """The records as whole batches, each partition's in its order: a future for each costs a quarter of one a record.

    Raises:
        MessageSizeTooLargeError: a record is larger than a batch may be.
    """
    batched: dict[Place, list[BatchBuilder]] = {}
    trace = carried()
    for record in records:
        place = record.topic, await _partition(producer, record)
        batches = batched.get(place) or batched.setdefault(place, [producer.create_batch()])
        if not _append(batches[-1], record, trace):
            batches.append(producer.create_batch())
            if not _append(batches[-1], record, trace):
                raise MessageSizeTooLargeError
    return batched


async def _partition(producer: AIOKafkaProducer, record: Record) -> int:
    topic = TOPICS.get(record.topic)
    # A topic of the catalogue has as many partitions as it says: the start has checked it, and they never change.
    partitions = topic.partitions if topic else len(await producer.partitions_for(record.topic))
    return partition_of_key(record.key, partitions)


@lru_cache(maxsize=50_000)
def partition_of_key(key: bytes, partitions: int) -> int:
    """The partition that every Kafka client reckons for a key (murmur2)."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


def _append(batch: BatchBuilder, record: Record, trace: list[tuple[str, bytes]]) -> bool:
    headers = record.headers + trace if trace else record.headers
    return batch.append(timestamp=None, key=record.key, value=record.value, headers=headers) is not None


async def _stop(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(STOP_LIMIT_S):
            # Its own way to stop sends what is still queued, though its sender has been told that it failed.
            await producer._sender.close()  # noqa: SLF001
            fail_all(producer._message_accumulator)  # noqa: SLF001
            await producer.stop()
    except Exception:  # noqa: BLE001 - it is being thrown away; with the broker gone it never ends by itself (trap 16)
        # Its sender is dead: whoever still waits for it would wait out a time-out of their own.
        fail_all(producer._message_accumulator)  # noqa: SLF001
        producer._closed = True  # noqa: SLF001 - else it complains, when it is forgotten, that nobody has closed it
        await producer.client.close()


def fail_all(waiting: MessageAccumulator) -> None:
    """Nothing that still waits is sent. The library takes each batch that ends out of the set of those on their way,
    and raises where one that is tried again has left it already."""
    waiting._pending_batches.update(batch for queue in waiting._batches.values() for batch in queue)  # noqa: SLF001
    waiting.fail_all(KafkaConnectionError("abandoned"))
    for batch in waiting._pending_batches:  # noqa: SLF001
        batch._drain_waiter.exception()  # noqa: SLF001 - what nobody looks at is logged as a bug of ours

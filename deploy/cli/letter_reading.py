"""Reading dead letters and what the audit tells of them, as they are now, by nobody's consumer group."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.topics import AUDIT, DEAD_LETTERS
from deploy.cli.connecting import REACH_S, reaching, reader
from deploy.cli.installation import Installation
from deploy.cli.letters import Book, Deed, Letter, book_of, read_record
from deploy.local.watch import partitions_of

BEFORE_THE_OLDEST: Final = timedelta(hours=1)
_LOOK_MS: Final = 200
_FETCH_BYTES: Final = 4 * 1024 * 1024


async def read_book(system: Installation, services: Collection[str]) -> Book:
    """The dead letters of these services and what has been done about them.

    The audit is read from a little before the oldest letter: nothing is done about a letter before it is there, but
    that its aggregate was parked goes out together with it, and an outage may come between the two.

    Raises:
        NotReached: Kafka does not answer.
    """
    async with reader(system, max_partition_fetch_bytes=_FETCH_BYTES) as consumer:
        with reaching(system):
            letters = await _read(consumer, {DEAD_LETTERS[service].name for service in services}, None)
            oldest = min((each.stamp for each in letters), default=None)
            since = None if oldest is None else oldest - BEFORE_THE_OLDEST
            deeds = await _read(consumer, {AUDIT[service].name for service in services}, since)
    return book_of([*letters, *deeds], datetime.now(UTC))


async def _read(consumer: AIOKafkaConsumer, topics: set[str], since: datetime | None) -> list[Letter | Deed]:
    """Everything on these topics up to their present ends.

    Raises:
        TimeoutError: nothing was heard for `REACH_S`.
    """
    partitions = partitions_of(topics.__contains__)
    consumer.assign(partitions)  # first: asked about topics that it does not know yet, a client waits for its next try
    async with asyncio.timeout(REACH_S):
        ends = await consumer.end_offsets(partitions)
        starts = await _starts(consumer, partitions, since)
    left = [tp for tp in partitions if starts[tp] < ends[tp]]
    if left:  # else the consumer is perhaps stopped at once, which it does not hear while it is assigned anew (trap 46)
        consumer.assign(left)
    for tp in left:
        consumer.seek(tp, starts[tp])
    found: list[Letter | Deed] = []
    at = starts
    async with asyncio.timeout(REACH_S) as patience:
        while left:
            for records in (await consumer.getmany(timeout_ms=_LOOK_MS)).values():
                found += [each for record in records if (each := read_record(record)) is not None]
            before, at = at, {tp: await consumer.position(tp) for tp in left}
            if any(at[tp] != before[tp] for tp in left):
                patience.reschedule(asyncio.get_running_loop().time() + REACH_S)
            left = [tp for tp in left if at[tp] < ends[tp]]
    return found


async def _starts(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition], since: datetime | None
) -> dict[TopicPartition, int]:
    starts: dict[TopicPartition, int] = await consumer.beginning_offsets(partitions)
    if since is not None:
        found = await consumer.offsets_for_times(dict.fromkeys(partitions, int(since.timestamp() * 1000)))
        starts |= {tp: at.offset for tp, at in found.items() if at is not None}
    return starts

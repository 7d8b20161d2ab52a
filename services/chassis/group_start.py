"""Where a new group of a lane begins to read (trap 18, decision 9)."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError

from contracts.topics import Topic
from services.chassis.clients import opened


async def begin_at_the_beginning(connection: Mapping[str, Any], group: str, topic: Topic) -> None:
    """A new group starts at the beginning (trap 18): commit the first offsets where the group has none.

    Afterwards an offset out of range is an error that stops the lane, never a silent jump."""
    consumer = AIOKafkaConsumer(**connection, group_id=group, enable_auto_commit=False, auto_offset_reset="none")
    async with asyncio.timeout(30), opened(consumer):
        partitions = [TopicPartition(topic.name, p) for p in range(topic.partitions)]
        consumer.assign(partitions)
        missing = [tp for tp in partitions if await consumer.committed(tp) is None]
        if missing:
            with contextlib.suppress(CommitFailedError):  # it has living members, who did this before they joined
                await consumer.commit(await consumer.beginning_offsets(missing))

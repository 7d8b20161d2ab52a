"""Where a new group of a lane begins to read (trap 18, decision 9)."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError

from contracts.topics import Topic
from services.chassis.clients import opened
from services.chassis.start_check import TopicsUnfit


async def begin_at_the_beginning(connection: Mapping[str, Any], group: str, topic: Topic) -> None:
    """A new group starts at the beginning (trap 18): commit the first offsets where the group has none.

    Afterwards an offset out of range is an error that stops the lane, never a silent jump.

    Raises:
        TopicsUnfit: the group has members that read another topic: nobody else may commit for it.
    """
    consumer = AIOKafkaConsumer(**connection, group_id=group, enable_auto_commit=False, auto_offset_reset="none")
    async with asyncio.timeout(30), opened(consumer):
        partitions = [TopicPartition(topic.name, p) for p in range(topic.partitions)]
        consumer.assign(partitions)
        missing = [tp for tp in partitions if await consumer.committed(tp) is None]
        if missing:
            try:
                await consumer.commit(await consumer.beginning_offsets(missing))
            except CommitFailedError:
                # It has living members, who did this before they joined.
                if any([await consumer.committed(tp) is None for tp in missing]):
                    raise TopicsUnfit(
                        f"group {group} has members that read another topic than {topic.name}: stop them first"
                    ) from None

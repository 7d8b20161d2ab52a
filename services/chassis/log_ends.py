"""Where the log ends, asked of the broker by a client of its own.

A lane's consumer knows the end only from what it fetches: one that fetches nothing any more believes that it has read
everything. And if the broker does not answer here either, then a lane that stands still is not at fault.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.topics import Topic

ASK_EVERY_S: Final = 2.0
STOP_LIMIT_S: Final = 2.0


class LogEnds:
    """`ends`: partition -> offset of the next record that will be written; None while the broker does not answer."""

    def __init__(self, connection: Mapping[str, Any], topics: Sequence[Topic], limit_s: float) -> None:
        self._connection, self._limit_s = connection, limit_s
        self._partitions = [TopicPartition(topic.name, n) for topic in topics for n in range(topic.partitions)]
        self.ends: Mapping[TopicPartition, int] | None = None

    async def run(self) -> None:
        """Ask until cancelled; with a new client after any failure."""
        while True:
            client = AIOKafkaConsumer(**self._connection, group_id=None, enable_auto_commit=False)
            try:
                await self._ask(client)
            except Exception:  # noqa: BLE001 - the broker is away: that is the answer
                self.ends = None
            finally:
                with contextlib.suppress(Exception):
                    async with asyncio.timeout(STOP_LIMIT_S):
                        await client.stop()
            await asyncio.sleep(ASK_EVERY_S)

    async def _ask(self, client: AIOKafkaConsumer) -> None:
        async with asyncio.timeout(self._limit_s):
            await client.start()
        while True:
            async with asyncio.timeout(self._limit_s):
                self.ends = await client.end_offsets(self._partitions)
            await asyncio.sleep(ASK_EVERY_S)

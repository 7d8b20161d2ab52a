"""Where the log ends, asked of the broker by a client of its own.

A lane's consumer knows the end only from what it fetches: one that fetches nothing any more believes that it has read
everything. And if nobody answers for a topic here either, then a lane of it that stands still is not at fault.
"""

import asyncio
from collections.abc import Mapping, Sequence, Set
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.topics import Topic
from services.chassis.clients import opened

ASK_EVERY_S: Final = 2.0

Ends = Mapping[TopicPartition, int]


class LogEnds:
    """`ends`: topic -> partition -> offset of the next record that will be written; without the topics for which no
    broker answers."""

    def __init__(self, connection: Mapping[str, Any], topics: Sequence[Topic], limit_s: float) -> None:
        self._connection, self._limit_s = connection, limit_s
        self._partitions = {t.name: [TopicPartition(t.name, n) for n in range(t.partitions)] for t in topics}
        self.ends: Mapping[str, Ends] = {}
        self.silent: Set[str] = frozenset()
        """Topics that the last question had no answer for. A lane with nothing to do does not notice."""

    async def run(self) -> None:
        """Ask until cancelled; with a new client after any failure."""
        while True:
            client = AIOKafkaConsumer(
                **self._connection,
                group_id=None,
                enable_auto_commit=False,
                request_timeout_ms=int(self._limit_s * 1000),
            )
            try:
                async with opened(client):
                    await self._ask(client)
            except Exception:  # noqa: BLE001 - the broker is away: that is the answer
                self._keep({})
            await asyncio.sleep(ASK_EVERY_S)

    async def _ask(self, client: AIOKafkaConsumer) -> None:
        while True:
            try:
                self._keep(await self._of(client, *self._partitions))
            except Exception:
                answers = await asyncio.gather(*(self._of(client, t) for t in self._partitions), return_exceptions=True)
                self._keep({t: ends for each in answers if isinstance(each, dict) for t, ends in each.items()})
                if not self.ends:
                    raise
            await asyncio.sleep(ASK_EVERY_S)

    def _keep(self, ends: Mapping[str, Ends]) -> None:
        self.ends, self.silent = ends, self._partitions.keys() - ends.keys()

    async def _of(self, client: AIOKafkaConsumer, *topics: str) -> dict[str, Ends]:
        async with asyncio.timeout(self._limit_s):
            ends = await client.end_offsets([tp for topic in topics for tp in self._partitions[topic]])
        return {topic: {tp: ends[tp] for tp in self._partitions[topic]} for topic in topics}

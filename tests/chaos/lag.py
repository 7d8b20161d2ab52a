"""How much all lanes together have not read yet, as the broker knows it."""

import asyncio
import contextlib
from typing import Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.kubernetes.lanes import LANES
from deploy.local.watch import partitions_of
from services.chassis.clients import opened

LIMIT_S: Final = 10.0

Committed = dict[tuple[str, TopicPartition], int]
"""By group and partition."""


class Offsets(NamedTuple):
    """The ends of all partitions, and what each lane's group has committed."""

    ends: dict[TopicPartition, int]
    committed: Committed

    @property
    def lags(self) -> dict[str, int]:
        """Records that a group has not committed; only groups that have any."""
        lags: dict[str, int] = {}
        for (group, tp), offset in self.committed.items():
            lags[group] = lags.get(group, 0) + max(0, self.ends[tp] - offset)
        return {group: lag for group, lag in lags.items() if lag}


class Lag:
    """`async with Lag(bootstrap) as lag`: two clients, made anew whenever one of them has failed."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._open = contextlib.AsyncExitStack()
        self._clients: tuple[AIOKafkaConsumer, AIOKafkaAdminClient] | None = None

    async def __aenter__(self) -> "Lag":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def offsets(self) -> Offsets | None:
        """None: the broker did not tell."""
        try:
            async with asyncio.timeout(LIMIT_S):
                return await self._asked()
        except (KafkaError, TimeoutError, OSError):
            self._clients = None
            await self._open.aclose()
            return None

    async def _asked(self) -> Offsets:
        consumer, admin = self._clients or await self._connected()
        groups = [f"{service}.{lane.name}" for service, lanes in LANES.items() for lane in lanes]
        # Side by side: one after the other they take longer than the limit on a busy machine.
        found = await asyncio.gather(*(admin.list_consumer_group_offsets(group) for group in groups))
        committed = {
            (group, tp): place.offset
            for group, places in zip(groups, found, strict=True)
            for tp, place in places.items()
        }
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions_of(lambda _: True))
        return Offsets(ends, committed)

    async def _connected(self) -> tuple[AIOKafkaConsumer, AIOKafkaAdminClient]:
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, group_id=None, enable_auto_commit=False)
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        for client in (consumer, admin):
            await self._open.enter_async_context(opened(client))
        self._clients = consumer, admin
        return self._clients

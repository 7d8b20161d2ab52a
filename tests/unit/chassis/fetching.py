"""A made-up broker from which the client's own fetcher reads, and what reads from it as FastStream does."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

TOPIC = "accounts.commands"
NAMES = [TopicPartition(TOPIC, number) for number in range(3)]
OUT_OF_RANGE = 1


class BadName(str):
    """A header's name that is not UTF-8."""

    __slots__ = ()

    def encode(self, encoding: str = "", errors: str = "") -> bytes:
        return b"\xff\xfe"


def batch(first: int, count: int, *, corrupt: bool = False, bad_name_at: int | None = None, codec: int = 0) -> bytes:
    """Records `first` ... as the broker keeps them."""
    builder = _DefaultRecordBatchBuilderPy(2, codec, 0, -1, -1, -1, 1_000_000)
    for number in range(count):
        name = BadName("x") if first + number == bad_name_at else "x"
        builder.append(number, None, b"key", str(first + number).encode(), [(name, b"y")])
    raw = bytearray(builder.build())
    raw[:8] = first.to_bytes(8)
    if corrupt:
        raw[-3] ^= 0xFF
    return bytes(raw)


class FakeBroker:
    """Partitions of batches; stands where aiokafka has its client."""

    def __init__(self, *partitions: list[tuple[int, int, bytes]], begins: int = 0) -> None:
        self.partitions = partitions
        self.begins = begins
        self.committed: dict[TopicPartition, int] = dict.fromkeys(NAMES[: len(partitions)], 0)
        self.cluster = SimpleNamespace(leader_for_partition=lambda _: 1, broker_metadata=lambda _: None)
        self._metadata_max_age_ms = 300_000
        self._loop: Any = None
        self.waits_ms: list[int] = []
        self.on_fetch: Callable[[], None] = lambda: None

    async def send(self, _: int, request: Any) -> Any:
        """Answer a fetch."""
        self.waits_ms.append(request._max_wait_ms)
        self.on_fetch()
        return SimpleNamespace(
            API_VERSION=4,
            topics=[(topic, [self._found(*wanted) for wanted in wanted_of]) for topic, wanted_of in request.topics],
        )

    def _found(self, partition: int, offset: int, _: int) -> tuple[Any, ...]:
        kept = self.partitions[partition]
        end = max((last for _, last, _ in kept), default=0)
        data = b"".join(raw for _, last, raw in kept if last > offset)
        code = OUT_OF_RANGE if offset < self.begins else 0
        return partition, code, end, end, None, data

    async def fetch_committed_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, Any]:
        """What the group has committed."""
        return {tp: SimpleNamespace(offset=self.committed[tp]) for tp in partitions}


def stored(first: int, count: int, **faults: Any) -> tuple[int, int, bytes]:
    """A batch with its first and next offset."""
    return first, first + count, batch(first, count, **faults)


Open = Callable[[FakeBroker], Any]


class Reading:
    """Polls as FastStream does, and commits what it got before the next poll."""

    def __init__(self, broker: FakeBroker, consumer: Any) -> None:
        self.broker, self.consumer = broker, consumer
        self.records: list[Any] = []

    async def poll(self, limit: int = 500) -> Any:
        """How many records there are so far."""
        found = await self.consumer.getmany(timeout_ms=10, max_records=limit)
        for tp, records in found.items():
            self.records += records
            self.broker.committed[tp] = records[-1].offset + 1
        return len(self.records)

    def of(self, partition: int) -> list[int]:
        """The offsets that came of a partition."""
        return [record.offset for record in self.records if record.partition == partition]

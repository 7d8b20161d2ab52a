"""A lane on Kafka: subscriber, consumer group, commit, rewind and pause (architecture, law 14; traps 1-23).

FastStream ends here. It hands over raw batches and commits nothing; after broken machinery the lane seeks back,
pauses, and returns, so that the group's membership stays alive while it waits.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from faststream import AckPolicy

from contracts.topics import Topic
from services.chassis import raw_batch
from services.chassis.acknowledged import Acknowledged
from services.chassis.consumer import FETCH_MS, Halt, LaneConsumer
from services.chassis.fold import DueEffect
from services.chassis.lane_broker import LaneBroker
from services.chassis.membership import HEARTBEAT_S, REBALANCE_S, REVOKE_LIMIT_S, SESSION_S
from services.chassis.observer import ServiceObserver, timed
from services.chassis.service import Lane

COMMIT_LIMIT_S: Final = 8.0
PAUSE_S: Final = 1.0
"""The retry is the probe (law 7). A call of a server that is away takes seconds by itself; once the server is back,
everybody waits for this."""

Settle = Callable[[str, Topic, Sequence[Any], list[DueEffect]], Awaitable[None]]


class KafkaLane(ConsumerRebalanceListener):
    """One lane of a service. `settle` does everything up to the commit and lists the calls to make, which `after`
    gets."""

    def __init__(
        self,
        service: str,
        lane: Lane,
        settle: Settle,
        after: Callable[[list[DueEffect]], None],
        acknowledged: Acknowledged,
        observer: ServiceObserver,
    ) -> None:
        self.name, self.topic, self._most = lane.name, lane.topic, lane.most
        self.group = f"{service}.{lane.name}"
        self._settle, self._after, self._acknowledged = settle, after, acknowledged
        self._observer, self._tell = observer, observer.tell
        self._subscriber: Any = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._resuming: asyncio.Task[None] | None = None
        self.batches = 0

    def attach(self, broker: LaneBroker, member: str | None = None) -> None:
        """Subscribe through FastStream with the settings that measured well. Under the name of a `member` that was
        killed its successor gets its partitions at once (decision 33)."""
        self._subscriber = broker.subscriber(
            self.topic.name,
            group_id=self.group,
            group_instance_id=member,
            batch=True,
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            parser=raw_batch.parse,
            decoder=raw_batch.decode,
            listener=self,
            auto_offset_reset="none",
            max_records=self._most,
            batch_timeout_ms=10,
            fetch_max_wait_ms=FETCH_MS,
            max_partition_fetch_bytes=512 * 1024,
            session_timeout_ms=int(SESSION_S * 1000),
            heartbeat_interval_ms=int(HEARTBEAT_S * 1000),
            rebalance_timeout_ms=int(REBALANCE_S * 1000),
            max_poll_interval_ms=120_000,
        )
        self._subscriber(self._handle)

    @property
    def consumer(self) -> LaneConsumer | None:
        """The consumer, once started."""
        return self._subscriber.consumer if self._subscriber is not None else None

    @property
    def paused(self) -> bool:
        """Whether the lane waits for machinery to come back."""
        return self._resuming is not None and not self._resuming.done()

    @property
    def busy(self) -> bool:
        """Whether a batch is in flight."""
        return not self._idle.is_set()

    @property
    def polls(self) -> int:
        """How often the consumer asked for records and was not refused."""
        return self.consumer.polls if self.consumer is not None else 0

    @property
    def steps(self) -> int:
        """How many steps of batches were done, and batches: what grows while a long batch gets on."""
        return self.batches + self._observer.steps[self.name]

    def lag(self) -> dict[int, int | None]:
        """Records not yet read, by partition owned; None where the broker has not said yet."""
        consumer = self.consumer
        if consumer is None:
            return {}
        lags: dict[int, int | None] = {}
        for tp in consumer.assignment():
            high, position = consumer.highwater(tp), _position(consumer, tp)
            lags[tp.partition] = None if high is None or position is None else max(0, high - position)
        return lags

    def places(self) -> dict[TopicPartition, int | None]:
        """Where it reads next in each partition that it owns and that is not halted; None while it looks for it."""
        consumer = self.consumer
        if consumer is None:
            return {}
        return {tp: _position(consumer, tp) for tp in consumer.assignment() if tp not in consumer.halts}

    @property
    def halts(self) -> tuple[Halt, ...]:
        """Its partitions that go no further."""
        return tuple(self.consumer.halts.values()) if self.consumer is not None else ()

    async def holds(self) -> bool:
        """Whether what the batch has in hand is this member's still: asked before any of it is saved, or answered
        without a save (decision 35). Where the group does not answer it may be another's."""
        try:
            return self.consumer is not None and await self.consumer.membership.holds()
        except KafkaError:
            return False

    async def try_again(self, halt: Halt) -> None:
        """See whether a partition goes on by now."""
        if self.consumer is not None and not self.paused:
            await self.consumer.try_again(halt)

    async def stands_at(self, halt: Halt) -> bool:
        """Whether the group has committed everything before the record at which a partition stands, and no more."""
        consumer = self.consumer
        if consumer is None or consumer.halts.get(halt.partition) is not halt:
            return False
        async with asyncio.timeout(COMMIT_LIMIT_S):
            return bool(await consumer.committed(halt.partition) == halt.offset)

    async def skip(self, halt: Halt) -> bool:
        """Commit the offset behind the record at which a partition stands, and read on there. False: the partition has
        gone to somebody else."""
        consumer, tp = self.consumer, halt.partition
        if consumer is None or consumer.halts.get(tp) is not halt:
            return False
        behind = {tp: halt.offset + 1}
        if not await self._commit_offsets(behind):
            return False
        consumer.read_on(tp, halt.offset + 1)
        return True

    async def _handle(self, records: Sequence[ConsumerRecord[Any, Any]]) -> None:
        with self._observer.batch(self.name, self.topic.name, records):
            await self._settled(records)

    async def _settled(self, records: Sequence[ConsumerRecord[Any, Any]]) -> None:
        self._idle.clear()
        calls: list[DueEffect] = []
        try:
            await self._settle(self.name, self.topic, records, calls)
            with timed(self._observer, self.name, "commit", time.perf_counter):
                await self._commit(records)
        except Exception as error:  # noqa: BLE001 - machinery: nothing was committed, the same records come again
            self._rewind_and_pause(records, error)
        finally:
            self.batches += 1
            self._idle.set()
        if calls:
            self._after(calls)

    async def _commit(self, records: Sequence[ConsumerRecord[Any, Any]]) -> None:
        consumer = self.consumer
        assert consumer is not None
        owned = consumer.assignment()
        behind = {record.partition: record.offset + 1 for record in records}  # of each partition its last record counts
        offsets: dict[TopicPartition, int] = {}
        for partition, offset in behind.items():
            tp = TopicPartition(self.topic.name, partition)
            if tp in owned and offset > self._committed(tp):
                offsets[tp] = offset
        if offsets:
            await self._commit_offsets(offsets)

    async def _commit_offsets(self, offsets: Mapping[TopicPartition, int]) -> bool:
        assert self.consumer is not None
        try:
            async with asyncio.timeout(COMMIT_LIMIT_S):
                await self.consumer.commit(dict(offsets))
        except (CommitFailedError, IllegalStateError):
            # The partitions have gone to somebody else, who reads these records again and finds them decided.
            self._tell("commit_lost", lane=self.name)
            return False
        for tp, offset in offsets.items():
            self._acknowledged.committed[self.topic.epoch, tp.topic, tp.partition] = offset
        return True

    def _committed(self, tp: TopicPartition) -> int:
        """What the group is known to have committed."""
        return self._acknowledged.committed.get((self.topic.epoch, tp.topic, tp.partition), 0)

    def _rewind_and_pause(self, records: Sequence[ConsumerRecord[Any, Any]], error: Exception) -> None:
        self._go_back(records)
        self._tell("lane_paused", lane=self.name, error=error, wait_s=PAUSE_S)

    def _go_back(self, records: Sequence[ConsumerRecord[Any, Any]]) -> None:
        consumer = self.consumer
        if consumer is None:
            return
        first: dict[TopicPartition, int] = {}
        for record in records:
            first.setdefault(TopicPartition(record.topic, record.partition), record.offset)
        for tp, offset in first.items():
            if tp in consumer.assignment():
                # What is decided below a commit seems proven at once: others read it, if the partition has come back.
                consumer.seek(tp, max(offset, self._committed(tp)))
                consumer.halts.pop(tp, None)  # what came before the bad record comes first again
        consumer.pause(*consumer.assignment())
        if self._resuming is not None:
            self._resuming.cancel()  # of an earlier pause, which a rebalance has ended: it would cut this one short
        self._resuming = asyncio.create_task(self._resume(consumer))

    async def _resume(self, consumer: LaneConsumer) -> None:
        await asyncio.sleep(PAUSE_S)
        held = tuple(tp for tp in consumer.paused() if tp in consumer.assignment() and tp not in consumer.halts)
        if held:
            consumer.resume(*held)
        self._tell("lane_resumed", lane=self.name)

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Let the batch in flight end before the partitions go (trap 14)."""
        try:
            async with asyncio.timeout(REVOKE_LIMIT_S):
                await self._idle.wait()
        except TimeoutError:
            self._tell("revoked_while_busy", lane=self.name)
            if self.consumer is not None:
                self.consumer.membership.lets_go()
        if self.consumer is not None:
            if revoked and self.consumer.is_put_out:
                self._tell("put_out", lane=self.name)
            self.consumer.halts.clear()  # none is paused any more, not even one that is assigned again
        for tp in revoked:
            self._acknowledged.committed.pop((self.topic.epoch, tp.topic, tp.partition), None)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Learn what the group has committed: it proves what was published (law 5)."""
        consumer = self.consumer
        if consumer is None:
            return
        for tp in assigned:
            async with asyncio.timeout(COMMIT_LIMIT_S):
                offset = await consumer.committed(tp)
            if offset is not None:
                self._acknowledged.committed[self.topic.epoch, tp.topic, tp.partition] = offset


def _position(consumer: AIOKafkaConsumer, tp: TopicPartition) -> int | None:
    # The public `position()` may wait for the broker; a look at the lag may not.
    assignment = consumer._subscription.subscription.assignment  # noqa: SLF001
    state = assignment.state_value(tp) if assignment is not None else None
    return state.position if state is not None and state.has_valid_position else None

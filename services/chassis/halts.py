"""Partitions that stand still: told, tried again, and passed over on an operator's order (traps 18 and 19)."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from aiokafka import TopicPartition

from contracts.message import Message
from contracts.operations import RECORD_SKIPPED
from services.chassis.consumer import Halt
from services.chassis.lane import KafkaLane
from services.chassis.observer import ServiceObserver
from services.chassis.skip_orders import SkipOrder, SkipOrders

ATTEND_EVERY_S: Final = 0.2
TRY_AGAIN_S: Final = {True: 30.0, False: 3.0}
"""By whether a record is unreadable: most lost offsets come back when a broker has come up (trap 18)."""

TRY_LOST_FOR_S: Final = 120.0
"""Then an offset that the log does not have is lost for good: were it tried for ever, the log would grow past it, and
the records in between be passed over without anybody's order."""

TELL_AGAIN_S: Final = 60.0


@dataclass(slots=True)
class Halts:
    """`publish` sends one message of our own under an aggregate's name and a correlation id."""

    service: str
    lanes: Sequence[KafkaLane]
    orders: SkipOrders
    publish: Callable[[str, str, Message], Awaitable[None]]
    present: Callable[[], datetime]
    observer: ServiceObserver
    clock: Callable[[], float] = time.monotonic
    _told: dict[tuple[TopicPartition, int], float] = field(default_factory=dict)
    _lost: dict[tuple[TopicPartition, int], tuple[float, float]] = field(default_factory=dict)

    async def attend(self) -> int:
        """Look at every halted partition. Returns how many there are."""
        halted = 0
        for lane in self.lanes:
            halts = lane.halts
            halted += len(halts)
            self.observer.halted(lane.name, sum(h.unreadable for h in halts), sum(not h.unreadable for h in halts))
            for halt in halts:
                self._tell(lane.name, halt)
                await self._attend(lane, halt)
        return halted

    def _tell(self, lane: str, halt: Halt) -> None:
        """Once a minute: a partition that is tried again and halts again is the same news."""
        tp, now = halt.partition, self.clock()
        if now - self._told.get((tp, halt.offset), -TELL_AGAIN_S) < TELL_AGAIN_S:
            return
        self._told[tp, halt.offset] = now
        self.observer.tell(
            "partition_halted", error=halt.error, lane=lane, topic=tp.topic, partition=tp.partition,
            offset=halt.offset, reason="unreadable" if halt.unreadable else "offset-lost",
        )  # fmt: skip

    async def _attend(self, lane: KafkaLane, halt: Halt) -> None:
        tp = halt.partition
        order = self.orders.standing(lane.topic.epoch, tp.topic, tp.partition, halt.offset, self.present())
        if halt.unreadable and order is not None and await lane.stands_at(halt):
            await self._skip(lane, halt, order)
        elif self.clock() - halt.since > TRY_AGAIN_S[halt.unreadable] and (halt.unreadable or self._is_new(halt)):
            await lane.try_again(halt)

    def _is_new(self, halt: Halt) -> bool:
        """Whether this offset has not been lost for long, however often it was tried. Lost again after a while, as at
        the broker's next restart, it is lost anew."""
        place, now = (halt.partition, halt.offset), self.clock()
        first, last = self._lost.get(place, (now, now))
        if now - last >= TELL_AGAIN_S:
            first = now
        self._lost[place] = first, now
        return now - first < TRY_LOST_FOR_S

    async def _skip(self, lane: KafkaLane, halt: Halt, order: SkipOrder) -> None:
        """The event first: what is passed over is on record, be it twice."""
        tp = halt.partition
        event = RECORD_SKIPPED[self.service](
            lane=lane.name,
            source_topic=tp.topic,
            epoch=lane.topic.epoch,
            partition=tp.partition,
            offset=halt.offset,
            operator=order.body.operator,
            why=order.body.why,
        )
        await self.publish(f"skip:{lane.name}.{tp.partition}", order.id, event)
        if await lane.skip(halt):
            self.observer.skipped(lane.name)
            self.observer.tell(
                "record_skipped", lane=lane.name, topic=tp.topic, partition=tp.partition, offset=halt.offset
            )

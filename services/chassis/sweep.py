"""Wake-ups: the owner of a partition of the command topic sweeps that partition's documents (architecture, law 10)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from contracts.envelope import Envelope, to_headers
from contracts.message import Message
from contracts.operations import COMMANDS_TOPIC, TIMER_ELAPSED
from services.chassis.clock import SKEW_ALARM
from services.chassis.document import Record
from services.chassis.effects import fresh_id
from services.chassis.lane import KafkaLane
from services.chassis.publisher import partition_of_key
from services.chassis.store import Store

SWEEP_EVERY_S: Final = 0.25
WAKE_AT_MOST: Final = 500
LATEST_AT_MOST: Final = 100
"""Of these, where more are due, so many are those that became due last: a code's next try must not wait behind a
broadcast whose messages are all due at nine (N1). The rest are the most overdue, so that all get their turn."""

UNDER_WAY_AT_MOST: Final = 10_000
"""Past this many that stay due however often they are woken, as those of parked aggregates do, others are seen only
when they have just become due."""

UNDER_WAY_FOR: Final = timedelta(seconds=30)
"""After this a wake-up counts as lost and the next sweep sends another; two do no harm."""


MAYBE_EARLY_FOR: Final = 2 * SKEW_ALARM
"""A wake-up that was sent so soon after its time is perhaps found early: brokers' clocks differ, and each
acknowledgement sets ours. It counts as lost so soon, once; were none to count longer, those of parked aggregates, which
stay due, would be sent all the time."""


def partition_of(service: str) -> Callable[[str], int]:
    """Which partition of the service's command topic a key falls on: as every producer reckons it (murmur2)."""
    partitions = COMMANDS_TOPIC[service].partitions
    return lambda aggregate: partition_of_key(aggregate.encode(), partitions)


def own_record(service: str, message: Message, aggregate: str, at: datetime) -> Record:
    """A timer or a nudge: it is not remembered and has no derived id."""
    envelope = Envelope(fresh_id(), service, type(message).type_name, aggregate, at)
    body = message.__pydantic_serializer__.to_json(message)
    return Record(type(message).topic.name, aggregate.encode(), body, to_headers(envelope))


@dataclass(slots=True)
class Sweep:
    """Sends `TimerElapsed` under the aggregate's key, on partitions that are read to their end: it stands behind what
    came in time on the same partition, and no more.

    A command has the key of its flow, and most fall on another partition; events and results come by other lanes. They
    may be read after the wake-up, however early they came. A state to which that matters asks to be woken later than it
    ends, and judges what comes by its stamp (law 9)."""

    service: str
    lane: KafkaLane
    store: Store
    publish: Callable[[Sequence[Record]], Awaitable[None]]
    present: Callable[[], datetime]
    _under_way: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)

    async def once(self) -> int:
        """One sweep over the partitions that are owned and read to their end. Returns how many were woken."""
        partitions = [p for p, lag in self.lane.lag().items() if lag == 0]
        if not partitions or self.lane.paused or self.lane.busy:
            return 0
        now = self.present()
        self._under_way = {a: w for a, w in self._under_way.items() if abs(now - w[1]) < _lasts(*w)}
        woken = await self._waiting(partitions, now)
        timer = TIMER_ELAPSED[self.service]
        await self.publish([own_record(self.service, timer(aggregate=a), a, now) for a in woken])
        sent_at = self.present()  # the acknowledgement has perhaps just corrected the clock
        self._under_way.update({a: (due_at, sent_at) for a, due_at in woken.items()})
        return len(woken)

    async def _waiting(self, partitions: Sequence[int], now: datetime) -> dict[str, datetime]:
        """Who is due and to be woken now, in this order."""
        # Those under way must not take the others' places.
        most = WAKE_AT_MOST + min(len(self._under_way), UNDER_WAY_AT_MOST)
        due = await self.store.due(partitions, now, most)
        latest = await self.store.due(partitions, now, WAKE_AT_MOST, latest_first=True) if len(due) == most else []
        first = dict(self._idle(latest)[:LATEST_AT_MOST])
        others = [each for each in self._idle(due) if each[0] not in first]
        return first | dict(others[: WAKE_AT_MOST - len(first)])

    def _idle(self, due: Sequence[tuple[str, datetime]]) -> list[tuple[str, datetime]]:
        return [(a, due_at) for a, due_at in due if self._under_way.get(a, (None,))[0] != due_at]


def _lasts(due_at: datetime, sent_at: datetime) -> timedelta:
    """How long a wake-up counts as under way."""
    return MAYBE_EARLY_FOR if sent_at - due_at < MAYBE_EARLY_FOR else UNDER_WAY_FOR

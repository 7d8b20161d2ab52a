"""Operators' orders to pass over records that cannot be read, and what follows from them for proofs (law 5).

What a group has committed counts as proof that everything caused before was published. A record that is passed over was
perhaps readable once: decided and saved, and its outbox not yet sent when the disk went bad. So whatever an order names
is proven by no commit, for as long as the order is kept: the audit finds such an outbox and sends it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from contracts.operations import SkipRecords
from services.chassis.document import Position

ORDER_LIFE: Final = timedelta(minutes=15)
"""From the broker's stamp: an order is for what stands now, not for what may break in a week."""


@dataclass(frozen=True, slots=True)
class SkipOrder:
    """One order as it came: its id and the broker's stamp."""

    id: str
    body: SkipRecords
    stamp: datetime

    def names(self, epoch: int, topic: str, partition: int, offset: int) -> bool:
        """Whether this record is among those named."""
        body = self.body
        return (body.epoch, body.source_topic, body.partition) == (
            epoch,
            topic,
            partition,
        ) and body.first_offset <= offset <= body.last_offset


@dataclass(slots=True)
class SkipOrders:
    """All orders of a service that its topic still keeps."""

    _orders: list[SkipOrder] = field(default_factory=list)

    def learn(self, order: SkipOrder) -> None:
        """One more; the same again changes nothing."""
        if all(known.id != order.id for known in self._orders):
            self._orders.append(order)

    def standing(self, epoch: int, topic: str, partition: int, offset: int, now: datetime) -> SkipOrder | None:
        """The order to pass over this record, if one was given lately; the latest: who gave it waits for its end."""
        for order in reversed(self._orders):
            if order.names(epoch, topic, partition, offset) and now - order.stamp < ORDER_LIFE:
                return order
        return None

    def spoil(self, cause: Position) -> bool:
        """Whether no commit proves anything of what this record caused."""
        return any(order.names(*cause) for order in self._orders)


Spoils = Callable[[Position], bool]
"""See `SkipOrders.spoil`."""

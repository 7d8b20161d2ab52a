"""Reading operators' orders, the whole of `<service>.orders`.

An order is about the groups of lanes, and the lane that it is about may be the one that stands still. Whoever owns the
partition carries it out.
"""

from collections.abc import Mapping
from typing import Any

import structlog

from contracts.operations import SKIP_RECORDS
from contracts.topics import OPERATORS, ORDERS
from services.chassis.arrival import RawRecord, stamp_of
from services.chassis.skip_orders import SkipOrder, SkipOrders
from services.chassis.topic_reader import TopicReader, said

log = structlog.get_logger()


class OrderReader(TopicReader):
    """Fills `orders`."""

    def __init__(self, connection: Mapping[str, Any], service: str, orders: SkipOrders) -> None:
        super().__init__(connection, [ORDERS[service]])
        self._orders, self._kind = orders, SKIP_RECORDS[service]

    def take(self, record: RawRecord) -> None:
        """See `TopicReader.take`."""
        found = said(record, self._kind, OPERATORS)
        if found is None:
            log.error("order_refused", reason="malformed", partition=record.partition, offset=record.offset)
            return
        self._orders.learn(SkipOrder(found.envelope.id, found.body, stamp_of(record)))

    def failed(self, error: Exception) -> None:
        """See `TopicReader.failed`."""
        log.error("order_reader_failed", exc_info=error)

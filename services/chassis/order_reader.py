"""Reading operators' orders, the whole of `<service>.orders`, by every process and without a group.

An order is about the groups of lanes and touches no aggregate, so it does not come through a lane: the lane that it is
about may be the one that stands still. Whoever owns the partition carries it out.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import ValidationError

from contracts.envelope import Envelope, from_headers
from contracts.operations import SKIP_RECORDS
from contracts.topics import OPERATORS, ORDERS
from services.chassis.arrival import RawRecord, stamp_of
from services.chassis.connection import FROM_THE_BEGINNING
from services.chassis.skip_orders import SkipOrder, SkipOrders

log = structlog.get_logger()
RETRY_S: Final = 2.0
POLL_MS: Final = 500
CATCH_UP_S: Final = 10.0


class OrderReader:
    """Fills `orders`."""

    def __init__(self, connection: Mapping[str, Any], service: str, orders: SkipOrders) -> None:
        self._connection, self._orders = connection, orders
        self._type = SKIP_RECORDS[service]
        self._partition = TopicPartition(ORDERS[service].name, 0)
        self._consumer: AIOKafkaConsumer | None = None
        self._position = -1
        self._read_to = asyncio.Condition()

    async def run(self) -> None:
        """Read until cancelled; begin again after any failure."""
        while True:
            try:
                await self._read()
            except Exception as error:
                log.error("order_reader_failed", exc_info=error)
                await asyncio.sleep(RETRY_S)

    async def catch_up(self) -> None:
        """Return when everything that stands on the topic now has been read.

        Raises:
            TimeoutError: it takes too long, or the topic cannot be read.
        """
        async with asyncio.timeout(CATCH_UP_S), self._read_to:
            await self._read_to.wait_for(lambda: self._consumer is not None)
            assert self._consumer is not None
            end = (await self._consumer.end_offsets([self._partition]))[self._partition]
            await self._read_to.wait_for(lambda: self._position >= end)

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(**self._connection, **FROM_THE_BEGINNING)
        await consumer.start()
        try:
            consumer.assign([self._partition])
            await consumer.seek_to_beginning(self._partition)
            self._consumer = consumer
            while True:
                fetched: Mapping[Any, Sequence[Any]] = await consumer.getmany(timeout_ms=POLL_MS)
                for record in fetched.get(self._partition, ()):
                    self.take(record)
                async with self._read_to:
                    self._position = await consumer.position(self._partition)
                    self._read_to.notify_all()
        finally:
            self._consumer = None
            await consumer.stop()

    def take(self, record: RawRecord) -> None:
        """Learn one order; what operators cannot have written is told and passed over."""
        envelope = from_headers(record.key, record.headers)
        is_order = isinstance(envelope, Envelope) and envelope.source in OPERATORS
        try:
            body = self._type.model_validate_json(record.value or b"") if is_order else None
        except ValidationError:
            body = None
        if body is None or not isinstance(envelope, Envelope) or envelope.type != self._type.type_name:
            log.error("order_refused", reason="malformed", partition=record.partition, offset=record.offset)
            return
        self._orders.learn(SkipOrder(envelope.id, body, stamp_of(record)))

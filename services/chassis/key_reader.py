"""Learning the others' public keys from their compacted key topics, from the beginning and for as long as we run
(law 11)."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from pydantic import ValidationError

from contracts.envelope import Envelope, from_headers
from contracts.keys import SERVICE_KEYS_PUBLISHED
from contracts.topics import KEYS
from services.chassis.connection import FROM_THE_BEGINNING
from services.chassis.keyring import Keyring

log = structlog.get_logger()
RETRY_S: Final = 2.0


class KeyReader:
    """Reads without a group: every process reads all keys, whoever else does."""

    def __init__(self, connection: Mapping[str, Any], keyring: Keyring, services: Iterable[str]) -> None:
        self._connection, self._keyring = connection, keyring
        self._service_of = {KEYS[service].name: service for service in services if service in KEYS}

    async def run(self) -> None:
        """Read until cancelled; begin again after any failure."""
        while True:
            try:
                await self._read()
            except Exception as error:
                log.error("key_reader_failed", exc_info=error)
                await asyncio.sleep(RETRY_S)

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(**self._connection, **FROM_THE_BEGINNING)
        await consumer.start()
        try:
            partitions = [TopicPartition(name, 0) for name in self._service_of]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            async for record in consumer:
                self._learn(record)
        finally:
            await consumer.stop()

    def _learn(self, record: ConsumerRecord[Any, Any]) -> None:
        service = self._service_of[record.topic]
        envelope = from_headers(record.key, record.headers)
        if not isinstance(envelope, Envelope) or envelope.source != service or record.value is None:
            log.error("key_refused", service_of_key=service, reason="malformed")
            return
        try:
            message = SERVICE_KEYS_PUBLISHED[service].model_validate_json(record.value)
        except ValidationError:
            log.error("key_refused", service_of_key=service, reason="malformed")
            return
        self._keyring.learn(service, message)

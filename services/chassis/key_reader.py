"""Learning the others' public keys from their compacted key topics (law 11)."""

from collections.abc import Iterable, Mapping
from typing import Any

import structlog

from contracts.keys import SERVICE_KEYS_PUBLISHED
from contracts.topics import KEYS
from services.chassis.arrival import RawRecord
from services.chassis.keyring import Keyring
from services.chassis.topic_reader import TopicReader, said

log = structlog.get_logger()


class KeyReader(TopicReader):
    """Fills `keyring` with the keys of these services."""

    def __init__(self, connection: Mapping[str, Any], keyring: Keyring, services: Iterable[str]) -> None:
        self._service_of = {KEYS[service].name: service for service in services if service in KEYS}
        super().__init__(connection, [KEYS[service] for service in self._service_of.values()])
        self._keyring = keyring

    def take(self, record: RawRecord) -> None:
        """See `TopicReader.take`."""
        service = self._service_of[record.topic]
        found = said(record, SERVICE_KEYS_PUBLISHED[service], [service])
        if found is None:
            log.error("key_refused", service_of_key=service, reason="malformed")
            return
        self._keyring.learn(service, found.body)

    def failed(self, error: Exception) -> None:
        """See `TopicReader.failed`."""
        log.error("key_reader_failed", exc_info=error)

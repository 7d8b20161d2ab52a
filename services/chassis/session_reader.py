"""Learning which sessions have ended, from the whole of `identity.sessions` and for as long as we run (I13).

A process reads the topic to its end before it takes in a single command. From then on it follows: how late it learns of
an end is the broker's delivery, milliseconds. If reading breaks, it is an alarm and it begins again every two seconds,
while commands go on being decided by what is known: a token outlives its session by the length of that breakage and
never by more than its own life (an hour at most). Stopping every command of every service for a topic that cannot be
read would be the greater harm, and whoever can break that topic can stop the service anyway.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import ValidationError

from contracts.envelope import Envelope, from_headers
from contracts.identity_sessions import SessionsEnded
from contracts.topics import IDENTITY_SESSIONS
from services.chassis.arrival import RawRecord, stamp_of
from services.chassis.connection import FROM_THE_BEGINNING
from services.chassis.ended_sessions import EndedSessions, ending
from services.chassis.tokens import ISSUER

log = structlog.get_logger()
RETRY_S: Final = 2.0
POLL_MS: Final = 1_000


class SessionReader:
    """Reads without a group: every process reads all of it, whoever else does. `remembered(count)` is told how many
    ends are known."""

    def __init__(
        self,
        connection: Mapping[str, Any],
        ended: EndedSessions,
        present: Callable[[], datetime],
        remembered: Callable[[int], None],
    ) -> None:
        self._connection, self._ended, self._present, self._remembered = connection, ended, present, remembered
        self.caught_up = asyncio.Event()
        """Set once the topic has been read to where it ended when reading began."""

    async def run(self) -> None:
        """Read until cancelled; begin again after any failure."""
        while True:
            try:
                await self._read()
            except Exception as error:
                log.error("session_reader_failed", exc_info=error)
                await asyncio.sleep(RETRY_S)

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(**self._connection, **FROM_THE_BEGINNING)
        await consumer.start()
        try:
            partitions = [TopicPartition(IDENTITY_SESSIONS.name, n) for n in range(IDENTITY_SESSIONS.partitions)]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            ends = await consumer.end_offsets(partitions)
            while True:
                if not self.caught_up.is_set() and await _is_at(consumer, ends):
                    self.caught_up.set()
                    log.info("sessions_read", count=len(self._ended))
                fetched: Mapping[Any, Sequence[Any]] = await consumer.getmany(timeout_ms=POLL_MS)
                for records in fetched.values():
                    for record in records:
                        self.take(record)
        finally:
            await consumer.stop()

    def take(self, record: RawRecord) -> None:
        """Learn from one record; one that identity cannot have written is told and passed over."""
        envelope = from_headers(record.key, record.headers)
        is_said = isinstance(envelope, Envelope) and (envelope.source, envelope.type) == (ISSUER, _TYPE)
        try:
            said = SessionsEnded.model_validate_json(record.value or b"") if is_said else None
        except ValidationError:
            said = None
        if said is None:
            log.error("session_end_refused", reason="malformed", partition=record.partition, offset=record.offset)
            return
        if not self._ended.learn(ending(said, stamp_of(record)), self._present()):
            log.error("session_ends_overflow", limit=len(self._ended))
        self._remembered(len(self._ended))


_TYPE: Final = SessionsEnded.type_name


async def _is_at(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    return all([await consumer.position(tp) >= end for tp, end in ends.items()])

"""Learning which sessions have ended, from the whole of `identity.sessions` (I13).

A process reads the topic to its end before it takes in a single command. From then on it follows: how late it learns of
an end is the broker's delivery, milliseconds. If reading breaks, commands go on being decided by what is known: a token
outlives its session by the length of that breakage and never by more than its own life (an hour at most). Stopping
every command of every service for a topic that cannot be read would be the greater harm, and whoever can break that
topic can stop the service anyway.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import structlog

from contracts.identity_sessions import SessionsEnded
from contracts.topics import IDENTITY_SESSIONS
from services.chassis.arrival import RawRecord, stamp_of
from services.chassis.ended_sessions import EndedSessions, ending
from services.chassis.tokens import ISSUER
from services.chassis.topic_reader import TopicReader, said

log = structlog.get_logger()


class SessionReader(TopicReader):
    """Fills `ended`. `remembered(count)` is told how many ends are known."""

    def __init__(
        self,
        connection: Mapping[str, Any],
        ended: EndedSessions,
        present: Callable[[], datetime],
        remembered: Callable[[int], None],
    ) -> None:
        super().__init__(connection, [IDENTITY_SESSIONS])
        self._ended, self._present, self._remembered = ended, present, remembered

    def take(self, record: RawRecord) -> None:
        """See `TopicReader.take`."""
        found = said(record, SessionsEnded, [ISSUER])
        if found is None:
            log.error("session_end_refused", reason="malformed", partition=record.partition, offset=record.offset)
            return
        if not self._ended.learn(ending(found.body, stamp_of(record)), self._present()):
            log.error("session_ends_overflow", limit=len(self._ended))
        self._remembered(len(self._ended))

    def failed(self, error: Exception) -> None:
        """See `TopicReader.failed`."""
        log.error("session_reader_failed", exc_info=error)

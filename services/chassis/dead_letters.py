"""Putting aside what cannot be decided: single records at once, a parked aggregate's messages in their order (law 7).

Reason and position stand in clear, the record itself is sealed to the service's own key; nothing personal is in clear.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.decision import Incoming, Outgoing
from contracts.message import Event, Message, Nudge, TimerElapsed
from contracts.operations import AGGREGATE_PARKED, DEAD_LETTER, DeadLetter
from contracts.sealed import Sealed
from services.chassis.arrival import Arrival, RawRecord, Undecodable
from services.chassis.document import Document, Entry, Position
from services.chassis.encoding import Encoder, queued
from services.chassis.fold import MAX_ROUND_BYTES, Folded

MAX_KEPT_VALUE_BYTES: Final = 90 * 1024
MAX_KEPT_HEADER_CHARACTERS: Final = 16 * 1024
MAX_KEPT_KEY_BYTES: Final = 1024
"""Larger ones are not copied into the dead letter: they stay readable at their position for the topic's retention. All
three at their largest, in base64, fit into one seal."""


@dataclass(frozen=True, slots=True)
class Morgue:
    """Makes the dead letters of one service."""

    service: str
    encoder: Encoder
    is_published: Callable[[str, Entry], bool]

    def put_aside(self, undecodable: Undecodable, at: datetime) -> tuple[str, Entry]:
        """The dead letter of one record, with its key."""
        position = undecodable.position
        cause = _cause(position)
        letter = self._letter(undecodable.reason, position, undecodable.raw, None)
        return cause, self._entry(cause, cause, letter, position, at)

    async def fold(self, parked: Document, document: Document, arrivals: Sequence[Arrival], at: datetime) -> Folded:
        """Fold the messages of a parked aggregate: each becomes a dead letter, in order, and counts as decided."""
        folded = Folded(parked.draft())
        draft = folded.draft
        if draft.state is None:
            draft.state = '{"stage": "parked"}'
            self._announce(draft, document.id, arrivals[0], at)
            folded.changed = True
        for arrival in arrivals:
            if folded.queued_bytes > MAX_ROUND_BYTES:
                break
            folded.done += 1
            if arrival.stream is None or isinstance(arrival.incoming.body, TimerElapsed | Nudge):
                continue
            if draft.has_decided(arrival.stream, arrival.number) or document.has_decided(
                arrival.stream, arrival.number
            ):
                folded.outcomes.append("duplicate")
                continue
            letter = self._letter("aggregate-parked", arrival.position, arrival.raw, document.id)
            entry = queued(draft, self._entry(draft.id, arrival.incoming.correlation_id, letter, arrival.position, at))
            folded.queued_bytes += len(entry.body)
            draft.remember_number(arrival.stream, arrival.number, arrival.incoming.now)
            folded.changed = True
            folded.outcomes.append("put-aside")
        if folded.changed:
            draft.outbox = [entry for entry in draft.outbox if not self.is_published(draft.id, entry)]
        return folded

    def _announce(self, draft: Document, aggregate: str, first: Arrival, at: datetime) -> None:
        event = AGGREGATE_PARKED[self.service](aggregate=aggregate, reason="third-failure")
        queued(draft, self._entry(draft.id, first.incoming.correlation_id, event, first.position, at, index=1))

    def _letter(self, reason: str, position: Position, raw: RawRecord, aggregate: str | None) -> DeadLetter:
        return DEAD_LETTER[self.service](
            reason=reason,
            source_topic=position.topic,
            epoch=position.epoch,
            partition=position.partition,
            offset=position.offset,
            aggregate=aggregate,
            original=Sealed.of(_whole(raw)),
        )

    def _entry(
        self, key: str, correlation_id: str, body: Event, position: Position, at: datetime, index: int = 0
    ) -> Entry:
        # The same command may be put aside twice: a letter's id hangs on the record's position.
        incoming: Incoming[Message] = Incoming(body, _cause(position), self.service, key, correlation_id, at)
        return self.encoder.entry(key, Outgoing(body, correlation_id), incoming, index, position, at)


def _cause(position: Position) -> str:
    return f"{position.epoch}.{position.topic}.{position.partition}.{position.offset}"


def _whole(raw: RawRecord) -> str:
    value = raw.value or b""
    headers = [[name, _text(content)] for name, content in raw.headers]
    return json.dumps(
        {
            "key": _text(raw.key) if len(raw.key or b"") <= MAX_KEPT_KEY_BYTES else None,
            "value": _text(value) if len(value) <= MAX_KEPT_VALUE_BYTES else None,
            "headers": headers if len(json.dumps(headers)) <= MAX_KEPT_HEADER_CHARACTERS else None,
            "stamp_ms": raw.timestamp,
        }
    )


def _text(content: bytes | None) -> str | None:
    return None if content is None else base64.b64encode(content).decode()

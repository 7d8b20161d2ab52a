"""Putting aside what cannot be decided: single records at once, a parked aggregate's messages in their order (law 7).

Reason and position stand in clear, the record itself is sealed to the service's own key; nothing personal is in clear.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Final, get_args

from contracts.decision import Incoming, Outgoing, Refusal
from contracts.message import CATALOGUE, Event, Message, Nudge, TimerElapsed
from contracts.operations import AGGREGATE_PARKED, DEAD_LETTER, DeadLetter
from contracts.sealed import Sealed
from services.chassis.arrival import Arrival, RawRecord, Undecodable, UndecodableReason
from services.chassis.document import Document, Entry, Position
from services.chassis.encoding import Encoder, queued
from services.chassis.fold import MAX_ROUND_BYTES, Folded
from services.chassis.letters import whole
from services.chassis.orders import Told, cause_of, told_entries
from services.chassis.parked_letters import is_parked, letters_of, twin_state
from services.chassis.service import KeyedHash

LETTER_REASONS: Final[tuple[str, ...]] = (*get_args(UndecodableReason), "aggregate-parked")
"""Why something is put aside."""


@dataclass(frozen=True, slots=True)
class Morgue:
    """Makes the dead letters of one service, and lets a parked aggregate go when nothing is left of them."""

    service: str
    encoder: Encoder
    keyed_hash: KeyedHash
    is_published: Callable[[str, Entry], bool]

    def put_aside(self, undecodable: Undecodable, at: datetime) -> list[tuple[str, Entry]]:
        """The dead letter of one record, with its key; of one that was replayed in vain also what is told of that."""
        position, order = undecodable.position, undecodable.order
        place = undecodable.first_place or position
        key = cause_of(place)
        letter = self._letter(undecodable.reason, place, undecodable.raw, None)
        told = told_entries(self.encoder, key, Told(order, position, "dead-letter"), at) if order is not None else ()
        return [(key, self._entry(key, cause_of(position), letter, position, at)), *((key, each) for each in told)]

    async def fold(self, parked: Document, document: Document, arrivals: Sequence[Arrival], at: datetime) -> Folded:
        """Fold the messages of a parked aggregate: each becomes a dead letter, in order, and counts as decided.

        One that is not parked yet is parked by the first of them, unless somebody else has decided that since it failed
        here: then only what was decided is settled."""
        folded = Folded(parked.draft())
        if not is_parked(parked):
            decided = [*takewhile(lambda each: _has_decided(document, each), arrivals)]
            if decided:
                return self._settled(folded, document, decided, at)
            folded.draft.state = twin_state("parked", letters_of(self.service, document, parked))
            self._announce(folded.draft, document.id, arrivals[0], at)
            folded.changed = True
        return self._settled(folded, document, arrivals, at)

    def _settled(self, folded: Folded, document: Document, arrivals: Sequence[Arrival], at: datetime) -> Folded:
        for arrival in arrivals:
            if folded.queued_bytes > MAX_ROUND_BYTES:
                break
            folded.done += 1
            if arrival.stream is not None and not isinstance(arrival.incoming.body, TimerElapsed | Nudge):
                self._fold_one(folded, document, arrival, at)
        return self._trimmed(folded)

    def _fold_one(self, folded: Folded, document: Document, arrival: Arrival, at: datetime) -> None:
        draft, order = folded.draft, arrival.order
        assert arrival.stream is not None
        numbers = [(arrival.stream, arrival.number)] + ([arrival.order_number] if order is not None else [])
        if any(each.has_decided(stream, number) for each in (draft, document) for stream, number in numbers):
            folded.outcomes.append("duplicate")
            if order is not None:
                self._tell(folded, Told(order, arrival.position, "duplicate"), at)
            return
        letter = self._letter("aggregate-parked", arrival.place, arrival.raw, document.id)
        entry = queued(draft, self._entry(draft.id, arrival.incoming.correlation_id, letter, arrival.position, at))
        folded.queued_bytes += len(entry.body)
        for stream, number in numbers:
            draft.remember_number(stream, number, arrival.incoming.now)
        if order is not None:
            for told in told_entries(self.encoder, draft.id, Told(order, arrival.position, "put-aside"), at):
                queued(draft, told)
        folded.changed = True
        folded.outcomes.append("put-aside")

    async def unpark(self, parked: Document, document: Document, arrival: Arrival, at: datetime) -> Folded:
        """Fold the order to let an aggregate go, in two saves: its own document takes over the numbers of what was put
        aside, and only then, by a draft of the same look, the mark of parking goes.

        Between the two the aggregate is still parked. Whatever is put aside meanwhile raises the twin's version and
        count: the second save is lost, the order is judged again and refused, and the numbers that were taken over are
        those of letters that are settled."""
        assert arrival.order is not None
        if parked.has_decided(*arrival.order_number):
            return Folded(parked.draft(), done=1, outcomes=["duplicate"])
        no = self._held(parked, document)
        if no is not None:
            folded = Folded(parked.draft(), done=1, outcomes=["refused"])
            self._tell(folded, Told(arrival.order, arrival.position, no), at)
            return folded
        new = {stream: seen for stream, seen in parked.numbers.items() if not document.has_decided(stream, seen[0])}
        if new:
            folded = Folded(document.draft(), changed=True)
            folded.draft.numbers |= new
            return folded
        folded = Folded(parked.draft(), changed=True, done=1, outcomes=["unparked"])
        folded.draft.state = twin_state("unparked", letters_of(self.service, document, parked))
        stream, number = arrival.order_number
        folded.draft.remember_number(stream, number, arrival.incoming.now)
        for told in told_entries(self.encoder, parked.id, Told(arrival.order, arrival.position, "unparked"), at):
            queued(folded.draft, told)
        return self._trimmed(folded)

    async def keep(self, document: Document, arrival: Arrival, at: datetime) -> Folded:
        """The letter that failed three times again: the order is refused, and it stays the first of those left."""
        assert arrival.order is not None
        folded = Folded(document.draft(), done=1, outcomes=["refused"])
        self._tell(
            folded, Told(arrival.order, arrival.position, Refusal("not-available-now", "letter-fails-again")), at
        )
        return folded

    def _held(self, parked: Document, document: Document) -> Refusal | None:
        if not is_parked(parked):
            return Refusal("not-found", "aggregate-not-parked")
        if not letters_of(self.service, document, parked).are_settled:
            return Refusal("not-available-now", "letters-left")
        return None

    def _tell(self, folded: Folded, told: Told, at: datetime) -> None:
        folded.direct += told_entries(self.encoder, folded.draft.id, told, at)

    def _trimmed(self, folded: Folded) -> Folded:
        draft = folded.draft
        if folded.changed:
            draft.outbox = [entry for entry in draft.outbox if not self.is_published(draft.id, entry)]
        return folded

    def _announce(self, draft: Document, aggregate: str, first: Arrival, at: datetime) -> None:
        event = AGGREGATE_PARKED[self.service](aggregate=aggregate, reason="third-failure")
        queued(draft, self._entry(draft.id, first.incoming.correlation_id, event, first.position, at, index=1))

    def _letter(self, reason: str, place: Position, raw: RawRecord, aggregate: str | None) -> DeadLetter:
        said = next((content or b"" for name, content in raw.headers if name == "ce_type"), b"")
        type_name = said.decode(errors="replace")
        return DEAD_LETTER[self.service](
            reason=reason,
            source_topic=place.topic,
            epoch=place.epoch,
            partition=place.partition,
            offset=place.offset,
            aggregate=aggregate,
            message_type=type_name if type_name in CATALOGUE else None,
            original=Sealed.of(whole(raw, self.keyed_hash)),
        )

    def _entry(
        self, key: str, correlation_id: str, body: Event, position: Position, at: datetime, index: int = 0
    ) -> Entry:
        # The same command may be put aside twice: a letter's id hangs on the record's position.
        incoming: Incoming[Message] = Incoming(body, cause_of(position), self.service, key, correlation_id, at)
        return self.encoder.entry(key, Outgoing(body, correlation_id), incoming, index, position, at)


def _has_decided(document: Document, arrival: Arrival) -> bool:
    return arrival.stream is not None and document.has_decided(arrival.stream, arrival.number)

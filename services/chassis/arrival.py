"""From a raw record to a message that can be decided - or to the reason why not (architecture, laws 7 and 12).

Nothing here raises on a record's content: whatever stands in it, there is one clear outcome.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, Protocol

from contracts.decision import Customer, Incoming, Refusal
from contracts.envelope import Envelope, EnvelopeRejected, from_headers
from contracts.message import MAX_MESSAGE_BYTES, Message, Nudge
from contracts.operations import (
    DropParkedLetters,
    ReplayDeadLetter,
)
from contracts.topics import SERVICES, Topic
from services.chassis.command_life import untimely
from services.chassis.document import Position
from services.chassis.instants import instant
from services.chassis.keys import KeyUnknown
from services.chassis.known import Known, known_types
from services.chassis.sealing import SealBroken, validate_public_jwk
from services.chassis.service import KeyedHash, Kind, Route, Service
from services.chassis.tokens import TokenRefused

_AGGREGATE_ID: Final = re.compile(r"[A-Za-z0-9:._-]{1,100}")
MAX_ORDER_BYTES: Final = 240 * 1024
"""An operator's order carries a whole letter."""

PARKED: Final = "parked:"
"""Before an aggregate's id: the document of what was put aside for it."""

UndecodableReason = Literal[
    "envelope",
    "type-unknown",
    "writer-not-permitted",
    "body-too-large",
    "body-malformed",
    "aggregate-malformed",
    "seal-not-opened",
]


class RawRecord(Protocol):
    """A consumer's record; `timestamp` is the broker's stamp in milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class TokenCheck(Protocol):
    """Who this token speaks for at that instant on that channel, or why it does not count."""

    def __call__(self, token: str, now: datetime, channel: str) -> Customer | TokenRefused:
        """Verify."""
        ...


@dataclass(slots=True)
class Arrival:
    """A decoded message on its way to its aggregate. `stream` None: not remembered (nudges).
    `obstacle`: why the aggregate need not be asked. `order`: the operator's order that brought it; of a letter that is
    replayed, message, stream and number are the original's, and `first_place` is where that stood."""

    position: Position
    raw: RawRecord
    envelope: Envelope
    incoming: Incoming[Any]
    route: Route | None
    is_command: bool
    """Whether it is to be answered (J3)."""

    kind: Kind | None
    aggregate: str
    stream: str | None
    number: int
    obstacle: Refusal | None = None
    order: Incoming[Any] | None = None
    first_place: Position | None = None

    @property
    def place(self) -> Position:
        """Where the message's record stood when it came for the first time."""
        return self.first_place or self.position

    @property
    def order_number(self) -> tuple[str, int]:
        """Stream and number of the order's own record."""
        return _position_stream(self.position)

    @property
    def letters(self) -> tuple[int, int] | None:
        """The letters of a parked aggregate that the order settles, the first and the last."""
        match self.order.body if self.order is not None else None:
            case ReplayDeadLetter(sequence=int(number)):
                return number, number
            case DropParkedLetters(first=first, last=last):
                return first, last
            case _:
                return None

    @property
    def digest(self) -> bytes:
        """16 bytes that tell a command's body from another's."""
        return hashlib.blake2b(self.envelope.type.encode() + b"\0" + (self.raw.value or b""), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Undecodable:
    """A record that becomes a dead letter at once; again, if an operator's `order` brought it from `first_place`."""

    position: Position
    raw: RawRecord
    reason: UndecodableReason
    order: Incoming[Any] | None = None
    first_place: Position | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """An event that this service has no use for."""

    position: Position


@dataclass(slots=True)
class Decoder:
    """Reads the records of one service's lanes."""

    service: Service
    keyed_hash: KeyedHash
    opener: Callable[[Message, str], Callable[[str], str]]
    check_token: TokenCheck
    unproven_letters_until: datetime | None = None
    _known: Mapping[str, Known] = field(init=False)
    _kinds: Mapping[str, Kind] = field(init=False)

    def __post_init__(self) -> None:
        self._known = known_types(self.service)
        self._kinds = {kind.name: kind for kind in self.service.kinds}

    def read(
        self, raw: RawRecord, topic: Topic, now: datetime, replayed_at: datetime | None = None
    ) -> Arrival | Undecodable | Skipped:
        """Decode one record of a lane on `topic`; `now` is the instant it is judged by (its stamp). The life of a
        command that is replayed is judged by the replay's stamp, `replayed_at` (law 9)."""
        position = Position(topic.epoch, topic.name, raw.partition, raw.offset)
        envelope = from_headers(raw.key, raw.headers)
        if isinstance(envelope, EnvelopeRejected):
            return Undecodable(position, raw, "envelope")
        known = self._known.get(envelope.type)
        if known is None or known.topic != topic.name:
            return Skipped(position) if len(topic.readers) > 1 else Undecodable(position, raw, "type-unknown")
        if envelope.source not in known.writers:
            return Undecodable(position, raw, "writer-not-permitted")
        limit = MAX_ORDER_BYTES if known.is_order else MAX_MESSAGE_BYTES
        if raw.value is None or len(raw.value) > limit:
            return Undecodable(position, raw, "body-too-large" if raw.value else "body-malformed")
        try:
            body = known.message.__pydantic_validator__.validate_json(raw.value)
        except Exception:  # noqa: BLE001 - a validator that breaks on a body has not accepted it
            return Undecodable(position, raw, "body-malformed")
        incoming: Incoming[Any] = Incoming(
            body,
            envelope.id,
            envelope.source,
            envelope.subject,
            envelope.id if known.is_command else envelope.correlation_id or envelope.id,
            now,
            None,
            self.opener(body, envelope.subject) if known.has_seals else None,
        )
        stream, number = _stream(envelope, position)
        arrival = Arrival(position, raw, envelope, incoming, known.route, known.is_command, None, "", stream, number)
        if known.is_internal:
            return self._internal(arrival)
        if known.is_order:
            return self._ordered(arrival)  # no order is replayed
        return self._addressed(arrival, known, replayed_at or now)

    def _internal(self, arrival: Arrival) -> Arrival | Undecodable:
        body = arrival.incoming.body
        arrival.aggregate = body.aggregate.removeprefix(PARKED)
        # Decided once more by somebody who has lost the partition, a timer would queue messages that the commit behind
        # it seems to prove published (law 5). Its stream is not the commands': a letter of those may be replayed. And
        # it is the place's, whatever it says: under subjects of their choice channels would grow a document for ever.
        stream, arrival.number = _position_stream(arrival.position)
        arrival.stream = None if isinstance(body, Nudge) else f"timers/{stream}"
        arrival.kind = self._kind_of(arrival.aggregate)
        # Whoever may write the command topic can say that he is the service: a wake-up that no decision of the kind
        # hears must not count as a failure of the aggregate, three of which park it.
        heard = arrival.kind is not None and (isinstance(body, Nudge) or arrival.kind.on_timer is not None)
        return arrival if heard else Undecodable(arrival.position, arrival.raw, "aggregate-malformed")

    def _ordered(self, arrival: Arrival) -> Arrival:
        arrival.order, arrival.aggregate = arrival.incoming, getattr(arrival.incoming.body, "aggregate", None) or ""
        arrival.kind = self._kind_of(arrival.aggregate)
        arrival.obstacle = untimely(arrival.envelope, arrival.incoming.now, arrival.incoming.now)
        return arrival

    def _kind_of(self, aggregate: str) -> Kind | None:
        return self._kinds.get(aggregate.partition(":")[0])

    def _addressed(self, arrival: Arrival, known: Known, life_at: datetime) -> Arrival | Undecodable:
        assert known.route is not None
        try:
            # First of all: what is sealed in the message is bound to this key, the token as well (decision 22).
            if known.message.has_answer_key and not validate_public_jwk(arrival.incoming.body.answer_key):
                arrival.obstacle = Refusal("malformed", "answer-key-not-accepted")
                return arrival
            if known.is_customers:
                self._identify(arrival)
                if arrival.incoming.customer is None:
                    return arrival
            arrival.aggregate = known.route.aggregate_of(arrival.incoming, self.keyed_hash)
        except SealBroken:
            if not known.is_command:
                return Undecodable(arrival.position, arrival.raw, "seal-not-opened")
            arrival.obstacle = Refusal("malformed", "seal-not-opened")
            return arrival
        except KeyUnknown:
            raise  # machinery: the lane pauses until the key is learnt
        except Exception:  # noqa: BLE001 - whatever a record makes `aggregate_of` do, the records behind it go on
            return Undecodable(arrival.position, arrival.raw, "aggregate-malformed")
        arrival.kind = self._kind_of(arrival.aggregate)
        if arrival.kind is None or not _fit_for_an_id(arrival.aggregate):
            return Undecodable(arrival.position, arrival.raw, "aggregate-malformed")
        if known.is_command:
            arrival.obstacle = arrival.obstacle or untimely(arrival.envelope, arrival.incoming.now, life_at)
        return arrival

    def _identify(self, arrival: Arrival) -> None:
        """Say whose the command is. Under a token of an ended session it is refused, but by its aggregate, which gives
        again what it has answered before (J3): a `LogOut` sent twice ends the session in between."""
        incoming = arrival.incoming
        judged = self.check_token(incoming.opened("token"), incoming.now, incoming.source)
        if isinstance(judged, TokenRefused):
            arrival.obstacle = Refusal("sign-in-needed", judged.reason, missing_step="log-in")
        customer = judged.customer if isinstance(judged, TokenRefused) else judged
        incoming.customer = customer


def stamp_of(raw: RawRecord) -> datetime:
    """The broker's stamp as an instant."""
    return instant(raw.timestamp)


def _stream(envelope: Envelope, position: Position) -> tuple[str, int]:
    """Law 4: our own aggregates count by their sequence, everybody else by the offset. Ours are told by `source`."""
    if envelope.sequence is not None and envelope.source in SERVICES:
        return f"{envelope.source}/{envelope.subject}/{position.topic}", envelope.sequence
    return _position_stream(position)


def _position_stream(position: Position) -> tuple[str, int]:
    return f"{position.epoch}/{position.topic}/{position.partition}", position.offset


def _fit_for_an_id(aggregate: str) -> bool:
    # Only validated strings reach a filter (trap 30).
    return _AGGREGATE_ID.fullmatch(aggregate) is not None

"""From a raw record to a message that can be decided - or to the reason why not (architecture, laws 7 and 12).

Nothing here raises on a record's content: whatever stands in it, there is one clear outcome.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal, Protocol

from contracts.decision import Customer, Incoming, Refusal
from contracts.envelope import Envelope, EnvelopeRejected, from_headers
from contracts.message import MAX_MESSAGE_BYTES, Command, CustomerCommand, Message, Nudge, TimerElapsed
from contracts.operations import NUDGE, TIMER_ELAPSED
from contracts.topics import CHANNELS, SERVICES, Topic
from services.chassis.document import Position
from services.chassis.keys import KeyUnknown
from services.chassis.sealing import SealBroken, validate_public_jwk
from services.chassis.service import KeyedHash, Kind, Route, Service

_AGGREGATE_ID: Final = re.compile(r"[A-Za-z0-9:._-]{1,100}")
COMMAND_LIFE: Final = timedelta(minutes=15)
"""A command older than this at the broker is refused, whatever its `expirytime` says (law 4)."""

SKEW_BORNE: Final = timedelta(minutes=1)
"""How far the clock of a command's sender may be ahead of the broker's."""

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
    """Who this token speaks for at that instant on that channel; None where it does not count."""

    def __call__(self, token: str, now: datetime, channel: str) -> Customer | None:
        """Verify."""
        ...


@dataclass(slots=True)
class Arrival:
    """A decoded message on its way to its aggregate. `stream` None: not remembered (timers, nudges).
    `obstacle`: why the aggregate need not be asked."""

    position: Position
    raw: RawRecord
    envelope: Envelope
    incoming: Incoming[Any]
    route: Route | None
    kind: Kind | None
    aggregate: str
    stream: str | None
    number: int
    obstacle: Refusal | None = None

    @property
    def is_command(self) -> bool:
        """Whether it is to be answered (J3)."""
        return isinstance(self.incoming.body, Command)

    @property
    def digest(self) -> bytes:
        """16 bytes that tell a command's body from another's."""
        return hashlib.blake2b(self.envelope.type.encode() + b"\0" + (self.raw.value or b""), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Undecodable:
    """A record that becomes a dead letter at once."""

    position: Position
    raw: RawRecord
    reason: UndecodableReason


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
    _routes: Mapping[str, Route] = field(init=False)
    _kinds: Mapping[str, Kind] = field(init=False)

    def __post_init__(self) -> None:
        self._routes = {route.message.type_name: route for route in self.service.routes}
        self._kinds = {kind.name: kind for kind in self.service.kinds}

    def read(self, raw: RawRecord, topic: Topic, now: datetime) -> Arrival | Undecodable | Skipped:
        """Decode one record of a lane on `topic`; `now` is the instant it is judged by (its stamp)."""
        position = Position(topic.epoch, topic.name, raw.partition, raw.offset)
        envelope = from_headers(raw.key, raw.headers)
        if isinstance(envelope, EnvelopeRejected):
            return Undecodable(position, raw, "envelope")
        own = self._own_type(envelope.type)
        route = self._routes.get(envelope.type)
        message_type = own or (route.message if route else None)
        if message_type is None or message_type.topic.name != topic.name:
            return Skipped(position) if len(topic.readers) > 1 else Undecodable(position, raw, "type-unknown")
        if not may_write(envelope.source, message_type, topic):
            return Undecodable(position, raw, "writer-not-permitted")
        if raw.value is None or len(raw.value) > MAX_MESSAGE_BYTES:
            return Undecodable(position, raw, "body-too-large" if raw.value else "body-malformed")
        try:
            body = message_type.model_validate_json(raw.value)
        except Exception:  # noqa: BLE001 - a validator that breaks on a body has not accepted it
            return Undecodable(position, raw, "body-malformed")
        return self._arrival(position, raw, envelope, body, route, now)

    def _own_type(self, name: str) -> type[Message] | None:
        return _own_types(self.service.name).get(name)

    def _arrival(
        self, position: Position, raw: RawRecord, envelope: Envelope, body: Message, route: Route | None, now: datetime
    ) -> Arrival | Undecodable:
        incoming: Incoming[Any] = Incoming(
            body=body,
            id=envelope.id,
            source=envelope.source,
            subject=envelope.subject,
            correlation_id=envelope.id if isinstance(body, Command) else envelope.correlation_id or envelope.id,
            now=now,
            opener=self.opener(body, envelope.subject) if type(body).sealed_fields else None,
        )
        arrival = Arrival(position, raw, envelope, incoming, route, None, "", *_stream(envelope, position))
        if isinstance(body, TimerElapsed | Nudge):
            arrival.aggregate, arrival.stream = body.aggregate.removeprefix(PARKED), None
            arrival.kind = self._kinds.get(arrival.aggregate.partition(":")[0])
            # Whoever may write the command topic can say that he is the service: a wake-up that no decision of the kind
            # hears must not count as a failure of the aggregate, three of which park it.
            heard = arrival.kind is not None and (isinstance(body, Nudge) or arrival.kind.on_timer is not None)
            return arrival if heard else Undecodable(position, raw, "aggregate-malformed")
        return self._addressed(arrival)

    def _addressed(self, arrival: Arrival) -> Arrival | Undecodable:
        body = arrival.incoming.body
        assert arrival.route is not None
        try:
            if isinstance(body, CustomerCommand):
                arrival.incoming = self._with_customer(arrival.incoming)
                if arrival.incoming.customer is None:
                    arrival.obstacle = Refusal("sign-in-needed", "token-not-accepted", missing_step="log-in")
                    return arrival
            if "answer_key" in type(body).__pydantic_fields__ and not validate_public_jwk(body.answer_key):
                arrival.obstacle = Refusal("malformed", "answer-key-not-accepted")
                return arrival
            arrival.aggregate = arrival.route.aggregate_of(arrival.incoming, self.keyed_hash)
        except SealBroken:
            if not arrival.is_command:
                return Undecodable(arrival.position, arrival.raw, "seal-not-opened")
            arrival.obstacle = Refusal("malformed", "seal-not-opened")
            return arrival
        except KeyUnknown:
            raise  # machinery: the lane pauses until the key is learnt
        except Exception:  # noqa: BLE001 - whatever a record makes `aggregate_of` do, the records behind it go on
            return Undecodable(arrival.position, arrival.raw, "aggregate-malformed")
        arrival.kind = self._kinds.get(arrival.aggregate.partition(":")[0])
        if arrival.kind is None or not _fit_for_an_id(arrival.aggregate):
            return Undecodable(arrival.position, arrival.raw, "aggregate-malformed")
        if arrival.is_command:
            arrival.obstacle = _untimely(arrival)
        return arrival

    def _with_customer(self, incoming: Incoming[Any]) -> Incoming[Any]:
        customer = self.check_token(incoming.opened("token"), incoming.now, incoming.source)
        return replace(incoming, customer=customer)


@lru_cache(maxsize=16)
def _own_types(service: str) -> Mapping[str, type[Message]]:
    own: tuple[type[Message], ...] = (TIMER_ELAPSED[service], NUDGE[service])
    return {message.type_name: message for message in own}


def may_write(source: str, message: type[Message], topic: Topic) -> bool:
    """Whether `source` may have written this message there: a writer of the topic; commands come from channels only,
    and nothing else comes from a channel."""
    return source in topic.writers and (source in CHANNELS) == issubclass(message, Command)


def expiry_of(envelope: Envelope) -> datetime:
    """The end of a command's life: as it says, at most 15 minutes after it was made."""
    latest = envelope.time + COMMAND_LIFE
    return latest if envelope.expiry_time is None else min(envelope.expiry_time, latest)


def _untimely(arrival: Arrival) -> Refusal | None:
    if arrival.incoming.now > expiry_of(arrival.envelope):
        return Refusal("command-expired", "command-expired")
    if arrival.envelope.time > arrival.incoming.now + SKEW_BORNE:
        # One that claims to be made later outlives the memory of its id, and could have a second effect.
        return Refusal("command-expired", "command-from-the-future")
    return None


def stamp_of(raw: RawRecord) -> datetime:
    """The broker's stamp as an instant."""
    return datetime.fromtimestamp(raw.timestamp / 1000, UTC)


def _stream(envelope: Envelope, position: Position) -> tuple[str, int]:
    """Law 4: our own aggregates count by their sequence, everybody else by the offset. Ours are told by `source`."""
    if envelope.sequence is not None and envelope.source in SERVICES:
        return f"{envelope.source}/{envelope.subject}/{position.topic}", envelope.sequence
    return f"{position.epoch}/{position.topic}/{position.partition}", position.offset


def _fit_for_an_id(aggregate: str) -> bool:
    # Only validated strings reach a filter (trap 30).
    return _AGGREGATE_ID.fullmatch(aggregate) is not None

"""What operators order about dead letters, as far as it can be told before an aggregate is asked (architecture, law 7).

A letter's record is read as if it had come by its own topic: its first stamp judges what the message claims, the
replay's stamp the life of a command, and the present whatever we grant (law 9).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from contracts.decision import Incoming, Outgoing, Refusal
from contracts.message import Message
from contracts.operations import (
    AGGREGATE_UNPARKED,
    DEAD_LETTER,
    DEAD_LETTER_DROPPED,
    DEAD_LETTER_REPLAYED,
    ORDER_DONE,
    PARKED_LETTERS_DROPPED,
    DropDeadLetter,
    DropParkedLetters,
    ReplayDeadLetter,
)
from contracts.topics import REPLAY, Topic
from services.chassis.arrival import PARKED, Arrival, Decoder, Skipped, Undecodable, stamp_of
from services.chassis.document import Entry, Position
from services.chassis.encoding import Encoder
from services.chassis.known import OperatorsOrder
from services.chassis.letters import KeptRecord, Unproven, kept_record
from services.chassis.sealing import SealBroken


@dataclass(frozen=True, slots=True)
class Told:
    """An order that no aggregate need be asked about: what became of it, or why it is refused."""

    order: Incoming[Any]
    position: Position
    outcome: str | Refusal


Read = Arrival | Undecodable | Skipped | Told


def understood(decoder: Decoder, arrival: Arrival) -> Read:
    """What an order that has arrived comes to: an arrival for an aggregate, a dead letter again, or the order's end."""
    assert arrival.order is not None
    body: OperatorsOrder = arrival.order.body
    no = arrival.obstacle or _misaddressed(arrival, body)
    if no is not None:
        return Told(arrival.order, arrival.position, no)
    match body:
        case DropDeadLetter():
            return Told(arrival.order, arrival.position, "dropped")
        case ReplayDeadLetter():
            return _replayed(decoder, arrival, arrival.order, body)
        case _:
            return arrival


def _misaddressed(arrival: Arrival, body: OperatorsOrder) -> Refusal | None:
    """Order is kept by the key: a letter under another one could overtake."""
    if arrival.envelope.subject != (arrival.aggregate or _cause_of(body)):
        return Refusal("malformed", "order-key-wrong")
    if arrival.aggregate and arrival.kind is None:
        return Refusal("not-found", "aggregate-unknown")
    if isinstance(body, ReplayDeadLetter) and (body.aggregate is None) != (body.sequence is None):
        return Refusal("malformed", "letter-does-not-fit")
    return None


def _replayed(decoder: Decoder, arrival: Arrival, order: Incoming[Any], body: ReplayDeadLetter) -> Read:
    first_place = Position(body.epoch, body.source_topic, body.partition, body.offset)
    topic = _topic_read(decoder, body.source_topic)
    if topic is None:
        return Told(order, arrival.position, Refusal("not-found", "topic-not-read"))
    kept = _original(decoder, body, first_place, order.now)
    if isinstance(kept, Refusal):
        return Told(order, arrival.position, kept)
    again = decoder.read(kept, replace(topic, epoch=body.epoch), stamp_of(kept), order.now)
    if body.aggregate is not None:
        return _of_parked(arrival, order, again)
    match again:
        case Arrival():
            return replace(again, position=arrival.position, order=order, first_place=first_place)
        case Undecodable():
            return Undecodable(arrival.position, kept, again.reason, order, first_place)
        case Skipped():
            return Told(order, arrival.position, "skipped")


def _of_parked(arrival: Arrival, order: Incoming[Any], again: Arrival | Undecodable | Skipped) -> Read:
    """A parked aggregate's letter keeps its turn: one that cannot be read now is refused, and is still there."""
    if not isinstance(again, Arrival):
        return Told(order, arrival.position, Refusal("not-available-now", "letter-not-readable"))
    if again.aggregate not in ("", arrival.aggregate):
        return Told(order, arrival.position, Refusal("malformed", "letter-does-not-fit"))
    return replace(
        again,
        position=arrival.position,
        order=order,
        first_place=again.position,
        aggregate=arrival.aggregate,
        kind=arrival.kind,
    )


def _topic_read(decoder: Decoder, name: str) -> Topic | None:
    """The topic if a lane of the service reads it. An order itself is not replayed: it is given again."""
    read = {lane.topic.name: lane.topic for lane in decoder.service.lanes}
    return None if name == REPLAY[decoder.service.name].name else read.get(name)


def _original(decoder: Decoder, body: ReplayDeadLetter, first_place: Position, at: datetime) -> KeptRecord | Refusal:
    place = {name: getattr(body, name) for name in ("source_topic", "epoch", "partition", "offset")}
    letter = DEAD_LETTER[decoder.service.name](reason="replayed", original=body.original, **place)
    key = PARKED + body.aggregate if body.aggregate is not None else _cause_of(body)
    try:
        text = decoder.opener(letter, key)("original")
        unproven_until = decoder.unproven_letters_until
        take_unproven = unproven_until is not None and at < unproven_until
        kept = kept_record(text, first_place, decoder.keyed_hash, take_unproven=take_unproven)
    except Unproven:
        return Refusal("malformed", "letter-does-not-fit")
    except (SealBroken, ValueError):
        return Refusal("malformed", "letter-not-opened")
    return kept or Refusal("not-available-now", "original-not-kept")


def _cause_of(body: Any) -> str:
    return cause_of(Position(body.epoch, body.source_topic, body.partition, body.offset))


def cause_of(place: Position) -> str:
    """A position as a key: that of the letters of single records."""
    return f"{place.epoch}.{place.topic}.{place.partition}.{place.offset}"


def reported(encoder: Encoder, order: Incoming[Any], outcome: str) -> tuple[Outgoing, Outgoing]:
    """The answer to an order that was carried out, and what the operators' audit hears of it."""
    told: Callable[..., Message]
    match order.body:
        case ReplayDeadLetter():
            told = DEAD_LETTER_REPLAYED[encoder.service]
        case DropDeadLetter():
            told = DEAD_LETTER_DROPPED[encoder.service]
        case DropParkedLetters():
            told = PARKED_LETTERS_DROPPED[encoder.service]
        case _:
            told = AGGREGATE_UNPARKED[encoder.service]
    fields = {name: getattr(order.body, name) for name in type(order.body).model_fields if name != "original"}
    if isinstance(order.body, ReplayDeadLetter):
        fields["outcome"] = outcome
    answer = ORDER_DONE[encoder.service](outcome=outcome)
    return Outgoing(answer, order.correlation_id), Outgoing(told(**fields), order.correlation_id)


def told_entries(encoder: Encoder, key: str, told: Told, at: datetime) -> list[Entry]:
    """The messages of an order's end; their ids hang on its record."""
    if isinstance(told.outcome, Refusal):
        messages = encoder.refusal(told.outcome, told.order)
    else:
        messages = [*reported(encoder, told.order, told.outcome)]
    return encoder.unsaved(key, messages, told.order, told.position, at)

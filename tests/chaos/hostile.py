"""Records that no sender of ours would write, on every topic that services read, and the dead letters they explain."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from contracts.accounts import AccountDefined, ConfirmReview
from contracts.catalogue import CATALOGUE
from contracts.envelope import Envelope, to_headers
from contracts.identity import NationalAddressSaved
from contracts.identity_internal import NumberCodeAsked
from contracts.message import MAX_MESSAGE_BYTES, Command, Message
from contracts.sealed import Sealed
from contracts.topics import (
    ACCOUNTS_EVENTS,
    CHANNELS,
    IDENTITY_EVENTS,
    MAX_RECORD_BYTES,
    OPERATORS,
    REPLAY,
    Topic,
)
from deploy.kubernetes.lanes import LANES
from services.chassis.arrival import MAX_ORDER_BYTES

Headers = list[tuple[str, bytes | None]]
KEY: Final = b"hostile-1"
NO_TYPE: Final = "hesabi.nobody.Nothing.v1"
NO_SEAL: Final = Sealed(jwe="e30.AAAA.AAAA.AAAA.AAAA")

HEARD_BY_ALL: Final[Mapping[Topic, type[Message]]] = {
    IDENTITY_EVENTS: NationalAddressSaved,
    ACCOUNTS_EVENTS: AccountDefined,
}
"""On a topic with several readers: a message that each of them has a decision for."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """One record. `reason`: of the dead letter that each service makes of it which reads the topic; None: it is passed
    over, as an event of an unknown type."""

    what: str
    topic: Topic
    headers: Headers
    value: bytes | None
    reason: str | None


@dataclass(frozen=True, slots=True, order=True)
class Explained:
    """A dead letter that must be there, exactly once: who makes it, of which record, why."""

    service: str
    topic: str
    partition: int
    offset: int
    reason: str


def read_topics() -> dict[Topic, tuple[str, ...]]:
    """The topics on which services have lanes, with the services."""
    readers: dict[Topic, tuple[str, ...]] = {}
    for service, lanes in LANES.items():
        for lane in lanes:
            readers[lane.topic] = (*readers.get(lane.topic, ()), service)
    return readers


def hostile_records() -> Iterator[Hostile]:
    """Every kind on every topic that has a lane."""
    for topic in read_topics():
        known = HEARD_BY_ALL.get(topic) or next(known for known in CATALOGUE.values() if known.topic is topic)
        yield from _bad_envelopes(topic, known)
        yield from _bad_bodies(topic, known)
    yield _bad_seal()
    yield _bad_token()


async def send_hostile(producer: AIOKafkaProducer) -> list[Explained]:
    """Sends one of each; returns the dead letters that must come of them."""
    readers, records = read_topics(), list(hostile_records())
    sends = []
    for record in records:
        headers: Any = record.headers  # aiokafka takes null values, its annotation does not
        sends.append(await producer.send(record.topic.name, record.value, KEY, headers=headers))
    places = await asyncio.gather(*sends)
    return [
        Explained(service, record.topic.name, place.partition, place.offset, record.reason)
        for record, place in zip(records, places, strict=True)
        if record.reason is not None
        for service in readers[record.topic]
    ]


def hostile_producer(bootstrap: str) -> AIOKafkaProducer:
    """What they are sent with: idempotent, so that each is there once and its place is known, and more patient than any
    outage is long: a broker that starts again beside services that all try it takes a minute on a slow machine."""
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        client_id="hostile",
        acks="all",
        enable_idempotence=True,
        request_timeout_ms=300_000,
        max_request_size=MAX_RECORD_BYTES,
    )


def _bad_envelopes(topic: Topic, known: type[Message]) -> Iterator[Hostile]:
    good = _headers(NO_TYPE, _writer(topic, known))
    unknown = "type-unknown" if len(topic.readers) == 1 else None
    yield Hostile("no headers", topic, [], b"\x00\xff garbage", "envelope")
    yield Hostile("a null header", topic, [*good, ("ce_causationid", None)], b"{}", "envelope")
    yield Hostile("a header that is no UTF-8", topic, [*good, ("ce_causationid", b"\xff\xfe")], b"{}", "envelope")
    yield Hostile("an unknown type", topic, [*good, ("trace", None)], b"{}", unknown)


def _bad_bodies(topic: Topic, known: type[Message]) -> Iterator[Hostile]:
    headers = _headers(known.type_name, _writer(topic, known))
    yield Hostile("a body of garbage", topic, headers, b"\x00\xff{{{", "body-malformed")
    yield Hostile("no body", topic, headers, None, "body-malformed")
    most = MAX_ORDER_BYTES if topic in REPLAY.values() else MAX_MESSAGE_BYTES
    yield Hostile("a body too large", topic, headers, b" " * (most + 1), "body-too-large")
    yield Hostile("a wrong writer", topic, _headers(known.type_name, "nobody"), b"{}", "writer-not-permitted")


def _bad_seal() -> Hostile:
    body = NumberCodeAsked(mobile=NO_SEAL, asked_by="user:nobody", number=1, replaces_lost=False)
    headers = _headers(NumberCodeAsked.type_name, "identity")
    return Hostile("a bad seal", NumberCodeAsked.topic, headers, body.model_dump_json().encode(), "seal-not-opened")


def _bad_token() -> Hostile:
    """A command: it is answered, with a refusal."""
    body = ConfirmReview(token=NO_SEAL)
    headers = _headers(ConfirmReview.type_name, "web")
    return Hostile("a token with a bad seal", ConfirmReview.topic, headers, body.model_dump_json().encode(), None)


def _writer(topic: Topic, known: type[Message]) -> str:
    asking = CHANNELS | OPERATORS
    return min(topic.writers & asking if issubclass(known, Command) else topic.writers - asking)


def _headers(type_name: str, source: str) -> Headers:
    return list(to_headers(Envelope(str(uuid4()), source, type_name, KEY.decode(), datetime.now(UTC))))

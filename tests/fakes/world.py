"""A service on a fake log, store and clock, with the real loop: processes of it can crash and begin again."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.decision import Customer
from contracts.envelope import Envelope, to_headers
from contracts.message import Command, Message
from contracts.operations import DROP_DEAD_LETTER, DROP_PARKED_LETTERS, REPLAY_DEAD_LETTER, UNPARK_AGGREGATE
from contracts.sealed import Sealed
from contracts.topics import CATALOGUE
from services.chassis.acknowledged import Acknowledged
from services.chassis.arrival import Decoder
from services.chassis.dead_letters import Morgue
from services.chassis.encoding import Encoder
from services.chassis.fold import DueEffect, Folder
from services.chassis.loop import SHARED_FROM, Loop
from services.chassis.sealing import SealBroken
from services.chassis.service import Service
from services.chassis.state import StateCodec
from services.chassis.state_cipher import StateCipher
from services.chassis.sweep import partition_of
from services.chassis.tokens import TokenRefused
from services.chassis.turns import Turns
from tests.component.counter import Count, counter_service
from tests.fakes.log import FakeLane, FakeLog, FakePublisher, FakeRecord, held
from tests.fakes.store import FakeStore

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
Fault = Callable[[str], Any]


class Crash(BaseException):
    """The process is gone: nobody catches this but the test."""


def fake_seal(message: Message, subject: str) -> Message:
    """Fields in base64 instead of sealed: the loop cannot tell."""
    update = {}
    for name in type(message).sealed_fields:
        value = getattr(message, name)
        if isinstance(value, Sealed) and value.plain is not None:
            text = base64.urlsafe_b64encode(value.plain.reveal().encode()).decode().rstrip("=") or "A"
            update[name] = Sealed(jwe=f"fake..{text}..seal")
    return message.model_copy(update=update)


def fake_open(jwe: str) -> str:
    parts = jwe.split(".")
    if parts[0] != "fake":
        raise SealBroken
    return base64.urlsafe_b64decode(parts[2] + "==").decode()


def fake_opener(message: Message, subject: str) -> Callable[[str], str]:
    def opened(name: str) -> str:
        value: Sealed = getattr(message, name)
        assert value.jwe is not None
        return fake_open(value.jwe)

    return opened


def fake_token(token: str, now: datetime, channel: str) -> Customer | TokenRefused:
    customer = Customer(token.removeprefix("good-").removeprefix("ended-"), "s-1", channel)
    if token.startswith("ended-"):
        return TokenRefused("token-session-ended", customer)
    return customer if token.startswith("good-") else TokenRefused("token-malformed")


def keyed_hash(purpose: str, text: str) -> str:
    return hashlib.sha256(f"{purpose}-{text}".encode()).hexdigest()[:32]


@dataclass
class Told:
    """An observer that remembers."""

    outcomes_seen: dict[str, int] = field(default_factory=dict)
    failures: list[tuple[str, str, bool]] = field(default_factory=list)
    went_on: list[str] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)
    stages: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    steps: int = 0

    def stage(self, lane: str, stage: str, seconds: float) -> None:
        self.stages.add(stage)

    def broke(self, lane: str, stage: str) -> None:
        self.broken.append(stage)

    def step(self, lane: str) -> None:
        self.steps += 1

    def outcomes(self, lane: str, outcomes: Any) -> None:
        for word, count in outcomes.items():
            self.outcomes_seen[word] = self.outcomes_seen.get(word, 0) + count

    def dead_letter(self, lane: str, reason: str) -> None:
        self.letters.append(reason)

    def failed(self, aggregate: str, error: Exception, parked: bool) -> None:
        self.failures.append((aggregate, type(error).__name__, parked))

    def unparked(self, aggregate: str) -> None:
        self.went_on.append(aggregate)


class Process:
    """One process of the service: what it knows is lost when it is dropped."""

    def __init__(self, world: "World", service: Service, partitions: range, unproven_until: datetime | None) -> None:
        self.acknowledged = Acknowledged()
        self.told = Told()
        self.started: list[DueEffect] = []
        encoder = Encoder(service.name, fake_seal)
        codecs = {kind.name: StateCodec(kind, world.cipher) for kind in service.kinds}
        self.codecs = codecs
        self.decoder = Decoder(service, keyed_hash, fake_opener, fake_token, unproven_until)
        self.loop = Loop(
            service.name,
            self.decoder,
            Folder(service, codecs, encoder, world.present, self.acknowledged.knows),
            Morgue(service.name, encoder, keyed_hash, self.acknowledged.knows),
            world.store,
            FakePublisher(world.log, fault=world.fault),
            self.acknowledged,
            self.told,
            world.present,
            Turns(lambda: 0.0),
            held,
            world.shared_from,
        )
        self.lanes = {
            lane.name: FakeLane(
                world.log, f"{service.name}.{lane.name}", lane.name, lane.topic, self.loop.settle,
                self.started.extend, self.acknowledged, set(partitions), lane.most, world.fault,
            )
            for lane in service.lanes
        }  # fmt: skip

    async def run(self, at_most: int = 1_000) -> None:
        """Handle everything that is there; failed batches come again."""
        for _ in range(at_most):
            done = [await lane.step() for lane in self.lanes.values()]
            if not any(done) and not any(lane.paused for lane in self.lanes.values()):
                return
        raise AssertionError("it never comes to an end")


class World:
    """A log, a store, a clock, and the processes of one service. `faults` is asked before every save, send, commit."""

    def __init__(self, service: Service | None = None) -> None:
        self.service = service or counter_service()
        self.now = NOON
        self.trace: list[str] = []
        self.shared_from = SHARED_FROM
        self.faults: Fault = lambda _: None
        self.cipher = StateCipher(b"k" * 32)
        self.log = FakeLog(self.present, lambda topic: CATALOGUE[topic].partitions)
        self.store = FakeStore(partition_of(self.service.name), self.fault)
        self._ids = 0

    def present(self) -> datetime:
        return self.now

    def fault(self, call: str) -> Any:
        self.trace.append(call)
        return self.faults(call)

    def process(
        self, partitions: range = range(6), service: Service | None = None, unproven_until: datetime | None = None
    ) -> Process:
        """A new process that has lost every memory."""
        return Process(self, service or self.service, partitions, unproven_until)

    def pass_time(self, **lapse: float) -> None:
        self.now += timedelta(**lapse)

    def send(self, body: Message, flow: str = "f1", *, source: str | None = None, **attributes: Any) -> str:
        """Put a message on the log as its sender would. Returns its id."""
        self._ids += 1
        service = type(body).service
        default = "web" if isinstance(body, Command) else service
        given: dict[str, Any] = {"id": f"id-{self._ids}", "time": self.now} | attributes
        envelope = Envelope(source=source or default, type=type(body).type_name, subject=flow, **given)
        body = fake_seal(body, flow)
        self.log.append(type(body).topic.name, flow.encode(), body.model_dump_json().encode(), to_headers(envelope))
        return envelope.id

    def records(self, kind: str) -> list[FakeRecord]:
        """Records of the service's own topics (`answers`, `events`, `audit`, `dead-letters`), as they were taken in."""
        return [record for record in self.log.in_order if record.topic == f"{self.service.name}.{kind}"]

    def bodies(self, kind: str) -> list[Any]:
        """Their bodies."""
        return [json.loads(record.value or b"null") for record in self.records(kind)]

    def state(self, aggregate: str = "count:f1") -> Any:
        """The state that is stored, None if there is none."""
        document = self.store.documents.get(aggregate)
        if document is None:
            return None
        kind = next(k for k in self.service.kinds if k.name == aggregate.partition(":")[0])
        return StateCodec(kind, self.cipher).read(document)

    def total(self, flow: str = "f1") -> int:
        state = self.state(f"count:{flow}")
        assert isinstance(state, Count)
        return state.total


def with_route(service: Service, message: type[Message], **changes: Any) -> Service:
    """The service with one of its routes changed."""
    routes = tuple(replace(r, **changes) if r.message is message else r for r in service.routes)
    return replace(service, routes=routes)


class Operator:
    """Orders what operators order about the dead letters of a world, as the command line does."""

    def __init__(self, world: World) -> None:
        self.world, self.service = world, world.service.name
        self._by: dict[str, Any] = {"operator": "sami", "why": "corrected in release 2"}

    def letters(self, reason: str | None = None) -> list[tuple[FakeRecord, dict[str, Any]]]:
        """Each letter once, with its record, in the order in which they were put aside; only those of a reason."""
        once: dict[tuple[Any, ...], tuple[FakeRecord, dict[str, Any]]] = {}
        for record in self.world.records("dead-letters"):
            once.setdefault((record.key, dict(record.headers)["ce_id"]), (record, json.loads(record.value or b"")))
        return [each for each in once.values() if reason in {None, each[1]["reason"]}]

    def replay(self, record: FakeRecord, letter: dict[str, Any], **changes: Any) -> str:
        """Order the replay of one letter. Returns the order's id."""
        headers = {name: (value or b"").decode() for name, value in record.headers}
        sequence = int(headers["ce_sequence"]) if letter["aggregate"] else None
        place = {name: letter[name] for name in ("source_topic", "epoch", "partition", "offset")}
        order = REPLAY_DEAD_LETTER[self.service](
            **{
                "letter_id": headers["ce_id"],
                "aggregate": letter["aggregate"],
                "sequence": sequence,
                "original": Sealed(jwe=letter["original"]),
                **place,
                **self._by,
                **changes,
            }
        )
        return self.send(order, letter["aggregate"] or (record.key or b"").decode())

    def replay_all(self) -> list[str]:
        """Every letter, in its order."""
        return [self.replay(record, letter) for record, letter in self.letters()]

    def drop(self, first: int, last: int, aggregate: str = "count:f1") -> str:
        """Letters of a parked aggregate."""
        order = DROP_PARKED_LETTERS[self.service](aggregate=aggregate, first=first, last=last, **self._by)
        return self.send(order, aggregate)

    def drop_record(self, record: FakeRecord, letter: dict[str, Any]) -> str:
        """The letter of one record."""
        place = {name: letter[name] for name in ("source_topic", "epoch", "partition", "offset")}
        letter_id = (dict(record.headers)["ce_id"] or b"").decode()
        order = DROP_DEAD_LETTER[self.service](letter_id=letter_id, **place, **self._by)
        return self.send(order, (record.key or b"").decode())

    def unpark(self, aggregate: str = "count:f1") -> str:
        """Let it go."""
        return self.send(UNPARK_AGGREGATE[self.service](aggregate=aggregate, **self._by), aggregate)

    def send(self, order: Message, key: str) -> str:
        """One order."""
        return self.world.send(order, key, source="operators")

    def told(self, order: str) -> list[str]:
        """What the audit has heard of an order: the outcome or name of an event, or the reason of a refusal."""
        return [
            body.get("outcome") or body.get("reason") or name
            for record in self.world.records("audit")
            if dict(record.headers)["ce_correlationid"] == order.encode()
            for body, name in [(json.loads(record.value or b""), _name_of(record))]
        ]


def _name_of(record: FakeRecord) -> str:
    return (dict(record.headers)["ce_type"] or b"").decode().split(".")[-2]


def letters(world: World, flow: str = "f1") -> list[int]:
    """Offsets of what was put aside for a parked aggregate, in their order."""
    return [b["offset"] for b in world.bodies("dead-letters") if b["aggregate"] == f"count:{flow}"]

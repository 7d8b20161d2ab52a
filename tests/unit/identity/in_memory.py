"""Identity's own table, run in memory: which aggregate, prepare, decide, and on to the messages inside identity."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from contracts.decision import Customer, Facts, Incoming, Outgoing, Refusal
from contracts.message import Answer, Command, Message
from contracts.sealed import Sealed
from contracts.topics import IDENTITY_INTERNAL
from services.chassis.document import Document
from services.chassis.service import Route, Service
from services.chassis.state import StateCodec
from services.identity.effects import IdentityEffects
from services.identity.service import identity_service
from services.identity.settings import IdentitySettings
from tests.scenario import NOON

M = TypeVar("M", bound=Message)


class Mirror:
    """A cipher that turns texts round, a dot between any two characters, so that a secret in clear would be seen.
    Turned round alone, every thousandth code stays what it is."""

    def encrypt(self, text: str, field: str) -> str:
        return ".".join(text[::-1])

    def decrypt(self, text: str, field: str) -> str:
        return text[::2][::-1]

    def new(self, document_id: str) -> tuple[bytes, "Mirror"]:
        return b"key", self

    def open(self, wrapped: bytes, document_id: str) -> "Mirror":
        return self


@dataclass
class Identity:
    """States as the documents hold them, and everything that was said, in order."""

    settings: IdentitySettings
    effects: IdentityEffects
    keyed_hash: Callable[[str, str], str]
    now: datetime = NOON
    documents: dict[str, Document] = field(default_factory=dict)
    said: list[Message] = field(default_factory=list)
    answers: dict[str, list[Message | Refusal]] = field(default_factory=dict)
    audit: list[str] = field(default_factory=list)
    _count: int = 0

    def __post_init__(self) -> None:
        self.service: Service = identity_service(self.settings, self.effects)
        self.routes: dict[type[Message], Route] = {route.message: route for route in self.service.routes}
        self.codecs = {kind.name: StateCodec(kind, Mirror()) for kind in self.service.kinds}

    async def command(
        self, body: Message, flow: str = "flow-1", source: str = "web", customer: Customer | None = None
    ) -> Message | Refusal:
        """Send a command and everything that follows from it; its one answer (J3)."""
        self._count += 1
        command_id = f"command-{self._count}"
        await self.deliver(body, subject=flow, source=source, correlation_id=command_id, customer=customer)
        answers = self.answers.get(command_id, [])
        assert len(answers) <= 1, answers
        return answers[0] if answers else Refusal("none-yet", command_id)

    @property
    def last_command(self) -> str:
        """The id of the command sent last."""
        return f"command-{self._count}"

    async def deliver(
        self,
        body: Message,
        subject: str = "neighbour",
        source: str = "identity",
        correlation_id: str = "none",
        customer: Customer | None = None,
    ) -> None:
        """Decide one message, and then those inside identity that follow from it."""
        incoming = Incoming(
            body, correlation_id, source, subject, correlation_id, self.now, customer, lambda name: _plain(body, name)
        )
        route = self.routes[type(body)]
        aggregate = route.aggregate_of(incoming, self.keyed_hash)
        document = self.documents.setdefault(aggregate, Document(aggregate))
        codec = self.codecs[aggregate.partition(":")[0]]
        state = codec.read(document)
        # Only commands are answered: what an event is refused for, operators alone hear (J4).
        asked = correlation_id if isinstance(body, Command) else "event"
        if state is None and not route.creates:
            self._refused(route.absent, asked)
            return
        facts = await route.prepare(state, incoming, self.effects, self.now) if route.prepare else Facts(self.now)
        decision = route.decide(state, incoming, facts)
        if decision.state is not None:
            codec.write(document, decision.state)
        if decision.refusal is not None:
            self._refused(decision.refusal, asked)
        for message in decision.messages:
            await self._say(message.body if isinstance(message, Outgoing) else message, aggregate, correlation_id)

    async def wake(self, aggregate: str) -> None:
        """The timer of one aggregate, whenever it was due."""
        kind = next(kind for kind in self.service.kinds if kind.name == aggregate.partition(":")[0])
        codec, document = self.codecs[kind.name], self.documents[aggregate]
        assert kind.on_timer is not None
        decision = kind.on_timer(codec.read(document), None, Facts(self.now))  # type: ignore[arg-type]
        codec.write(document, decision.state)
        if decision.refusal is not None:
            self._refused(decision.refusal, "timer")
        for message in decision.messages:
            await self._say(message.body if isinstance(message, Outgoing) else message, aggregate, "timer")

    def last(self, kind: type[M]) -> M:
        """The last message of a class that was said."""
        return next(m for m in reversed(self.said) if isinstance(m, kind))

    def count(self, kind: type[Message]) -> int:
        """How many messages of a class were said."""
        return sum(isinstance(m, kind) for m in self.said)

    def stage(self, aggregate: str) -> str:
        """Where an aggregate stands, as its document says."""
        return str(json.loads(self.documents[aggregate].state or "{}")["stage"])

    async def _say(self, body: Message, aggregate: str, correlation_id: str) -> None:
        self.said.append(body)
        if isinstance(body, Answer):
            self.answers.setdefault(correlation_id, []).append(body)
        if body.topic == IDENTITY_INTERNAL:
            await self.deliver(body, subject=aggregate, correlation_id=correlation_id)

    def _refused(self, refusal: Refusal, correlation_id: str) -> None:
        self.audit.append(refusal.reason)
        if correlation_id.startswith("command-") or refusal.command_id:
            self.answers.setdefault(refusal.command_id or correlation_id, []).append(refusal)


def plain(value: Sealed) -> str:
    """The text of a field that is not sealed yet."""
    assert value.plain is not None
    return value.plain.reveal()


def _plain(body: Message, name: str) -> str:
    return plain(getattr(body, name))

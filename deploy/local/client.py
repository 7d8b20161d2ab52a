"""A channel's program: sends commands in the contracts' words, waits for the one answer, opens what is sealed to it.

What a channel in any language does is all here: it learns the services' public keys from their key topics, holds them
against pinned fingerprints, seals to them, has an X25519 key of its own for answers, and knows answers by
`ce_causationid`.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from joserfc.jwk import OKPKey

from contracts.envelope import Envelope, to_headers
from contracts.keys import SERVICE_KEYS_PUBLISHED, ServiceKeysPublished
from contracts.message import Answer, Command, CommandRefused, Message
from contracts.sealed import Sealed, SealedFor
from contracts.topics import KEYS
from deploy.local.watch import Seen, Watch
from services.chassis.sealing import binding_in, binding_of, open_seal, parse_public_jwk, public_jwk, seal, thumbprint

COMMAND_LIFE: Final = timedelta(minutes=5)
ANSWER_S: Final = 60.0
"""Patience with a service that is started again, or a registry that takes 35 s."""

KEYS_S: Final = 10.0


class NoAnswer(Exception):
    """A command was not answered in time, or a service published no key that is pinned. Names them, nothing else."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A command as it goes out: the same bytes again are the same command."""

    id: str
    command: Message = field(repr=False)
    topic: str
    key: str
    value: bytes = field(repr=False)
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a command and the milliseconds since that was sent last."""

    sent: Sent
    seen: Seen
    body: Answer
    milliseconds: float

    @property
    def public_reason(self) -> str | None:
        """None when it is no refusal."""
        return self.body.public_reason if isinstance(self.body, CommandRefused) else None

    @property
    def outcome(self) -> str:
        """The refusal's public reason, with the step that is missing where there is one, or the answer's name."""
        if not isinstance(self.body, CommandRefused):
            return type(self.body).__name__
        missing = f" ({self.body.missing_step})" if self.body.missing_step else ""
        return self.body.public_reason + missing


class Client:
    """One channel. `pinned` holds the services' fingerprints, as in `HESABI_KEY_FINGERPRINTS`. `own` is the private
    X25519 key for answers; a new one is drawn without it."""

    def __init__(
        self,
        channel: str,
        producer: AIOKafkaProducer,
        watch: Watch,
        pinned: Mapping[str, Mapping[str, str]],
        own: OKPKey | None = None,
    ) -> None:
        self.channel = channel
        self.sent: list[Sent] = []
        self._producer, self._watch, self._pinned = producer, watch, pinned
        self._own = own or OKPKey.generate_key("X25519")
        self._keys: dict[str, str] = {}
        self._went_out: dict[str, float] = {}

    @property
    def answer_key(self) -> str:
        """The public key, as JWK text, to which answers are to be sealed."""
        return public_jwk(self._own)

    async def ask(self, command: Command, *, key: str) -> Answered:
        """Sends a command, its open texts sealed, under a flow's key, and waits for its answer.

        Raises:
            NoAnswer: none came within 60 s.
        """
        return await self.answer(await self.send(command, key=key))

    async def send(self, command: Message, *, key: str, command_id: str | None = None) -> Sent:
        """Sends a command, or a neighbour's message, without waiting. `command_id` is for one that was used before."""
        sent = await self.made(command, key=key, command_id=command_id)
        await self.send_bytes(sent)
        return sent

    async def made(self, command: Message, *, key: str, command_id: str | None = None) -> Sent:
        """The same, sealed and ready to go out: whoever may not learn whether it arrived keeps it first.

        Raises:
            NoAnswer: a service has published no key with the pinned fingerprint.
        """
        sealed = await self._sealed(command, key)
        made_at = datetime.now(UTC)
        value = sealed.model_dump_json().encode()
        return Sent(command_id or str(uuid4()), command, type(command).topic.name, key, value, made_at)

    async def send_bytes(self, sent: Sent) -> None:
        """Sends a command as it is: one that went out before is then sent again (J3)."""
        envelope = Envelope(
            id=sent.id,
            source=self.channel,
            type=type(sent.command).type_name,
            subject=sent.key,
            time=sent.made_at,
            expiry_time=sent.made_at + COMMAND_LIFE if isinstance(sent.command, Command) else None,
        )
        self.sent.append(sent)
        self._went_out[sent.id] = time.perf_counter()
        await self._producer.send_and_wait(sent.topic, sent.value, sent.key.encode(), headers=to_headers(envelope))

    async def answer(self, sent: Sent, number: int = 1, within: float = ANSWER_S) -> Answered:
        """The answer to a command; with `number`, the so-many-th time that it is given.

        Raises:
            NoAnswer: it did not come within so many seconds.
        """
        answers = self._watch.answers[sent.id]
        if not await self._watch.until(lambda: len(answers) >= number, within):
            raise NoAnswer(f"{type(sent.command).__name__} was not answered within {within:g} s")
        seen = answers[number - 1]
        body = seen.body
        assert isinstance(body, Answer)  # nothing else is said on a topic for answers
        return Answered(sent, seen, body, (seen.at - self._went_out[sent.id]) * 1000)

    async def led_to(self, sent: Sent, accept: Callable[[Sequence[Seen]], bool], within: float) -> list[Seen]:
        """Whatever a message led to, as soon as that is acceptable; else what there is after so many seconds."""
        await self._watch.until(lambda: accept(self._watch.caused_by([sent.id])), within)
        return self._watch.caused_by([sent.id])

    def open(self, answered: Answered, name: str) -> str:
        """The text of a field of an answer that was sealed to this channel's key.

        Raises:
            services.chassis.sealing.SealBroken: it was not.
        """
        value = getattr(answered.body, name)
        assert isinstance(value, Sealed)
        assert value.jwe is not None
        binding = binding_of(answered.seen.envelope.type, answered.seen.envelope.subject, name)
        return open_seal(value.jwe, {thumbprint(self._own): self._own}, binding)

    async def _sealed(self, command: Message, key: str) -> Message:
        sealed = {}
        for name, marker in command.sealed_fields.items():
            value = getattr(command, name)
            if isinstance(value, Sealed) and value.plain is not None:
                recipient = command.service if marker is SealedFor.THIS_SERVICE else marker.value
                binding = binding_in(command, key, name)
                sealed[name] = Sealed(jwe=seal(value.plain.reveal(), await self.key_of(recipient), binding))
        return command.model_copy(update=sealed)

    async def key_of(self, service: str) -> str:
        """The public key, as JWK text, to which this service's fields are sealed.

        Raises:
            NoAnswer: the service has published none with the pinned fingerprint.
        """
        if service not in self._keys:
            if not await self._watch.until(lambda: self._published(service) is not None, KEYS_S):
                raise NoAnswer(f"{service} has published no key with the pinned fingerprint")
            self._keys[service] = self._published(service) or ""
        return self._keys[service]

    def _published(self, service: str) -> str | None:
        """The last key that this service published and that is pinned, or pinned as the one to come."""
        name, type_name = KEYS[service].name, SERVICE_KEYS_PUBLISHED[service].type_name
        pinned = (self._pinned[service]["seal"], self._pinned[service].get("next_seal"))
        for seen in reversed(self._watch.seen):
            if (seen.topic, seen.envelope.source, seen.envelope.type) == (name, service, type_name):
                body: Message = seen.body
                assert isinstance(body, ServiceKeysPublished)
                key = parse_public_jwk(body.seal_key, "X25519")
                if key is not None and thumbprint(key) in pinned:
                    return json.dumps(json.loads(body.seal_key))
        return None

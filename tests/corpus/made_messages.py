"""Messages that a journey does not send, made from their samples: sealed, enveloped and stamped like recorded ones."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import ValidationError

from contracts.catalogue import CATALOGUE
from contracts.envelope import Envelope, from_headers, to_headers
from contracts.message import Command, Message
from contracts.samples import sample_of
from contracts.sealed import Sealed, SealedFor
from contracts.topics import CHANNELS, OPERATORS
from services.chassis.keys import PrivateKeys
from services.chassis.sealing import SealBroken, binding_in, open_seal, public_jwk, seal
from tests.corpus.kept import KeptRecord

CHOICES: Final = 20
COMMAND_LIFE: Final = timedelta(minutes=5)


def recipient_of(message: Message, name: str) -> str:
    """Who can open a sealed field; `asker` where it is nobody of the house."""
    marker = message.sealed_fields[name]
    return message.service if marker is SealedFor.THIS_SERVICE else marker.value


@dataclass
class Desk:
    """Makes messages under the keys of a run. `texts`: what stood in its sealed fields, by their names; `values`: in
    its open ones, by service and name."""

    keys: Mapping[str, PrivateKeys]
    texts: dict[str, str] = field(default_factory=dict)
    values: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    @classmethod
    def after(cls, keys: Mapping[str, PrivateKeys], records: Iterable[KeptRecord]) -> "Desk":
        """A desk that has read these records."""
        desk = cls(keys)
        for record in records:
            envelope = from_headers(record.key, record.headers)
            assert isinstance(envelope, Envelope)
            body = CATALOGUE[record.type].model_validate_json(record.value or b"")
            for name, text in desk._opened(body, envelope):
                desk.texts.setdefault(name, text)
            for name, value in body.model_dump(exclude={*body.sealed_fields}).items():
                if isinstance(value, str):
                    desk._note(body.service, name, value)
            if envelope.sequence is not None:
                desk._note(envelope.source, "aggregate", envelope.subject)
        return desk

    def _note(self, service: str, name: str, value: str) -> None:
        values = self.values.setdefault((service, name), [])
        # What names an aggregate begins with its kind: one of each.
        if value.partition(":")[0] not in {known.partition(":")[0] for known in values}:
            values.append(value)

    def _opened(self, body: Message, envelope: Envelope) -> Iterator[tuple[str, str]]:
        for name in body.sealed_fields:
            value, owner = getattr(body, name), recipient_of(body, name)
            if isinstance(value, Sealed) and value.jwe is not None and owner in self.keys:
                with suppress(SealBroken):
                    yield name, open_seal(value.jwe, self.keys[owner].opening, binding_in(body, envelope.subject, name))

    def made(self, message: type[Message], number: int, at: datetime) -> Iterator[KeptRecord]:
        """Records of this message as its writer would send it, with other values in each; `number` tells them from
        those of other messages."""
        for choice in range(CHOICES):
            yield self._made(message, number, at, choice)

    def _made(self, message: type[Message], number: int, at: datetime, choice: int) -> KeptRecord:
        key = f"made-{number}"
        body = self._sample(message, choice)
        body = body.model_copy(update={name: self._sealed(body, key, name) for name in body.sealed_fields})
        is_command = issubclass(message, Command)
        source = message.service
        if is_command:
            source = min((CHANNELS | OPERATORS) & message.topic.writers)
        envelope = Envelope(
            id=f"made-message-{number}",
            source=source,
            type=message.type_name,
            subject=key,
            time=at,
            correlation_id=None if is_command else f"made-cause-{number}",
            expiry_time=at + COMMAND_LIFE if is_command else None,
        )
        stamp = int(at.astimezone(UTC).timestamp() * 1000)
        value = body.model_dump_json().encode()
        return KeptRecord(
            message.topic.name, 0, 10**9 + number, stamp, key.encode(), value, tuple(to_headers(envelope)), made=True
        )

    def _sample(self, message: type[Message], choice: int) -> Message:
        sample = sample_of(message, "full")
        known = {
            name: values[choice % len(values)]
            for name in sample.keys() - message.sealed_fields.keys()
            if isinstance(sample[name], str) and (values := self.values.get((message.service, name)))
        }
        for name, value in known.items():
            with suppress(ValidationError):  # the same name may stand for something else in another message
                message.model_validate_json(json.dumps(sample | {name: value}))
                sample[name] = value
        return message.model_validate_json(json.dumps(sample))

    def _sealed(self, body: Message, subject: str, name: str) -> Sealed:
        owner = recipient_of(body, name)
        to = getattr(body, "answer_key", None) if owner not in self.keys else public_jwk(self.keys[owner].seal)
        text = self.texts.get(name, "example")
        return Sealed(
            jwe=seal(text, to or public_jwk(next(iter(self.keys.values())).seal), binding_in(body, subject, name))
        )

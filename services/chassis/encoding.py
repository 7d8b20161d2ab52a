"""From what a decision says to entries of the outbox: sealed, counted, sized, with derived ids (architecture, laws 4
and 11)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha1
from typing import Final
from uuid import UUID

from contracts.decision import Incoming, Outgoing, Refusal
from contracts.message import MAX_MESSAGE_BYTES, Answer, Command, Message
from contracts.operations import COMMAND_REFUSED, DEAD_LETTER, REFUSAL_RECORDED
from contracts.values.public_texts import text_for
from services.chassis.document import Document, Entry, Position

MAX_MESSAGES: Final = 50
MAX_STATE_BYTES: Final = 256 * 1024
MAX_DEAD_LETTER_BYTES: Final = 240 * 1024
_NAMESPACE: Final = UUID("6a2f6d6e-5f3a-5c0e-9a57-0d6f6f3c1b77")


class BudgetExceeded(Exception):
    """A decision grew past what one save or one record may hold: a bug of the decision (law 7)."""


def derived_id(service: str, aggregate: str, cause: str, index: int) -> str:
    """The id of the index-th message that deciding `cause` on `aggregate` emits: deciding again gives the same (law
    4)."""
    # uuid5 by hand: the library's own takes four times as long, and every message out pays for it.
    name = f"{service}/{aggregate}/{cause}/{index}".encode()
    text = sha1(_NAMESPACE.bytes + name, usedforsecurity=False).hexdigest()
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"


@dataclass(frozen=True, slots=True)
class Encoder:
    """Encodes one service's messages. `seal(message, subject)` seals what is still plain in a message."""

    service: str
    seal: Callable[[Message, str], Message]

    def outgoing(self, messages: tuple[Message | Outgoing, ...], incoming: Incoming[Message]) -> list[Outgoing]:
        """Each message with its correlation."""
        if len(messages) > MAX_MESSAGES:
            raise BudgetExceeded("messages")
        return [m if isinstance(m, Outgoing) else Outgoing(m, incoming.correlation_id) for m in messages]

    def refusal(self, refusal: Refusal, incoming: Incoming[Message]) -> list[Outgoing]:
        """A refusal's public half, where a command is refused, and its half for operators (J4)."""
        is_command = isinstance(incoming.body, Command)
        command_id = refusal.command_id or (incoming.id if is_command else None)
        command_type = refusal.command_type or type(incoming.body).type_name
        halves: list[Outgoing] = []
        if command_id is not None:
            text = text_for(refusal.public_reason)
            answer = COMMAND_REFUSED[self.service](
                command_type=command_type,
                public_reason=refusal.public_reason,
                text_ar=text.ar,
                text_en=text.en,
                missing_step=refusal.missing_step,
            )
            halves.append(Outgoing(answer, command_id))
        recorded = REFUSAL_RECORDED[self.service](
            message_id=command_id or incoming.id,
            message_type=command_type,
            public_reason=refusal.public_reason,
            reason=refusal.reason,
        )
        halves.append(Outgoing(recorded, command_id or incoming.correlation_id))
        return halves

    def entry(
        self, aggregate: str, out: Outgoing, incoming: Incoming[Message], index: int, cause: Position, at: datetime
    ) -> Entry:
        """One message, sealed and sized, without a sequence yet."""
        body, is_answer = out.body, isinstance(out.body, Answer)
        value = self.body(body, out.correlation_id if is_answer else aggregate)
        return Entry(
            id=derived_id(self.service, aggregate, incoming.id, index),
            topic=type(body).topic.name,
            type=type(body).type_name,
            sequence=None,
            time=at,
            correlation_id=out.correlation_id,
            causation_id=out.correlation_id if is_answer else incoming.id,
            body=value,
            cause=cause,
            is_answer=is_answer,
        )

    def unsaved(
        self, aggregate: str, messages: Sequence[Outgoing], incoming: Incoming[Message], cause: Position, at: datetime
    ) -> list[Entry]:
        """Messages that go out without a save. Their ids hang on the record: the same command sent again may be
        answered otherwise, and one id never stands for two messages."""
        entries = [self.entry(aggregate, out, incoming, index, cause, at) for index, out in enumerate(messages)]
        record = f"{incoming.id}@{cause.epoch}.{cause.topic}.{cause.partition}.{cause.offset}"
        return [replace(e, id=derived_id(self.service, aggregate, record, i)) for i, e in enumerate(entries)]

    def body(self, message: Message, subject: str) -> bytes:
        """The JSON of a message whose subject is `subject`. Raises `BudgetExceeded` over 64 KiB."""
        sealed = self.seal(message, subject) if type(message).sealed_fields else message
        value = sealed.__pydantic_serializer__.to_json(sealed)
        limit = MAX_DEAD_LETTER_BYTES if isinstance(message, DEAD_LETTER[self.service]) else MAX_MESSAGE_BYTES
        if len(value) > limit:
            raise BudgetExceeded("message")
        return value


def queued(document: Document, entry: Entry) -> Entry:
    """The entry with its sequence, put into the document's outbox."""
    entry.sequence = document.next_sequence(entry.topic)
    document.outbox.append(entry)
    return entry

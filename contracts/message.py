"""What a message is: its name, its topic, its strictness (architecture, law 13).

A message class states its service, topic and version as class arguments and thereby enters the catalogue:

    class StartRegistration(Command, service="identity", topic=topics.IDENTITY_COMMANDS): ...

Its type on the bus is then `hesabi.identity.StartRegistration.v1`. A class without these arguments is a base.
"""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, StringConstraints

from contracts.sealed import Sealed, SealedFor
from contracts.topics import Topic

MAX_MESSAGE_BYTES = 64 * 1024
"""Largest body of a message in bytes, checked before parsing and before saving (architecture, law 7)."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
"""Short free text: 1 to 200 characters, no NUL."""

CustomerText = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
"""What a customer reads, in one language: 1 to 500 characters, no NUL."""

Code = Annotated[str, StringConstraints(max_length=64, pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
"""A stable lower-case code such as a reason, a step or a kind."""

Id = Annotated[str, StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9:._-]{0,99}$")]
"""An identifier: an aggregate's id, a flow's id, a message's id."""

PublicKey = Annotated[str, StringConstraints(min_length=40, max_length=300, pattern=r"^\{[^\x00]*\}$")]
"""A public X25519 key as JWK text, to which an answer is sealed; what is sealed in a message that names it in its
`answer_key` is bound to it."""


class Message(BaseModel):
    """Base of everything on the bus. Frozen, strict; its errors never repeat the input."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    type_name: ClassVar[str] = ""
    service: ClassVar[str] = ""
    topic: ClassVar[Topic]
    sealed_fields: ClassVar[dict[str, SealedFor]] = {}
    has_answer_key: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Class arguments are read by pydantic's hook below, once the fields are known."""
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(
        cls, service: str = "", topic: Topic | None = None, version: int = 1, **kwargs: Any
    ) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.sealed_fields = {
            name: marker
            for name, field in cls.model_fields.items()
            for marker in field.metadata
            if isinstance(marker, SealedFor)
        }
        cls.has_answer_key = "answer_key" in cls.model_fields
        if topic is None:
            return
        cls.service = service
        cls.topic = topic
        cls.type_name = f"hesabi.{service}.{cls.__name__}.v{version}"
        if CATALOGUE.setdefault(cls.type_name, cls) is not cls:
            raise TypeError(f"two messages are called {cls.type_name}")


CATALOGUE: dict[str, type[Message]] = {}
"""Every message by its type on the bus. Filled by importing `contracts.catalogue`."""


def version_of(message: type[Message]) -> int:
    """The version of its contract: 1, and one more for each change that its readers or writers had to follow."""
    return int(message.type_name.rpartition(".v")[2])


class Event(Message):
    """A fact. Readers ignore fields they do not know."""


class Answer(Event):
    """The one answer to a command, correlated by the command's id (J3)."""


class Command(Message):
    """A wish from a channel. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class CustomerCommand(Command):
    """A command of a person who has logged in; the receiving service checks the token itself (law 12)."""

    token: Annotated[Sealed, SealedFor.THIS_SERVICE]


class Query(CustomerCommand):
    """A question: it changes nothing, is not recorded, and its answer is sealed to `answer_key` (law 1)."""

    answer_key: PublicKey


class CommandRefused(Answer):
    """The public half of a refusal (J4): a reason any caller may see and its text in both languages."""

    command_type: Id
    public_reason: Code
    text_ar: CustomerText
    text_en: CustomerText
    missing_step: Code | None = None


class RefusalRecorded(Event):
    """The operators' half of a refusal (J4, I15): the precise reason, on the audit topic only."""

    message_id: Id
    message_type: Id
    public_reason: Code
    reason: Code


class TimerElapsed(Message):
    """A wake-up of one aggregate (law 10). It proves nothing: the decision looks at the clock itself."""

    aggregate: Id


class Nudge(Message):
    """The audit asks that an aggregate's unproven outbox is published again and trimmed (law 5)."""

    aggregate: Id

"""Messages for the gate's own tests: one field more or less, wider or narrower. None of them enters the catalogue."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

from contracts import topics
from contracts.message import Event, Message
from contracts.sealed import SealedFor
from contracts.topics import Topic

NAME = "hesabi.identity.Shape.v1"

Month = Annotated[str, StringConstraints(max_length=7, pattern=r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$")]
MonthOfThisCentury = Annotated[str, StringConstraints(max_length=7, pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
Reference = Annotated[str, StringConstraints(max_length=20, pattern=r"^[A-Z0-9-]*$")]
ShortReference = Annotated[str, StringConstraints(max_length=19, pattern=r"^[A-Z0-9-]*$")]
Ten = Annotated[int, Field(ge=0, le=10)]
Twenty = Annotated[int, Field(ge=0, le=20)]
TwoChoices = Literal["ar", "en"]
ThreeChoices = Literal["ar", "en", "ur"]


class Part(BaseModel):
    """An object within a message."""

    model_config = ConfigDict(strict=True)

    amount: Ten


class WiderPart(BaseModel):
    """The same with room for more."""

    model_config = ConfigDict(strict=True)

    amount: Twenty


def shape(base: type[Message] = Event, topic: Topic = topics.IDENTITY_EVENTS, **fields: Any) -> type[Message]:
    """A message called `NAME` with these fields: a type if required, else a pair of type and default."""
    parts: dict[str, Any] = {name: part if isinstance(part, tuple) else (part, ...) for name, part in fields.items()}
    message: type[Message] = create_model("Shape", __base__=base, __doc__="A shape for tests.", **parts)
    message.type_name, message.service, message.topic = NAME, "identity", topic
    message.sealed_fields = {
        name: marker
        for name, field in message.model_fields.items()
        for marker in field.metadata
        if isinstance(marker, SealedFor)
    }
    return message

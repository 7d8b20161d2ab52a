"""JSON Schemas (2020-12) of messages: a closed one for writers, an open one for readers (architecture, law 13).

Commands are closed in both: a command with a field that nobody knows is refused. Unions are plain `anyOf` (trap 33).
What JSON Schema has no word for stands under `x-topic` (where the message is sent) and `x-sealed` (who opens a field).
"""

from typing import Any, Literal

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from contracts.message import Command, Message, version_of
from contracts.sealed import SealedFor

Side = Literal["writer", "reader"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAX_INSTANT_CHARACTERS = 40
"""`2026-03-01T09:00:00.000000+03:00` and some room."""


def title_of(message: type[Message]) -> str:
    """`ShowDues`, and `ShowDues v2` of a later version."""
    version = version_of(message)
    return message.__name__ if version == 1 else f"{message.__name__} v{version}"


def description_of(message: type[Message]) -> str:
    """The message's docstring on one line; a message made of a base has the base's."""
    texts = (base.__doc__ for base in message.__mro__ if issubclass(base, Message))
    return " ".join(next((text for text in texts if text), "").split())


def opener_of(message: type[Message], field: str) -> str:
    """Who can open a sealed field: a service, or `the asker`."""
    match message.sealed_fields[field]:
        case SealedFor.ASKER:
            return "the asker"
        case SealedFor.THIS_SERVICE:
            return message.service
        case marker:
            return str(marker.value)


def schema_of(message: type[Message], side: Side) -> dict[str, Any]:
    """The schema by which `side` judges the body of a message."""
    schema = message.model_json_schema(schema_generator=_Generator)
    closed = side == "writer" or issubclass(message, Command)
    for part in (schema, *schema.get("$defs", {}).values()):
        part["additionalProperties"] = not closed
    schema.pop("title", None)
    schema.pop("description", None)
    return {
        "$schema": DIALECT,
        "$id": f"urn:hesabi:schema:{message.type_name}:{side}",
        "title": message.type_name,
        "description": description_of(message),
        "x-topic": message.topic.name,
        "x-sealed": {field: opener_of(message, field) for field in message.sealed_fields},
        **schema,
    }


class _Generator(GenerateJsonSchema):
    """Pydantic's generator without titles of fields, and with a maximum for dates and instants."""

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> JsonSchemaValue:
        """RFC 3339."""
        return {**super().datetime_schema(schema), "maxLength": MAX_INSTANT_CHARACTERS}

    def date_schema(self, schema: core_schema.DateSchema) -> JsonSchemaValue:
        """RFC 3339's full date."""
        return {**super().date_schema(schema), "maxLength": len("2026-03-01")}

    def field_title_should_be_set(self, _schema: Any) -> bool:
        """Never: a field's name says as much."""
        return False

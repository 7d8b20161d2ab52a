"""`hesabi types` and `hesabi topics`: the contracts, as somebody at a terminal asks for them."""

from collections.abc import Iterable
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from contracts import topics
from contracts.catalogue import about, published_messages
from contracts.message import Command, CustomerCommand, Message
from contracts.schemas import schema_of
from contracts.topics import Topic
from deploy.cli.fields import FILLED_IN, opener_of
from deploy.cli.message_types import sendable, short_name, writers_of
from deploy.cli.pasting import paste_of
from deploy.cli.sending import TOKEN

_FOLLOWS: Final = ("pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "format")


def listed(typed: str | None, *, everything: bool) -> list[type[Message]]:
    """Commands, or every message; with a text, those whose type has it."""
    messages = list(published_messages().values())
    if not everything:
        messages = [message for message in sendable() if issubclass(message, Command)]
    wanted = (typed or "").lower()
    return [message for message in messages if wanted in message.type_name.lower()]


def type_list(messages: Iterable[type[Message]]) -> RenderableType:
    """A line for each."""
    grid = Table.grid(padding=(0, 2))
    for message in messages:
        grid.add_row(Text(short_name(message), style="cyan", no_wrap=True), Text(about(message)))
    return grid


def type_page(message: type[Message]) -> RenderableType:
    """One message with its fields."""
    grid = Table.grid(padding=(0, 2))
    for name in message.model_fields:
        grid.add_row("   ", Text(name, style="cyan", no_wrap=True), Text(what_of(message, name)))
    parts: list[RenderableType] = [
        Text(message.type_name, style="bold"),
        Text(about(message)),
        Text(f"topic {message.topic.name}; sent by {', '.join(sorted(writers_of(message) or message.topic.writers))}"),
        Text(),
        grid if message.model_fields else Text("   no fields"),
    ]
    return Group(*parts, Text())


def type_json(message: type[Message]) -> dict[str, Any]:
    """The same for a program."""
    return {
        "type": message.type_name,
        "about": about(message),
        "topic": message.topic.name,
        "sent_by": sorted(writers_of(message)),
        "sealed": {name: opener_of(message, name) for name in message.sealed_fields},
        "command": paste_of(message) if writers_of(message) else None,
        "schema": schema_of(message, "writer"),
    }


def what_of(message: type[Message], name: str) -> str:
    """What a field is: `sealed to identity`, `text`, `owner or tenant`; and who fills it in."""
    parts = [] if message.model_fields[name].is_required() else ["may be left out"]
    if name in FILLED_IN or (name == TOKEN and issubclass(message, CustomerCommand)):
        parts.append("filled in by this program")
    if name in message.sealed_fields:
        return ", ".join([f"sealed to {opener_of(message, name)}", *parts])
    return ", ".join([_kind(schema_of(message, "writer")["properties"][name]), *parts])


def _kind(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_kind(part) for part in schema["anyOf"] if part.get("type") != "null")
    if "enum" in schema or "const" in schema:
        return " or ".join(map(str, schema.get("enum") or [schema["const"]]))
    limits = ", ".join(f"{limit} {schema[limit]}" for limit in _FOLLOWS if limit in schema)
    kind = str(schema.get("type", "object")).replace("string", "text")
    return f"{kind} ({limits})" if limits else kind


def topic_list() -> RenderableType:
    """Every topic: who writes, who reads, what is in it."""
    grid = Table.grid(padding=(0, 2))
    grid.add_row(*(Text(name, style="bold") for name in ("topic", "written by", "read by", "data", "partitions")))
    for topic in topics.CATALOGUE.values():
        writers, readers = ", ".join(sorted(topic.writers)), ", ".join(sorted(topic.readers))
        grid.add_row(
            Text(topic.name, style="cyan"), Text(writers), Text(readers), topic.data_class, str(topic.partitions)
        )
    return grid


def topic_json(topic: Topic) -> dict[str, Any]:
    """The same for a program."""
    return {
        "topic": topic.name,
        "written_by": sorted(topic.writers),
        "read_by": sorted(topic.readers),
        "data": topic.data_class,
        "partitions": topic.partitions,
        "epoch": topic.epoch,
    }

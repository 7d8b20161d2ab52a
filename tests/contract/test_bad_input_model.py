"""Bad bodies of every message are refused by the message itself, and by nothing else than a `ValidationError`."""

import json
from typing import Any

from jsonschema import Draft202012Validator
from pydantic import ValidationError

from contracts.catalogue import published_messages
from contracts.message import Command, Message
from tests.contract.bodies import sample_of, schema_of, wrong_bodies

MESSAGES = published_messages()

NO_OBJECT = {
    "nothing": b"",
    "half an object": b'{"',
    "not UTF-8": b'{"a": "\xff"}',
    "a lone surrogate": b'{"a": "\\ud800"}',
    "a list": b"[]",
    "null": b"null",
    "a text": b'"x"',
    "not a number": b"NaN",
    "depth of 100,000": b"[" * 100_000,
    "depth of 100,000 objects": b'{"a":' * 100_000,
    "two objects": b"{}{}",
}

MARKER = "planted-4711"


def refusal_of(message: type[Message], body: bytes) -> ValidationError | None:
    """The error with which a message refuses a body, if it does."""
    try:
        message.model_validate_json(body)
    except ValidationError as error:
        return error
    return None


def test_wrong_bodies_are_refused() -> None:
    for message in MESSAGES.values():
        accepted = [
            what for what, body in wrong_bodies(message) if refusal_of(message, json.dumps(body).encode()) is None
        ]
        assert accepted == []


def test_the_published_schema_refuses_the_same_bodies() -> None:
    for message in MESSAGES.values():
        judge = Draft202012Validator(schema_of(message, "reader"))
        accepted = [
            what for what, body in wrong_bodies(message) if judge.is_valid(body) and not_only_a_format(what, body)
        ]
        assert accepted == []


def not_only_a_format(what: str, body: Any) -> bool:
    """A date with NUL behind it is short enough for the schema; its `format` is an annotation."""
    value = body
    for name in what.split()[:-1]:
        value = value.get(name) if isinstance(value, dict) else value[0] if isinstance(value, list) else value
    return not (what.endswith("NUL") and isinstance(value, str) and value[:2] == "20")


def test_what_is_no_object_is_refused() -> None:
    for message in MESSAGES.values():
        accepted = [
            what
            for what, body in NO_OBJECT.items()
            if refusal_of(message, body) is None and (message.model_fields or what != "a lone surrogate")
        ]
        assert accepted == []


def test_an_unknown_field_is_refused_in_commands_and_ignored_in_facts() -> None:
    for message in MESSAGES.values():
        body = json.dumps({**sample_of(message, "full"), "added_later": 1}).encode()
        refused = refusal_of(message, body) is not None
        assert refused == issubclass(message, Command)


def test_an_instant_without_offset_is_refused() -> None:
    for message in MESSAGES.values():
        sample = sample_of(message, "full")
        instants = [
            name
            for name, part in schema_of(message, "writer").get("properties", {}).items()
            if "date-time" in str(part)
        ]
        bodies = {name: {**sample, name: "2026-03-01T09:00:00"} for name in instants}
        assert [name for name, body in bodies.items() if refusal_of(message, json.dumps(body).encode()) is None] == []


def test_error_texts_never_repeat_the_input() -> None:
    for message in MESSAGES.values():
        told = [
            what
            for what, body in marked_bodies(message)
            if (error := refusal_of(message, body)) is None or MARKER in str(error) or MARKER in repr(error)
        ]
        assert told == []


def marked_bodies(message: type[Message]) -> list[tuple[str, bytes]]:
    """Bodies that are refused, with a marked value in each field in turn, and one that is cut off behind it."""
    sample = sample_of(message, "full")
    marked = [(name, json.dumps({**sample, name: {MARKER: MARKER + "\x00"}}).encode()) for name in sample]
    texts = [(f"{name} as text", json.dumps({**sample, name: MARKER + "\x00"}).encode()) for name in sample]
    return [*marked, *texts, ("cut off", f'{{"{MARKER}": "{MARKER}'.encode())]

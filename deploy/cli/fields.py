"""The body of a message from what was typed: `FIELD=VALUE`, `FIELD=@file`, `FIELD=-`, or a JSON object.

Errors name fields, never values: a value may be a password.
"""

import difflib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from contracts.message import Id, Message
from contracts.samples import SEALED_SAMPLE
from contracts.schemas import schema_of
from contracts.sealed import Sealed, SealedFor
from deploy.cli.outcome import Wrong

Prompt = Callable[[str], str]
"""Asks for the text of a field without showing it."""

_BOOLEANS: Final = {"true": True, "yes": True, "false": False, "no": False}
FILLED_IN: Final = ("answer_key",)


def checked_key(key: str) -> str:
    """A record's key as the envelope takes it: under another, a message is a dead letter.

    Raises:
        Wrong: it is none.
    """
    try:
        return TypeAdapter[str](Id).validate_python(key)
    except ValidationError:
        raise Wrong("--key takes up to 100 letters, digits and : . _ -, a letter or digit first") from None


def read_fields(message: type[Message], typed: Sequence[str], prompt: Prompt) -> dict[str, Any]:
    """Values by field, as JSON has them; sealed fields in plain text.

    Raises:
        Wrong: something is no `FIELD=VALUE`, or the message has no such field, or it is given twice.
    """
    read: dict[str, Any] = {}
    for number, text in enumerate(typed, 1):
        name, equals, value = text.partition("=")
        if not equals:
            raise Wrong(f"argument {number} behind {message.__name__} is no FIELD=VALUE{_known(message)}")
        _check_name(message, name, number)
        if name in read:
            raise Wrong(f"{name} is given twice")
        read[name] = _value(message, name, value, prompt)
    return read


def read_object(message: type[Message], text: str) -> dict[str, Any]:
    """The same from a JSON object.

    Raises:
        Wrong: it is none, or the message has no such field.
    """
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        raise Wrong("the body is no JSON") from None
    if not isinstance(read, dict):
        raise Wrong("the body is no JSON object")
    for number, name in enumerate(read, 1):
        _check_name(message, name, number)
    return read


def opener_of(message: type[Message], name: str) -> str:
    """Who can open a sealed field: a service, or `the asker`."""
    match message.sealed_fields[name]:
        case SealedFor.THIS_SERVICE:
            return message.service
        case SealedFor.ASKER:
            return "the asker"
        case marker:
            return str(marker.value)


def body_of(message: type[Message], values: Mapping[str, Any]) -> Message:
    """The message, checked against its contract; sealed fields wait in plain text to be sealed.

    Raises:
        Wrong: names each field that is missing or not accepted, and why.
    """
    sealed = {name: values[name] for name in message.sealed_fields if name in values}
    if wrong := [name for name, text in sealed.items() if not isinstance(text, str)]:
        raise Wrong(f"sealed fields are texts: {', '.join(wrong)}")
    shown = {**values, **dict.fromkeys(sealed, SEALED_SAMPLE)}
    try:
        checked = message.model_validate_json(json.dumps(shown))
    except ValidationError as error:
        raise Wrong(_faults(message, error)) from None
    return checked.model_copy(update={name: Sealed.of(text) for name, text in sealed.items()})


def _faults(message: type[Message], error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    missing = [str(fault["loc"][0]) for fault in faults if fault["type"] == "missing" and len(fault["loc"]) == 1]
    others = [f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in faults if str(f["loc"][0]) not in missing]
    needed = [f"{message.__name__} needs {', '.join(missing)}"] if missing else []
    return "; ".join([*needed, *others])


def _check_name(message: type[Message], name: str, number: int) -> None:
    if name in message.model_fields:
        return
    shown = f" (like {close[0]}?)" if (close := difflib.get_close_matches(name, message.model_fields, n=1)) else ""
    raise Wrong(f"argument {number} names a field that {message.__name__} does not have{shown}{_known(message)}")


def _known(message: type[Message]) -> str:
    names: Collection[str] = [name for name in message.model_fields if name not in FILLED_IN]
    return f"; its fields: {', '.join(names)}" if names else "; it has no fields"


def _value(message: type[Message], name: str, text: str, prompt: Prompt) -> Any:
    if text == "-":
        return prompt(name)
    if name in message.sealed_fields:
        return _file(name, text[1:]) if text.startswith("@") else text
    kinds = _kinds(schema_of(message, "writer")["properties"][name])
    if "string" in kinds:
        return text
    if "boolean" in kinds and text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Wrong(f"{name} is to be {' or '.join(sorted(kinds)) or 'JSON'}") from None


def _kinds(schema: Mapping[str, Any]) -> set[str]:
    if "anyOf" in schema:
        return set().union(*(_kinds(part) for part in schema["anyOf"]))
    return {str(schema["type"])} if "type" in schema else {"object"}


def _file(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, ValueError):
        raise Wrong(f"the file of {name} cannot be read") from None

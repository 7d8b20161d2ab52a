"""Bad bodies of a message: its full sample with one thing wrong at a time, as its schema tells."""

import copy
import functools
from collections.abc import Callable, Iterator
from typing import Any

from contracts import samples, schemas
from contracts.message import Message

Wrong = tuple[str, Any]
"""What is wrong, in words, and the body."""


schema_of = functools.cache(schemas.schema_of)
sample_of = functools.cache(samples.sample_of)
"""Made once; nobody changes them."""


def wrong_bodies(message: type[Message]) -> Iterator[Wrong]:
    """Missing, mistyped, oversized, too large and NUL in every field, in nested objects and items too."""
    schema, sample = schema_of(message, "writer"), sample_of(message, "full")
    yield from _wrong_object(schema, schema, sample, lambda changed: changed)


def _wrong_object(
    part: dict[str, Any], root: dict[str, Any], value: dict[str, Any], rebuilt: Callable[[Any], Any]
) -> Iterator[Wrong]:
    for name in part.get("required", []):
        yield f"{name} missing", rebuilt({key: copy.deepcopy(item) for key, item in value.items() if key != name})
    for name, schema in part.get("properties", {}).items():
        for what, bad in _wrong_values(_resolved(schema, root), root, value[name]):
            yield f"{name} {what}", rebuilt({**value, name: bad})


def _resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, or the one it points to; of a nullable one its first branch, marked."""
    if "$ref" in schema:
        return dict(root["$defs"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return {**_resolved(schema["anyOf"][0], root), "nullable": {"type": "null"} in schema["anyOf"]}
    return schema


def _wrong_values(schema: dict[str, Any], root: dict[str, Any], value: Any) -> Iterator[Wrong]:
    if not schema.get("nullable"):
        yield "null", None
    match schema["type"]:
        case "string":
            yield from (("a number", 7), ("a list", [value]), ("an object", {"$ne": ""}), ("NUL", value + "\x00"))
            if "maxLength" in schema:
                yield "oversized", value + "9" * (schema["maxLength"] + 1 - len(value))
            if "enum" in schema or "const" in schema:
                yield "another one", "another one"
        case "integer":
            yield from (("a text", str(value)), ("a fraction", value + 0.5), ("a boolean", True))
            yield from (("too small", schema["minimum"] - 1), ("too large", schema["maximum"] + 1))
        case "boolean":
            yield from (("a text", "true"), ("a number", 1))
        case "array":
            item = value[0]
            yield from (("a text", "x"), ("an object", {}), ("oversized", [item] * (schema["maxItems"] + 1)))
            for what, bad in _wrong_values(_resolved(schema["items"], root), root, item):
                yield f"item {what}", [bad]
        case "object":
            yield "a text", "x"
            yield from _wrong_object(schema, root, value, lambda changed: changed)
        case other:
            raise TypeError(f"no bad values are known for {other}")

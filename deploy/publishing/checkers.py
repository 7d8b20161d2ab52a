"""Does whatever one schema lets through fit another? Two libraries are asked, and both must say yes (trap 41).

Left alone each overlooks something: `jsoncompat` never compares patterns; `jsonsubschema` does not see a pattern that
is added to a text with a minimum length, and beside equal patterns it does not compare lengths. Neither looks at
`format`. So both are asked about schemas in which patterns and formats cannot be overlooked: see `normalised`.
"""

import hashlib
import json
import signal
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import jsoncompat

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its docstrings have escapes that Python warns of
    from jsonsubschema import isSubschema

Schema = dict[str, Any]
Checker = Callable[[Schema, Schema], bool]
"""Whether everything that the first schema accepts is accepted by the second."""

TIME_LIMIT_SECONDS: Final = 3.0
"""A message takes milliseconds. What takes longer is something that a checker was not made for."""

_ANNOTATIONS: Final = frozenset({"$schema", "$id", "title", "description", "default", "x-topic", "x-sealed"})
_KINDS: Final = frozenset({"format", "pattern"})
_RULES: Final = frozenset(
    {
        "additionalProperties", "anyOf", "const", "enum", "items", "maxItems", "maxLength", "maximum", "minItems",
        "minLength", "minimum", "properties", "required", "type", "uniqueItems",
    }
)  # fmt: skip

_MARK: Final = "<a real object>"


class UnknownKeyword(Exception):
    """A word of JSON Schema that a checker would pass over in silence."""


class OutOfTime(BaseException):
    """Not an `Exception`: one of the libraries catches those and goes on."""


def normalised(schema: Schema) -> Schema:
    """The schema as both checkers read it: they accept and refuse exactly what they would of the original.

    - `$ref`s are replaced by what they point to (one checker refuses a `$ref` below a `$id`); annotations are left out.
    - A text with a `pattern` or a `format` becomes an object whose one field is called after both and holds the rest of
      the rules. So lengths of texts of one kind compare as before, and no text of another kind fits. That refuses more
      than it must (a date would fit a free text, a pattern a wider one) and never less. Real objects must all have one
      more field, so that no text is taken for one of them.
    - A keyword that is not known here raises `UnknownKeyword`, because a checker would leave it out without a word.
      A definition that contains itself raises `RecursionError`.
    """
    return _normalised({key: value for key, value in schema.items() if key != "$defs"}, schema.get("$defs", {}))


def _normalised(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    if "$ref" in schema:
        return _normalised(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    plain: Schema = {}
    for key, value in schema.items():
        if key in _RULES:
            plain[key] = _rule(key, value, definitions)
        elif key not in _ANNOTATIONS | _KINDS:
            raise UnknownKeyword(key)
    if plain.get("type") == "object":
        return _marked(plain)
    return _of_a_kind(plain, schema) if _KINDS & schema.keys() else plain


def _rule(key: str, value: Any, definitions: Mapping[str, Schema]) -> Any:
    match key:
        case "properties":
            return {name: _normalised(part, definitions) for name, part in value.items()}
        case "anyOf":
            return [_normalised(part, definitions) for part in value]
        case "items" | "additionalProperties" if isinstance(value, dict):
            return _normalised(value, definitions)
        case _:
            return value


def _marked(real: Schema) -> Schema:
    return {
        **real,
        "properties": {**real.get("properties", {}), _MARK: {"type": "null"}},
        "required": [*real.get("required", ()), _MARK],
    }


def _of_a_kind(text: Schema, original: Schema) -> Schema:
    """The name is a hash because one checker takes names of fields for patterns."""
    kind = json.dumps([original.get(key) for key in sorted(_KINDS)])
    name = hashlib.sha256(kind.encode()).hexdigest()
    return {"type": "object", "properties": {name: text}, "required": [name], "additionalProperties": False}


def _jsonsubschema(inner: Schema, outer: Schema) -> bool:
    return isSubschema(inner, outer) is True


def _jsoncompat(inner: Schema, outer: Schema) -> bool:
    """For a reader ("deserializer") the new schema must accept all that the old one does."""
    return jsoncompat.check_compat(json.dumps(inner), json.dumps(outer), "deserializer") is True


CHECKERS: Final[Mapping[str, Checker]] = {"jsonsubschema": _jsonsubschema, "jsoncompat": _jsoncompat}


def refusals(inner: Schema, outer: Schema, checkers: Mapping[str, Checker] = CHECKERS) -> dict[str, str]:
    """The checkers that do not say that `inner` fits `outer`, each with why: "no", or what it raised instead."""
    answers = {name: _answer(checker, inner, outer) for name, checker in checkers.items()}
    return {name: answer for name, answer in answers.items() if answer != "yes"}


def _answer(checker: Checker, inner: Schema, outer: Schema) -> str:
    """Says `yes`, `no`, or why there is no answer."""
    try:
        with _time_limit():
            return "yes" if checker(normalised(inner), normalised(outer)) else "no"
    except OutOfTime:
        return f"no answer in {TIME_LIMIT_SECONDS:.0f} s"
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a checker that raises has not said yes (law 13)
        return f"raised {type(error).__name__}"


@contextmanager
def _time_limit() -> Iterator[None]:
    """Raises `OutOfTime` inside. Of the main thread only."""

    def ring(_signal: int, _frame: object) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, TIME_LIMIT_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

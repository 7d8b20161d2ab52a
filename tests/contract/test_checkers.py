"""Trap 41: what each checker overlooks, and that together, as the gate asks them, they overlook nothing."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import StringConstraints

from contracts.message import Message
from contracts.schemas import Side
from deploy.publishing import checkers
from deploy.publishing.checkers import CHECKERS, Checker, Schema, refusals
from deploy.publishing.compatibility import misfits
from tests.contract.bodies import schema_of
from tests.contract.shapes import Month, MonthOfThisCentury, Reference, ShortReference, Ten, shape
from tests.gates import Gates

Short = Annotated[str, StringConstraints(min_length=1, max_length=2)]
ShortDigits = Annotated[str, StringConstraints(min_length=1, max_length=2, pattern=r"^[0-9]*$")]


def bare(message: type[Message], side: Side) -> Schema:
    """A schema as it is published, but for the name that one checker stumbles over."""
    return {key: value for key, value in schema_of(message, side).items() if key[0] not in "$x"}


def lets_through(before: type[Message], after: type[Message]) -> set[str]:
    """The checkers that, asked without the gate's preparation, let an old writer's messages through to a new reader."""
    return {name for name, fits in CHECKERS.items() if fits(bare(before, "writer"), bare(after, "reader"))}


OVERLOOKED: dict[str, tuple[type[Message], type[Message], set[str]]] = {
    "a narrower pattern": (shape(first=Month), shape(first=MonthOfThisCentury), {"jsoncompat"}),
    "a lower maximum beside an equal pattern": (
        shape(first=Reference),
        shape(first=ShortReference),
        {"jsonsubschema"},
    ),
    "an added pattern": (shape(first=Short), shape(first=ShortDigits), {"jsonsubschema", "jsoncompat"}),
    "another format": (shape(first=date), shape(first=datetime), {"jsonsubschema", "jsoncompat"}),
}


@pytest.mark.parametrize("what", OVERLOOKED)
def test_what_a_checker_overlooks_by_itself_the_gate_refuses(what: str, gates: Gates) -> None:
    before, after, fooled = OVERLOOKED[what]
    assert lets_through(before, after) == fooled
    said = refusals(schema_of(before, "writer"), schema_of(after, "reader"))
    gates.refuses("contracts: checkers", f"{what}, overlooked by {' and '.join(sorted(fooled))}", said)
    assert said


TEXTS = ("", "a", "b", "ab", "ba", "12", "a1", "abcdef")


@st.composite
def texts(draw: st.DrawFn) -> Schema:
    """A text with lengths, perhaps a pattern, or one of some choices."""
    if draw(st.booleans()):
        return {"type": "string", "enum": draw(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3, unique=True))}
    least = draw(st.integers(0, 2))
    schema: Schema = {"type": "string", "minLength": least, "maxLength": least + draw(st.integers(0, 3))}
    pattern = draw(st.sampled_from([None, "^[a-b]*$", "^a[a-b]?$", "^[0-9]{1,2}$"]))
    return schema if pattern is None else {**schema, "pattern": pattern}


@st.composite
def numbers(draw: st.DrawFn) -> Schema:
    """A range of integers."""
    least = draw(st.integers(0, 3))
    return {"type": "integer", "minimum": least, "maximum": least + draw(st.integers(0, 3))}


def lists_of(items: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.builds(lambda item, most: {"type": "array", "items": item, "maxItems": most}, items, st.integers(0, 2))


def objects_of(parts: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.builds(
        lambda fields, required, closed: {
            "type": "object",
            "properties": fields,
            "required": [name for name in fields if name in required],
            "additionalProperties": not closed,
        },
        st.dictionaries(st.sampled_from("xy"), parts, max_size=2),
        st.sets(st.sampled_from("xy")),
        st.booleans(),
    )


def nullable(part: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.builds(lambda schema: {"anyOf": [schema, {"type": "null"}]}, part)


LEAVES = texts() | numbers() | st.just({"type": "boolean"})
PARTS = LEAVES | nullable(LEAVES) | lists_of(LEAVES) | objects_of(LEAVES)
CANDIDATES: list[Any] = [None, True, 0, 1, 2, 3, 4, 6, *TEXTS]
CANDIDATES += [[], *([value] for value in CANDIDATES), ["a", "12", "b"], [1, 2, 3]]
CANDIDATES += [
    {},
    *({name: value} for name in "xyz" for value in CANDIDATES[:16]),
    {"x": 1, "y": 1},
    {"x": "a", "y": 2},
]


KINDS: list[st.SearchStrategy[Schema]] = [texts(), numbers(), nullable(texts()), lists_of(numbers()), PARTS]


@settings(max_examples=60)
@given(pair=st.sampled_from([*KINDS, objects_of(texts())]).flatmap(lambda kind: st.tuples(kind, kind)))
def test_what_a_reader_would_not_accept_the_gate_refuses(pair: tuple[Schema, Schema]) -> None:
    written, read = pair
    sends, accepts = Draft202012Validator(written), Draft202012Validator(read)
    lost = [value for value in CANDIDATES if sends.is_valid(value) and not accepts.is_valid(value)]
    writer = {"type": "object", "properties": {"f": written}, "required": ["f"], "additionalProperties": False}
    reader = {**writer, "properties": {"f": read}, "additionalProperties": True}
    assert refusals(writer, reader) or not lost


@settings(max_examples=20)
@given(part=PARTS)
def test_the_gate_lets_through_what_stays_the_same(part: Schema) -> None:
    schema = {"type": "object", "properties": {"f": part}, "required": [], "additionalProperties": False}
    assert refusals(schema, {**schema, "additionalProperties": True}) == {}


def raising(error: BaseException) -> Checker:
    """A checker that breaks."""

    def check(inner: Schema, outer: Schema) -> bool:
        raise error

    return check


def never_ending(inner: Schema, outer: Schema) -> bool:
    """A checker that swallows what it can and goes on."""
    while True:
        try:
            sum(range(1000))
        except Exception:  # noqa: BLE001 - as one of the libraries does
            continue


@pytest.mark.parametrize(
    ("broken", "answer"),
    [
        (raising(ValueError("unsupported")), "raised ValueError"),
        (raising(SystemExit(1)), "raised SystemExit"),
        (raising(RecursionError()), "raised RecursionError"),
        (lambda inner, outer: False, "no"),
        (never_ending, "no answer in 0 s"),
    ],
)
def test_a_checker_that_does_not_say_yes_has_said_no(
    broken: Checker, answer: str, monkeypatch: pytest.MonkeyPatch, gates: Gates
) -> None:
    if broken is never_ending:
        monkeypatch.setattr(checkers, "TIME_LIMIT_SECONDS", 0.05)
    schema = schema_of(shape(amount=Ten), "writer")
    said = misfits(schema, schema, {"yes": lambda inner, outer: True, "broken": broken})
    assert said == [("the message as a whole", f"broken: {answer}")]
    gates.refuses("contracts: checkers", f"a checker that answers: {answer}", said[0][1])


def recursive() -> Schema:
    """A schema that contains itself."""
    node = {"$ref": "#/$defs/Node"}
    definitions = {"Node": {"type": "object", "properties": {"next": node}}}
    return {"type": "object", "properties": {"next": node}, "additionalProperties": False, "$defs": definitions}


def with_keyword(keyword: str, value: Any) -> Schema:
    """A schema with a rule that one of the checkers would leave out without a word."""
    return {"type": "object", "properties": {"pair": {"type": "array", keyword: value}}, "additionalProperties": False}


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (recursive, "RecursionError"),
        (lambda: with_keyword("prefixItems", [{"type": "string"}]), "UnknownKeyword"),
        (lambda: with_keyword("contains", {"type": "string"}), "UnknownKeyword"),
    ],
)
def test_a_schema_that_cannot_be_checked_is_refused(make: Callable[[], Schema], error: str) -> None:
    assert refusals(make(), make()) == dict.fromkeys(CHECKERS, f"raised {error}")

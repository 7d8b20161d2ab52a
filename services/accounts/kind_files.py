"""Kinds of requests are read from their files once, at the start. A file that is wrong stops the process with one line
that names the file and the fault.

A form's schema is a closed, bounded subset of JSON Schema 2020-12, so that it means the same to every library, costs
little to check, and lets nothing in that nobody asked for.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, get_args

from jsonschema import Draft202012Validator, SchemaError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.accounts import TransferKind
from contracts.message import Code, CustomerText
from services.accounts.evidence import KIND as EVIDENCE
from services.accounts.instalments import INSTALMENTS
from services.accounts.request_kind import WITHDRAWN, KindStep, OfferedKind, RequestKinds

OUR_KINDS: Final = Path(__file__).parent / "request_kinds"
MOST_KINDS: Final = 20
MOST_SCHEMA_CHARACTERS: Final = 4_000
MOST_GIVEN_BYTES: Final = 60_000
"""All kinds are given in one answer, which has to fit a message of 64 KiB."""

MOST_DEPTH: Final = 4
MONTH: Final = "^20[0-9]{2}-(0[1-9]|1[0-2])$"
"""The pattern of a form's field that names a month."""

RESERVED: Final = frozenset({INSTALMENTS, EVIDENCE, *get_args(TransferKind)})
"""Codes of requests that have a process of their own."""

_ARABIC: Final = re.compile(r"[\u0621-\u064a]")
_ANY: Final = {"type", "x-title"}
_KEYWORDS: Final[Mapping[str, frozenset[str]]] = {
    "object": frozenset({*_ANY, "properties", "required", "additionalProperties"}),
    "array": frozenset({*_ANY, "items", "minItems", "maxItems", "uniqueItems"}),
    "string": frozenset({*_ANY, "enum", "minLength", "maxLength", "pattern"}),
    "integer": frozenset({*_ANY, "minimum", "maximum"}),
    "boolean": frozenset(_ANY),
}
_NEEDED: Final[Mapping[str, frozenset[str]]] = {
    "object": frozenset({"properties", "additionalProperties"}),
    "array": frozenset({"items", "maxItems"}),
    "string": frozenset({"maxLength"}),
    "integer": frozenset({"minimum", "maximum"}),
    "boolean": frozenset(),
}


class KindFileWrong(ValueError):
    """The name of the file and what is wrong with it, in one line."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class _Text(_Part):
    ar: CustomerText
    en: CustomerText


class _Step(_Part):
    text: _Text
    next: Annotated[list[Code], Field(max_length=10)]
    withdrawable: bool = False


class _File(_Part):
    kind: Code
    title: _Text
    urgent: bool = False
    one_open: bool = False
    party: bool
    party_month: str | None = None
    first: Code
    steps: Annotated[dict[Code, _Step], Field(min_length=2, max_length=12)]
    form: dict[str, Any]


def read_kinds(folder: Path) -> RequestKinds:
    """Every kind in a folder of `<kind>.json` files. Raises `KindFileWrong`."""
    offered: dict[str, OfferedKind] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            offered[path.stem] = _kind_in(path)
        except (OSError, ValueError, SchemaError) as error:
            raise KindFileWrong(f"{path.name}: {_in_a_line(error)}") from None
    kinds = RequestKinds(offered)
    if not 1 <= len(offered) <= MOST_KINDS:
        raise KindFileWrong(f"{folder.name}: {len(offered)} kinds; 1 to {MOST_KINDS} may be offered")
    if sum(kind.urgent for kind in offered.values()) != 1:
        raise KindFileWrong(f"{folder.name}: exactly one kind is urgent")
    if len(kinds.given().model_dump_json().encode()) > MOST_GIVEN_BYTES:
        raise KindFileWrong(f"{folder.name}: all kinds together are too large for one message")
    return kinds


def _kind_in(path: Path) -> OfferedKind:
    file = _File.model_validate_json(path.read_bytes())
    if file.kind != path.stem:
        raise ValueError("the file is not called after its kind")
    if file.kind in RESERVED:
        raise ValueError("this kind has a process of its own")
    for text in (file.title, *(step.text for step in file.steps.values())):
        if not _ARABIC.search(text.ar) or _ARABIC.search(text.en):
            raise ValueError("a text is not in its language")
    Draft202012Validator.check_schema(file.form)
    if fault := next(_faults_of(file), None):
        raise ValueError(fault)
    schema = json.dumps(file.form, ensure_ascii=False, separators=(",", ":"))
    if len(schema) > MOST_SCHEMA_CHARACTERS:
        raise ValueError(f"the form's schema has more than {MOST_SCHEMA_CHARACTERS} characters")
    return OfferedKind(
        kind=file.kind,
        title_ar=file.title.ar,
        title_en=file.title.en,
        urgent=file.urgent,
        one_open=file.one_open,
        party=file.party,
        party_month=file.party_month,
        first=file.first,
        steps={code: _step(step) for code, step in file.steps.items()},
        form_schema=schema,
        accepts=Draft202012Validator(file.form).is_valid,
    )


def _step(step: _Step) -> KindStep:
    return KindStep(next=tuple(step.next), withdrawable=step.withdrawable, text_ar=step.text.ar, text_en=step.text.en)


def _faults_of(file: _File) -> Iterator[str]:
    yield from _faults_of_steps(file)
    yield from _faults_of_waiting(file)
    yield from _faults_of_schema(file.form, "form", 1)
    yield from _faults_of_month(file)  # last: it looks into a form that is well made


def _faults_of_steps(file: _File) -> Iterator[str]:
    steps = file.steps
    if file.first not in steps:
        yield "the first state has no step"
        return
    for code, step in steps.items():
        if not steps.keys() >= set(step.next):
            yield f"{code}: a next state has no step"
            return
    withdrawable = any(step.withdrawable for step in steps.values())
    if withdrawable != (WITHDRAWN in steps):
        yield f"there is a state `{WITHDRAWN}` exactly if a state is withdrawable"
        return
    if WITHDRAWN in steps and (steps[WITHDRAWN].next or steps[WITHDRAWN].withdrawable):
        yield f"`{WITHDRAWN}` is final"
    if any(WITHDRAWN in step.next for step in steps.values()):
        yield f"only the customer brings about `{WITHDRAWN}`"
    if unreached := steps.keys() - _reached(steps, {file.first}) - {WITHDRAWN}:
        yield f"{min(unreached)}: no request ever comes there"
    if endless := [code for code in steps if not any(not steps[end].next for end in _reached(steps, {code}))]:
        yield f"{endless[0]}: no end follows"
    if any(step.withdrawable and not step.next for step in steps.values()):
        yield "a final state is not withdrawable"


def _faults_of_waiting(file: _File) -> Iterator[str]:
    """J1: a request that the back office never closes would keep its customer from the next one."""
    for code, step in file.steps.items():
        if file.one_open and step.next and not step.withdrawable:
            yield f"{code}: where one may be open, the customer may take it back until its end"


def _faults_of_month(file: _File) -> Iterator[str]:
    """A18: without a month that is always there nobody could tell whose bill it is."""
    month, form = file.party_month, file.form
    if month is None:
        return
    is_asked = month in form.get("required", []) and form["properties"][month].get("pattern") == MONTH
    if not file.party or not is_asked:
        yield "`party_month`: a kind for its party asks for this month in its form"


def _reached(steps: Mapping[str, _Step], found: set[str]) -> set[str]:
    while more := {after for code in found for after in steps[code].next} - found:
        found |= more
    return found


def _faults_of_schema(schema: Any, place: str, depth: int) -> Iterator[str]:
    kind = schema.get("type") if isinstance(schema, dict) else None
    if not isinstance(kind, str) or kind not in _KEYWORDS or (depth == 1 and kind != "object") or depth > MOST_DEPTH:
        yield f"{place}: not a type that a form may have here"
        return
    if odd := schema.keys() - _KEYWORDS[kind]:
        yield f"{place}: `{min(odd)}` is not used in forms"
    if missing := _NEEDED[kind] - schema.keys():
        yield f"{place}: `{min(missing)}` is missing"
        return
    if depth > 1 and not _in_both_languages(schema.get("x-title")) and not place.endswith("[]"):
        yield f"{place}: `x-title` is not a text in both languages"
    if kind == "object":
        yield from _faults_of_object(schema, place, depth)
    elif kind == "array":
        yield from _faults_of_schema(schema["items"], f"{place}[]", depth + 1)


def _faults_of_object(schema: dict[str, Any], place: str, depth: int) -> Iterator[str]:
    if schema["additionalProperties"] is not False or not isinstance(schema["properties"], dict):
        yield f"{place}: an object is closed"
        return
    if not schema["properties"].keys() >= set(schema.get("required", [])):
        yield f"{place}: a required field is not there"
    for name, part in schema["properties"].items():
        yield from _faults_of_schema(part, f"{place}.{name}", depth + 1)


def _in_both_languages(title: Any) -> bool:
    if not isinstance(title, dict) or title.keys() != {"ar", "en"}:
        return False
    return bool(_ARABIC.search(str(title["ar"]))) and not _ARABIC.search(str(title["en"]))


def _in_a_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error).splitlines()[0]

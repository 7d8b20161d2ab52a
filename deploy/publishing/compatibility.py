"""The gate: may a released message become what the code says today (law 13)?

Yes, if what every released writer may send fits today's reader, if what today's writer may send fits every released
reader, and if the samples agree. What the schemas cannot say (the topic, who opens a sealed field) never changes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jsonschema import Draft202012Validator
from pydantic import ValidationError

from contracts.message import Message
from contracts.samples import Extent
from deploy.publishing.checkers import CHECKERS, Checker, Schema, refusals
from deploy.publishing.released import EXTENTS, Revision

WHOLE_MESSAGE: Final = "the message as a whole"
ADVICE: Final = (
    "A released message cannot change like this. Declare it again with `version=2` in its class arguments, and keep\n"
    "the old class for as long as anybody sends it (docs/integrators.md, How a contract changes)."
)


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a change is refused: what part of the message, in which direction, and who says so."""

    message: str
    part: str
    direction: str
    by: str

    def __str__(self) -> str:
        return f"{self.message}: {self.part}: {self.direction} ({self.by})"


def objections_to(
    today: Revision,
    message: type[Message],
    released: Sequence[Revision],
    checkers: Mapping[str, Checker] = CHECKERS,
) -> list[Objection]:
    """Everything that keeps `message`, as `today` describes it, from taking the place of its released revisions."""
    return [
        Objection(today.type_name, part, direction, by)
        for before in released
        for part, direction, by in (
            *_moved(today, before),
            *_misfits(today, before, checkers),
            *_unread_samples(message, before),
            *_unreadable_samples(today, before),
        )
    ]


_Found = Iterator[tuple[str, str, str]]


def _moved(today: Revision, before: Revision) -> _Found:
    old, new = before.schemas["writer"], today.schemas["writer"]
    if old["x-topic"] != new["x-topic"]:
        yield "topic", f"was {old['x-topic']} in r{before.number}, would be {new['x-topic']}", "topics"
    for name in sorted(old["properties"].keys() & new["properties"].keys()):
        was, would_be = old["x-sealed"].get(name, "nobody"), new["x-sealed"].get(name, "nobody")
        if was != would_be:
            yield name, f"was sealed to {was} in r{before.number}, would be to {would_be}", "seals"


def _misfits(today: Revision, before: Revision, checkers: Mapping[str, Checker]) -> _Found:
    old, new = before.schemas, today.schemas
    for part, by in misfits(old["writer"], new["reader"], checkers):
        yield part, f"what writers of r{before.number} send does not fit today's reader", by
    for part, by in misfits(new["writer"], old["reader"], checkers):
        yield part, f"what today's writer sends does not fit readers of r{before.number}", by


def misfits(writer: Schema, reader: Schema, checkers: Mapping[str, Checker] = CHECKERS) -> list[tuple[str, str]]:
    """Fields that keep `writer` from fitting `reader`, each with the checkers that say so. Empty if it fits."""
    whole = refusals(writer, reader, checkers)
    if not whole:
        return []
    by_field = {
        name: refusals(_only(name, writer), _only(name, reader), checkers)
        for name in _names(writer, reader)
        if _only(name, writer) != {**_only(name, reader), "additionalProperties": writer["additionalProperties"]}
    }
    found = {name: said for name, said in by_field.items() if said} or {WHOLE_MESSAGE: whole}
    return [(part, ", ".join(f"{by}: {answer}" for by, answer in said.items())) for part, said in found.items()]


def _names(*schemas: Schema) -> list[str]:
    return sorted({name for schema in schemas for name in schema["properties"]})


def _only(name: str, schema: Schema) -> Schema:
    """The schema of the message if it had this one field; nothing else tells a reader which field is meant."""
    kept = ("type", "$defs", "additionalProperties")
    return {
        **{key: schema[key] for key in kept if key in schema},
        "properties": {key: part for key, part in schema["properties"].items() if key == name},
        "required": [key for key in schema.get("required", ()) if key == name],
    }


def _unread_samples(message: type[Message], before: Revision) -> _Found:
    for extent, sample in before.samples.items():
        try:
            message.model_validate_json(json.dumps(sample))
        except ValidationError as error:
            parts = sorted({str(each["loc"][0]) if each["loc"] else WHOLE_MESSAGE for each in error.errors()})
            direction = f"today's class does not read the {extent} sample of r{before.number}"
            yield ", ".join(parts), direction, "samples"


def _unreadable_samples(today: Revision, before: Revision) -> _Found:
    reader = Draft202012Validator(before.schemas["reader"])
    for extent in EXTENTS:
        for error in _errors(reader, today.samples, extent):
            direction = f"the reader of r{before.number} does not accept today's {extent} sample"
            yield str(error.path[0]) if error.path else WHOLE_MESSAGE, direction, "samples"


def _errors(reader: Draft202012Validator, samples: Mapping[Extent, dict[str, Any]], extent: Extent) -> Iterator[Any]:
    yield from reader.iter_errors(samples[extent])

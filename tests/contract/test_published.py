"""What is published is what the code says, and both can be read by others and by us."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from contracts import accounts_v1, schemas
from contracts.catalogue import published_messages
from contracts.message import Command, Event, Message
from contracts.requests import InstalmentPlanAgreed
from contracts.schemas import DIALECT
from contracts.topics import CHANNELS, IDENTITY_EVENTS, Topic
from contracts.transfers import TransferCompleted
from deploy.publishing.publish import ROOT, objections, publish, stale_files, wanted_files
from deploy.publishing.released import EXTENTS, SAMPLES, SCHEMAS, SIDES
from tests.contract.bodies import sample_of, schema_of
from tests.gates import Gates

MESSAGES = published_messages()


class Cat(BaseModel):
    """One branch of a union."""

    kind: Literal["cat"]


class Dog(BaseModel):
    """The other."""

    kind: Literal["dog"]


class Careless(Event):
    """What no contract may look like."""

    topic: ClassVar[Topic] = IDENTITY_EVENTS

    name: str
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]


JOURNEY = ("UserRegistered", "OtpRequested", "AccountDefined", "TransferRequested")


def parts_of(value: Any) -> Iterator[dict[str, Any]]:
    """Every object within a schema."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from parts_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from parts_of(item)


def unequal_files(root: Path) -> list[str]:
    """Published files that are not what the code makes."""
    return [
        str(path)
        for path, text in wanted_files(root).items()
        if not (root / path).exists() or (root / path).read_text(encoding="utf-8") != text
    ]


def test_published_files_are_what_the_code_makes() -> None:
    assert unequal_files(ROOT) == [], "run `make contracts` and look at what changes"
    assert stale_files(ROOT) == [], "run `make contracts`"


def test_nothing_that_was_released_is_broken() -> None:
    assert objections(ROOT) == []


def test_publishing_again_changes_nothing(tmp_path: Path) -> None:
    assert publish(tmp_path) == list(wanted_files(tmp_path))
    assert publish(tmp_path) == []


def test_it_refuses_careless_messages(gates: Gates) -> None:
    schema = schemas.schema_of(Careless, "writer")
    gates.refuses("contracts: unions are plain", "a union with a discriminator", not_plain(schema))
    gates.refuses("contracts: all has a maximum", "a text of any length", "maxLength" if unbounded(schema) else "")


def test_a_forgotten_or_changed_file_is_seen(tmp_path: Path, gates: Gates) -> None:
    publish(tmp_path)
    forgotten, changed = sorted((tmp_path / SCHEMAS).iterdir())[:2]
    forgotten.unlink()
    changed.write_text("{}", encoding="utf-8")
    (tmp_path / SAMPLES / "hesabi.identity.Gone.v1.full.json").write_text("{}", encoding="utf-8")

    unequal = unequal_files(tmp_path)
    assert sorted(unequal) == sorted(str(SCHEMAS / path.name) for path in (forgotten, changed))
    gates.refuses("contracts: published", "a schema file that is missing or changed", unequal)
    stale = stale_files(tmp_path)
    assert stale == [SAMPLES / "hesabi.identity.Gone.v1.full.json"]
    gates.refuses("contracts: published", "a message that is gone", stale)
    assert sorted(publish(tmp_path)) == sorted([SCHEMAS / forgotten.name, SCHEMAS / changed.name, *stale])


@pytest.mark.parametrize("name", JOURNEY)
def test_the_journeys_messages_have_their_names(name: str) -> None:
    assert [message.__name__ for message in MESSAGES.values()].count(name) == 1


def amounts_in_clear(message: type[Message]) -> set[str]:
    """The fields, at any depth, that anybody who reads the topic can add up."""
    fields = {name for part in parts_of(schema_of(message, "writer")) for name in part.get("properties", {})}
    return {name for name in fields if name.endswith("_halalas")}


def test_L1_channels_read_amounts_only_where_decision_36_says_so(gates: Gates) -> None:
    """Every channel reads every answer and event. What was released stays (law 13), and is the sample that is found."""
    shown = {m for m in MESSAGES.values() if m.topic.readers & CHANNELS and amounts_in_clear(m)}
    released = {accounts_v1.DuesShown, accounts_v1.InstalmentsQuoted}
    assert shown == {*released, InstalmentPlanAgreed, TransferCompleted}
    told = sorted(message.type_name for message in shown & released)
    gates.refuses("contracts: published", "an amount in clear on a topic of channels", told)


def test_schemas_are_good_schemas() -> None:
    for message in MESSAGES.values():
        for side in SIDES:
            schema = schema_of(message, side)
            Draft202012Validator.check_schema(schema)
            assert schema["$schema"] == DIALECT
            assert schema["$id"].endswith(f"{message.type_name}:{side}")
            assert len(schema["description"]) > 10


def not_plain(schema: dict[str, Any]) -> set[str]:
    """Words of JSON Schema that two checkers do not agree on (trap 33)."""
    return {key for part in parts_of(schema) for key in part} & {"oneOf", "discriminator", "allOf", "not"}


def unbounded(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Texts, lists and numbers without a maximum (trap 31)."""
    maximum = {"string": "maxLength", "array": "maxItems", "integer": "maximum"}
    return [
        part
        for part in parts_of(schema)
        if isinstance(part.get("type"), str)
        and maximum.get(part["type"], "type") not in part
        and not {"enum", "const"} & part.keys()
    ]


def test_unions_are_plain() -> None:
    for message in MESSAGES.values():
        assert not_plain(schema_of(message, "writer")) == set()


def test_everything_has_a_maximum() -> None:
    for message in MESSAGES.values():
        assert unbounded(schema_of(message, "writer")) == []


def test_writers_are_closed_and_readers_of_facts_are_open() -> None:
    for message in MESSAGES.values():
        sides = {side: Draft202012Validator(schema_of(message, side)) for side in SIDES}
        more = {**sample_of(message, "full"), "added_later": 1}
        assert not sides["writer"].is_valid(more)
        assert sides["reader"].is_valid(more) != issubclass(message, Command)


def test_samples_fit_schemas_and_message() -> None:
    for message in MESSAGES.values():
        for extent in EXTENTS:
            sample = sample_of(message, extent)
            body = json.dumps(sample).encode()
            for side in SIDES:
                Draft202012Validator(schema_of(message, side)).validate(sample)
            read = message.model_validate_json(body)
            assert message.model_validate_json(read.model_dump_json()) == read


def test_a_full_sample_has_every_field_and_a_minimal_one_the_required() -> None:
    for message in MESSAGES.values():
        required = {name for name, field in message.model_fields.items() if field.is_required()}
        assert sample_of(message, "full").keys() == message.model_fields.keys()
        assert sample_of(message, "minimal").keys() == required

"""Law 13: what a released message may become, and what not. Each bad change is refused by name."""

import json
from datetime import date, datetime
from typing import Annotated

import pytest

from contracts import topics
from contracts.catalogue import published_messages
from contracts.message import Command, Message
from contracts.sealed import Sealed, SealedFor
from deploy.publishing.checkers import Schema, normalised
from deploy.publishing.compatibility import Objection, misfits, objections_to
from deploy.publishing.released import revision_of
from tests.contract.bodies import schema_of
from tests.contract.shapes import (
    Month,
    MonthOfThisCentury,
    Part,
    Reference,
    ShortReference,
    Ten,
    ThreeChoices,
    Twenty,
    TwoChoices,
    WiderPart,
    shape,
)
from tests.gates import Gates

OLD_WRITERS, OLD_READERS = "what writers of r1 send", "does not fit readers of r1"
ForReports = Annotated[Sealed, SealedFor.REPORTS]
ForAccounts = Annotated[Sealed, SealedFor.ACCOUNTS]


def change(before: type[Message], after: type[Message]) -> list[Objection]:
    """What the gate says when a released message becomes another."""
    return objections_to(revision_of(after, 2), after, [revision_of(before, 1)])


def real_fields() -> dict[str, tuple[Schema, Schema]]:
    """Every different field of the real messages, as a message of its own: the writer's schema and the reader's."""
    found: dict[str, tuple[Schema, Schema]] = {}
    for message in published_messages().values():
        writer, reader = schema_of(message, "writer"), schema_of(message, "reader")
        for name, part in writer["properties"].items():
            own = {"properties": {"field": part}, "required": ["field"]}
            read = {"properties": {"field": reader["properties"][name]}, "required": ["field"]}
            found[json.dumps(normalised({**writer, **own}))] = {**writer, **own}, {**reader, **read}
    return found


def test_every_field_of_a_real_message_can_be_checked_and_is_read_as_it_is_written() -> None:
    fields = real_fields()
    assert len(fields) > 30
    for writer, reader in fields.values():
        assert misfits(writer, reader) == [], writer["title"]


BAD_CHANGES: dict[str, tuple[type[Message], type[Message], str, str]] = {
    "a field removed": (shape(amount=Ten, day=date), shape(amount=Ten), "day", OLD_READERS),
    "a field removed from a command": (
        shape(Command, amount=Ten, day=(date | None, None)),
        shape(Command, amount=Ten),
        "day",
        OLD_WRITERS,
    ),
    "a required field added": (shape(amount=Ten), shape(amount=Ten, day=date), "day", OLD_WRITERS),
    "a required field made optional": (shape(day=date), shape(day=(date | None, None)), "day", OLD_READERS),
    "an optional field made required": (shape(day=(date | None, None)), shape(day=date), "day", OLD_WRITERS),
    "a field renamed": (shape(amount=Ten), shape(total=Ten), "total", OLD_WRITERS),
    "a type changed": (shape(first=Ten), shape(first=Month), "first", OLD_WRITERS),
    "a pattern narrowed": (shape(first=Month), shape(first=MonthOfThisCentury), "first", OLD_WRITERS),
    "a pattern widened": (shape(first=MonthOfThisCentury), shape(first=Month), "first", OLD_READERS),
    "a text's maximum lowered": (shape(first=Reference), shape(first=ShortReference), "first", OLD_WRITERS),
    "a number's maximum lowered": (shape(amount=Twenty), shape(amount=Ten), "amount", OLD_WRITERS),
    "a number's maximum raised": (shape(amount=Ten), shape(amount=Twenty), "amount", OLD_READERS),
    "a choice added": (shape(language=TwoChoices), shape(language=ThreeChoices), "language", OLD_READERS),
    "a choice taken away": (shape(language=ThreeChoices), shape(language=TwoChoices), "language", OLD_WRITERS),
    "a date made an instant": (shape(at=date), shape(at=datetime), "at", OLD_WRITERS),
    "an item's maximum raised": (
        shape(parts=Annotated[tuple[Part, ...], "items"]),
        shape(parts=Annotated[tuple[WiderPart, ...], "items"]),
        "parts",
        OLD_READERS,
    ),
    "an optional field added to a command, whose readers are closed": (
        shape(Command, amount=Ten),
        shape(Command, amount=Ten, day=(date | None, None)),
        "day",
        OLD_READERS,
    ),
    "a command made an event with one field more": (
        shape(Command, amount=Ten),
        shape(amount=Ten, day=(date | None, None)),
        "day",
        OLD_READERS,
    ),
    "a seal for somebody else": (shape(link=ForReports), shape(link=ForAccounts), "link", "was sealed to reports"),
    "another topic": (
        shape(amount=Ten),
        shape(topic=topics.AUDIT["identity"], amount=Ten),
        "topic",
        "was identity.events in r1",
    ),
}


@pytest.mark.parametrize("what", BAD_CHANGES)
def test_a_bad_change_is_refused_by_field_and_direction(what: str, gates: Gates) -> None:
    before, after, part, direction = BAD_CHANGES[what]
    said = [each for each in change(before, after) if each.part == part and direction in each.direction]
    gates.refuses("contracts: released messages", what, said[0].direction if said else "")
    assert "hesabi.identity.Shape.v1" in str(said[0])
    assert said[0].by in str(said[0])


GOOD_CHANGES: dict[str, tuple[type[Message], type[Message]]] = {
    "nothing": (shape(amount=Ten, first=Month), shape(amount=Ten, first=Month)),
    "an optional field added to an event": (shape(amount=Ten), shape(amount=Ten, day=(date | None, None))),
    "an optional list added to an event": (
        shape(at=datetime, link=ForReports),
        shape(at=datetime, link=ForReports, parts=(Annotated[tuple[Part, ...], "items"], ())),
    ),
    "an optional field taken out of an event": (shape(amount=Ten, day=(date | None, None)), shape(amount=Ten)),
}


@pytest.mark.parametrize("what", GOOD_CHANGES)
def test_a_good_change_is_accepted(what: str) -> None:
    assert change(*GOOD_CHANGES[what]) == []


def test_a_field_taken_out_does_not_come_back_as_something_else() -> None:
    first, second = shape(amount=Ten, day=(date | None, None)), shape(amount=Ten)
    third = shape(amount=Ten, day=(Month | None, None))

    said = objections_to(revision_of(third, 3), third, [revision_of(first, 1), revision_of(second, 2)])

    assert {each.part for each in said} == {"day"}
    assert all("r1" in each.direction for each in said)


def test_a_reader_alone_may_become_wider() -> None:
    """No class of ours makes such a pair: reader and writer come from the same fields."""
    narrow, wide = schema_of(shape(amount=Ten), "writer"), schema_of(shape(amount=Twenty), "reader")
    assert misfits(narrow, wide) == []
    assert [part for part, _ in misfits(schema_of(shape(amount=Twenty), "writer"), narrow)] == ["amount"]

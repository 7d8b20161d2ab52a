"""Law 7: what is put aside is whole, in order, and tells nothing personal."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from contracts.operations import DEAD_LETTER
from contracts.topics import MAX_RECORD_BYTES
from deploy.local.keys import make_keys
from services.chassis.arrival import Undecodable
from services.chassis.dead_letters import Morgue
from services.chassis.document import Document, Position
from services.chassis.encoding import Encoder
from services.chassis.keyring import Keyring
from services.chassis.keys import PrivateKeys
from services.chassis.letters import (
    MAX_KEPT_HEADER_CHARACTERS,
    MAX_KEPT_KEY_BYTES,
    MAX_KEPT_VALUE_BYTES,
    kept_record,
    whole,
)
from tests.component.counter import Add
from tests.fakes.log import FakeRecord
from tests.fakes.world import NOON, Process, World, keyed_hash
from tests.first_copies import envelope_of

POSITION = Position(1, "accounts.commands", 3, 17)
RECORD = FakeRecord("accounts.commands", 3, 17, 1, b"key", b"value", (("ce_id", b"1"), ("x", None), ("y", b"\xff")))
STAMPED = replace(RECORD, timestamp=1_772_355_600_000)


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    folder = tmp_path_factory.mktemp("keys")
    make_keys(folder, ["accounts"])
    return Keyring("accounts", PrivateKeys.load(folder / "accounts"), {})


def put_aside(keyring: Keyring, raw: FakeRecord) -> tuple[Any, dict[str, Any], int]:
    """The letter, what its seal holds, and the size of its record."""
    morgue = Morgue("accounts", Encoder("accounts", keyring.seal_fields), keyed_hash, lambda *_: False)
    ((key, entry),) = morgue.put_aside(Undecodable(POSITION, raw, "envelope"), NOON)
    letter = DEAD_LETTER["accounts"].model_validate_json(entry.body)
    record = entry.record("accounts", key)
    size = len(record.key) + len(record.value) + sum(len(n) + len(v) for n, v in record.headers)
    return letter, json.loads(keyring.opener(letter, key)("original")), size


def plain(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)


def test_law7_reason_and_position_are_clear_and_the_record_is_sealed(keyring: Keyring) -> None:
    letter, original, _ = put_aside(keyring, RECORD)
    assert (letter.reason, letter.source_topic, letter.epoch, letter.partition, letter.offset) == (
        "envelope", "accounts.commands", 1, 3, 17,
    )  # fmt: skip
    assert (plain(original["key"]), plain(original["value"]), original["stamp_ms"]) == (b"key", b"value", 1)
    assert [(name, plain(content)) for name, content in original["headers"]] == list(RECORD.headers)


def test_law7_a_type_that_is_none_of_ours_stays_under_the_seal(keyring: Keyring) -> None:
    """Whoever may write the topic may write a name or a number there."""
    known, unknown = (
        put_aside(keyring, replace(RECORD, headers=(("ce_type", said.encode()),)))[0]
        for said in (DEAD_LETTER["accounts"].type_name, "Ahmad-1012345674")
    )
    assert (known.message_type, unknown.message_type) == (DEAD_LETTER["accounts"].type_name, None)


@pytest.mark.parametrize(
    "raw",
    [
        replace(RECORD, value=b"v" * MAX_KEPT_VALUE_BYTES),
        replace(RECORD, value=b"v" * (MAX_KEPT_VALUE_BYTES + 1)),
        replace(RECORD, key=b"k" * 250_000, value=None),
        replace(RECORD, headers=(("h" * 200_000, b"x"),)),
        replace(RECORD, headers=(("\u0001" * 40_000, b"x"),)),
        replace(
            RECORD,
            key=b"k" * 1024,
            value=b"v" * MAX_KEPT_VALUE_BYTES,
            headers=(("h", b"x" * (MAX_KEPT_HEADER_CHARACTERS * 3 // 4 - 20)),),
        ),
    ],
    ids=["largest value", "larger value", "huge key", "huge header", "header of escapes", "all at their largest"],
)
def test_law7_any_record_that_a_topic_takes_fits_into_a_letter(keyring: Keyring, raw: FakeRecord) -> None:
    letter, original, size = put_aside(keyring, raw)
    assert size < MAX_RECORD_BYTES - 8 * 1024
    assert letter.offset == 17
    assert original["stamp_ms"] == 1


@pytest.mark.parametrize(
    "raw",
    [
        replace(STAMPED, key=b"k" * (MAX_KEPT_KEY_BYTES + 1)),
        replace(STAMPED, value=b"v" * (MAX_KEPT_VALUE_BYTES + 1)),
        replace(STAMPED, headers=(("h" * MAX_KEPT_HEADER_CHARACTERS, b"x"),)),
    ],
    ids=["key", "value", "headers"],
)
def test_law7_a_record_of_which_one_part_was_too_large_is_not_given_again_without_it(raw: FakeRecord) -> None:
    assert kept_record(whole(STAMPED, keyed_hash), POSITION, keyed_hash, take_unproven=False) is not None
    assert kept_record(whole(raw, keyed_hash), POSITION, keyed_hash, take_unproven=False) is None


async def test_law7_a_parked_aggregate_is_announced_once_and_numbers_count_as_decided() -> None:
    world = World()
    process: Process = world.process()
    for _ in range(3):
        world.send(Add(amount=1))
    arrivals: Any = [process.decoder.read(r, Add.topic, NOON) for r in world.log.all("accounts.commands")]
    decided = Document("count:f1")
    decided.remember_number(arrivals[0].stream, arrivals[0].number, NOON)
    twin, fold = Document("parked:count:f1"), process.loop.morgue.fold
    settled = await fold(twin, decided, arrivals, NOON)
    assert (settled.changed, settled.done, settled.outcomes) == (False, 1, ["duplicate"])
    folded = await fold(twin, decided, arrivals[1:], NOON)
    assert [e.topic for e in folded.draft.outbox] == [
        "accounts.audit",
        "accounts.dead-letters",
        "accounts.dead-letters",
    ]
    assert [e.sequence for e in folded.draft.outbox] == [1, 1, 2]
    assert folded.outcomes == ["put-aside", "put-aside"]
    again = await fold(folded.draft, decided, arrivals, NOON)
    assert (again.changed, again.done, again.outcomes) == (False, 3, ["duplicate"] * 3)
    assert all(envelope_of(e.record("accounts", "k")).source == "accounts" for e in folded.draft.outbox)

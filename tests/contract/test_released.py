"""Law 13: what was released stays, byte for byte; what changes comes beside it."""

import subprocess
from datetime import date
from pathlib import Path

import pytest

from contracts.message import Command, Message
from deploy.publishing.publish import Refused, objections, publish, release, stale_files, wanted_files
from deploy.publishing.released import LOCK, SAMPLES, SCHEMAS, VECTORS, add_to_lock, locked, released_revisions
from tests.contract.shapes import NAME, Ten, Twenty, shape
from tests.gates import Gates

FIRST = {NAME: shape(amount=Ten)}
WITH_ONE_MORE = {NAME: shape(amount=Ten, day=(date | None, None))}
WITH_TWO_MORE = {NAME: shape(amount=Ten, day=(date | None, None), last=(date | None, None))}
OTHER: dict[str, type[Message]] = {NAME: shape(amount=Twenty)}
WRITER = SCHEMAS / f"{NAME}.writer.json"


def schemas_in(root: Path) -> list[str]:
    """The files that there are, without what they all begin with."""
    return sorted(path.name.removeprefix(NAME) for path in (root / SCHEMAS).iterdir())


def test_before_the_first_release_everything_may_change(tmp_path: Path) -> None:
    publish(tmp_path, FIRST)
    assert WRITER in publish(tmp_path, OTHER)
    assert publish(tmp_path, {}) != []
    assert schemas_in(tmp_path) == []


def test_a_release_promises_schemas_samples_and_vectors_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / VECTORS).mkdir(parents=True)
    (tmp_path / VECTORS / "seals.json").write_text("{}", encoding="utf-8")
    added = release(tmp_path, FIRST)

    assert {path.parent for path in added} == {SCHEMAS, SAMPLES, VECTORS}
    assert len(added) == 5
    assert locked(tmp_path).keys() == set(added)
    assert release(tmp_path, FIRST) == []
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", LOCK], cwd=tmp_path, check=True)


def test_a_good_change_makes_a_further_revision_and_leaves_the_first_alone(tmp_path: Path) -> None:
    release(tmp_path, FIRST)
    before = (tmp_path / WRITER).read_bytes()

    publish(tmp_path, WITH_ONE_MORE)
    assert schemas_in(tmp_path) == [".r2.reader.json", ".r2.writer.json", ".reader.json", ".writer.json"]
    assert (tmp_path / WRITER).read_bytes() == before
    assert f'"urn:hesabi:schema:{NAME}:writer:r2"' in (tmp_path / SCHEMAS / f"{NAME}.r2.writer.json").read_text()

    publish(tmp_path, WITH_TWO_MORE)
    assert len(schemas_in(tmp_path)) == 4, "r2 was not released and may change"
    publish(tmp_path, FIRST)
    assert schemas_in(tmp_path) == [".reader.json", ".writer.json"]


def test_revisions_are_counted_and_all_of_them_are_asked(tmp_path: Path) -> None:
    for messages in (FIRST, WITH_ONE_MORE, WITH_TWO_MORE):
        release(tmp_path, messages)
        assert objections(tmp_path, messages) == []
        assert stale_files(tmp_path, messages) == []
    assert [revision.number for revision in released_revisions(tmp_path)[NAME]] == [1, 2, 3]

    said = objections(tmp_path, OTHER)
    assert {number for number in ("r1", "r2", "r3") if any(number in line for line in said)} == {"r1", "r2", "r3"}


def test_a_released_sample_stays_when_the_code_makes_another(tmp_path: Path) -> None:
    publish(tmp_path, FIRST)
    sample = tmp_path / SAMPLES / f"{NAME}.full.json"
    sample.write_text('{"amount": 3}', encoding="utf-8")
    add_to_lock(tmp_path)

    assert publish(tmp_path, FIRST) == []
    assert sample.read_text(encoding="utf-8") == '{"amount": 3}'


def test_a_released_sample_that_is_not_read_any_more_is_refused(tmp_path: Path, gates: Gates) -> None:
    publish(tmp_path, FIRST)
    (tmp_path / SAMPLES / f"{NAME}.full.json").write_text('{"amount": 11}', encoding="utf-8")
    add_to_lock(tmp_path)
    said = objections(tmp_path, FIRST)
    assert said == [f"{NAME}: amount: today's class does not read the full sample of r1 (samples)"]
    gates.refuses("contracts: released samples", "a sample that today's class does not read", said)


@pytest.mark.parametrize("path", [WRITER, SAMPLES / f"{NAME}.full.json", VECTORS / "seals.json"])
def test_a_released_file_that_changes_or_vanishes_is_refused(path: Path, tmp_path: Path, gates: Gates) -> None:
    (tmp_path / VECTORS).mkdir(parents=True)
    (tmp_path / VECTORS / "seals.json").write_text("{}", encoding="utf-8")
    release(tmp_path, FIRST)

    (tmp_path / path).write_text((tmp_path / path).read_text(encoding="utf-8") + " ", encoding="utf-8")
    said = objections(tmp_path, FIRST)
    assert said == [f"{path}: was released and has changed"]
    gates.refuses("contracts: released files", f"one byte more in {path.parent.name}", said)

    (tmp_path / path).unlink()
    said = objections(tmp_path, FIRST)
    assert said == [f"{path}: was released and is gone"]
    gates.refuses("contracts: released files", f"a file gone from {path.parent.name}", said)


def test_a_released_message_cannot_be_taken_away(tmp_path: Path, gates: Gates) -> None:
    release(tmp_path, FIRST)
    with pytest.raises(Refused, match="was released and is no message any more") as refused:
        publish(tmp_path, {})
    gates.refuses("contracts: released messages", "a message taken away", refused.value)


def test_a_refused_change_writes_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    release(tmp_path, FIRST)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    for refuse in (publish, release):
        with pytest.raises(Refused) as refused:
            refuse(tmp_path, OTHER)
        assert f"{NAME}: amount: what today's writer sends does not fit readers of r1 (" in str(refused.value)
        assert "jsonsubschema: no" in str(refused.value)
        assert "jsoncompat: no" in str(refused.value)
        assert "`version=2`" in str(refused.value)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_an_optional_field_in_a_released_command_needs_a_new_version(tmp_path: Path) -> None:
    release(tmp_path, {NAME: shape(Command, amount=Ten)})
    with pytest.raises(Refused, match="day: what today's writer sends does not fit readers of r1"):
        publish(tmp_path, {NAME: shape(Command, amount=Ten, day=(date | None, None))})


def test_the_documents_of_services_point_to_the_current_revision(tmp_path: Path) -> None:
    files = wanted_files(tmp_path, FIRST)
    assert "../schemas/hesabi.identity.UserRegistered.v1.writer.json" in next(
        text for path, text in files.items() if path.name == "identity.yaml"
    )

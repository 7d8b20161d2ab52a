"""Law 13: what earlier releases stored and said is read by today's code, and what today's code adds is kept, too."""

import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest

from contracts.topics import SERVICES
from services.chassis.service import Kind
from tests.corpus.completing import Shape, kept_shapes, lacking_shapes, lacking_types
from tests.corpus.kept import Kept, KeptDocument, KeptRecord, keep, kept, releases
from tests.corpus.reading import failing_folds, unread_records, unread_states
from tests.corpus.today import Today, today_under
from tests.gates import Gates
from tests.release import CORPUS

MAX_BYTES = 2_000_000


@dataclass(frozen=True)
class OldRelease:
    """What is kept of a release, and today's services under its keys."""

    kept: Kept
    services: dict[str, Today]


@pytest.fixture(scope="module")
def old_releases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, OldRelease]:
    found = {}
    for release in releases():
        part = kept(release)
        found[release] = OldRelease(part, today_under(part, tmp_path_factory.mktemp("keys")))
    return found


@pytest.fixture(params=releases())
def old(request: pytest.FixtureRequest, old_releases: dict[str, OldRelease]) -> OldRelease:
    return old_releases[request.param]


@pytest.fixture
def whole(old_releases: dict[str, OldRelease]) -> OldRelease:
    """The first release, of which a whole journey is kept; of one in the making there may be a few messages only."""
    return old_releases[releases()[0]]


def a_document(old: OldRelease, kind: str) -> KeptDocument:
    return next(document for document in old.kept.documents if document.kind == kind and not document.made)


def a_record(old: OldRelease, name: str) -> KeptRecord:
    return next(record for record in old.kept.records if record.type == name)


def with_state(document: KeptDocument, pattern: str, text: str) -> KeptDocument:
    """The same document with a piece of its state's text exchanged."""
    state, count = re.subn(pattern, text, document.fields["state"], count=1)
    assert count == 1
    return replace(document, fields=document.fields | {"state": state})


def test_law13_every_old_state_is_read_written_and_read_again_to_the_same(old: OldRelease) -> None:
    found = unread_states(old.kept.documents, old.services)
    assert found == [], "\n".join(found)


def test_law13_every_old_record_is_read_by_everyone_who_hears_it(old: OldRelease) -> None:
    found = unread_records(old.kept.records, old.services)
    assert found == [], "\n".join(found)


async def test_law13_every_old_document_goes_on_with_its_next_message(old: OldRelease) -> None:
    found = await failing_folds(old.kept.documents, old.kept.records, old.services)
    assert found == [], "\n".join(found)


def test_law13_every_stage_and_every_message_of_today_is_kept(old_releases: dict[str, OldRelease]) -> None:
    shapes: set[Shape] = set()
    for old in old_releases.values():
        shapes |= kept_shapes(old.kept.documents, old.services)
    newest = old_releases[releases()[-1]]
    records = [record for old in old_releases.values() for record in old.kept.records]
    found = lacking_shapes(shapes, newest.services) + lacking_types(records)
    assert found == [], "\n".join(found)


def test_most_of_what_is_kept_was_recorded_and_not_made(old_releases: dict[str, OldRelease]) -> None:
    first = old_releases[releases()[0]].kept
    assert {document.service for document in first.documents if not document.made} == set(SERVICES)
    for parts in (first.documents, first.records):
        assert sum(each.made for each in parts) < len(parts) / 5


def unpacked(file: Path) -> bytes:
    """Another build of zlib may pack the same otherwise."""
    return gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()


def test_what_is_kept_is_small_and_the_same_bytes_again(old: OldRelease, tmp_path: Path) -> None:
    once, again = keep(old.kept, tmp_path / "once"), keep(old.kept, tmp_path / "again")
    for file in (CORPUS / old.kept.release).iterdir():
        assert (once / file.name).read_bytes() == (again / file.name).read_bytes()
        assert unpacked(once / file.name) == unpacked(file)
    assert sum(file.stat().st_size for file in CORPUS.rglob("*")) < MAX_BYTES


def test_it_refuses_a_state_that_is_not_read(whole: OldRelease, gates: Gates) -> None:
    user = a_document(whole, "user")
    renamed = with_state(user, r'"stage":"[a-z-]+"\}$', '"stage":"no-stage-of-today"}')
    lost = with_state(user, r'"user_id":"[^"]+",', "")
    gates.refuses("corpus: states", "a stage that today's code does not know", unread_states([renamed], whole.services))
    gates.refuses("corpus: states", "a field that today's code wants", unread_states([lost], whole.services))


def test_it_refuses_a_field_that_is_lost_in_writing(whole: OldRelease, gates: Gates) -> None:
    @dataclass(frozen=True)
    class Forgetful:
        stage: Literal["count"] = "count"

    document = a_document(whole, "user")
    changed = replace(document, fields=document.fields | {"sequences": [["identity.internal", 1], ["x", 1], ["x", 2]]})
    gates.refuses("corpus: states", "a number that is lost in writing", unread_states([changed], whole.services))
    for what, earlier in (("sooner", timedelta(minutes=-20)), ("a day later", timedelta(days=1))):
        moved = replace(document, fields=document.fields | {"due_at": document.fields["due_at"] - earlier})
        gates.refuses("corpus: states", f"a wake-up that comes {what}", unread_states([moved], whole.services))
    assert lacking_shapes(set(), {"identity": _with_kind(whole.services["identity"], Kind("new", Forgetful))})


def _with_kind(today: Today, kind: Kind) -> Today:
    return replace(today, service=replace(today.service, kinds=(*today.service.kinds, kind)))


def test_it_refuses_a_record_that_is_not_read(whole: OldRelease, gates: Gates) -> None:
    record = a_record(whole, "hesabi.identity.StartRegistration.v1")

    def objections(changed: KeptRecord) -> Sequence[str]:
        return unread_records([changed], whole.services)

    named = re.sub(rb'"nationality"', b'"nation"', record.value or b"")
    gates.refuses("corpus: records", "a field under another name", objections(replace(record, value=named)))
    headers = [header for header in record.headers if header[0] != "ce_time"]
    gates.refuses("corpus: records", "an envelope without ce_time", objections(replace(record, headers=headers)))
    other = replace(record, key=b"another-flow", headers=[h for h in record.headers if h[0] != "ce_subject"])
    gates.refuses("corpus: records", "a seal bound to another flow", objections(other))


async def test_it_refuses_a_document_that_does_not_go_on(whole: OldRelease, gates: Gates) -> None:
    user = a_document(whole, "user")
    newer = replace(user, fields=user.fields | {"format": 99})
    gates.refuses("corpus: next", "a format of a later release", await failing_folds([newer], [], whole.services))

    def bug(*_: Any) -> Any:
        raise LookupError

    identity = whole.services["identity"]
    kinds = tuple(replace(kind, on_timer=bug) if kind.on_timer else kind for kind in identity.service.kinds)
    broken = {"identity": replace(identity, service=replace(identity.service, kinds=kinds))}
    gates.refuses("corpus: next", "a timer that fails on an old state", await failing_folds([user], [], broken))


def test_it_refuses_what_is_new_and_not_kept(old: OldRelease, gates: Gates) -> None:
    shapes = kept_shapes(old.kept.documents, old.services)
    without = {shape for shape in shapes if shape[1:] != ("user", "Active")}
    gates.refuses("corpus: complete", "a stage that is not kept", lacking_shapes(without, old.services))
    gates.refuses(
        "corpus: complete", "a message that is not kept", lacking_types(old.kept.records, ["hesabi.x.New.v1"])
    )


def test_time_passes_before_the_old_is_read(old: OldRelease) -> None:
    stamps = [record.timestamp for record in old.kept.records]
    for today in old.services.values():
        assert today.present.timestamp() * 1000 - max(stamps) > timedelta(days=30).total_seconds()

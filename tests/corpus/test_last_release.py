"""Law 13: readers roll out before writers. What this tree writes, the last release reads: during an upgrade it runs
beside it, and after a roll back alone."""

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.accounts_request_internal import PlanDenied, PlanFiled, PlanQuoted
from tests.corpus import asked, last_release
from tests.corpus.kept import Kept, keep, kept, releases
from tests.corpus.today import settings_of, today_under
from tests.gates import Gates
from tests.release import CORPUS, released

WAITS_IN = {"definition": "awaiting-dues", "plan": "asking"}
"""The stages of those who wait for billing, by their kind."""


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last release, unpacked."""
    folder = tmp_path_factory.mktemp("last-release")
    with zipfile.ZipFile([*released().values()][-1]) as wheel:
        wheel.extractall(folder)
    return folder


def said_by(code: Path, script: str, given: str) -> Any:
    """What a script says in JSON that runs with the last release's code."""
    said = subprocess.run(
        [sys.executable, script], input=given, capture_output=True, text=True, check=True, timeout=120,
        env=os.environ | {"PYTHONPATH": str(code), "PYTHONSAFEPATH": "1"},
    )  # fmt: skip
    return json.loads(said.stdout)


def objections(code: Path, part: Kept, folder: Path, keys: Path) -> list[str]:
    """What the last release says to a part of a corpus."""
    part.keys.write_to(keys)
    given = {"folder": str(folder), "keys": str(keys), "settings": settings_of(keys)}
    found: list[str] = said_by(code, last_release.__file__, json.dumps(given))
    return found


def test_law13_the_last_release_reads_what_was_recorded_of_the_newest(code: Path, tmp_path: Path) -> None:
    newest = releases()[-1]
    found = objections(code, kept(newest), CORPUS / newest, tmp_path)
    assert found == [], "\n".join(found)


def test_law13_the_last_release_reads_its_own_documents_written_by_this_tree(code: Path, tmp_path: Path) -> None:
    part = kept([*released()][-1])
    services = today_under(part, tmp_path / "today")
    written = [services[document.service].written_anew(document) for document in part.documents]
    assert all(new.fields["state"] for new in written)
    folder = keep(replace(part, documents=written, records=[]), tmp_path / "corpus")
    found = objections(code, part, folder, tmp_path / "keys")
    assert found == [], "\n".join(found)


def with_field(text: str, name: str, value: str) -> str:
    return json.dumps(json.loads(text) | {name: value})


def test_law13_the_last_release_goes_on_with_what_waits_for_a_sealed_answer(code: Path, tmp_path: Path) -> None:
    """A command of version 2 is under way when the services are rolled back (decision 36)."""
    part = kept([*released()][-1])
    documents = [
        replace(each, fields=each.fields | {"state": with_field(each.fields["state"], "answer_key", "{}")}, made=False)
        for each in part.documents
        if f'"stage":"{WAITS_IN.get(each.kind)}"' in each.fields["state"]
    ]
    records = [
        replace(each, value=with_field((each.value or b"").decode(), "asker_key", "{}").encode(), made=False)
        for each in part.records
        if each.type in {PlanFiled.type_name, PlanQuoted.type_name, PlanDenied.type_name}
    ]
    assert {each.kind for each in documents} == set(WAITS_IN)
    assert len({each.type for each in records}) == 3
    folder = keep(replace(part, documents=documents, records=records), tmp_path / "corpus")
    found = objections(code, part, folder, tmp_path / "keys")
    assert found == [], "\n".join(found)


def test_it_refuses_a_writer_before_its_reader(code: Path, tmp_path: Path, gates: Gates) -> None:
    part = kept(releases()[0])
    document = next(d for d in part.documents if d.kind == "user" and '"stage":"active"}' in d.fields["state"])
    stage = document.fields["state"].replace('"stage":"active"}', '"stage":"moved-abroad"}')
    new_stage = replace(document, fields=document.fields | {"state": stage})
    new_format = replace(document, fields=document.fields | {"format": document.fields["format"] + 2})
    record = next(r for r in part.records if r.topic == "identity.internal" and not r.made)
    headers = [(name, b"hesabi.identity.Unheard.v1" if name == "ce_type" else value) for name, value in record.headers]
    new_type = replace(record, headers=headers)
    new_body = replace(record, value=b"{}")

    bad = replace(part, documents=[new_stage, new_format, document], records=[new_type, new_body, record])
    found = objections(code, part, keep(bad, tmp_path / "corpus"), tmp_path / "keys")
    assert len(found) == 4
    gates.refuses("last release", "a stage that it does not know", found[0])
    gates.refuses("last release", "a document two formats ahead", found[1])
    gates.refuses("last release", "a new message on a topic of one reader", found[2])
    gates.refuses("last release", "a message without a field that it wants", found[3])


def told_otherwise(earlier: dict[str, list[str]], now: dict[str, list[str]]) -> list[str]:
    """Texts that ask for other values than they did: filled with the other release's they cannot be sent."""
    return [text for text, values in now.items() if values != earlier.get(text, values)]


def test_law13_a_text_asks_for_what_it_asked_for_in_the_last_release(code: Path, gates: Gates) -> None:
    earlier, now = said_by(code, asked.__file__, ""), asked.asked()
    assert earlier.keys() <= now.keys()  # none is taken away while the other release may ask for it
    assert len(earlier) > 50
    assert told_otherwise(earlier, now) == []
    text = "new-sign-in/sms/en"
    (found,) = told_otherwise(earlier, now | {text: [*now[text], "device"]})
    assert found == text
    gates.refuses("last release", "a text that asks for another value under its old name", found)

"""Topics that every process reads whole: only their writers are believed, and what breaks begins again (law 11)."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.envelope import Envelope, to_headers
from contracts.identity_sessions import SessionsEnded
from contracts.keys import SERVICE_KEYS_PUBLISHED
from services.chassis import topic_reader
from services.chassis.arrival import RawRecord
from services.chassis.key_reader import KeyReader
from services.chassis.keyring import Keyring
from services.chassis.topic_reader import TopicReader, said
from tests.fakes.log import FakeRecord
from tests.fakes.world import NOON
from tests.unit.chassis.test_keyring import announced, fresh

KIND = SERVICE_KEYS_PUBLISHED["identity"]


def record(body: bytes, source: str = "identity", kind: str = KIND.type_name) -> FakeRecord:
    headers = tuple(to_headers(Envelope("id-1", source, kind, "identity", NOON)))
    return FakeRecord("identity.keys", 0, 1, 0, b"identity", body, headers)


def test_law11_what_its_writer_says_is_learnt(tmp_path: Path) -> None:
    ring, pinned, keys = fresh(tmp_path)
    genuine = announced(Keyring("identity", keys["identity"], pinned))
    KeyReader({}, ring, ["identity"]).take(record(genuine.model_dump_json().encode()))
    assert ring.public_key("identity") == genuine.seal_key


def test_law11_what_its_writer_cannot_have_written_is_passed_over(tmp_path: Path) -> None:
    ring, pinned, keys = fresh(tmp_path)
    body = announced(Keyring("identity", keys["identity"], pinned)).model_dump_json().encode()
    others = [
        record(body, source="accounts"),
        record(body, kind=SessionsEnded.type_name),
        record(b"{}"),
        record(b"\xff"),
        record(json.dumps({"seal_key": 1}).encode()),
        replace(record(body), headers=()),
        replace(record(body), value=None),
    ]
    for other in others:
        assert said(other, KIND, ["identity"]) is None
        KeyReader({}, ring, ["identity"]).take(other)
    with pytest.raises(Exception, match="identity"):
        ring.public_key("identity")


class Breaks(TopicReader):
    """Its topic cannot be read, twice."""

    def __init__(self) -> None:
        super().__init__({}, [])
        self.reads, self.goes_on, self.told = 0, asyncio.Event(), list[str]()

    def take(self, record: RawRecord) -> None:
        raise AssertionError("there is nothing")

    def failed(self, error: Exception) -> None:
        self.told.append(str(error))

    async def _read(self) -> None:
        self.reads += 1
        if self.reads <= 2:
            raise OSError("away")
        self.goes_on.set()
        await asyncio.Event().wait()


async def test_a_reader_that_breaks_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topic_reader, "RETRY_S", 0.001)
    reader = Breaks()
    task = asyncio.create_task(reader.run())
    async with asyncio.timeout(10):
        await reader.goes_on.wait()
    task.cancel()
    assert reader.told == ["away", "away"]

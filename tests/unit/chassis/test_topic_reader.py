"""Topics that every process reads whole: only their writers are believed, and what breaks begins again (law 11)."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.envelope import Envelope, to_headers
from contracts.identity_sessions import SessionsEnded
from contracts.keys import SERVICE_KEYS_PUBLISHED
from services.chassis import topic_reader
from services.chassis.arrival import RawRecord
from services.chassis.key_reader import KeyReader
from services.chassis.keyring import Keyring
from services.chassis.topic_reader import TopicReader, said
from tests.eventually import eventually
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


async def test_law11_who_waits_for_a_reader_is_called_off_in_time_though_the_broker_says_nothing(
    tmp_path: Path,
) -> None:
    class Silent:
        """Its broker does not say where to read."""

        asked = False

        async def position(self, _: TopicPartition) -> int:
            self.asked = True
            await asyncio.Event().wait()
            raise AssertionError("never")

        async def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
            return dict.fromkeys(partitions, 1)

    ring, _, _ = fresh(tmp_path)
    reader = KeyReader({}, ring, ["identity"])
    silent = Silent()
    reader._consumer = cast("AIOKafkaConsumer", silent)
    waiting = asyncio.create_task(reader.catch_up())
    await eventually(lambda: reader._moved._waiters)
    reading = asyncio.create_task(reader._take_all(reader._consumer))
    await eventually(lambda: silent.asked)
    waiting.cancel()
    done, _ = await asyncio.wait([waiting], timeout=10)
    reading.cancel()
    assert done


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

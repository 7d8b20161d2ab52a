"""A broker that says nothing while it is read: reading letters ends, watching tells."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError

from deploy.cli import connecting, letter_reading, watching
from deploy.cli.installation import Installation
from deploy.cli.letter_reading import read_book
from deploy.cli.outcome import NotReached
from deploy.cli.watching import Wanted, watch
from tests.eventually import eventually

KAFKA = "there:9092"
SYSTEM = Installation(KAFKA)
LIMIT_S = 0.3


async def for_ever() -> None:
    await asyncio.Event().wait()


@dataclass
class Reader:
    """Stands for a consumer. `silent` names the calls that are not answered, `broken` those that fail."""

    silent: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    rests: int = 0
    """Looks at which nothing came."""

    at: int = 0
    end: int = 3
    _client: Any = None

    async def _asked(self, name: str) -> None:
        if name in self.broken:
            raise KafkaConnectionError
        if name in self.silent:
            await for_ever()
        await asyncio.sleep(0)

    async def start(self) -> None:
        self._client = self
        await self._asked("start")

    async def stop(self) -> None:
        """Nothing to wait for."""

    async def close(self) -> None:
        """Nothing to wait for."""

    def assign(self, partitions: Iterable[TopicPartition]) -> None:
        """Nothing to remember."""

    def seek(self, _: TopicPartition, offset: int) -> None:
        self.at = offset

    async def seek_to_end(self, *_: TopicPartition) -> None:
        await self._asked("seek_to_end")

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        await self._asked("end_offsets")
        return dict.fromkeys(partitions, 0) | {partitions[0]: self.end}

    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        await self._asked("beginning_offsets")
        return dict.fromkeys(partitions, 0)

    async def position(self, _: TopicPartition) -> int:
        await self._asked("position")
        return self.at

    async def getmany(self, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        await asyncio.sleep(0)
        if "getmany" in self.silent:
            self.rests += 1
        else:
            self.at = min(self.at + 1, self.end)
        return {}


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    """What the command line reads by."""
    reader = Reader()
    consumer: Callable[..., Reader] = lambda **_: reader  # noqa: E731
    monkeypatch.setattr(connecting, "AIOKafkaConsumer", consumer)
    for module in (connecting, letter_reading, watching):
        monkeypatch.setattr(module, "REACH_S", LIMIT_S)
    monkeypatch.setattr(watching, "ASK_S", LIMIT_S)
    return reader


@pytest.mark.parametrize("call", ["start", "end_offsets", "beginning_offsets", "getmany", "position"])
async def test_law7_letters_of_a_broker_that_goes_away_are_not_waited_for_without_an_end(
    reader: Reader, call: str
) -> None:
    reader.silent = {call}
    with pytest.raises(NotReached, match=f"not reached at {KAFKA} .TimeoutError"):
        await asyncio.wait_for(read_book(SYSTEM, ["accounts"]), 20)


async def test_law7_letters_are_read_for_as_long_as_they_come(reader: Reader) -> None:
    reader.end = 2_000
    assert (await asyncio.wait_for(read_book(SYSTEM, ["accounts"]), 60)).letters == []
    assert reader.at == reader.end


@pytest.mark.parametrize("call", ["start", "seek_to_end"])
async def test_watching_begins_with_a_broker_that_answers(reader: Reader, call: str) -> None:
    reader.silent = {call}
    with pytest.raises(NotReached, match=KAFKA):
        await asyncio.wait_for(anext(watch(SYSTEM, Wanted(), print)), 20)


async def test_L12_a_user_who_may_not_is_told_so(monkeypatch: pytest.MonkeyPatch, reader: Reader) -> None:
    async def forbidden(**_: object) -> None:
        raise TopicAuthorizationFailedError

    monkeypatch.setattr(reader, "getmany", forbidden)
    system = replace(SYSTEM, kafka_user="operators")
    with pytest.raises(NotReached, match=f"^Kafka at {KAFKA} does not let operators do that "):
        await asyncio.wait_for(anext(watch(system, Wanted(("identity.commands",)), print)), 20)
    reader.silent = {"seek_to_end"}
    with pytest.raises(NotReached, match="or a topic is not its user's to see"):
        await asyncio.wait_for(anext(watch(system, Wanted(), print)), 20)


@pytest.mark.parametrize("fault", ["silent", "broken"])
async def test_watching_tells_when_the_broker_ceases_to_answer_and_when_it_answers_again(
    reader: Reader, fault: str
) -> None:
    reader.silent = {"getmany"}
    told: list[str] = []
    task = asyncio.ensure_future(anext(watch(SYSTEM, Wanted(), told.append)))
    try:
        await eventually(lambda: reader.rests, lambda rests: rests > 10)
        assert told == []
        getattr(reader, fault).add("end_offsets")
        await eventually(lambda: told, lambda said: said == [f"Kafka does not answer at {KAFKA}; still trying"])
        getattr(reader, fault).remove("end_offsets")
        await eventually(lambda: told[1:], lambda said: said == ["Kafka answers again"])
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

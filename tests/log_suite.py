"""What publisher and lanes need of a log. It is run on the fake and on Kafka (architecture, laws 5, 8 and 9)."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from contracts.topics import Topic
from services.chassis.document import Record
from services.chassis.fold import DueEffect
from services.chassis.lane import Settle
from tests.eventually import eventually

LOG_APPEND_TIME = 1
PARTITIONS = 2
WITHIN_S = 20.0
CALL = DueEffect("count:1", "call", "c", datetime(2026, 3, 1, tzinfo=UTC))
MOST = 30


class LogUnderTest(Protocol):
    """A log with one topic of two partitions and one group."""

    stamps: list[int]

    async def publish(self, records: Sequence[Record]) -> None:
        """As the loop does."""

    async def committed(self) -> dict[int, int]:
        """The group's committed offsets, where it has any."""

    def member(self, settle: Settle, after: Any = ...) -> AbstractAsyncContextManager[Any]:
        """A lane in the group, with batches of `MOST` records. Leaving the block ends it, at once, whatever it is
        doing."""


class GroupUnderTest(LogUnderTest, Protocol):
    """A log whose group deals its partitions out by itself."""

    def member(
        self, settle: Settle, after: Any = ..., name: str | None = ..., *, falls: bool = ...
    ) -> AbstractAsyncContextManager[Any]:
        """As any log's, of this name. One that `falls` leaves without a word."""

    def dealt(self, lane: Any) -> int:
        """How often the partitions have been dealt out, as the lane knows."""


@dataclass
class Reader:
    """A settle that notes what it gets; `fail` first raises so often, after a `look`; `hang` never returns."""

    fail: int = 0
    hang: bool = False
    look: Callable[[], Awaitable[Any]] | None = None
    looks: list[Any] = field(default_factory=list)
    batches: list[list[Any]] = field(default_factory=list)
    effects: list[DueEffect] = field(default_factory=list)

    async def __call__(self, lane: str, topic: Topic, records: Sequence[Any], calls: list[DueEffect]) -> None:
        self.batches.append(list(records))
        if self.hang:
            await asyncio.Event().wait()
        if self.fail:
            self.fail -= 1
            if self.look is not None:
                self.looks.append(await self.look())
            raise ConnectionError
        calls += self.effects

    @property
    def values(self) -> list[bytes]:
        return [record.value for batch in self.batches for record in batch]


def records(count: int, keys: Sequence[str] = ("a", "b"), first: int = 0) -> list[Record]:
    return [
        Record("", keys[n % len(keys)].encode(), f"{keys[n % len(keys)]}{n}".encode(), [("ce_id", str(n).encode())])
        for n in range(first, first + count)
    ]


def summing_to(count: int) -> Callable[[dict[int, int]], bool]:
    return lambda offsets: sum(offsets.values()) == count


class LogSuite:
    """`log` is the log under test."""

    async def test_records_of_a_key_keep_their_order_and_bear_the_log_s_time(self, log: LogUnderTest) -> None:
        await log.publish(records(100))
        reader = Reader()
        async with log.member(reader):
            await eventually(lambda: len(reader.values), lambda n: n >= 100, within=WITHIN_S)
        got = [record for batch in reader.batches for record in batch]
        for key in (b"a", b"b"):
            assert [r.value for r in got if r.key == key] == [r.value for r in records(100) if r.key == key]
        assert max(map(len, reader.batches)) <= MOST
        assert {r.timestamp_type for r in got} == {LOG_APPEND_TIME}
        assert log.stamps == [next(r.timestamp for r in got if r.value == b"b99")]
        assert tuple(got[0].headers) == (("ce_id", got[0].value[1:]),)

    async def test_law5_what_was_not_committed_comes_again_to_the_next(self, log: LogUnderTest) -> None:
        await log.publish(records(10))
        first, second, third = Reader(), Reader(hang=True), Reader()
        async with log.member(first):
            await eventually(log.committed, summing_to(10), within=WITHIN_S)
        await log.publish(records(10, first=10))
        async with log.member(second):
            await eventually(lambda: second.batches, within=WITHIN_S)
        await log.publish(records(2, first=20))
        async with log.member(third):
            await eventually(lambda: len(third.values), lambda n: n >= 12, within=WITHIN_S)
            await eventually(log.committed, summing_to(22), within=WITHIN_S)
        assert sorted(first.values) == sorted(r.value for r in records(10))
        assert sorted(third.values) == sorted(r.value for r in records(12, first=10))

    async def test_law7_a_failed_batch_comes_again_whole_in_order_and_before_all_else(self, log: LogUnderTest) -> None:
        await log.publish(records(20, keys=("a",)))
        reader = Reader(fail=2, look=log.committed)
        async with log.member(reader):
            await eventually(lambda: reader.batches, within=WITHIN_S)
            await log.publish(records(5, keys=("a",), first=20))
            await eventually(log.committed, summing_to(25), within=WITHIN_S)
        settled = [record.value for batch in reader.batches[2:] for record in batch]
        assert settled == [r.value for r in records(25, keys=("a",))]
        assert [b[0].value for b in reader.batches[:3]] == [b"a0"] * 3
        assert [sum(offsets.values()) for offsets in reader.looks] == [0, 0]

    async def test_law8_calls_begin_after_the_commit_and_once(self, log: LogUnderTest) -> None:
        await log.publish(records(1))
        reader = Reader(fail=1, effects=[CALL])
        begun: list[Any] = []
        async with log.member(reader, begun.append):
            await eventually(lambda: begun, within=WITHIN_S)
            assert sum((await log.committed()).values()) == 1
        assert begun == [[CALL]]

    async def test_law8_calls_of_what_was_saved_are_made_though_the_batch_failed(self, log: LogUnderTest) -> None:
        """No redelivery decides them again."""
        await log.publish(records(1))
        failures = [ConnectionError()]
        begun: list[Any] = []

        async def saves_and_fails(lane: str, topic: Topic, batch: Sequence[Any], calls: list[DueEffect]) -> None:
            if failures:
                calls.append(CALL)
                raise failures.pop()

        async with log.member(saves_and_fails, begun.append):
            await eventually(log.committed, summing_to(1), within=WITHIN_S)
        assert begun == [[CALL]]

    async def test_law5_only_what_is_owned_is_committed(self, log: LogUnderTest) -> None:
        """Of two members each owns one partition; a batch that still holds records of the other's commits its own."""
        await log.publish(records(20))
        one, other = Reader(), Reader()
        async with log.member(one) as lane, log.member(other) as rival:
            await eventually(lambda: (owned(lane), owned(rival)), lambda o: sorted(map(len, o)) == [1, 1], within=30)
            await eventually(log.committed, summing_to(20), within=WITHIN_S)
            before = await log.committed()
            (mine,) = owned(lane)
            ahead = [Ahead(lane.topic.name, p, 99) for p in range(PARTITIONS)]
            await committing(lane, ahead)
            assert await log.committed() == before | {mine: 100}


@dataclass(frozen=True)
class Ahead:
    """A record's place."""

    topic: str
    partition: int
    offset: int


def owned(lane: Any) -> set[int]:
    """The partitions of a lane, fake or real."""
    return set(lane.lag())


async def committing(lane: Any, batch: Sequence[Any]) -> None:
    """Commit as the lane does after a batch."""
    if hasattr(lane, "commit"):
        lane.commit(batch)
    else:
        await lane._commit(batch)


class GroupSuite:
    """`log` is the log under test, with a group of its own."""

    async def test_law14_who_falls_is_followed_by_its_namesake_and_nobody_else_gives_anything_back(
        self, log: GroupUnderTest
    ) -> None:
        stays, follows, sent = Reader(), Reader(), records(12, keys="abcdef")
        async with log.member(stays, name="stays") as lane:
            async with log.member(Reader(), name="falls", falls=True) as fallen:
                await eventually(lambda: (len(lane.places()), len(fallen.places())), lambda n: n == (1, 1))
                share, dealt = set(lane.places()), log.dealt(lane)
            async with log.member(follows, name="falls"):
                await log.publish(sent)
                await eventually(lambda: len(stays.values) + len(follows.values), lambda n: n >= 12, within=WITHIN_S)
                assert (set(lane.places()), log.dealt(lane)) == (share, dealt)
        assert sorted(stays.values + follows.values) == sorted(r.value for r in sent)
        assert stays.values
        assert follows.values

    async def test_law5_who_is_followed_by_its_namesake_holds_nothing_any_more(self, log: GroupUnderTest) -> None:
        """One that stood still, say, and does not know it: the group tells it."""
        await log.publish(records(12, keys="abcdef"))
        async with log.member(Reader(), name="still") as still:
            await eventually(log.committed, summing_to(12), within=WITHIN_S)
            assert await still.holds()
            async with log.member(Reader(), name="still") as follower:
                await eventually(lambda: len(follower.places()), lambda n: n == PARTITIONS, within=WITHIN_S)
                still.consumer.membership._shown_at = -math.inf  # more than a session ago
                assert not await still.consumer._is_counted_on()
                assert not await still.holds()

"""The consumer of a lane: one bad record never costs another, and stops at most its own partition (traps 3, 18, 19).

A poll of aiokafka that meets an unreadable record raises, and forgets what it had already taken from other partitions
in the same poll: their positions have moved, and the next commit would lose those records. So after any error every
partition goes back to what is committed, and partitions are read record by record until the bad one is found.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import (
    CorruptRecordException,
    KafkaTimeoutError,
    NoError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    RecordTooLargeError,
    UnknownMemberIdError,
    UnsupportedCodecError,
    for_code,
    kafka_errors,
)
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.group import HeartbeatRequest, JoinGroupRequest
from cramjam import DecompressionError

from services.chassis.clients import stop
from services.chassis.lenient_batch import first_batch
from services.chassis.membership import SHOWN_FOR_S, Membership

CALL_LIMIT_S: Final = 8.0
STOP_LIMIT_S: Final = 5.0
LENIENT_BYTES: Final = 512 * 1024
CAREFUL_S: Final = 5.0
"""How long partitions are read record by record at most, until the bad one is met again."""

OF_A_RECORD: Final = (
    CorruptRecordException,
    UnsupportedCodecError,
    DecompressionError,
    ValueError,
    IndexError,
    OverflowError,
    EOFError,
)
"""What reading a record's bytes can raise. A name of a header that is not UTF-8 is a ValueError."""

IDLE_MS: Final = 250
"""So long a poll waits for the first record. FastStream's own limit is 10 ms, since it sleeps as long again after an
empty poll; but polls of every lane that come back empty fifty times a second take a tenth of a processor."""

SINCE_MS: Final = 5
"""So long a poll that finds records looks for later ones. Those it finds were fetched as the last batch began, and
the client fetches no more before they are taken (trap 42): what has come since would wait for one batch more. Where
much comes, this answers at once."""

FETCH_MS: Final = 100
IDLE_FETCH_MS: Final = 500
"""So long the broker holds back an answer that would be empty. A partition with records that were fetched and not yet
read is left out of a fetch, and cannot be fetched before that fetch has its answer: beside work the wait is short.
After an empty poll all partitions are in the fetch, and what comes in any of them ends it."""

NAME_TAKEN: Final = 82
"""What the broker says to a member whose name another has taken while it joined. The client does not know it, and would
ask under its old id again and again (trap 48); what it does where its id is unknown is right here, too."""

kafka_errors.setdefault(NAME_TAKEN, UnknownMemberIdError)

Records = dict[TopicPartition, list[ConsumerRecord[Any, Any]]]


@dataclass(frozen=True, slots=True)
class Halt:
    """A partition that goes no further. `offset` is where it stands; `since` is in seconds of the monotonic clock.
    `unreadable`: the record there cannot be read; else the group's offset is none that the topic has."""

    partition: TopicPartition
    offset: int
    error: Exception
    since: float
    unreadable: bool


class LaneConsumer(AIOKafkaConsumer):
    """Reads what can be read. `polls` counts the polls that came back without an error; `halts` are the partitions that
    stand still, paused, until they are tried again, skipped or assigned anew."""

    def __init__(self, *topics: str, **options: Any) -> None:
        super().__init__(*topics, **options)  # type: ignore[no-untyped-call]
        self._is_astray = False
        self._careful_until = time.monotonic()
        self.polls = 0
        self.membership = Membership(self._current, self._is_counted_on)
        self.halts: dict[TopicPartition, Halt] = {}

    async def getmany(
        self,
        *partitions: TopicPartition,  # noqa: ARG002 - a lane reads all it has
        timeout_ms: int = 0,  # noqa: ARG002 - see `IDLE_MS`
        max_records: int | None = None,
    ) -> Records:
        """What is there, of all partitions that are not halted; where nothing is, after `IDLE_MS`.

        Raises:
            KafkaError: coordination failed, or the broker does not say what is committed.
        """
        if self._is_astray:
            await self._go_back()
        try:
            found = await self._read(max_records or 1)
        except Exception as error:
            self._is_astray = True
            if not self._is_borne(error):
                raise
            return {}
        self.polls += 1
        self._patience(FETCH_MS if found else IDLE_FETCH_MS)
        return found

    async def stop(self) -> None:
        """Leave the group and close the connections, within `STOP_LIMIT_S`."""
        if self._coordinator is not None:
            # Under a name it would not say good-bye, and its partitions would wait for it until its session ends.
            self._coordinator._group_instance_id = None  # noqa: SLF001
        await stop(self, super().stop(), STOP_LIMIT_S)  # type: ignore[no-untyped-call]

    @property
    def is_put_out(self) -> bool:
        """Whether the group goes on without this member: it was silent for a session, or another has taken its name."""
        return self._coordinator is not None and self._coordinator.member_id == JoinGroupRequest.UNKNOWN_MEMBER_ID

    def _patience(self, milliseconds: int) -> None:
        if self._fetcher is not None:
            self._fetcher._fetch_max_wait_ms = milliseconds  # noqa: SLF001

    async def try_again(self, halt: Halt) -> None:
        """Read a halted partition again: an unreadable record may have been a broken transfer, or another replica leads
        by now; a broker that has just come back does not know a group's offset, or the end of its log, for a moment.

        Raises:
            KafkaError: the broker does not say what is committed.
        """
        tp = halt.partition
        offset = halt.offset if halt.unreadable else await self._committed(tp)
        if offset is not None and self.halts.get(tp) is halt:
            self.read_on(tp, offset)

    def read_on(self, tp: TopicPartition, offset: int) -> None:
        """Take a partition up again at this offset."""
        self.halts.pop(tp, None)
        self.seek(tp, offset)
        self.resume(tp)

    async def _read(self, limit: int) -> Records:
        assignment = self._subscription.subscription.assignment
        read = self._latest if time.monotonic() >= self._careful_until else self._carefully
        found = await read(limit)
        if found and (self._subscription.reassignment_in_progress or not assignment.active):
            # It has gone to somebody else meanwhile, who reads it from what is committed.
            self._is_astray = True
            return {}
        self.membership.takes_from(assignment)
        return found

    def _current(self) -> object | None:
        return None if self.is_put_out else self._subscription.subscription.assignment

    async def _is_counted_on(self) -> bool:
        """By a heartbeat beside the client's own, which alone draws conclusions: it may join again meanwhile."""
        assigned, coordinator = self.assignment(), self._coordinator
        if not assigned or coordinator is None:
            return False
        async with _limited(SHOWN_FOR_S):
            # A coordinator that is still loading its groups says yes to every heartbeat; this it does not answer yet.
            await self.committed(next(iter(assigned)))
            beat = HeartbeatRequest(self._group_id, coordinator.generation, coordinator.member_id)
            response = await coordinator._send_req(beat)  # noqa: SLF001
        # While partitions are dealt out anew no heartbeat makes a member's time longer than the rebalance's.
        return for_code(response.error_code) is NoError

    async def _carefully(self, left: int) -> Records:
        found: Records = {}
        for tp in sorted(self.assignment() - self.paused()):
            found |= await self._one_by_one(tp, left)
            left -= len(found.get(tp, ()))
            if left == 0:
                break
        return found

    async def _latest(self, limit: int) -> Records:
        """What was fetched when the last batch began, and what has come since.

        Raises:
            Exception: what the client raises, while nothing is in hand.
        """
        found: Records = await super().getmany(timeout_ms=0, max_records=limit)
        if not found:
            return await super().getmany(timeout_ms=IDLE_MS, max_records=limit)
        left = limit - sum(len(records) for records in found.values())
        if left == 0:
            return found
        since: Records = {}
        try:
            since = await super().getmany(timeout_ms=SINCE_MS, max_records=left)
        except Exception:  # noqa: BLE001 - what is in hand is handed over; the error comes again when it is committed
            self._is_astray = True
        for tp, records in since.items():
            found.setdefault(tp, []).extend(records)
        return found

    async def _one_by_one(self, tp: TopicPartition, limit: int) -> Records:
        records: list[ConsumerRecord[Any, Any]] = []
        while len(records) < limit:
            try:
                got = await super().getmany(tp, timeout_ms=0, max_records=1)
            except OF_A_RECORD as error:
                self._careful_until = time.monotonic()
                offset = await self.position(tp)
                if isinstance(error, UnicodeDecodeError):
                    records += await self._read_leniently(tp, offset, limit - len(records))
                else:
                    self._halt(tp, offset, error, unreadable=True)
                break
            if tp not in got:
                break
            records += got[tp]
        return {tp: records} if records else {}

    async def _read_leniently(self, tp: TopicPartition, offset: int, limit: int) -> list[ConsumerRecord[Any, Any]]:
        node = self._client.cluster.leader_for_partition(tp)
        request = FetchRequest(0, 1, LENIENT_BYTES, 0, [(tp.topic, [(tp.partition, offset, LENIENT_BYTES)])])
        async with _limited():
            response = await self._client.send(node, request)
        ((_, ((_, error_code, *_, data),)),) = response.topics
        if error_code:
            raise for_code(error_code)
        records = first_batch(data, tp, offset)[:limit]
        self.seek(tp, records[-1].offset + 1)
        return records

    def _is_borne(self, error: Exception) -> bool:
        match error:
            case OffsetOutOfRangeError():
                for tp, offset in error.args[0].items():
                    self._halt(tp, offset, error, unreadable=False)
            case NoOffsetForPartitionError():
                # Without a position the client would look for one, and fail, again and again.
                self.seek(error.args[0], 0)
                self._halt(error.args[0], 0, error, unreadable=False)
            case RecordTooLargeError():
                # The client has stepped over it by itself.
                self._halt(error.args[1], error.args[2], error, unreadable=True)
            case _ if isinstance(error, OF_A_RECORD):
                self._careful_until = time.monotonic() + CAREFUL_S
            case _:
                return False
        return True

    def _halt(self, tp: TopicPartition, offset: int, error: Exception, *, unreadable: bool) -> None:
        if tp in self.assignment():
            self.pause(tp)
            self.halts[tp] = Halt(tp, offset, error, time.monotonic(), unreadable)

    async def _go_back(self) -> None:
        """Every batch is committed before the next poll: what lies behind the committed offset has not been handed
        over."""
        for tp in self.assignment():
            halt = self.halts.get(tp)
            offset = halt.offset if halt else await self._committed(tp)
            if offset is not None and tp in self.assignment():
                self.seek(tp, offset)
        self._is_astray = False

    async def _committed(self, tp: TopicPartition) -> int | None:
        async with _limited():
            offset: int | None = await self.committed(tp)
        return offset


@contextlib.asynccontextmanager
async def _limited(limit_s: float = CALL_LIMIT_S) -> AsyncIterator[None]:
    """Calls of the broker, within a time limit of our own.

    Raises:
        KafkaTimeoutError: it took longer.
    """
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError:
        raise KafkaTimeoutError from None

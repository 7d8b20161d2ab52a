"""A simulated neighbour's desk: requests come in by Kafka, each is answered once, no faster than a real one would.

At least once, like any neighbour: offsets are committed behind the answers, and a request that comes again is known by
its id. The answers' ids follow from the requests', so that a copy after a restart is a copy to its reader, too.
"""

import asyncio
import contextlib
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID, uuid5

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from pydantic import ValidationError

from contracts.envelope import Envelope, from_headers, to_headers
from contracts.message import CATALOGUE, Message
from contracts.topics import Topic
from services.chassis.clients import opened

SECONDS_TO_ANSWER: Final = 0.2
"""A simulated neighbour answers no faster than a real one."""

_AGAIN_S: Final = 0.5
_NAMESPACE: Final = UUID("0d0c2a53-9c0b-5c5e-8f0e-0c6f6b1d5a11")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in; `subject` is the id of the aggregate that sent it."""

    body: Message
    id: str
    subject: str
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to `asked_by`; its fields are sealed already where they are to be."""

    body: Message
    asked_by: str


AnswerRequest = Callable[[Request], Awaitable[Answer | None]]
"""None: this request is none that the neighbour knows."""


class RequestDesk:
    """`async with RequestDesk(...)`: answers what comes in on any of `requests` while the block runs. `answered` counts
    by the name of the answer."""

    def __init__(self, name: str, bootstrap: str, requests: Sequence[Topic], answer: AnswerRequest) -> None:
        self._name, self._bootstrap, self._requests, self._answer = name, bootstrap, requests, answer
        self._there = asyncio.Event()
        self._there.set()
        self._seen: set[str] = set()
        self._open: defaultdict[TopicPartition, set[int]] = defaultdict(set)
        self._read_up_to: dict[TopicPartition, int] = {}
        self._committing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._cleanup = contextlib.AsyncExitStack()
        self.answered: Counter[str] = Counter()

    def go_away(self) -> None:
        """From now on nothing is answered; requests wait."""
        self._there.clear()

    def come_back(self) -> None:
        """Answer what has waited, and go on."""
        self._there.set()

    async def at_work(self) -> None:
        """Returns once somebody is there: for work that takes several answers."""
        await self._there.wait()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as cleanup:
            self._producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap, client_id=self._name, acks="all", enable_idempotence=True
            )
            await cleanup.enter_async_context(opened(self._producer))
            self._consumer = AIOKafkaConsumer(
                *(topic.name for topic in self._requests),
                bootstrap_servers=self._bootstrap,
                client_id=self._name,
                group_id=f"{self._name}.desk",
                auto_offset_reset="earliest",
                enable_auto_commit=False,
            )
            await cleanup.enter_async_context(opened(self._consumer))
            cleanup.push_async_callback(self._cancel)
            self._begin(self._read())
            self._cleanup = cleanup.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._cleanup.aclose()

    async def send(self, body: Message, subject: str, id: str, request: Request | None = None) -> None:
        """Send until the broker has taken it."""
        envelope = Envelope(
            id=id,
            source=self._name,
            type=body.type_name,
            subject=subject,
            time=datetime.now(UTC),
            correlation_id=request.correlation_id if request else None,
            causation_id=request.id if request else None,
        )
        value = body.model_dump_json().encode()
        while True:
            try:
                await self._producer.send_and_wait(
                    body.topic.name, value, key=subject.encode(), headers=to_headers(envelope)
                )
            except KafkaError:
                await asyncio.sleep(_AGAIN_S)
            else:
                return

    def _begin(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _cancel(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self) -> None:
        while True:
            try:
                record = await self._consumer.getone()
            except KafkaError:
                await asyncio.sleep(_AGAIN_S)
                continue
            partition = TopicPartition(record.topic, record.partition)
            self._open[partition].add(record.offset)
            self._read_up_to[partition] = record.offset + 1
            self._begin(self._handle(partition, record))

    async def _handle(self, partition: TopicPartition, record: Any) -> None:
        request = _request_in(record)
        if request is not None and request.id not in self._seen:
            self._seen.add(request.id)
            answer = await self._answer(request)
            await self._there.wait()
            if answer is not None:
                await self.send(answer.body, answer.asked_by, str(uuid5(_NAMESPACE, request.id)), request)
                self.answered[type(answer.body).__name__] += 1
        self._open[partition].discard(record.offset)
        await self._commit(partition)

    async def _commit(self, partition: TopicPartition) -> None:
        async with self._committing:
            done = min(self._open[partition], default=self._read_up_to[partition])
            # A partition that has gone to somebody else: they answer again, under the same ids.
            with contextlib.suppress(KafkaError, IllegalStateError):
                await self._consumer.commit({partition: done})


class AtADesk:
    """A simulated neighbour that answers at its `_desk` while its `async with` block runs."""

    _desk: RequestDesk

    @property
    def answered(self) -> Counter[str]:
        """Answers so far, by the name of their message."""
        return self._desk.answered

    def go_away(self) -> None:
        """From now on nothing is answered; requests wait."""
        self._desk.go_away()

    def come_back(self) -> None:
        """Answer what has waited, and go on."""
        self._desk.come_back()

    async def __aenter__(self) -> Self:
        await self._desk.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._desk.__aexit__(kind, error, trace)


def _request_in(record: Any) -> Request | None:
    envelope = from_headers(record.key, record.headers)
    if not isinstance(envelope, Envelope) or record.value is None:
        return None
    message = CATALOGUE.get(envelope.type)
    if message is None or message.topic.name != record.topic:
        return None
    try:
        body = message.model_validate_json(record.value)
    except ValidationError:
        return None
    return Request(body, envelope.id, envelope.subject, envelope.correlation_id or envelope.id)

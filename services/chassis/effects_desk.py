"""Calls that leave the house: once, after the save, from the memory of the process that saved (architecture, law 8)."""

import asyncio
import hashlib
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from contracts.envelope import Envelope, to_headers
from contracts.message import Message
from services.chassis.document import Record
from services.chassis.fold import DueEffect
from services.chassis.observer import ServiceObserver
from services.chassis.service import Service

CALLS_AT_ONCE: Final = 32
"""Of one kind: a crowd of slow notices takes no room from codes (N1)."""

PUBLISH_TRIES: Final = 5
_NAMESPACE: Final = UUID("0c6f0a53-4bb1-5d0a-8f58-2c1d7f1f7f0a")


class _Room:
    """The places for calls of one kind. Who finds none stands in line."""

    def __init__(self) -> None:
        self._free, self._is_closed = CALLS_AT_ONCE, False
        self._line: deque[asyncio.Future[bool]] = deque()

    async def enter(self) -> bool:
        """Wait for a place; False if the room was closed before there was one."""
        if self._free:
            self._free -= 1
            return True
        if self._is_closed:
            return False
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        return await turn

    def leave(self) -> None:
        """Give the place to the next in line."""
        if not self._is_next_told(is_free=True):
            self._free += 1

    def close(self) -> None:
        """Send the line away."""
        self._is_closed = True
        while self._is_next_told(is_free=False):
            pass

    def _is_next_told(self, *, is_free: bool) -> bool:
        while self._line:
            turn = self._line.popleft()
            if not turn.done():  # cancelled with its call
                turn.set_result(is_free)
                return True
        return False


class EffectsDesk:
    """Makes the calls and sends their results as messages. What never reports is settled by the aggregate's timer."""

    def __init__(
        self,
        service: Service,
        body: Callable[[Message, str], bytes],
        publish: Callable[[Sequence[Record]], Awaitable[None]],
        present: Callable[[], datetime],
        observer: ServiceObserver,
    ) -> None:
        self._service, self._body = service, body
        self._publish, self._present, self._observer = publish, present, observer
        self._rooms = {effect: _Room() for effect in service.perform}
        self._calls: set[asyncio.Task[None]] = set()

    def start(self, effects: Iterable[DueEffect]) -> None:
        """Begin the calls; none is awaited here, so that a slow gateway never holds up a lane."""
        for due in effects:
            self._observer.effects_in_flight(1)
            task = asyncio.create_task(self._call(due))
            self._calls.add(task)
            task.add_done_callback(self._calls.discard)

    async def finish(self, limit_s: float) -> None:
        """Let calls under way report, for at most `limit_s` seconds. Who has no place yet begins no more and says so:
        nothing has left the house, and another process makes the call anew."""
        if self._service.not_begun is not None:
            for room in self._rooms.values():
                room.close()
        if self._calls:
            await asyncio.wait(self._calls, timeout=limit_s)

    async def _call(self, due: DueEffect) -> None:
        try:
            result = await self._made(due.effect)
            await self._report(self.result_record(due.aggregate, due.correlation_id, result))
            since = self._present() - due.asked_at
            self._observer.called(type(due.effect).__name__, self._service.outcome_of(result), since)
        except Exception as error:  # noqa: BLE001 - a call's failure never harms the loop; the timer settles it
            self._observer.effect_failed(due.aggregate, error)
        finally:
            self._observer.effects_in_flight(-1)

    async def _made(self, effect: Any) -> Message:
        room, not_begun = self._rooms[type(effect)], self._service.not_begun
        if not await room.enter() and not_begun is not None:
            return not_begun(effect)
        try:
            return await self._service.perform[type(effect)](effect)
        finally:
            room.leave()

    async def _report(self, record: Record) -> None:
        for attempt in range(PUBLISH_TRIES):
            try:
                await self._publish([record])
            except Exception:
                if attempt == PUBLISH_TRIES - 1:
                    raise
                await asyncio.sleep(2**attempt)
            else:
                return

    def result_record(self, aggregate: str, correlation_id: str, message: Message) -> Record:
        """A message of our own that no saved decision emitted: its id is a hash of its content."""
        now = self._present()
        body = self._body(message, aggregate)
        digest = hashlib.sha256(f"{aggregate}/{type(message).type_name}/{correlation_id}/".encode() + body).hexdigest()
        envelope = Envelope(
            id=str(uuid5(_NAMESPACE, digest)),
            source=self._service.name,
            type=type(message).type_name,
            subject=aggregate,
            time=now,
            correlation_id=correlation_id,
        )
        return Record(type(message).topic.name, aggregate.encode(), body, to_headers(envelope))

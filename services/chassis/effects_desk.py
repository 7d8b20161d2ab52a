"""Calls that leave the house: once, after the save, from the memory of the process that saved (architecture, law 8)."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Final
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
        self._rooms = {effect: asyncio.Semaphore(CALLS_AT_ONCE) for effect in service.perform}
        self._calls: set[asyncio.Task[None]] = set()

    def start(self, effects: Iterable[DueEffect]) -> None:
        """Begin the calls; none is awaited here, so that a slow gateway never holds up a lane."""
        for due in effects:
            self._observer.effects_in_flight(1)
            task = asyncio.create_task(self._call(due))
            self._calls.add(task)
            task.add_done_callback(self._calls.discard)

    async def finish(self, limit_s: float) -> None:
        """Let calls under way report, for at most `limit_s` seconds."""
        if self._calls:
            await asyncio.wait(self._calls, timeout=limit_s)

    async def _call(self, due: DueEffect) -> None:
        try:
            async with self._rooms[type(due.effect)]:
                result: Message = await self._service.perform[type(due.effect)](due.effect)
            await self._report(self.result_record(due.aggregate, due.correlation_id, result))
            since = self._present() - due.asked_at
            self._observer.called(type(due.effect).__name__, self._service.outcome_of(result), since)
        except Exception as error:  # noqa: BLE001 - a call's failure never harms the loop; the timer settles it
            self._observer.effect_failed(due.aggregate, error)
        finally:
            self._observer.effects_in_flight(-1)

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

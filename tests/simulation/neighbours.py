"""Registry, billing, metering and back office on the simulated log: their real answers, slowly and sometimes twice."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any
from uuid import UUID, uuid5

from contracts.back_office import CaseOpened, CaseProgressed, ConflictRaised, DangerReported
from contracts.billing import StatementAsked
from contracts.envelope import Envelope, to_headers
from contracts.message import CATALOGUE, Message
from contracts.metering import ClosingReadingAsked, ClosingReadingReleased
from contracts.topics import (
    BACK_OFFICE_REQUESTS,
    BACK_OFFICE_URGENT,
    BILLING_REQUESTS,
    BILLING_STATEMENT_REQUESTS,
    METERING_REQUESTS,
    REGISTRY_EVIDENCE_REQUESTS,
    REGISTRY_REQUESTS,
    Topic,
)
from deploy.local.neighbours.back_office import DANGER, STEPS, settled
from deploy.local.neighbours.billing import BillingSimulator
from deploy.local.neighbours.metering import ClosingReadings
from deploy.local.neighbours.registry import answer_to
from deploy.local.neighbours.registry_records import Records
from tests.fakes.world import fake_opener, fake_seal
from tests.simulation.faults import Faults
from tests.simulation.life import begin_outside
from tests.simulation.log import SimulatedLog, Taken
from tests.simulation.virtual_time import broker_time, pause

_NAMESPACE = UUID("5a9d3b0e-7a0c-5b56-9c40-1d6a0d0f2c11")
Say = Callable[[Message, Envelope], list[tuple[float, Message, str]]]
"""What is said to a request: after how many seconds, what, to whom."""


class Neighbours:
    """All four. `billing` and `records` are their books."""

    def __init__(self, log: SimulatedLog, faults: Faults, chance: Random) -> None:
        self._log, self._faults, self._chance = log, faults, chance
        self._tasks: set[asyncio.Task[None]] = set()
        self._seen: set[tuple[str, str]] = set()
        self.records = Records()
        self.billing = BillingSimulator("", ())
        self._metering = ClosingReadings("")
        for name, topics, say in (
            ("registry", (REGISTRY_REQUESTS, REGISTRY_EVIDENCE_REQUESTS), self._registry),
            ("billing", (BILLING_REQUESTS, BILLING_STATEMENT_REQUESTS), self._billing),
            ("metering", (METERING_REQUESTS,), self._meter),
            ("back-office", (BACK_OFFICE_REQUESTS, BACK_OFFICE_URGENT), self._office),
        ):
            for topic in topics:
                log.heard_by(topic.name, self._reader(name, topic, say))

    @property
    def is_busy(self) -> bool:
        """Whether answers are still to come."""
        return bool(self._tasks)

    def plans_agreed(self) -> set[str]:
        """The orders of instalments in billing's books."""
        return self.billing._orders._agreed

    def _reader(self, name: str, topic: Topic, say: Say) -> Callable[[Taken], None]:
        def read(record: Taken) -> None:
            envelope = record.envelope
            message = CATALOGUE.get(envelope.type) if envelope is not None else None
            if envelope is None or message is None or message.topic is not topic:
                return
            is_known = (name, envelope.id) in self._seen
            if is_known and not self._again():
                return
            self._seen.add((name, envelope.id))
            body = message.model_validate_json(record.value or b"")
            for number, (seconds, answer, subject) in enumerate(say(body, envelope)):
                self._begin(self._answer(name, seconds, answer, subject, envelope, number))

        return read

    def _again(self) -> bool:
        if self._faults.is_calm or self._chance.random() < 0.7:
            return False
        self._faults.count("neighbour-twice")
        return True

    def _begin(self, work: Any) -> None:
        task = begin_outside(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(
        self, name: str, seconds: float, answer: Message, subject: str, request: Envelope, number: int
    ) -> None:
        await pause(self._slowly(max(0.2, seconds)))
        await self._log.there()
        envelope = Envelope(
            id=str(uuid5(_NAMESPACE, f"{request.id}/{number}")),
            source=name,
            type=answer.type_name,
            subject=subject,
            time=broker_time(),
            correlation_id=request.correlation_id or request.id,
            causation_id=request.id,
        )
        value = fake_seal(answer, subject).model_dump_json().encode()
        self._log.append(answer.topic.name, subject.encode(), value, to_headers(envelope))

    def _slowly(self, seconds: float) -> float:
        if self._faults.is_calm or self._chance.random() < 0.93:
            return seconds + self._chance.uniform(0.0, 0.5)
        self._faults.count("neighbour-slow")
        return seconds + self._chance.uniform(5.0, 35.0)

    # --- what each says ---------------------------------------------------------------------------------------------
    def _registry(self, body: Message, envelope: Envelope) -> list[tuple[float, Message, str]]:
        said = answer_to(body, fake_opener(body, envelope.subject), self.records)
        return [] if said is None else [(said[1], said[0], body.asked_by)]  # type: ignore[attr-defined]

    def _billing(self, body: Any, _: Envelope) -> list[tuple[float, Message, str]]:
        said = self.billing.says(body, broker_time())
        seconds = 1.0 if isinstance(body, StatementAsked) else 0.2
        return [] if said is None else [(seconds, said, body.asked_by)]

    def _meter(self, body: Message, _: Envelope) -> list[tuple[float, Message, str]]:
        match body:
            case ClosingReadingAsked():
                taken = self._metering.reads(body)
                return [] if taken is None else [(0.2, taken, body.asked_by)]
            case ClosingReadingReleased():
                self._metering.releases(body)
                return []
            case _:
                return []

    def _office(self, body: Message, _: Envelope) -> list[tuple[float, Message, str]]:
        match body:
            case CaseOpened() | DangerReported():
                kind = body.kind if isinstance(body, CaseOpened) else DANGER
                asked_by, case = body.asked_by, body.case_id
                return [
                    (1.0 + number, CaseProgressed(asked_by=asked_by, case_id=case, step=step), asked_by)
                    for number, step in enumerate(STEPS.get(kind, ()))
                ]
            case ConflictRaised():
                return [(1.0, settled(body), body.asked_by)]
            case _:
                return []

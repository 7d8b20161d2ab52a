"""A channel that kills services at chosen moments of a journey, and starts them again as Kubernetes would."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.accounts import CompleteDefinition, RequestTransfer
from contracts.identity import ActivateUser, ConfirmOtp, GiveContact, StartRegistration
from contracts.identity_business import RegisterBusiness
from contracts.identity_sessions import ConfirmConsent
from contracts.message import Command
from contracts.reports import RequestConsumptionReport
from contracts.requests import AcceptInstalments, SubmitRequest
from deploy.local.client import Answered, Client, NoAnswer, Sent
from deploy.local.system import System

WITHIN_S: Final = 60.0
SOON_S: Final = 1.0
"""By then what a dead service had said has been read, and no other has started in its place."""


@dataclass(frozen=True, slots=True)
class Point:
    """`service` dies when the so-many-th command of this type is on its topic and, with `seen`, has led to this
    message."""

    service: str
    command: type[Command]
    number: int
    seen: str | None = None


POINTS: Final[Sequence[Point]] = (
    Point("identity", StartRegistration, 1),  # creates
    Point("identity", GiveContact, 3),  # hashes
    Point("identity", ConfirmOtp, 5),  # the claim of the person, across aggregates
    Point("identity", ActivateUser, 1),  # the activation, across aggregates
    Point("accounts", CompleteDefinition, 1),  # the definition, its customer, the supply, the beneficiary
    Point("notifications", CompleteDefinition, 2, "MessageWanted"),  # with an SMS and an e-mail on their way out
    Point("reports", RequestConsumptionReport, 3),  # the report and a month's readings
    Point("accounts", RequestTransfer, 3),  # the transfer, the supply's reservation
    Point("accounts", ConfirmConsent, 2),  # a consent on its way from identity
    Point("accounts", AcceptInstalments, 1),
    Point("accounts", SubmitRequest, 3),
    Point("identity", RegisterBusiness, 2),
)


class KillingClient(Client):
    """`ask` kills on its way what `POINTS` say. `killed` has those that it killed, `left_over` those of them whose
    command was answered by the next one only."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.system: System | None = None
        self.killed: list[Point] = []
        self.left_over: list[Point] = []
        self._asked: Counter[type[Command]] = Counter()

    async def ask(self, command: Command, *, key: str) -> Answered:
        """As ever; the services that die meanwhile are started again before the answer is waited for."""
        self._asked[type(command)] += 1
        sent = await self.send(command, key=key)
        died_at: dict[Point, float] = {}
        for point in POINTS:
            if (point.command, point.number) == (type(command), self._asked[type(command)]):
                died_at[point] = await self._kill(point, sent)
        answered = await self.answer(sent)
        self.left_over += [point for point, at in died_at.items() if answered.seen.at > at + SOON_S]
        return answered

    async def _kill(self, point: Point, sent: Sent) -> float:
        """Returns when it was dead, in seconds of `perf_counter`."""
        assert self.system is not None
        if point.seen is not None and not await self._watch.until(lambda: self._is_seen(point, sent), WITHIN_S):
            raise NoAnswer(f"{point.seen} did not follow")
        service = self.system.service(point.service)
        await service.kill()
        dead_at = time.perf_counter()
        await service.start()
        self.killed.append(point)
        return dead_at

    def _is_seen(self, point: Point, sent: Sent) -> bool:
        return any(seen.name == point.seen for seen in self._watch.caused_by([sent.id]))

"""The last release beside this one: replicas that join and leave while a journey goes on, and a load beside it."""

import asyncio
import contextlib
import re
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from contracts.accounts import CompleteDefinition, StartDefinition
from contracts.message import Command
from contracts.notifications import AskContactChannels
from contracts.reports import RequestConsumptionReport
from contracts.requests import GiveEvidence, SubmitRequest
from contracts.topics import SERVICES
from deploy.local.client import Answered, Sent
from deploy.local.journey import Customer, Person
from deploy.local.journey.journal import Journal
from deploy.local.journey.sign_up import SigningUp
from deploy.local.service_process import ServiceProcess
from deploy.local.stack.server import free_port
from deploy.local.system import System
from tests.journeys.counting import ignore
from tests.journeys.last_channel import LastChannel
from tests.release import released

PAUSE_S: Final = 0.1
_JUDGED: Final = re.compile(r'hesabi_messages_total\{.*outcome="(decided|refused|answered)"')


def unpacked(folder: Path) -> Path:
    """The code of the last release."""
    wheel = [*released().values()][-1]
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@dataclass
class Rolling:
    """The replicas of this release, those of the last one, and what becomes of them, in this order. `standing`: of each
    service one that stands, to which people's downloads go."""

    new: Mapping[str, ServiceProcess]
    old: Mapping[str, ServiceProcess]
    standing: dict[str, list[ServiceProcess]]
    judged: dict[str, dict[str, float]] = field(default_factory=dict)
    """How many messages each release's replica of a service had judged before it left."""

    new_stand: bool = True

    @classmethod
    def beside(cls, system: System, code: Path) -> "Rolling":
        """All four services once more, from the last release's code."""
        new = {name: system.service(name) for name in SERVICES}
        old = {name: _old(service, code) for name, service in new.items()}
        return cls(new, old, {name: [service] for name, service in new.items()})

    async def old_join(self) -> None:
        """This release alone, then both."""
        await _start(self.old)

    async def new_leave(self) -> None:
        """Both, then the last release alone: somebody rolled back."""
        self.new_stand = False
        await self._leave("new", self.new, self.old)

    async def new_join(self) -> None:
        """The last release alone, then both."""
        await _start(self.new)
        self.new_stand = True

    async def old_leave(self) -> None:
        """Both, then this release alone: the upgrade is done."""
        await self._leave("old", self.old, self.new)

    async def _leave(
        self, which: str, leaving: Mapping[str, ServiceProcess], staying: Mapping[str, ServiceProcess]
    ) -> None:
        self.judged[which] = {name: await judged(service) for name, service in leaving.items()}
        self.standing.update({name: [service] for name, service in staying.items()})
        await asyncio.gather(*(service.stop() for service in leaving.values()))

    async def end(self) -> None:
        """Only this release stands, whatever happened."""
        if not self.new_stand:
            await self.new_join()
        for service in self.old.values():
            service.kill_now()


def _old(service: ServiceProcess, code: Path) -> ServiceProcess:
    # Receipts of both replicas come to one address, as they would behind a balancer: none is lost with who leaves.
    return service.another(2, free_port(), code)


async def _start(services: Mapping[str, ServiceProcess]) -> None:
    await asyncio.gather(*(service.start() for service in services.values()))


async def judged(service: ServiceProcess) -> float:
    """How many messages this replica has decided, refused or answered, by its own metrics. Which of them depends on the
    partitions that it got: of reports' commands in the load each is refused."""
    lines = (line.split() for line in (await service.metrics()).splitlines())
    return sum(float(line[-1]) for line in lines if _JUDGED.match(line[0]))


class RollingClient(LastChannel):
    """`ask` rolls on its way where `STEPS` say: a command is under way while replicas join and leave. No code is, whose
    life of some seconds would be over by then."""

    STEPS: Final = {
        (CompleteDefinition, 1): "new_leave",
        (GiveEvidence, 1): "new_join",
        (SubmitRequest, 1): "old_leave",
    }

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.rolling: Rolling | None = None
        self.rolled: list[str] = []
        self._asked: Counter[type[Command]] = Counter()

    async def ask(self, command: Command, *, key: str) -> Answered:
        """As ever; replicas join and leave before the answer is waited for."""
        self._asked[type(command)] += 1
        sent = await self.send(command, key=key)
        step = self.STEPS.get((type(command), self._asked[type(command)]))
        if step is not None:
            assert self.rolling is not None
            await getattr(self.rolling, step)()
            self.rolled.append(step)
        return await self.answer(sent)


@dataclass
class Load:
    """Commands to all four services beside the journey, whoever stands."""

    system: System
    customer: Customer
    sent: list[Sent] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def beside(self) -> AsyncIterator[None]:
        """Goes on for as long as the block does."""
        going = asyncio.create_task(self._go_on())
        try:
            yield
        finally:
            going.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await going

    async def _go_on(self) -> None:
        client = self.customer.client
        while True:
            for command in self._round():
                self.sent.append(await client.send(command, key=str(uuid4())))
            await asyncio.sleep(PAUSE_S)

    def _round(self) -> Iterator[Command]:
        token = self.customer.sealed_token
        # Nobody in the registry: no code goes out, and the caller is not told (I15).
        stranger = SigningUp(self.system, Person.made_up("en"), Journal(self.customer.client, ignore))
        yield stranger.start
        yield StartDefinition(token=token, relation="tenant")
        yield AskContactChannels()
        yield RequestConsumptionReport(
            token=token, account_number="30000000000", first_month="2026-01", last_month="2026-01",
            answer_key=self.customer.client.answer_key,
        )  # fmt: skip

    async def unanswered(self, within: float) -> int:
        """Commands without an answer, after so many seconds at most."""
        answers = self.customer.client._watch.answers
        await self.customer.client._watch.until(lambda: all(answers[sent.id] for sent in self.sent), within)
        return sum(not answers[sent.id] for sent in self.sent)

    @property
    def answered_twice(self) -> list[str]:
        """Commands with two different answers; the same one may come again."""
        answers = self.customer.client._watch.answers
        return [sent.id for sent in self.sent if len({seen.envelope.id for seen in answers[sent.id]}) > 1]

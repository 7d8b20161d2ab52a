"""One running system for all journeys, and the journeys themselves, each made once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from contracts.identity import ConfirmOtp, RegistrationStarted
from contracts.sealed import Sealed
from deploy.local.client import Answered
from deploy.local.journey import Customer, Outcome, Person, a_neighbour, individual_journey
from deploy.local.journey.journal import Journal
from deploy.local.journey.sign_up import SigningUp
from deploy.local.stack import Stack
from deploy.local.system import Lives, Setup, System, running_system
from tests.eventually import eventually, until_instant
from tests.journeys.counting import ignore, settled_or_fail
from tests.journeys.killing import KillingClient, Point
from tests.journeys.twice import TwiceClient

SHORT = Lives(code_s=4, resend_after_s=4)
REAL = Lives(code_s=60, resend_after_s=60)  # I6, I14
IN_TIME = timedelta(seconds=56)
LATE = timedelta(seconds=61)


@dataclass(frozen=True, slots=True)
class WaitingCode:
    """A code that was sent at `sending` (I6) under the real life of 60 s and has not been entered yet."""

    up: SigningUp
    code: str
    sending: datetime

    async def entered_after(self, wait: timedelta) -> Answered:
        """The answer to its entry so long after its sending."""
        await until_instant(self.sending + wait)
        return await self.up.journal.client.ask(ConfirmOtp(code=Sealed.of(self.code)), key=self.up.flow)


@dataclass(frozen=True, slots=True)
class WholeMinute:
    """Two codes that were asked for before everything else: the answers to their entry, when it is time."""

    in_time: asyncio.Task[Answered]
    late: asyncio.Task[Answered]


@pytest.fixture(scope="session")
async def started(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """The system as production runs it: codes live 60 s."""
    async with running_system(tmp_path_factory.mktemp("system"), stack=stack, setup=Setup(REAL)) as system:
        yield system


@pytest.fixture(scope="session")
async def whole_minute(started: System) -> AsyncIterator[WholeMinute]:
    """Begun first and looked at last, so that nobody waits for the minute."""
    codes = await waiting_code(started), await waiting_code(started)
    in_time, late = (
        asyncio.create_task(code.entered_after(at)) for code, at in zip(codes, (IN_TIME, LATE), strict=True)
    )
    yield WholeMinute(in_time, late)
    for entry in (in_time, late):
        entry.cancel()
    await asyncio.gather(in_time, late, return_exceptions=True)


async def waiting_code(system: System) -> WaitingCode:
    """Asks for a code and reads it from the phone."""
    person = Person.made_up("en")
    system.registry.add(person.in_registry)
    up = SigningUp(system, person, Journal(system.client(), ignore))
    asked = await up.journal.ask("Start", "I5", up.start, key=up.flow, expected=RegistrationStarted)
    code = await up.post.code(person.approved_mobile, 1)

    def sendings() -> list[datetime]:
        caused = system.watch.caused_by([asked.sent.id])
        return [seen.stamp for seen in caused if seen.name == "OtpHandedOver"]

    return WaitingCode(up, code, (await eventually(sendings))[0])


@pytest.fixture(scope="session")
async def system(started: System, whole_minute: WholeMinute) -> System:
    """The same system with short lives, for everything but the real minute."""
    assert not whole_minute.late.done()
    await started.service("identity").restart(otp_life_s=SHORT.code_s, resend_after_s=SHORT.resend_after_s)
    return replace(started, lives=SHORT)


@pytest.fixture(scope="session")
async def neighbour(system: System) -> Customer:
    """Somebody else who has logged in."""
    return await a_neighbour(system)


@pytest.fixture(scope="session")
async def journey(system: System, neighbour: Customer) -> Outcome:
    """The demo's journey, headless."""
    outcome = await individual_journey(system, Person.made_up("ar"), ignore, neighbour=neighbour)
    await settled_or_fail(system)
    return outcome


@dataclass(frozen=True, slots=True)
class Twice:
    """A journey each of whose commands was sent three times: as it is, again, and with another body."""

    outcome: Outcome
    client: TwiceClient


@pytest.fixture(scope="session")
async def twice(system: System, neighbour: Customer) -> Twice:
    """The journey by a channel that sends everything again."""
    client = system.client_of(TwiceClient)
    outcome = await individual_journey(system, Person.made_up("en"), ignore, client, neighbour)
    await settled_or_fail(system)
    return Twice(outcome, client)


@dataclass(frozen=True, slots=True)
class Survived:
    """A journey during which services were killed, and where; `left_over`: where before they had answered."""

    outcome: Outcome
    killed: list[Point]
    left_over: list[Point]


@pytest.fixture(scope="session")
async def survived(system: System, neighbour: Customer, journey: Outcome) -> Survived:
    """A journey during which each service was killed at its points."""
    assert journey.is_expected
    client = system.client_of(KillingClient)
    client.system = system
    outcome = await individual_journey(system, Person.made_up("ar"), ignore, client, neighbour)
    await settled_or_fail(system)
    return Survived(outcome, client.killed, client.left_over)

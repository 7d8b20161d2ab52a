"""What each deed of the load plan does."""

import asyncio
import calendar
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import uuid4

from contracts.accounts import (
    AddAccount,
    CompleteDefinition,
    ConfirmReview,
    DeclareBeneficiary,
    DefinitionCompleted,
    DuesShown,
    InquireReference,
    ShowDues,
    StartDefinition,
)
from contracts.message import Answer, Command, CommandRefused
from contracts.metering import IntervalReadings
from contracts.notifications import AskContactChannels
from contracts.reports import RequestStatement
from deploy.local.system import System
from tests.chaos.channel import Answers, Channel
from tests.chaos.load_plan import Deed, DeedKind
from tests.chaos.people import Accounts, Citizen, a_stranger

PATIENCE_S: Final = 180.0
"""A customer who has waited so long goes away; whether the answer came at all is judged from the topics."""

DUES_TRIES: Final = 6
METERS: Final = 200
HOURS: Final = 24
SENT_AGAIN_EVERY: Final = 20
"""Of so many deeds one sends its command twice (J3)."""


class Deeds:
    """Does deeds of the load plan. Steps of one customer wait for their answers; all else goes out by the clock."""

    def __init__(self, system: System, channel: Channel, answers: Answers, accounts: Accounts) -> None:
        self._system, self._channel, self._answers, self._accounts = system, channel, answers, accounts
        self.citizens: Sequence[Citizen] = ()
        self._month = (system.today.replace(day=1) - timedelta(days=1)).replace(day=1)
        self._do: dict[DeedKind, Callable[[Deed], Awaitable[object]]] = {
            "reading": self._reading,
            "contacts": self._contacts,
            "sketch": self._sketch,
            "inquiry": self._inquiry,
            "define": self._define,
            "log-in": self._log_in,
            "register": self._register,
            "statement": self._statement,
        }

    async def do(self, deed: Deed) -> None:
        """The whole of it; ends early when the answer to a step does not come or is a no."""
        await self._do[deed.kind](deed)

    async def _reading(self, deed: Deed) -> None:
        await self._channel.read_meter(reading_of(deed.number, self._month))

    async def _contacts(self, deed: Deed) -> None:
        await self._say(AskContactChannels(), str(uuid4()), deed)

    async def _inquiry(self, deed: Deed) -> None:
        citizen = self._citizen(deed)
        reference = citizen.references[deed.who % len(citizen.references)]
        ask = InquireReference(
            token=citizen.customer.sealed_token, answer_key=self._channel.answer_key, reference=reference
        )
        await self._say(ask, str(uuid4()), deed)

    async def _log_in(self, deed: Deed) -> None:
        citizen = self._citizen(deed)
        await self._say(citizen.signing_up.log_in(citizen.customer.person.password), str(uuid4()), deed)

    async def _register(self, deed: Deed) -> None:
        stranger = a_stranger(self._system, self._channel)
        await self._say(stranger.start, stranger.flow, deed)

    async def _statement(self, deed: Deed) -> None:
        citizen, month = self._citizen(deed), f"{self._month:%Y-%m}"
        ask = RequestStatement(
            token=citizen.customer.sealed_token,
            first_month=month,
            last_month=month,
            answer_key=self._channel.answer_key,
        )
        await self._say(ask, str(uuid4()), deed)

    async def _sketch(self, deed: Deed) -> str | None:
        """A1-A4. Returns the flow's id, None when a step had no good answer."""
        token, flow = self._citizen(deed).customer.sealed_token, str(uuid4())
        steps: tuple[Command, ...] = (
            StartDefinition(token=token, relation="tenant"),
            AddAccount(token=token, identifier_kind="account-number", identifier=self._accounts.draw()),
            ConfirmReview(token=token),
            DeclareBeneficiary(token=token, is_actual_beneficiary=deed.who % 2 == 0),
        )
        for step in steps:
            if isinstance(await self._asked(step, flow, deed), CommandRefused | None):
                return None
        return flow

    async def _define(self, deed: Deed) -> None:
        """A1-A7."""
        flow, citizen = await self._sketch(deed), self._citizen(deed)
        if flow is None:
            return
        token = citizen.customer.sealed_token
        show = ShowDues(token=token, answer_key=self._channel.answer_key)
        for _ in range(DUES_TRIES):  # A5: billing may be silent while the broker is away
            if isinstance(await self._asked(show, flow, deed), DuesShown):
                break
        else:
            return
        await self._asked(citizen.customer.terms(), flow, deed)
        completed = await self._asked(CompleteDefinition(token=token), flow, deed)
        if isinstance(completed, DefinitionCompleted):
            citizen.references.append(completed.reference)

    def _citizen(self, deed: Deed) -> Citizen:
        return self.citizens[deed.who % len(self.citizens)]

    async def _say(self, command: Command, key: str, deed: Deed) -> str:
        sent = await self._channel.send(command, key=key)
        if deed.number % SENT_AGAIN_EVERY == 0:
            await self._channel.send_bytes(sent)
        return sent.id

    async def _asked(self, command: Command, key: str, deed: Deed) -> Answer | None:
        seen = await self._answers.first(await self._say(command, key, deed), PATIENCE_S)
        body = seen.body if seen is not None else None
        return body if isinstance(body, Answer) else None


def reading_of(number: int, month: date) -> IntervalReadings:
    """The so-many-th day block: meter after meter, then day after day, then each day corrected (R6)."""
    meter, turn = number % METERS, number // METERS
    days = calendar.monthrange(month.year, month.month)[1]
    version = turn // days + 1
    return IntervalReadings(
        account_number=f"4{meter:010d}",
        day=month.replace(day=turn % days + 1),
        version=version,
        interval_seconds=3600,
        energy_wh=tuple(1000 + meter + version for _ in range(HOURS)),
        quality="measured" if version == 1 else "corrected",
        source_note="chaos",
    )


async def begin_all(
    work: asyncio.TaskGroup,
    deeds: Deeds,
    plan: Sequence[Deed],
    room: Callable[[], bool],
    is_over: Callable[[float], bool],
) -> int:
    """Begins each deed of the plan at its time until `is_over(seconds)`, from the start of the load on, late deeds or
    not. `room()` says whether another may begin: a channel that cannot write tells its customers so. Returns how many
    were held back."""
    loop = asyncio.get_running_loop()
    begun, held_back = loop.time(), 0
    for deed in plan:
        await asyncio.sleep(max(0.0, begun + deed.at_s - loop.time()))
        if is_over(loop.time() - begun):
            break
        if room():
            work.create_task(deeds.do(deed))
        else:
            held_back += 1
    return held_back

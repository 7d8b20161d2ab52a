"""A channel of the simulation: sends commands, twice now and then, and hears the answers (J3)."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, TypeVar
from uuid import UUID

from contracts.envelope import Envelope, to_headers
from contracts.message import CATALOGUE, Answer, Command, CommandRefused, Message
from contracts.operations import COMMANDS_TOPIC
from contracts.topics import CATALOGUE as TOPICS
from tests.fakes.world import fake_seal
from tests.simulation.faults import Faults
from tests.simulation.log import SimulatedLog, Taken
from tests.simulation.virtual_time import broker_time, pause

LIFE: Final = timedelta(minutes=5)
PATIENCE_S: Final = 30.0
"""So long a customer waits before the command is sent again."""

TIMES_AT_MOST: Final = 30
A = TypeVar("A", bound=Answer)


class Unanswered(Exception):
    """A command was never answered."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A command as it went out: the same bytes again are the same command."""

    id: str
    key: str
    command: Message = field(repr=False)
    value: bytes = field(repr=False)
    made_at: datetime
    source: str

    def headers(self) -> list[tuple[str, bytes]]:
        """Its envelope."""
        kind, until = type(self.command).type_name, self.made_at + LIFE
        return to_headers(Envelope(self.id, self.source, kind, self.key, self.made_at, expiry_time=until))


class Channel:
    """The web site, and the operators' desk. `sent`: every command that went out; `answers`: what came, by command."""

    def __init__(self, log: SimulatedLog, faults: Faults, chance: Random) -> None:
        self._log, self._faults, self.chance = log, faults, chance
        self.sent: dict[str, Sent] = {}
        self.altered: set[str] = set()
        self.expired: set[str] = set()
        self._answers: dict[str, asyncio.Future[Answer]] = {}
        for topic in (name for name in TOPICS if name.endswith(".answers") and name.split(".")[0] in COMMANDS_TOPIC):
            log.heard_by(topic, self._hear)

    def new_id(self) -> str:
        """As a channel draws one."""
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    async def ask(self, command: Command, key: str = "", *, source: str = "web") -> Answer:
        """The answer to a new command. It is sent again, as it is, as long as none comes.

        Raises:
            Unanswered: it was sent thirty times.
        """
        sent = self._made(command, key or self.new_id(), source, broker_time())
        heard = self._expect(sent)
        for _ in range(TIMES_AT_MOST):
            await self._send(sent)
            done, _ = await asyncio.wait([heard], timeout=PATIENCE_S)
            if done:
                return heard.result()
            self._faults.count("command-sent-again", type(command).__name__)
        raise Unanswered(f"{type(command).__name__} {sent.id}")

    async def ask_too_early(self, command: Command, key: str) -> None:
        """A step of a flow that has not begun. Its refusal is not saved: who stands still with it in hand may meet the
        flow, once it has begun, and decide otherwise."""
        self._faults.count("asked-too-early", type(command).__name__)
        self._faults.provoke("freeze-with-records-in-hand")
        await self.ask(command, key)

    async def send(self, command: Command, key: str) -> None:
        """A command whose answer nobody waits for."""
        await self._send(self._noted(self._made(command, key, "web", broker_time())))

    async def send_expired(self, command: Command, key: str) -> None:
        """A command whose time is over when it comes in."""
        sent = self._noted(self._made(command, key, "web", broker_time() - timedelta(minutes=6)))
        self._faults.count("command-expired", type(command).__name__)
        self.expired.add(sent.id)
        await self._append(sent)

    def _noted(self, sent: Sent) -> Sent:
        self._expect(sent)
        return sent

    def _made(self, command: Message, key: str, source: str, made_at: datetime) -> Sent:
        value = fake_seal(command, key).model_dump_json().encode()
        return Sent(self.new_id(), key, command, value, made_at, source)

    def _expect(self, sent: Sent) -> "asyncio.Future[Answer]":
        self.sent[sent.id] = sent
        heard: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._answers[sent.id] = heard
        return heard

    async def _send(self, sent: Sent) -> None:
        await self._append(sent)
        if self._faults.is_calm:
            return
        luck = self.chance.random()
        if luck < 0.06:
            self._faults.count("duplicated-input", sent.id)
            self._again_later(sent, self.chance.choice((0.0, 0.001, 0.05, 1.0, 20.0)))
        elif luck < 0.08 and sent.id not in self.altered:
            self._faults.count("command-with-another-body", sent.id)
            self.altered.add(sent.id)
            other = sent.value.replace(b'{"', b'{ "', 1)
            self._again_later(Sent(sent.id, sent.key, sent.command, other, sent.made_at, sent.source), 0.01)

    def _again_later(self, sent: Sent, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._take, sent)

    async def _append(self, sent: Sent) -> None:
        await pause(self.chance.uniform(0.001, 0.02))
        await self._log.there()
        self._take(sent)

    def _take(self, sent: Sent) -> None:
        self._log.append(type(sent.command).topic.name, sent.key.encode(), sent.value, sent.headers())

    def _hear(self, record: Taken) -> None:
        envelope = record.envelope
        heard = self._answers.get((envelope and envelope.causation_id) or "")
        if envelope is None or heard is None or heard.done():
            return
        body: Any = CATALOGUE[envelope.type].model_validate_json(record.value or b"")
        if envelope.causation_id in self.altered and reason_of(body) == "command-id-reused":
            return  # that was the other body's answer
        heard.set_result(body)


def reason_of(answer: Answer) -> str | None:
    """The public reason of a refusal, with the step that is missing; None: it is a yes."""
    if not isinstance(answer, CommandRefused):
        return None
    return answer.public_reason + (f" ({answer.missing_step})" if answer.missing_step else "")

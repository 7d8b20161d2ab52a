"""The SMS gateway and the mail relay: what they took, and what goes wrong on the way to them (N6, N7)."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from random import Random
from types import TracebackType
from typing import Any, Self

from contracts.notifications import ReceiptReceived
from services.notifications.attempt import HELD_AT_MOST
from services.notifications.hand_over import Accepted, HandOver, LastLook, NotSent, TooLate, Unknown
from services.notifications.mail import Mail
from services.notifications.unifonic_wire import Found, NeverAccepted, NoAnswer, Sms, StatusAnswer
from tests.simulation.faults import Faults
from tests.simulation.life import Life
from tests.simulation.virtual_time import broker_time, now_s, pause

CALL_LIMIT_S = 10.0
Receive = Callable[[ReceiptReceived], None]


class SmsCompany:
    """The gateway's own books. `taken`: every call that it accepted and bills, at the instant of its first byte, by the
    message's id; `phones`: the texts that came, by number."""

    def __init__(self, faults: Faults, chance: Random, receive: Receive) -> None:
        self.faults, self.chance, self._receive = faults, chance, receive
        self.taken: dict[str, list[datetime]] = defaultdict(list)
        self.phones: dict[str, list[str]] = defaultdict(list)
        self.arrived = asyncio.Event()

    def take(self, sms: Sms, called_at: datetime) -> str:
        """Accept, bill, deliver; a receipt follows, perhaps."""
        times = self.taken[sms.correlation_id]
        times.append(called_at)
        number = f"g-{sms.correlation_id[:50]}-{len(times)}".replace(".", "-")
        self.phones[sms.recipient.text].append(sms.body)
        self.arrived.set()
        self._send_receipts(ReceiptReceived(message_id=sms.correlation_id, gateway_message_id=number, status="taken"))
        return number

    def _send_receipts(self, taken: ReceiptReceived) -> None:
        loop = asyncio.get_running_loop()
        for status in ("taken", "delivered"):
            if self._meets("receipt-lost", 0.2):
                continue
            delay = self.chance.uniform(20.0, 90.0) if self._meets("receipt-late", 0.2) else self.chance.uniform(0.2, 4)
            receipt = taken.model_copy(update={"status": status})
            loop.call_later(delay, self._receive, receipt)
            if self._meets("receipt-twice", 0.15):
                loop.call_later(delay + self.chance.uniform(0.0, 20.0), self._receive, receipt)

    def _meets(self, fault: Any, rate: float) -> bool:
        if self.faults.is_calm or self.chance.random() >= rate:
            return False
        self.faults.count(fault)
        return True

    def fails(self) -> str | None:
        """What this call meets."""
        for fault in ("gateway-answer-lost", "gateway-not-now", "gateway-takes-late"):
            if self._meets(fault, 0.06):
                return fault
        return None


class GatewayClient:
    """The way of one process to the gateway; `UnifonicClient` is the real one."""

    def __init__(self, company: SmsCompany, life: Life) -> None:
        self._company, self._life = company, life

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held open."""

    async def hand_over(self, sms: Sms, last_look: LastLook) -> HandOver | TooLate:
        """One attempt."""
        company, life, began = self._company, self._life, now_s()
        fails = company.fails()
        await life.wait(company.chance.uniform(0.05, 0.4))
        if now_s() - began > CALL_LIMIT_S:
            # The process was frozen before a byte had left; the call's own limit ends it when it wakes up.
            return NotSent("no-connection")
        if (reason := last_look()) is not None:
            return reason
        called_at = broker_time()
        if company.faults.strikes("freeze-at-a-gateway", life.name):
            if company.chance.random() < 0.5:
                company.take(sms, called_at)
                life.freeze(company.chance.uniform(16.0, 60.0))
                await life.wait(0.0)
                return Unknown("no-answer-in-time")
            life.freeze(company.chance.uniform(1.0, 60.0))
            await life.wait(0.0)
            return NotSent("no-connection")
        if fails == "gateway-not-now":
            return NotSent("not-now")
        if fails == "gateway-takes-late":
            held_s = company.chance.uniform(0.0, HELD_AT_MOST.total_seconds())
            asyncio.get_running_loop().call_later(CALL_LIMIT_S + held_s, company.take, sms, called_at)
            await life.wait(CALL_LIMIT_S)
            return Unknown("no-answer-in-time")
        number = company.take(sms, called_at) if fails is None or company.chance.random() < 0.6 else ""
        if fails == "gateway-answer-lost":
            await life.wait(CALL_LIMIT_S)
            return Unknown("no-answer-in-time")
        await life.wait(company.chance.uniform(0.05, 0.3))
        return Accepted(number)

    async def status_of(self, correlation_id: str) -> StatusAnswer:
        """What became of a message."""
        await self._life.wait(self._company.chance.uniform(0.1, 0.5))
        if self._company.fails() is not None:
            return NoAnswer()
        return Found("g-1", "sent") if correlation_id in self._company.taken else NeverAccepted()


class MailCompany:
    """The relay's box: mails by recipient. The same Message-ID twice is one mail to its reader (law 8)."""

    def __init__(self) -> None:
        self.boxes: dict[str, dict[str, str]] = defaultdict(dict)
        self.arrived = asyncio.Event()


class RelayClient:
    """The way of one process to the relay."""

    def __init__(self, company: MailCompany, life: Life, faults: Faults, chance: Random) -> None:
        self._company, self._life, self._faults, self._chance = company, life, faults, chance

    async def hand_over(self, mail: Mail) -> HandOver:
        """One attempt."""
        await self._life.wait(self._chance.uniform(0.05, 0.5))
        if not self._faults.is_calm and self._chance.random() < 0.05:
            return NotSent("not-now")
        self._company.boxes[mail.recipient][mail.message_id] = mail.content.decode()
        self._company.arrived.set()
        if not self._faults.is_calm and self._chance.random() < 0.05:
            await self._life.wait(CALL_LIMIT_S)
            return Unknown("no-answer-in-time")
        await pause(0)
        return Accepted(mail.message_id)

"""A simulated SMS gateway in Unifonic's shape: a real HTTP server that remembers what it billed.

    python -m deploy.local.neighbours.sms_gateway --port 8801 --app-sid demo

`GET /ledger` tells what was billed, `POST /faults` (`{"kind": ..., "times": 1}`) makes the next requests go wrong.
"""

import argparse
import asyncio
import itertools
import json
import re
from collections import deque
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal, Self, get_args
from urllib.parse import parse_qs

import httpx

from contracts.envelope import rfc3339
from deploy.local.neighbours.running import CUT, LOOPBACK, LoopbackHttp, Reply, Request, until_stopped

FaultKind = Literal[
    "reject", "server-error", "drop", "delay", "hang-after-accepting", "drop-after-accepting", "no-receipt"
]
SECONDS_TO_ANSWER = 0.2  # a simulated neighbour is no faster than a real one
_HANGS_FOR = 60.0
_RECEIPT_TRIES = 240
_BETWEEN_TRIES_S = 0.5
_RECIPIENT = re.compile(r"9665[0-9]{8}")


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request. `seconds` is the length of a `delay`."""

    kind: FaultKind
    error_code: str = "ER-99"
    seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class Bill:
    """One accepted request: one bill, whatever was asked before."""

    gateway_message_id: str
    correlation_id: str
    sender: str
    recipient: str = field(repr=False)
    body: str = field(repr=False)
    accepted_at: str = field(default_factory=lambda: rfc3339(datetime.now(UTC)))


@dataclass(slots=True)
class Ledger:
    """What the gateway did so far, in order."""

    bills: list[Bill] = field(default_factory=list)
    requests: int = 0
    receipts: list[tuple[str, str]] = field(default_factory=list)
    """Receipts taken by the other side: correlation id, status."""

    def bills_of(self, correlation_id: str) -> list[Bill]:
        """All bills for one correlation id; more than one is a message paid twice (N6)."""
        return [bill for bill in self.bills if bill.correlation_id == correlation_id]

    def sent_to(self, recipient: str) -> list[str]:
        """Texts accepted for a recipient (`9665...`), oldest first."""
        return [bill.body for bill in self.bills if bill.recipient == recipient]


class SmsGateway:
    """The gateway as an async context manager; `url` is its base address."""

    def __init__(self, *, app_sid: str, port: int = 0, seconds_to_receipt: float = 0.2) -> None:
        self.ledger = Ledger()
        self._app_sid = app_sid
        self._seconds_to_receipt = seconds_to_receipt
        self._faults: deque[Fault] = deque()
        self._ids = itertools.count(32_000_178_893_10)
        self._statuses: dict[str, str] = {}
        self._server = LoopbackHttp(self._answer, port)
        self._reporting: set[asyncio.Task[None]] = set()
        self._open = AsyncExitStack()
        self._http = httpx.AsyncClient(trust_env=False, timeout=5.0)

    @property
    def url(self) -> str:
        """The gateway's base address."""
        return f"http://{LOOPBACK}:{self._server.port}"

    def inject(self, fault: Fault, times: int = 1) -> None:
        """The next `times` hand-overs meet this fault, after those already waiting."""
        self._faults.extend([fault] * times)

    async def __aenter__(self) -> Self:
        await self._open.enter_async_context(self._http)
        await self._open.enter_async_context(self._server)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for reporting in self._reporting:
            reporting.cancel()
        await asyncio.gather(*self._reporting, return_exceptions=True)
        await self._open.aclose()

    async def _answer(self, request: Request) -> Reply | None:
        match request.method, request.path:
            case "GET", "/ledger":
                return Reply.of(asdict(self.ledger))
            case "POST", "/faults":
                return self._take_fault(request.body)
            case "POST", "/rest/SMS/messages":
                return await self._take_message(_form(request.body))
            case "POST", "/rest/SMS/messages/status":
                return await self._take_query(_form(request.body))
            case _:
                return Reply.of({"success": False, "errorCode": "ER-404"}, 404)

    def _take_fault(self, body: bytes) -> Reply:
        try:
            asked: dict[str, Any] = json.loads(body)
            times = int(asked.pop("times", 1))
            fault = Fault(**asked)
        except (ValueError, TypeError, AttributeError):
            return Reply.of({"error": "not a fault"}, 400)
        if fault.kind not in get_args(FaultKind):
            return Reply.of({"error": "unknown kind", "kinds": get_args(FaultKind)}, 400)
        self.inject(fault, times)
        return Reply.of({"waiting": len(self._faults)})

    async def _take_message(self, form: dict[str, str]) -> Reply | None:
        self.ledger.requests += 1
        fault = self._faults.popleft() if self._faults else None
        await asyncio.sleep(SECONDS_TO_ANSWER + (fault.seconds if fault and fault.kind == "delay" else 0))
        if fault is not None:
            match fault.kind:
                case "reject":
                    return _refusal(fault.error_code)
                case "server-error":
                    return Reply(503, b"<html>Service Unavailable</html>")
                case "drop":
                    return CUT
                case _:
                    pass
        if form.get("AppSid") != self._app_sid:
            return Reply.of({"success": False, "message": "authentication", "errorCode": "ER-01", "data": {}}, 401)
        if not _RECIPIENT.fullmatch(form.get("Recipient", "")):
            return _refusal("ER-04")
        bill = self._accept(form, with_receipt=fault is None or fault.kind != "no-receipt")
        if fault is not None and fault.kind == "hang-after-accepting":
            await asyncio.sleep(_HANGS_FOR)
            return CUT
        if fault is not None and fault.kind == "drop-after-accepting":
            return CUT
        return Reply.of({"success": True, "message": "", "errorCode": "ER-00", "data": self._described(bill)})

    def _accept(self, form: dict[str, str], *, with_receipt: bool) -> Bill:
        bill = Bill(
            gateway_message_id=str(next(self._ids)),
            correlation_id=form.get("CorrelationID", ""),
            sender=form.get("SenderID", ""),
            recipient=form["Recipient"],
            body=form.get("Body", ""),
        )
        self.ledger.bills.append(bill)
        self._statuses[bill.gateway_message_id] = "Queued"
        reporting = asyncio.create_task(self._deliver(bill, form.get("statusCallback", "") if with_receipt else ""))
        self._reporting.add(reporting)
        reporting.add_done_callback(self._reporting.discard)
        return bill

    async def _deliver(self, bill: Bill, callback: str) -> None:
        for status in ("Sent", "Delivered"):
            await asyncio.sleep(self._seconds_to_receipt)
            self._statuses[bill.gateway_message_id] = status
            if callback:
                await self._report(bill, callback)

    async def _report(self, bill: Bill, callback: str) -> None:
        described = self._described(bill)
        for _ in range(_RECEIPT_TRIES):
            try:
                if (await self._http.post(callback, json=described)).is_success:
                    self.ledger.receipts.append((bill.correlation_id, described["Status"]))
                    return
            except httpx.HTTPError:
                pass  # the door may be closed for a moment
            await asyncio.sleep(_BETWEEN_TRIES_S)

    async def _take_query(self, form: dict[str, str]) -> Reply:
        await asyncio.sleep(SECONDS_TO_ANSWER)
        if form.get("AppSid") != self._app_sid:
            return Reply.of({"success": False, "message": "authentication", "errorCode": "ER-01", "data": {}}, 401)
        found = [self._described(bill) for bill in self.ledger.bills_of(form.get("CorrelationID", ""))]
        return Reply.of({"success": True, "message": "", "errorCode": "ER-00", "data": {"Messages": found}})

    def _described(self, bill: Bill) -> dict[str, str]:
        return {
            "MessageID": bill.gateway_message_id,
            "CorrelationID": bill.correlation_id,
            "Status": self._statuses[bill.gateway_message_id],
        }


def _form(body: bytes) -> dict[str, str]:
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}


def _refusal(error_code: str) -> Reply:
    return Reply.of({"success": False, "message": "refused", "errorCode": error_code, "data": {}})


async def _main(port: int, app_sid: str) -> None:
    async with SmsGateway(app_sid=app_sid, port=port) as gateway:
        await until_stopped(f"SMS gateway on {gateway.url}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="A simulated SMS gateway in Unifonic's shape.")
    arguments.add_argument("--port", type=int, default=0, help="0 takes a free one")
    arguments.add_argument("--app-sid", required=True)
    given = arguments.parse_args()
    asyncio.run(_main(given.port, given.app_sid))

"""The calls to Unifonic: strict limits, no retries, every outcome a value (N6). The shape is in `unifonic_wire.py`."""

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from services.notifications.hand_over import CallLimits, HandOver, LastLook, NotSent, TooLate, Unknown
from services.notifications.unifonic_wire import (
    MESSAGES_PATH,
    STATUS_PATH,
    NoAnswer,
    Sms,
    StatusAnswer,
    UnifonicAccount,
    message_form,
    read_answer,
    read_status,
    status_form,
)

MAX_ANSWER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes


class _HeldBack(Exception):
    """Raised inside the transport, before the first byte."""

    def __init__(self, reason: NotSent | TooLate) -> None:
        super().__init__()
        self.reason = reason


class _Wire:
    """Sees from the transport's own trace whether a byte of the request may have left, and looks at the clock before
    the first one does: what stood still while it was connecting must not be sent when its attempt is settled (N6)."""

    def __init__(self, last_look: LastLook) -> None:
        self.touched = False
        self._last_look = last_look

    async def __call__(self, event: str, _info: dict[str, Any]) -> None:
        if event.endswith("send_request_headers.started"):
            if (reason := self._last_look()) is not None:
                raise _HeldBack(reason)
            self.touched = True


def _whenever() -> None:
    """A question may be asked at any time."""


class UnifonicClient:
    """One gateway, used as an async context manager. `hand_over` makes exactly one attempt."""

    def __init__(self, account: UnifonicAccount, limits: CallLimits) -> None:
        self._account = account
        self._total = limits.total
        self._http = httpx.AsyncClient(
            base_url=account.base_url,
            timeout=httpx.Timeout(limits.read, connect=limits.connect, pool=limits.connect),
            # An idle connection that the gateway closes just as it is used again would make an `Unknown` for nothing.
            limits=httpx.Limits(max_connections=100, keepalive_expiry=2.0),
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            follow_redirects=False,
            trust_env=False,  # a proxy named in the environment would see the AppSid
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def hand_over(self, sms: Sms, last_look: LastLook) -> HandOver | TooLate:
        """Hands one message over, once, unless `last_look` speaks against it. Takes at most the total limit; never
        raises for what the gateway does."""
        try:
            answer = await self._call(MESSAGES_PATH, message_form(self._account, sms), last_look)
        except _HeldBack as held:
            return held.reason
        match answer:
            case _Answer(status, body):
                return read_answer(status, body)
            case NotSent() | Unknown():
                return answer

    async def status_of(self, correlation_id: str) -> StatusAnswer:
        """Asks what became of a message, to settle an `Unknown` (N6). Ask once the total limit is over."""
        match await self._call(STATUS_PATH, status_form(self._account, correlation_id), _whenever):
            case _Answer(status, body):
                return read_status(status, body)
            case NotSent() | Unknown():
                return NoAnswer()

    async def _call(self, path: str, form: dict[str, str], last_look: LastLook) -> _Answer | NotSent | Unknown:
        wire = _Wire(last_look)
        try:
            async with (
                asyncio.timeout(self._total),
                self._http.stream("POST", path, data=form, extensions={"trace": wire}) as response,
            ):
                body = await _limited_body(response)
        except (TimeoutError, httpx.TimeoutException):
            return Unknown("no-answer-in-time") if wire.touched else NotSent("no-connection")
        except httpx.HTTPError:
            return Unknown("connection-cut") if wire.touched else NotSent("no-connection")
        return _Answer(response.status_code, body) if body is not None else Unknown("answer-not-understood")


async def _limited_body(response: httpx.Response) -> bytes | None:
    """The body as it came, never unpacked; None when it is too large."""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            return None
    return bytes(body)

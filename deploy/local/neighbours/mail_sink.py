"""A simulated mail relay: real SMTP by aiosmtpd that keeps every message it took.

python -m deploy.local.neighbours.mail_sink --port 8825 --folder out/demo/mail
"""

import argparse
import asyncio
import email
import email.policy
import re
import ssl
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from contracts.envelope import rfc3339
from deploy.local.neighbours.running import LOOPBACK, until_stopped

SECONDS_TO_ANSWER = 0.2  # a simulated neighbour is no faster than a real one

FaultKind = Literal["temporary", "recipient-refused", "message-refused", "hang", "drop"]
"""451 to the message; 550 to the recipient; 554 to the message; takes it and never answers; takes it and hangs up."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One message the relay took responsibility for."""

    sender: str
    recipient: str = field(repr=False)
    content: bytes = field(repr=False)
    taken_at: str = field(default_factory=lambda: rfc3339(datetime.now(UTC)))

    @property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        parsed = email.message_from_bytes(self.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)  # the policy makes it one
        return parsed


class MailSink:
    """The relay as an async context manager on 127.0.0.1; `taken` is its ledger, oldest first."""

    def __init__(
        self,
        *,
        port: int = 0,
        folder: Path | None = None,
        tls: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.taken: list[Taken] = []
        self.port = port
        self._folder = folder
        self._tls = tls
        self._login = login
        self._faults: deque[FaultKind] = deque()
        self._server: asyncio.Server | None = None
        self._sessions: set[SMTP] = set()

    def inject(self, fault: FaultKind, times: int = 1) -> None:
        """The next `times` messages meet this fault, after those already waiting."""
        self._faults.extend([fault] * times)

    async def __aenter__(self) -> Self:
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
        self._server = await asyncio.get_running_loop().create_server(self._session, LOOPBACK, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            for session in self._sessions:
                if session.transport is not None:
                    session.transport.close()
            await self._server.wait_closed()

    def _session(self) -> SMTP:
        session = SMTP(
            self,
            hostname="localhost",
            ident="mail sink",
            loop=asyncio.get_running_loop(),
            tls_context=self._tls,
            require_starttls=self._tls is not None,
            auth_required=self._login is not None,
            authenticator=self._authenticate if self._login is not None else None,
        )
        self._sessions.add(session)
        return session

    def _authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any) -> AuthResult:
        known = isinstance(given, LoginPassword) and (given.login.decode(), given.password.decode()) == self._login
        return AuthResult(success=known, handled=False)

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Called by aiosmtpd for each recipient."""
        if self._faults and self._faults[0] == "recipient-refused":
            self._faults.popleft()
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called by aiosmtpd with the whole message."""
        fault = self._faults.popleft() if self._faults else None
        await asyncio.sleep(SECONDS_TO_ANSWER)
        match fault:
            case "temporary":
                return "451 4.3.0 try again later"
            case "message-refused":
                return "554 5.6.0 not accepted"
            case _:
                self._take(envelope)
        if fault == "drop" and server.transport is not None:
            server.transport.close()
        if fault in {"hang", "drop"}:
            await asyncio.Event().wait()  # until the connection's end cancels it
        return "250 2.0.0 taken"

    def _take(self, envelope: Envelope) -> None:
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        for recipient in envelope.rcpt_tos:
            self.taken.append(Taken(envelope.mail_from or "", recipient, content))
        if self._folder is not None:
            name = re.sub(r"[^A-Za-z0-9.-]+", "-", str(self.taken[-1].message["Message-ID"])).strip("-")[:80]
            (self._folder / f"{len(self.taken):03d}-{name}.eml").write_bytes(content)


async def _main(port: int, folder: Path | None) -> None:
    async with MailSink(port=port, folder=folder) as sink:
        await until_stopped(f"mail sink on {LOOPBACK}:{sink.port}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="A simulated mail relay that keeps what it takes.")
    arguments.add_argument("--port", type=int, default=0, help="0 takes a free one")
    arguments.add_argument("--folder", type=Path, help="also keep each message there as .eml")
    given = arguments.parse_args()
    asyncio.run(_main(given.port, given.folder))

"""The way to the mail relay: SMTP with limits, every outcome a value. One attempt a call, never repeated by itself."""

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import Final

import aiosmtplib

from services.notifications.hand_over import Accepted, CallLimits, HandOver, NotSent, Rejected, Unknown
from services.notifications.mail import Mail


@dataclass(frozen=True, slots=True)
class MailRelay:
    """Where e-mail is handed over. With `starttls` nothing is said before the connection is encrypted.

    Raises `ValueError` for a login without `starttls`: the password would cross the network in clear.
    """

    host: str
    port: int
    starttls: bool
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    """Certificates of the relay's own authority; the system's when empty."""

    def __post_init__(self) -> None:
        if self.username and not self.starttls:
            raise ValueError("a mail relay's login needs STARTTLS")


class MailClient:
    """Hands e-mail to one relay, one connection each."""

    def __init__(self, relay: MailRelay, limits: CallLimits) -> None:
        self._relay = relay
        self._limits = limits
        self._tls = ssl.create_default_context(cafile=relay.ca_file or None) if relay.starttls else None

    async def hand_over(self, mail: Mail) -> HandOver:
        """Hands one e-mail over, once. `Unknown` may be sent again with the same Message-ID (law 8)."""
        attempt = _Attempt(self._session(mail), mail)
        try:
            async with asyncio.timeout(self._limits.total):
                await attempt.connect(self._limits.connect)
                await attempt.hand_over()
        except aiosmtplib.SMTPResponseException as answer:
            return _read_refusal(answer, said_message=attempt.said_message)
        except TimeoutError:
            return Unknown("no-answer-in-time") if attempt.said_message else NotSent("no-connection")
        except (aiosmtplib.SMTPException, OSError):
            return Unknown("connection-cut") if attempt.said_message else NotSent("no-connection")
        finally:
            attempt.session.close()
        return Accepted(mail.message_id)

    def _session(self, mail: Mail) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._relay.host,
            port=self._relay.port,
            local_hostname=mail.sender.rpartition("@")[2],  # the default asks DNS and names the machine
            timeout=self._limits.read,
            start_tls=self._relay.starttls,
            tls_context=self._tls,
            username=self._relay.username or None,
            password=self._relay.password or None,
        )


class _Attempt:
    """One dialogue with the relay; remembers whether the message may have been taken."""

    def __init__(self, session: aiosmtplib.SMTP, mail: Mail) -> None:
        self.session = session
        self.mail = mail
        self.said_message = False

    async def connect(self, limit: float) -> None:
        async with asyncio.timeout(limit):
            await self.session.connect()

    async def hand_over(self) -> None:
        await self.session.mail(self.mail.sender)
        await self.session.rcpt(self.mail.recipient)
        self.said_message = True
        await self.session.data(self.mail.content)


_BAD_RECIPIENT: Final = frozenset({501, 550, 551, 553})
"""RFC 5321: the mailbox. Any other code may be meant for us, as 554 is for a relay that does not know us."""


def _read_refusal(answer: aiosmtplib.SMTPResponseException, *, said_message: bool) -> HandOver:
    code = str(answer.code)
    if 400 <= answer.code < 500:
        return NotSent("not-now", code)
    if answer.code < 500:
        return Unknown("answer-not-understood") if said_message else NotSent("no-connection", code)
    match answer:
        case aiosmtplib.SMTPConnectResponseError() | aiosmtplib.SMTPHeloError():
            return NotSent("no-connection", code)
        case aiosmtplib.SMTPRecipientRefused() if answer.code in _BAD_RECIPIENT:
            return Rejected("recipient", code)
        case _:
            return Rejected("message", code) if said_message else NotSent("turned-away", code)

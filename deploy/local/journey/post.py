"""A person's phone and mailbox: reads what the simulated gateway and relay took for them."""

import asyncio
import re
from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import unquote

from deploy.local.neighbours.mail_sink import MailSink, Taken
from deploy.local.neighbours.sms_gateway import SmsGateway

LOOK_S: Final = 0.02
PATIENCE_S: Final = 60.0
_CODE: Final = re.compile(r"(?<!\d)\d{6}(?!\d)")
_LINK: Final = re.compile(r"https?://[^\s\"<>]+/activate#([^\s\"<>]+)")

T = TypeVar("T")


class NothingCame(Exception):
    """A message did not come in time."""


class Post:
    """What comes to one person."""

    def __init__(self, gateway: SmsGateway, mail: MailSink, email: str) -> None:
        self._gateway, self._mail, self._email = gateway, mail, email

    def texts(self, mobile: str) -> list[str]:
        """Every SMS to a number (`+9665...`), oldest first."""
        return self._gateway.ledger.sent_to(mobile.removeprefix("+"))

    def codes(self, mobile: str) -> int:
        """How many codes have come to this number so far."""
        return sum(code_in(text) is not None for text in self.texts(mobile))

    async def code(self, mobile: str, number: int) -> str:
        """The code of the so-many-th SMS with one to this number.

        Raises:
            NothingCame: it did not come within a minute.
        """

        def look() -> str | None:
            codes = [code for text in self.texts(mobile) if (code := code_in(text))]
            return codes[number - 1] if len(codes) >= number else None

        return await _eventually(look)

    async def activation_token(self) -> str:
        """The secret part of the link in the e-mail.

        Raises:
            NothingCame: it did not come within a minute.
        """

        def look() -> str | None:
            for taken in self._mail.taken:
                token = activation_token_in(text_of(taken)) if taken.recipient == self._email else None
                if token:
                    return token
            return None

        return await _eventually(look)


def code_in(text: str) -> str | None:
    """The one-time code in the text of an SMS."""
    found = _CODE.search(text)
    return found[0] if found else None


def activation_token_in(text: str) -> str | None:
    """The secret part of the activation link in an e-mail."""
    found = _LINK.search(text)
    return unquote(found[1].rstrip("\u2069")) if found else None


def text_of(taken: Taken) -> str:
    """The plain text of an e-mail."""
    part = taken.message.get_body(("plain",))
    return str(part.get_content()) if part is not None else ""


async def _eventually(look: Callable[[], T | None]) -> T:
    try:
        async with asyncio.timeout(PATIENCE_S):
            while (found := look()) is None:  # noqa: ASYNC110 - it comes about in a list that tells nobody
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        raise NothingCame("a message did not come within a minute") from None
    return found

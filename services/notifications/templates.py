"""What a template is made of. The texts themselves stand in `template_texts.py`."""

import re
from dataclasses import dataclass
from string import Formatter
from typing import Literal

from contracts.values.contact_channel import ContactChannel
from contracts.values.email_address import LONGEST_EMAIL

Language = Literal["ar", "en"]
LANGUAGES: tuple[Language, ...] = ("ar", "en")

TemplateName = Literal[
    "approve-registration-code",
    "confirm-mobile-code",
    "reset-password-code",
    "give-consent-code",
    "activation-link",
    "registration-success",
    "new-sign-in",
    "password-changed",
    "account-defined",
    "transfer-requested",
    "report-ready",
    "report-changed",
    "transfer-consent-wanted",
    "transfer-completed-incoming",
    "transfer-completed-outgoing",
    "transfer-ended",
    "beneficiary-disputed",
    "dispute-won",
    "dispute-lost",
    "instalments-agreed",
    "request-ended",
    "danger-received",
    "danger-ended",
    "business-registered",
    "authority-given",
    "authority-ended",
    "authorised-person-added",
    "authorised-person-removed",
]


@dataclass(frozen=True, slots=True)
class SmsText:
    """Text of an SMS in one language, with the parts it may cost when every value has its greatest length (N8)."""

    text: str
    max_parts: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or two."""

    text: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled value that stands out, such as a reference number."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class LinkButton:
    """A link to follow; `link` names the placeholder that holds it."""

    label: str
    link: str


@dataclass(frozen=True, slots=True)
class Note:
    """Small print."""

    text: str


Block = Paragraph | Fact | LinkButton | Note


@dataclass(frozen=True, slots=True)
class MailText:
    """An e-mail in one language. Its plain text and its HTML are made from the same blocks and cannot drift apart."""

    subject: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """One message in both languages. Codes have no e-mail: they go to the approved mobile only (I5)."""

    sms: dict[Language, SmsText]
    mail: dict[Language, MailText]


@dataclass(frozen=True, slots=True)
class ValueRule:
    """What may stand in a placeholder. `longest` is a value of the greatest permitted length."""

    shape: re.Pattern[str]
    longest: str

    def permits(self, value: str) -> bool:
        """True when the value has the shape and is not longer than `longest`."""
        return len(value) <= len(self.longest) and self.shape.fullmatch(value) is not None


_DAY_AND_TIME = ValueRule(re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}"), "2026-12-31 23:59")
_RIYALS = ValueRule(re.compile(r"[0-9]{1,3}(?:,[0-9]{3})*\.[0-9]{2}"), "999,999,999,999.99")
_PHONE = ValueRule(re.compile(r"[0-9]{3,12}"), "9" * 12)

VALUE_RULES: dict[str, ValueRule] = {
    "code": ValueRule(re.compile(r"[0-9]{4,6}"), "999999"),
    "seconds": ValueRule(re.compile(r"[1-9][0-9]?"), "60"),  # I6: 60 is the ceiling
    "link": ValueRule(re.compile(r"https?://[!-~]+"), "https://" + "a" * 1016),
    "reference": ValueRule(re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){2}"), "WWWW-WWWW-WWWW"),  # A20
    "when": _DAY_AND_TIME,
    "valid_until": _DAY_AND_TIME,
    "until": _DAY_AND_TIME,
    "day": ValueRule(re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "2026-12-31"),
    "share": _RIYALS,
    "debt": _RIYALS,
    "total": _RIYALS,
    "parts": ValueRule(re.compile(r"[1-9][0-9]?"), "24"),  # A14
    "customer_line": _PHONE,
    "technical_support": _PHONE,
    "emergency": _PHONE,
    "email": ValueRule(re.compile(r"[!-~]+@[A-Za-z0-9.-]+"), f"{'a' * 64}@{'a' * (LONGEST_EMAIL - 65)}"),
}
"""Every placeholder there is. All values are ASCII: none can turn an English SMS into UCS-2."""

CONTACT_PLACEHOLDERS = frozenset({"customer_line", "technical_support", "emergency", "email"})
"""Filled from the contact channels (N9), never by the caller: a channel's code, written as a name."""


def placeholder_of(channel: ContactChannel) -> str:
    """The placeholder that a contact channel fills."""
    return channel.code.replace("-", "_")


def pieces(text: str) -> tuple[tuple[str, str | None], ...]:
    """The text as pairs of literal text and the placeholder behind it (None at the end).

    Raises `ValueError` for stray braces, and for anything in braces but a bare name.
    """
    found: list[tuple[str, str | None]] = []
    for literal, name, form, conversion in Formatter().parse(text):
        if name is not None and (form or conversion or not name.isidentifier()):
            raise ValueError("a placeholder is a bare name in braces")
        found.append((literal, name))
    return tuple(found)


def placeholders(text: str) -> frozenset[str]:
    """Names of the placeholders in the text."""
    return frozenset(name for _, name in pieces(text) if name is not None)


def texts_of(mail: MailText) -> tuple[str, ...]:
    """Every piece of text in an e-mail, a button's link as its placeholder."""
    found = [mail.subject, mail.heading]
    for block in mail.blocks:
        match block:
            case Paragraph(text) | Note(text):
                found.append(text)
            case Fact(label, value):
                found += [label, value]
            case LinkButton(label, link):
                found += [label, f"{{{link}}}"]
    return tuple(found)

"""From a template and its values to what is sent (N3, N8, N9)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from contracts.values.contact_channel import ContactChannel
from services.notifications.links import is_allowed_link
from services.notifications.mail_layout import Page, as_html, as_text
from services.notifications.sms_parts import part_count
from services.notifications.template_texts import TEMPLATES
from services.notifications.templates import (
    CONTACT_PLACEHOLDERS,
    VALUE_RULES,
    Language,
    TemplateName,
    placeholder_of,
    placeholders,
    texts_of,
)


@dataclass(frozen=True, slots=True)
class ComposedSms:
    """An SMS ready for a gateway. The text may hold a code: it stays out of reprs."""

    text: str = field(repr=False)
    parts: int


@dataclass(frozen=True, slots=True)
class ComposedMail:
    """An e-mail ready for the envelope."""

    language: Language
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotComposed:
    """Why no message was made. Names the placeholder, never the value."""

    reason: Literal["no-text-for-channel", "value-missing", "value-unasked", "value-not-allowed", "link-not-allowed"]
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class Composer:
    """Fills templates. `link_hosts` are the hosts that links may point to (N8)."""

    contacts: tuple[ContactChannel, ...]
    link_hosts: frozenset[str]

    def sms(self, name: TemplateName, language: Language, values: Mapping[str, str]) -> ComposedSms | NotComposed:
        """The SMS of a template, with the parts it costs."""
        template = TEMPLATES[name].sms.get(language)
        if template is None:
            return NotComposed("no-text-for-channel")
        others = _placeholders_of_mail(name, language)
        page = self._page(language, values, placeholders(template.text), others)
        if isinstance(page, NotComposed):
            return page
        text = page.fill(template.text)
        return ComposedSms(text, part_count(text))

    def mail(self, name: TemplateName, language: Language, values: Mapping[str, str]) -> ComposedMail | NotComposed:
        """The e-mail of a template; codes have none (I5)."""
        template = TEMPLATES[name].mail.get(language)
        if template is None:
            return NotComposed("no-text-for-channel")
        wanted = _placeholders_of_mail(name, language) | CONTACT_PLACEHOLDERS
        sms = TEMPLATES[name].sms.get(language)
        page = self._page(language, values, wanted, placeholders(sms.text) if sms else frozenset())
        if isinstance(page, NotComposed):
            return page
        return ComposedMail(
            language, page.fill(template.subject), text=as_text(template, page), html=as_html(template, page)
        )

    def _page(
        self, language: Language, values: Mapping[str, str], wanted: frozenset[str], others: frozenset[str]
    ) -> Page | NotComposed:
        """`others`: what the text for the other channel asks for. A notice has the same values for both."""
        asked = wanted - CONTACT_PLACEHOLDERS
        values = {name: value for name, value in values.items() if name in asked or name not in others}
        for name in sorted(asked ^ values.keys()):
            return NotComposed("value-missing" if name in asked else "value-unasked", name)
        channels = {placeholder_of(channel): channel.address for channel in self.contacts}
        filled = {**values, **{name: channels[name] for name in wanted & CONTACT_PLACEHOLDERS}}
        for name, value in filled.items():
            if not VALUE_RULES[name].permits(value):
                return NotComposed("value-not-allowed", name)
            if name == "link" and not is_allowed_link(value, self.link_hosts):
                return NotComposed("link-not-allowed", name)
        return Page(language, filled, self.contacts)


def _placeholders_of_mail(name: TemplateName, language: Language) -> frozenset[str]:
    mail = TEMPLATES[name].mail.get(language)
    return frozenset[str]().union(*map(placeholders, texts_of(mail))) if mail else frozenset()

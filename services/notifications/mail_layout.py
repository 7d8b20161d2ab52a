"""How an e-mail looks: one layout for both languages, made of tables and inline styles, without remote content."""

from dataclasses import dataclass
from html import escape

from contracts.values.contact_channel import ContactChannel
from contracts.values.language import Language as LanguageValue
from services.notifications.isolation import isolate, isolate_link
from services.notifications.templates import (
    Block,
    Fact,
    Language,
    LinkButton,
    MailText,
    Note,
    Paragraph,
    pieces,
    placeholder_of,
)

BRAND: dict[Language, str] = {"ar": "حسابي", "en": "Hesabi"}
_DIRECTION: dict[Language, str] = {"ar": "rtl", "en": "ltr"}
_ALIGN: dict[Language, str] = {"ar": "right", "en": "left"}
_LINK_HINT: dict[Language, str] = {
    "ar": "إن لم يعمل الزر، فانسخ هذا الرابط إلى المتصفح:",
    "en": "If the button does not work, copy this link into your browser:",
}
_AUTOMATIC: dict[Language, str] = {
    "ar": "هذه رسالة آلية، فنرجو عدم الرد عليها.",
    "en": "This is an automatic message; please do not reply to it.",
}
_FONT = "font-family:'Segoe UI',Tahoma,'Noto Sans Arabic','Noto Naskh Arabic',Arial,sans-serif;"
_INK, _MUTED, _BRAND_COLOUR, _SOFT, _LINE = "#1f2d3a", "#5c6b78", "#0b6e75", "#eef6f6", "#dfe7ea"


@dataclass(frozen=True, slots=True)
class Page:
    """A language and the values to fill in, already checked, and the contact channels for the foot (N9)."""

    language: Language
    values: dict[str, str]
    contacts: tuple[ContactChannel, ...] = ()

    def contact_lines(self) -> tuple[Fact, ...]:
        """Each channel with its name and address as printed."""
        return tuple(
            Fact(channel.name.in_language(LanguageValue(self.language)), f"{{{placeholder_of(channel)}}}")
            for channel in self.contacts
        )

    def fill(self, text: str) -> str:
        """The text with its values; in Arabic each value is isolated (N8)."""
        return "".join(literal + (self._value(name) if name else "") for literal, name in pieces(text))

    def _value(self, name: str) -> str:
        match self.language:
            case "ar":
                return isolate_link(self.values[name]) if name == "link" else isolate(self.values[name])
            case "en":
                return self.values[name]


def as_text(mail: MailText, page: Page) -> str:
    """The e-mail as plain text, lines ended by a single newline."""
    body = "\n\n".join(_text_block(block, page) for block in mail.blocks)
    contacts = "\n".join(f"{fact.label}: {page.fill(fact.value)}" for fact in page.contact_lines())
    return f"{page.fill(mail.heading)}\n\n{body}\n\n--\n{contacts}\n{_AUTOMATIC[page.language]}\n"


def _text_block(block: Block, page: Page) -> str:
    match block:
        case Paragraph(text) | Note(text):
            return page.fill(text)
        case Fact(label, value):
            return f"{label}: {page.fill(value)}"
        case LinkButton(label, link):
            return f"{label}:\n{page.fill(f'{{{link}}}')}"


def as_html(mail: MailText, page: Page) -> str:
    """The e-mail as an HTML page with `dir` and `lang`; loads nothing from anywhere."""
    direction, align = _DIRECTION[page.language], _ALIGN[page.language]
    blocks = "\n".join(_html_block(block, page) for block in mail.blocks)
    return f"""<!DOCTYPE html>
<html lang="{page.language}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{_html(mail.subject, page)}</title>
</head>
<body style="margin:0;padding:0;background:#f3f6f7;" dir="{direction}">
<table role="presentation" dir="{direction}" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f6f7;">
<tr><td align="center" style="padding:24px 12px;">
<table role="presentation" dir="{direction}" width="100%" cellpadding="0" cellspacing="0"
 style="max-width:560px;background:#ffffff;border:1px solid {_LINE};border-radius:12px;{_FONT}text-align:{align};">
<tr><td style="background:{_BRAND_COLOUR};border-radius:12px 12px 0 0;padding:18px 28px;color:#ffffff;
font-size:20px;font-weight:bold;">{BRAND[page.language]}</td></tr>
<tr><td style="padding:28px;color:{_INK};font-size:16px;line-height:1.8;">
<h1 style="margin:0 0 12px;font-size:22px;line-height:1.5;color:{_INK};">{_html(mail.heading, page)}</h1>
{blocks}
</td></tr>
<tr><td style="padding:16px 28px 22px;border-top:1px solid {_LINE};color:{_MUTED};font-size:13px;line-height:1.8;">
{_html_contacts(page)}
<p style="margin:10px 0 0;">{_AUTOMATIC[page.language]}</p>
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
"""


def _html(text: str, page: Page) -> str:
    return escape(page.fill(text))


def _html_block(block: Block, page: Page) -> str:
    match block:
        case Paragraph(text):
            return f'<p style="margin:0 0 16px;">{_html(text, page)}</p>'
        case Fact(label, value):
            return (
                f'<div style="margin:0 0 16px;padding:14px 18px;background:{_SOFT};border-radius:8px;">'
                f'<div style="font-size:13px;color:{_MUTED};">{_html(label, page)}</div>'
                f'<div style="font-size:20px;font-weight:bold;letter-spacing:.5px;">{_html(value, page)}</div></div>'
            )
        case LinkButton(label, link):
            return _html_button(label, page.values[link], page)
        case Note(text):
            return f'<p style="margin:0 0 8px;font-size:14px;color:{_MUTED};">{_html(text, page)}</p>'


def _html_button(label: str, link: str, page: Page) -> str:
    shown = escape(isolate_link(link) if page.language == "ar" else link)
    return (
        f'<p style="margin:8px 0 20px;"><a href="{escape(link)}" style="display:inline-block;padding:12px 28px;'
        f"background:{_BRAND_COLOUR};color:#ffffff;text-decoration:none;border-radius:8px;font-weight:bold;"
        f'">{_html(label, page)}</a></p>'
        f'<p style="margin:0 0 16px;font-size:13px;line-height:1.6;color:{_MUTED};">{_LINK_HINT[page.language]}<br>'
        f'<span dir="ltr" style="word-break:break-all;">{shown}</span></p>'
    )


def _html_contacts(page: Page) -> str:
    cells = "".join(
        f'<span style="display:inline-block;margin-inline-end:18px;">{_html(fact.label, page)}: '
        f'<b style="color:{_INK};">{_html(fact.value, page)}</b></span> '
        for fact in page.contact_lines()
    )
    return f"<div>{cells}</div>"

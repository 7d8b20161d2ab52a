import re
from html.parser import HTMLParser
from typing import get_args

import pytest

from contracts.values.contact_channel import contact_channels
from contracts.values.email_address import EmailAddress
from services.notifications.composing import ComposedMail, ComposedSms, Composer, NotComposed
from services.notifications.isolation import outside_isolates
from services.notifications.template_texts import TEMPLATES
from services.notifications.templates import (
    CONTACT_PLACEHOLDERS,
    LANGUAGES,
    Language,
    TemplateName,
    placeholders,
    texts_of,
)

COMPOSER = Composer(contact_channels(EmailAddress("care@company.example")), frozenset({"hesabi.example", "127.0.0.1"}))
VALUES = {
    "code": "482913",
    "seconds": "60",
    "link": "https://hesabi.example/activate?token=a&b=c",
    "reference": "7K3M-0QXZ-91TC",
    "when": "2026-01-31 10:00",
    "valid_until": "2026-02-01 10:00",
    "until": "2026-02-01 10:00",
    "day": "2026-02-01",
    "share": "1,234.05",
    "debt": "0.00",
    "total": "12,345.60",
    "parts": "12",
}
NAMES: tuple[TemplateName, ...] = get_args(TemplateName)
CODES: tuple[TemplateName, ...] = (
    "approve-registration-code",
    "confirm-mobile-code",
    "reset-password-code",
    "give-consent-code",
)
WITH_MAIL = tuple(name for name in NAMES if TEMPLATES[name].mail)


def asked(*texts: str) -> dict[str, str]:
    names = frozenset[str]().union(*map(placeholders, texts)) - CONTACT_PLACEHOLDERS
    return {name: VALUES[name] for name in names}


def sms(name: TemplateName, language: Language) -> ComposedSms:
    composed = COMPOSER.sms(name, language, asked(TEMPLATES[name].sms[language].text))
    assert isinstance(composed, ComposedSms)
    return composed


def mail(name: TemplateName, language: Language) -> ComposedMail:
    composed = COMPOSER.mail(name, language, asked(*texts_of(TEMPLATES[name].mail[language])))
    assert isinstance(composed, ComposedMail)
    return composed


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CODES)
def test_N3_a_code_says_how_long_it_is_valid_and_never_to_share_it(name: TemplateName, language: Language) -> None:
    composed = sms(name, language)
    assert "482913" in composed.text
    assert "60" in composed.text
    assert {"ar": "لا تشاركه مع أحد", "en": "Never share it"}[language] in composed.text
    assert composed.parts == (2 if (name, language) == ("give-consent-code", "ar") else 1)


@pytest.mark.parametrize(("language", "words"), [("ar", ("نقل حساب", "خطة سداد")), ("en", ("move", "payment plan"))])
def test_A9_the_code_of_a_consent_says_what_it_agrees_to(language: Language, words: tuple[str, ...]) -> None:
    text = sms("give-consent-code", language).text
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize("name", CODES)
def test_I5_a_code_has_no_mail(name: TemplateName) -> None:
    assert COMPOSER.mail(name, "ar", {}) == NotComposed("no-text-for-channel")


@pytest.mark.parametrize("name", NAMES)
def test_N8_every_value_of_an_arabic_sms_is_isolated(name: TemplateName) -> None:
    composed = sms(name, "ar")
    assert not re.search(r"[0-9]", outside_isolates(composed.text))


@pytest.mark.parametrize("name", WITH_MAIL)
def test_N8_every_value_of_an_arabic_mail_is_isolated(name: TemplateName) -> None:
    composed = mail(name, "ar")
    shown = _Shown.of(composed.html)
    for text in (composed.subject, composed.text, shown.text):
        assert not re.search(r"[0-9]|example", outside_isolates(text))


@pytest.mark.parametrize("name", NAMES)
def test_N8_an_english_sms_stays_gsm7(name: TemplateName) -> None:
    composed = sms(name, "en")
    assert composed.text.isascii()
    assert composed.parts <= TEMPLATES[name].sms["en"].max_parts


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", WITH_MAIL)
def test_N9_every_mail_names_the_contact_channels(name: TemplateName, language: Language) -> None:
    composed = mail(name, language)
    for address in ("92000222", "920001100", "933", "care@company.example"):
        assert address in composed.text
        assert address in _Shown.of(composed.html).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_N9_an_sms_that_asks_people_to_call_names_the_customer_line_as_printed(language: Language) -> None:
    assert "92000222" in sms("new-sign-in", language).text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", WITH_MAIL)
def test_N3_text_and_html_of_a_mail_say_the_same(name: TemplateName, language: Language) -> None:
    composed = mail(name, language)
    shown = set(_words(_Shown.of(composed.html).text))
    assert set(_words(composed.text)) <= shown


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("en", "ltr")])
@pytest.mark.parametrize("name", WITH_MAIL)
def test_N3_html_has_language_and_direction_and_loads_nothing(
    name: TemplateName, language: Language, direction: str
) -> None:
    page = mail(name, language).html
    assert f'<html lang="{language}" dir="{direction}">' in page
    assert not re.search(r"<(img|link|script|iframe|object|form)\b|src=|url\(|@import", page)
    assert _Shown.of(page).links == ([VALUES["link"]] if name == "activation-link" else [])


def test_N3_a_notice_with_one_set_of_values_can_be_told_by_both_channels() -> None:
    values = {"when": "2026-01-31 09:05"}  # asked for by the e-mail only
    assert isinstance(COMPOSER.sms("report-ready", "ar", values), ComposedSms)
    assert isinstance(COMPOSER.mail("report-ready", "ar", values), ComposedMail)


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"code": "482913"}, NotComposed("value-missing", "seconds")),
        ({"code": "482913", "seconds": "60", "when": "x"}, NotComposed("value-unasked", "when")),
        ({"code": "482913", "seconds": "60", "customer_line": "1"}, NotComposed("value-unasked", "customer_line")),
        ({"code": "48291٣", "seconds": "60"}, NotComposed("value-not-allowed", "code")),
        ({"code": "4829131", "seconds": "60"}, NotComposed("value-not-allowed", "code")),
        ({"code": "482913\n", "seconds": "60"}, NotComposed("value-not-allowed", "code")),
    ],
)
def test_N8_wrong_values_make_no_message(values: dict[str, str], refusal: NotComposed) -> None:
    assert COMPOSER.sms("confirm-mobile-code", "ar", values) == refusal


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/activate",
        "http://hesabi.example/activate",
        "https://hesabi.example.evil.example/",
        "https://hesabi.example@evil.example/",
        "https://evil.example\\@hesabi.example/",
        "https://user@hesabi.example/",
        'https://hesabi.example/"onclick=',
        "https://hesabi.example:port/",
    ],
)
def test_N8_a_link_to_another_host_makes_no_message(link: str) -> None:
    values = {"link": link, "valid_until": VALUES["valid_until"]}
    assert COMPOSER.mail("activation-link", "en", values) == NotComposed("link-not-allowed", "link")


def test_N8_plain_http_is_allowed_to_a_listed_loopback_address_only() -> None:
    values = {"link": "http://127.0.0.1:8080/activate", "valid_until": VALUES["valid_until"]}
    assert isinstance(COMPOSER.mail("activation-link", "en", values), ComposedMail)
    without = Composer(COMPOSER.contacts, frozenset({"hesabi.example"}))
    assert without.mail("activation-link", "en", values) == NotComposed("link-not-allowed", "link")


def test_N3_reprs_hide_codes_and_links() -> None:
    assert "482913" not in repr(sms("confirm-mobile-code", "en"))
    assert "token" not in repr(mail("activation-link", "en"))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


class _Shown(HTMLParser):
    """What a reader of the page sees, and where its links go."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.links: list[str] = []

    @classmethod
    def of(cls, page: str) -> "_Shown":
        shown = cls()
        shown.feed("".join(page.partition("<body")[1:]))
        shown.close()
        return shown

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [target for name, target in attrs if name == "href" and target]

    def handle_data(self, data: str) -> None:
        self.text += data + " "

"""Each text says what it is for: a code's purpose, an amount's name, the number to call (N3, N9)."""

import pytest

from contracts.values.contact_channel import contact_channels
from contracts.values.email_address import EmailAddress
from services.notifications.composing import Composer
from services.notifications.isolation import isolate, isolate_link
from services.notifications.templates import LANGUAGES, Language, TemplateName
from tests.unit.notifications.test_composing import COMPOSER, VALUES, asked, mail, sms

PURPOSES: dict[TemplateName, tuple[str, str]] = {
    "approve-registration-code": ("اعتماد التسجيل", "approve your registration"),
    "confirm-mobile-code": ("تأكيد جوالك", "confirm your mobile number"),
    "reset-password-code": ("كلمة المرور", "choose a new password"),
    "give-consent-code": ("موافقةٌ منك", "is your consent"),
}


@pytest.mark.parametrize("name", PURPOSES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_I5_I9_I13_A9_a_code_says_what_it_does_and_nothing_else(name: TemplateName, language: Language) -> None:
    text = sms(name, language).text
    said = [
        purpose for purpose, words in PURPOSES.items() if dict(zip(LANGUAGES, words, strict=True))[language] in text
    ]
    assert said == [name]


@pytest.mark.parametrize(("language", "words"), [("ar", "ولا يطلبه منك موظفونا"), ("en", "not even with our staff")])
def test_A9_the_code_of_a_consent_is_for_no_staff(language: Language, words: str) -> None:
    assert words in sms("give-consent-code", language).text


SHARE, DEBT = isolate(VALUES["share"]), isolate(VALUES["debt"])


def test_A18_who_leaves_an_account_reads_each_amount_under_its_own_name() -> None:
    english, arabic = sms("transfer-completed-outgoing", "en").text, sms("transfer-completed-outgoing", "ar").text
    assert "Your part of the running bill is SAR 1,234.05; you still owe SAR 0.00." in english
    assert f"حصتك من الفاتورة الجارية {SHARE} ريال، والمتبقي عليك {DEBT} ريال" in arabic
    english, arabic = mail("transfer-completed-outgoing", "en").text, mail("transfer-completed-outgoing", "ar").text
    assert "Your part of the running bill (SAR): 1,234.05\n" in english
    assert "What you still owe from before (SAR): 0.00\n" in english
    assert f"حصتك من الفاتورة الجارية (ريال): {SHARE}\n" in arabic
    assert f"ما بقي عليك من قبل (ريال): {DEBT}\n" in arabic


@pytest.mark.parametrize("name", ["danger-received", "danger-ended"])
def test_A16_N9_who_reports_a_danger_reads_the_number_for_emergencies(name: TemplateName) -> None:
    for text in (sms(name, "en").text, mail(name, "en").text.partition("--")[0]):
        assert "mergencies: 933" in text
    for text in (sms(name, "ar").text, mail(name, "ar").text.partition("--")[0]):
        assert isolate("933") in text
        assert "92000" not in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("authority-given", "you were authorised to act for a business"),
        ("authority-ended", "your authority to act for a business ended"),
        ("authorised-person-added", "a person was authorised to act for your business"),
        ("authorised-person-removed", "a person was removed who could act for your business"),
        ("dispute-won", "You are the actual beneficiary"),
        ("dispute-lost", "It is not established"),
    ],
)
def test_I17_A10_what_was_decided_is_said_as_it_was_decided(name: TemplateName, words: str) -> None:
    assert words in sms(name, "en").text
    assert words in mail(name, "en").text


@pytest.mark.parametrize(("language", "word"), [("ar", "خط خدمة العملاء"), ("en", "Customer line")])
def test_N9_contact_channels_are_named_in_the_persons_language(language: Language, word: str) -> None:
    composed = mail("new-sign-in", language)
    assert f"{word}: " in composed.text
    assert f"{word}: " in composed.html


def test_N8_a_link_in_an_arabic_mail_ends_before_the_mark_behind_it() -> None:
    assert isolate_link(VALUES["link"]) in mail("activation-link", "ar").text


def test_N8_no_value_is_read_as_html() -> None:
    assert 'href="https://hesabi.example/activate?token=a&amp;b=c"' in mail("activation-link", "en").html
    odd = Composer(contact_channels(EmailAddress("care<b>&x@power.example")), COMPOSER.link_hosts)
    composed = odd.mail("new-sign-in", "en", {"when": asked("{when}")["when"]})
    assert "care&lt;b&gt;&amp;x@power.example" in getattr(composed, "html", "")

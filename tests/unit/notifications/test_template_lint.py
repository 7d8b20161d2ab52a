"""Every lint is shown a bad sample it refuses, and then all our templates."""

from dataclasses import replace
from typing import get_args

import pytest

from services.notifications.template_lint import Lint, lint_isolation, lint_sender, lint_templates
from services.notifications.template_texts import TEMPLATES
from services.notifications.templates import LinkButton, MailText, Paragraph, SmsText, Template, TemplateName

HOSTS = frozenset({"hesabi.example"})
SMS_AR, SMS_EN = SmsText("رمزك {code}", 1), SmsText("Your code {code}", 1)
MAIL = MailText("s", "h", (Paragraph("Hello"), LinkButton("Go", "link")))
GOOD = Template(sms={"ar": SMS_AR, "en": SMS_EN}, mail={"ar": MAIL, "en": MAIL})

BAD_SAMPLES: dict[Lint, Template] = {
    "language-missing": replace(GOOD, sms={"en": SMS_EN}),
    "placeholder-malformed": replace(GOOD, sms={"ar": SMS_AR, "en": SmsText("Your code {code!r:>10}", 1)}),
    "placeholder-unknown": replace(GOOD, sms={"ar": SMS_AR, "en": SmsText("Your code {cod}", 1)}),
    "placeholders-differ": replace(GOOD, sms={"ar": SMS_AR, "en": SmsText("Your code", 1)}),
    "direction-mark-in-text": replace(GOOD, sms={"ar": SmsText("رمزك\u202e {code}", 1), "en": SMS_EN}),
    "link-not-allowed": replace(GOOD, sms={"ar": SMS_AR, "en": SmsText("{code} at https://hesabi.example.evil/x", 1)}),
    "parts-over-budget": replace(GOOD, sms={"ar": SmsText("ا" * 63 + "{code}", 1), "en": SMS_EN}),
}


def test_N8_a_good_template_passes() -> None:
    assert lint_templates([("good", GOOD)], HOSTS) == ()


@pytest.mark.parametrize("lint", BAD_SAMPLES)
def test_N8_each_lint_refuses_its_bad_sample(lint: Lint) -> None:
    assert [finding.lint for finding in lint_templates([("bad", BAD_SAMPLES[lint])], HOSTS)] == [lint]


@pytest.mark.parametrize("text", ["go to www.evil.example", "pay at evil.example/pay", "see http://hesabi.example/"])
def test_N8_links_without_a_scheme_and_unencrypted_links_are_refused(text: str) -> None:
    bad = Template(sms={"ar": SmsText(text, 1), "en": SmsText(text, 1)}, mail={})
    assert {finding.lint for finding in lint_templates([("bad", bad)], HOSTS)} == {"link-not-allowed"}


def test_N8_a_stray_brace_is_refused() -> None:
    bad = replace(GOOD, sms={"ar": SMS_AR, "en": SmsText("Your code {code", 1)})
    assert [finding.lint for finding in lint_templates([("bad", bad)], HOSTS)] == ["placeholder-malformed"]


def test_N8_a_value_that_is_not_isolated_is_refused() -> None:
    values = {"when": "2026-01-31 10:00"}
    assert [finding.lint for finding in lint_isolation("تم في 2026-01-31 10:00", values)] == ["value-not-isolated"]
    assert lint_isolation("تم في \u20662026-01-31 10:00\u2069", values) == ()


@pytest.mark.parametrize("sender", ["", "TwelveLetter", "حسابي", "Hesabi\n", " Hesabi", "Hesabi€"])
def test_N8_a_bad_sender_is_refused(sender: str) -> None:
    assert [finding.lint for finding in lint_sender(sender)] == ["sender-not-allowed"]


@pytest.mark.parametrize("sender", ["Hesabi", "ElevenChars", "Hesabi-AD"])
def test_N8_a_sender_of_at_most_11_characters_passes(sender: str) -> None:
    assert lint_sender(sender) == ()


def test_N8_every_lint_has_a_bad_sample() -> None:
    assert set(get_args(Lint)) == {*BAD_SAMPLES, "value-not-isolated", "sender-not-allowed"}


def test_N8_all_our_templates_pass_every_lint() -> None:
    assert set(TEMPLATES) == set(get_args(TemplateName))
    assert lint_templates(TEMPLATES.items(), HOSTS) == ()

"""What every template must satisfy (N8). Pure: the tests run it over all templates, settings over the sender's name."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from services.notifications.isolation import BIDI_CONTROLS, outside_isolates
from services.notifications.links import is_allowed_link, links_in
from services.notifications.mail_layout import Page
from services.notifications.sms_parts import part_count
from services.notifications.templates import LANGUAGES, VALUE_RULES, Language, Template, placeholders, texts_of

Lint = Literal[
    "language-missing",
    "placeholder-malformed",
    "placeholder-unknown",
    "placeholders-differ",
    "direction-mark-in-text",
    "link-not-allowed",
    "parts-over-budget",
    "value-not-isolated",
    "sender-not-allowed",
]

_SENDER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 .-]{0,9}[A-Za-z0-9])?")  # N8: 11 characters at most


@dataclass(frozen=True, slots=True)
class Finding:
    """A template that must not be used as it is."""

    lint: Lint
    where: str


def lint_templates(templates: Iterable[tuple[str, Template]], link_hosts: frozenset[str]) -> tuple[Finding, ...]:
    """Everything wrong with the templates; empty when all is well."""
    return tuple(finding for name, template in templates for finding in _lint_one(name, template, link_hosts))


def lint_sender(sender: str) -> tuple[Finding, ...]:
    """A sender's name has 1 to 11 characters that every network shows (N8)."""
    return () if _SENDER.fullmatch(sender) else (Finding("sender-not-allowed", "sender"),)


def lint_isolation(text: str, values: Mapping[str, str]) -> tuple[Finding, ...]:
    """Values that stand in a right-to-left text without U+2066...U+2069 round them (N8)."""
    bare = outside_isolates(text)
    return tuple(Finding("value-not-isolated", name) for name, value in values.items() if value in bare)


def _lint_one(name: str, template: Template, link_hosts: frozenset[str]) -> Iterator[Finding]:
    texts: dict[str, dict[Language, tuple[str, ...]]] = {
        "sms": {language: (sms.text,) for language, sms in template.sms.items()},
        "mail": {language: texts_of(mail) for language, mail in template.mail.items()},
    }
    malformed = tuple(_malformed(name, texts))
    yield from malformed
    if malformed:
        return
    for channel, by_language in texts.items():
        yield from _lint_languages(f"{name}/{channel}", by_language)
        for language, all_texts in by_language.items():
            for text in all_texts:
                yield from _lint_text(f"{name}/{channel}/{language}", text, language, link_hosts)
    for language, sms in template.sms.items():
        if part_count(_longest(sms.text, language)) > sms.max_parts:
            yield Finding("parts-over-budget", f"{name}/sms/{language}")


def _malformed(name: str, texts: Mapping[str, Mapping[Language, tuple[str, ...]]]) -> Iterator[Finding]:
    for channel, by_language in texts.items():
        for language, all_texts in by_language.items():
            try:
                used = frozenset[str]().union(*map(placeholders, all_texts))
            except ValueError:
                yield Finding("placeholder-malformed", f"{name}/{channel}/{language}")
                continue
            if not used <= VALUE_RULES.keys():
                yield Finding("placeholder-unknown", f"{name}/{channel}/{language}")


def _lint_languages(where: str, by_language: Mapping[Language, tuple[str, ...]]) -> Iterator[Finding]:
    if by_language and by_language.keys() != set(LANGUAGES):
        yield Finding("language-missing", where)
    if len({frozenset[str]().union(*map(placeholders, texts)) for texts in by_language.values()}) > 1:
        yield Finding("placeholders-differ", where)


def _lint_text(where: str, text: str, language: Language, link_hosts: frozenset[str]) -> Iterator[Finding]:
    if BIDI_CONTROLS & set(text):
        yield Finding("direction-mark-in-text", where)
    for link in links_in(text):
        if not is_allowed_link(link, link_hosts):
            yield Finding("link-not-allowed", where)
    if language == "ar":
        longest = {name: VALUE_RULES[name].longest for name in placeholders(text)}
        for finding in lint_isolation(_longest(text, language), longest):
            yield Finding(finding.lint, where)


def _longest(text: str, language: Language) -> str:
    return Page(language, {name: rule.longest for name, rule in VALUE_RULES.items()}).fill(text)

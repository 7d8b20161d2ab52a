"""What builders of a channel read on their page is what services do: reasons, steps, lives, names of groups."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import pytest

from contracts.topics import CHANNELS
from contracts.values.public_texts import PUBLIC_TEXTS
from deploy.kubernetes.generate import kafka_user
from services.accounts.settings import AccountsSettings
from services.chassis.settings import ServiceSettings
from services.identity.settings import IdentitySettings
from services.reports.settings import ReportsSettings
from tests.gates import Gates
from tests.guards.source import ROOT, Function, Source, calls_of, dotted, functions_of, sources, text_of
from tests.guards.test_documented_settings import section

PAGE: Final = "docs/integrators.md"
STEPS: Final = ("next_step", "missing_step")
# Where a step stands among the arguments of a decision's words.
PLACED: Final = {"Refusal": 2, "refused": 3}
LIVES: Final[Mapping[str, tuple[type[ServiceSettings], str]]] = {
    "a code": (IdentitySettings, "otp_life_s"),
    "the wait before another code": (IdentitySettings, "resend_after_s"),
    "each step of a registration or a password reset": (IdentitySettings, "registration_life_s"),
    "an activation link": (IdentitySettings, "link_life_s"),
    "a session": (IdentitySettings, "session_life_s"),
    "a quoted plan of instalments": (AccountsSettings, "instalment_quote_holds_s"),
    "a report's link": (ReportsSettings, "link_life_s"),
}
_CODE: Final = re.compile(r"`([a-z]+(?:-[a-z]+)*)`")


def reasons_told(page: str) -> list[str]:
    """The public reasons in the table of what a channel does, as often as they stand there."""
    rows = [line for line in section(page, "Refusals").splitlines() if line.startswith("| ")]
    return [reason for row in rows for reason in _CODE.findall(row.split("|")[2]) if reason != "public_reason"]


def steps_given(files: Iterable[Source]) -> set[str]:
    """Every step that an answer or a refusal names."""
    given: set[str] = set()
    for source in files:
        for call in calls_of(source.tree):
            given |= {*_texts(_step_of(call))}
        for function in functions_of(source):
            if function.name in STEPS:
                given |= {*_returned(function)}
    return given


def _step_of(call: ast.Call) -> ast.expr | None:
    at = PLACED.get(dotted(call.func).rpartition(".")[2], len(call.args))
    named = (keyword.value for keyword in call.keywords if keyword.arg in STEPS)
    return call.args[at] if at < len(call.args) else next(named, None)


def _returned(function: Function) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return):
            yield from _texts(node.value)


def _texts(node: ast.expr | None) -> Iterator[str]:
    """The literal texts that an expression can be: itself, or the branches of a choice."""
    if isinstance(node, ast.IfExp):
        yield from (*_texts(node.body), *_texts(node.orelse))
    elif (text := text_of(node)) is not None:
        yield text


def untold(page: str, steps: Iterable[str]) -> list[str]:
    """Steps that the page does not name."""
    return sorted({*steps} - {*_CODE.findall(page)})


def wrong_lives(page: str, lives: Mapping[str, float]) -> list[str]:
    """Rows of lives that the page should have and has not."""
    rows = {f"| {what} | {seconds:.0f} s |" for what, seconds in lives.items()}
    return sorted(row for row in rows if row not in page)


def lives() -> dict[str, float]:
    """How long things live by default, in seconds."""
    return {what: settings.model_fields[name].default for what, (settings, name) in LIVES.items()}


def groups_of(channel: str) -> set[tuple[str, str]]:
    """The consumer groups that the broker lets a channel use: name, and how it is compared."""
    resources = [acl["resource"] for acl in kafka_user(channel)["spec"]["authorization"]["acls"]]
    return {(each["name"], each["patternType"]) for each in resources if each["type"] == "group"}


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / PAGE).read_text(encoding="utf-8")


def test_J4_the_page_tells_once_what_a_channel_does_about_each_public_reason(page: str) -> None:
    assert sorted(reasons_told(page)) == sorted(PUBLIC_TEXTS)


def test_J2_the_page_names_every_step_that_an_answer_may_name(page: str) -> None:
    given = steps_given(sources("services"))
    assert {"confirm-otp", "choose-address", "accept-instalments", "start-definition"} <= given
    assert untold(section(page, "Answers") + section(page, "Refusals"), given) == []


def test_the_page_tells_how_long_things_live(page: str) -> None:
    assert wrong_lives(section(page, "How long things live"), lives()) == []


def test_the_page_tells_which_groups_the_broker_permits(page: str) -> None:
    for channel in CHANNELS:
        assert groups_of(channel) == {(f"{channel}.", "prefix")}
    assert "such as `web.answers`" in section(page, "What you may read")


def test_it_refuses(gates: Gates, page: str) -> None:
    without = page.replace("`malformed`", "`formless`")
    gates.refuses("channels: reasons", "a page without `malformed`", {*PUBLIC_TEXTS} ^ {*reasons_told(without)})
    for code in ('Done(next_step="dance")', 'Refusal("a", "b", "dance")', 'refused(s, "a", "b", "dance" if x else y)'):
        gates.refuses("channels: steps", code, untold(page, steps_given([Source("services/x.py", code)])))
    gates.refuses("channels: lives", "another life", wrong_lives(page, lives() | {"a session": 900}))

"""A log line is an event name and ids, written out in the code (style 15)."""

import ast
import re
from collections.abc import Iterable, Iterator

import pytest

from services.chassis.logs import ALLOWED_FIELDS
from tests.gates import Gates
from tests.guards.source import Source, calls_of, dotted, sources, text_of

LEVELS = {"debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log", "msg"}
LOGGERS = re.compile(r"(^|\.)_?(log|logger)$")
EVENT = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
ALLOWED = ALLOWED_FIELDS | {"exc_info"}
WRITER = "services/chassis/logs.py"
"""Hands on the names of events, and judges every line as it is written."""


def log_calls(source: Source) -> Iterator[ast.Call]:
    """Calls that write a log line."""
    for call in calls_of(source.tree):
        if isinstance(call.func, ast.Attribute) and call.func.attr in LEVELS and _is_logger(call.func.value):
            yield call


def _is_logger(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return dotted(node.func).rpartition(".")[2] in {"get_logger", "getLogger", "bind"}
    return LOGGERS.search(dotted(node)) is not None


def bad_lines(files: Iterable[Source]) -> list[str]:
    """Log lines whose event is computed or oddly named, and fields that are not on the list."""
    return [
        f"{source.path}:{call.lineno}: {fault}"
        for source in files
        for call in log_calls(source)
        for fault in faults(call)
    ]


def faults(call: ast.Call) -> Iterator[str]:
    """What is wrong with one log line."""
    events = _choices(call.args[0]) if call.args else [None]
    if None in events:
        yield "event name is not written out"
    elif not all(EVENT.fullmatch(event or "") for event in events):
        yield "event name is not snake_case"
    if len(call.args) > 1:
        yield "a value without a name"
    for keyword in call.keywords:
        if keyword.arg is None:
            yield "fields are not written out"
        elif keyword.arg not in ALLOWED:
            yield f"field {keyword.arg} is not on the list"


def _choices(node: ast.expr) -> list[str | None]:
    """The text, or the two texts between which a condition chooses."""
    return [*_choices(node.body), *_choices(node.orelse)] if isinstance(node, ast.IfExp) else [text_of(node)]


BAD = {
    "a sentence as event": 'log.info("Code refused")',
    "an event made of values": 'log.info(f"otp_refused_{mobile}")',
    "a value without a name": 'log.info("otp_refused", mobile)',
    "a field that is not on the list": 'log.info("otp_refused", mobile=mobile)',
    "fields from a dictionary": 'log.info("otp_refused", **body)',
    "the library's own logger": 'logging.getLogger("x").warning("got %s", body)',
}


def test_every_log_line_is_an_event_name_and_ids() -> None:
    found = bad_lines(source for source in sources("services") if source.path != WRITER)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("what", BAD)
def test_it_refuses(what: str, gates: Gates) -> None:
    gates.refuses("logs", what, bad_lines([Source("services/x.py", BAD[what])]))


def test_it_accepts_an_event_and_ids() -> None:
    line = 'self._log.warning("otp_refused", reason=reason, message_id=id, exc_info=error)'
    assert bad_lines([Source("services/x.py", line)]) == []


def test_it_reads_the_code_there_is() -> None:
    assert [call for source in sources("services") for call in log_calls(source)]

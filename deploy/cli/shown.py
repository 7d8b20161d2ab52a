"""How messages and answers look on a terminal. Whatever came from elsewhere is escaped: it cannot steer a terminal."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from contracts.message import CATALOGUE, CommandRefused
from deploy.cli.message_types import next_commands
from deploy.cli.sending import TOKEN, Came

SEALED: Final = "sealed"
LONG: Final = 60
ISOLATES: Final = "\u2066\u2067\u2068\u2069"
"""Round every inserted value in customers' texts (N8): they turn nothing round."""

NEXT: Final = ("next_step", "missing_step")


def shown_body(type_name: str, value: bytes) -> dict[str, Any]:
    """A body as anybody may see it: sealed fields say only that they are."""
    try:
        body = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(body, dict):
        return {}
    message = CATALOGUE.get(type_name)
    sealed = message.sealed_fields if message else {}
    return {name: SEALED if name in sealed and part is not None else part for name, part in body.items()}


def short_body(body: Mapping[str, Any]) -> str:
    """One line of it: `segment=individual birth_date=sealed`."""
    return " ".join(f"{name}={_short(value)}" for name, value in body.items() if value is not None)


def plain(value: Any) -> str:
    """A value on one line, with control characters escaped."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "".join(sign if sign.isprintable() or sign in ISOLATES else _escaped(sign) for sign in text)


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode()


def as_json(came: Came) -> dict[str, Any]:
    """What came of a command, for a program."""
    about = {
        "id": came.sent.id,
        "type": type(came.sent.command).type_name,
        "key": came.sent.key,
        "topic": came.sent.topic,
        "as": came.sender,
    }
    if came.answered is None:
        return {"sent": about}
    envelope = came.answered.seen.envelope
    body = shown_body(envelope.type, came.answered.seen.value) | _opened(came)
    answer = {"type": envelope.type, "refused": came.is_refused, "body": body}
    return {"sent": about, "answer": answer, "milliseconds": _milliseconds(came)}


def rendered(came: Came) -> RenderableType:
    """The same, for a person."""
    about = f"as {came.sender}, key {came.sent.key}, id {came.sent.id}"
    if came.answered is None:
        return Text.assemble(("sent  ", "bold"), f"{type(came.sent.command).__name__} {about}")
    body = came.answered.body
    name, style = (body.public_reason, "bold yellow") if isinstance(body, CommandRefused) else (_name(came), "green")
    head = Text.assemble(
        ("no   " if came.is_refused else "yes  ", f"bold {style}"),
        (name, style),
        f"  {_milliseconds(came)} ms",
    )
    return Group(head, _fields(came), Text(f"     {about}", style="bright_black"))


def _milliseconds(came: Came) -> int:
    """None below nought: a command that is sent again may meet the answer to its first copy."""
    return max(0, round(came.answered.milliseconds)) if came.answered else 0


def _name(came: Came) -> str:
    return came.answered.seen.name if came.answered else ""


def _opened(came: Came) -> dict[str, Any]:
    opened = {name: _parsed(text) for name, text in (came.opened or {}).items()}
    return opened | ({TOKEN: f"remembered for {came.kept}"} if came.kept else {})


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _fields(came: Came) -> RenderableType:
    assert came.answered is not None
    shown = shown_body(came.answered.seen.envelope.type, came.answered.seen.value) | _opened(came)
    hidden = {"public_reason", "command_type"} if came.is_refused else set()
    grid = Table.grid(padding=(0, 2))
    for name, value in shown.items():
        if value is not None and name not in hidden:
            grid.add_row("    ", Text(name, style="cyan", no_wrap=True), Text(lines_of(value)))
            if name in NEXT and (commands := _hint(str(value))):
                grid.add_row("", "", Text(commands, style="bright_black"))
    return grid


def _hint(step: str) -> str:
    return " or ".join(f"./hesabi types {message.__name__}" for message in next_commands(step)[:2])


def lines_of(value: Any) -> str:
    """A value as it is shown to a person: lists and objects on several lines, each of them plain."""
    if isinstance(value, str | int):
        return plain(value)
    return "\n".join(map(plain, json.dumps(value, ensure_ascii=False, indent=2).split("\n")))


def _short(value: Any) -> str:
    text = plain(value)
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"


def rows(pairs: Iterable[tuple[str, str]]) -> Table:
    """Names and what they stand for."""
    grid = Table.grid(padding=(0, 2))
    for name, what in pairs:
        grid.add_row(Text(name, style="cyan", no_wrap=True), Text(what, overflow="fold"))
    return grid

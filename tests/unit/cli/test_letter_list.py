"""`hesabi dead-letters` from what is typed to what is seen: nothing that is to be typed again is cut."""

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from contracts.operations import DEAD_LETTER
from contracts.sealed import Sealed
from deploy.cli import letter_commands
from deploy.cli.arguments import parse
from deploy.cli.commands import Commands
from deploy.cli.installation import KAFKA
from deploy.cli.letter_orders import Result
from deploy.cli.letters import Book, Letter
from deploy.cli.outcome import REFUSED, YES, Wrong

FIRST = "definition:0f8f1c1e-6f5d-4a52-9d5c-1c8a3f1f9d10"
SECOND = "definition:0f8f77aa-6f5d-4a52-9d5c-1c8a3f1f9d10"
AT = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def letter(number: int, topic: str, offset: int, aggregate: str | None, sequence: int | None) -> Letter:
    service = "notifications" if topic.startswith("notifications") else "accounts"
    body = DEAD_LETTER[service](
        reason="aggregate-parked" if aggregate else "writer-not-permitted",
        source_topic=topic,
        epoch=1,
        partition=5,
        offset=offset,
        aggregate=aggregate,
        message_type="hesabi.notifications.AskContactChannels.v1",
        original=Sealed.of("sealed"),
    )
    return Letter(service, f"c60c598{number}-4ad2-5f64-858b-672f17174c5a", AT, sequence, body)


LETTERS = [
    letter(0, "billing.answers", 17, FIRST, 1),
    letter(1, "accounts.commands", 2712881, FIRST, 2),
    letter(2, "accounts.commands", 2712882, SECOND, 1),
    letter(3, "notifications.commands", 27128, None, None),
]


@pytest.fixture(autouse=True)
def some_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command line reads."""

    async def read_book(*_: object) -> Book:
        return Book(LETTERS, parked={("accounts", FIRST), ("accounts", SECOND)})

    monkeypatch.setenv(KAFKA, "there:9092")
    monkeypatch.setattr(letter_commands, "read_book", read_book)


def seen(*typed: str, columns: int | None = None, code: int = YES) -> list[str]:
    """The lines that are seen on a terminal of so many columns, or on a pipe."""
    file = io.StringIO()
    console = Console(file=file, width=columns or 150, force_terminal=columns is not None, color_system=None)
    assert asyncio.run(Commands(parse(["dead-letters", *typed]), console).run()) == code
    return [line.rstrip() for line in file.getvalue().splitlines()]


@pytest.mark.parametrize("columns", [60, 80, 120, 150, 200, None])
def test_law7_what_is_typed_again_is_shown_whole_on_one_line(columns: int | None) -> None:
    lines = seen("list", columns=columns)
    assert max(map(len, lines)) <= (columns or 1000)
    for each in LETTERS:
        shown = ["01-31 12:00:00", each.id[:8], f"{each.body.source_topic}/5/{each.body.offset}"]
        for text in [*shown, each.body.aggregate or each.body.reason]:
            assert any(text in line for line in lines), text
    assert "…" not in "".join(lines)


def test_law7_programs_read_a_line_for_each_letter() -> None:
    head, *rows, count = seen("list")
    assert head.split("  ")[0] == "time (UTC)"
    assert [row.split()[3] for row in rows] == [each.id[:8] for each in LETTERS]
    assert rows[0].split()[-3:] == ["billing.answers/5/17", FIRST, "#1"]
    assert count == "letters: 4, open: 4, parked aggregates: 2"


@pytest.mark.parametrize("columns", [60, 80, None])
def test_law7_a_letter_s_page_shows_its_aggregate_whole(columns: int | None) -> None:
    assert FIRST in "".join(line.strip() for line in seen("show", "c60c5980", columns=columns)[10:12])


@pytest.mark.parametrize(("typed", "letters"), [("definition:0f8f1c1e", 2), (SECOND, 1), ("definition:1", 0)])
def test_law7_an_aggregate_is_named_by_the_beginning_of_its_id(typed: str, letters: int) -> None:
    assert f"letters: {letters}, open: {letters}," in seen("list", "--aggregate", typed)[-1]


@pytest.mark.parametrize("action", [["list"], ["replay", "--why", "corrected"], ["drop", "--why", "given up"]])
def test_law7_a_beginning_of_several_aggregates_means_none_of_them(action: list[str]) -> None:
    with pytest.raises(Wrong, match="several aggregates begin so"):
        seen(*action, "--aggregate", "definition:0f8f")
    with pytest.raises(SystemExit):
        seen(*action, "--aggregate", "")


class OneAnswer:
    """Stands for a desk: every replay comes to the same."""

    def __init__(self, outcome: str, results: list[Result]) -> None:
        self._outcome, self._results = outcome, results

    async def replay_records(self, letters: Sequence[Letter]) -> None:
        self._results += [Result(each.service, self._outcome, each) for each in letters]


@pytest.mark.parametrize(
    ("outcome", "code", "said"),
    [
        ("decided", YES, "yes  1 decided"),
        ("refused", YES, "yes  1 refused"),
        ("skipped", YES, "yes  1 skipped"),
        ("dead-letter", REFUSED, "no  c60c5983: dead-letter: it is a dead letter again"),
        ("put-aside", REFUSED, "no  c60c5983: put-aside: its aggregate is parked, and it is put aside again"),
        ("duplicate", REFUSED, "no  c60c5983: duplicate: not decided"),
    ],
)
def test_law7_a_letter_that_is_not_decided_is_no_success(
    outcome: str, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextlib.asynccontextmanager
    async def desk(*given: Any) -> AsyncIterator[OneAnswer]:
        yield OneAnswer(outcome, given[-1])

    monkeypatch.setattr(letter_commands, "desk", desk)
    order = ("replay", "c60c5983", "--why", "corrected")
    (line,) = seen(*order, code=code)
    assert " ".join(line.split()).startswith(" ".join(said.split()))
    seen(*order, "--json", code=code)
    assert json.loads(capsys.readouterr().out)[0]["went_well"] is (code == YES)

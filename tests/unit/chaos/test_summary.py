"""The line that is kept of a full run."""

from pathlib import Path

from tests.chaos.evidence import Violation
from tests.chaos.summary import COLUMNS, RUNS, append_row, complaints


def test_the_file_of_runs_has_these_columns() -> None:
    assert RUNS.read_text(encoding="utf-8").splitlines()[0] == ",".join(COLUMNS)


def test_a_new_file_gets_its_heading_once(tmp_path: Path) -> None:
    row: dict[str, object] = dict.fromkeys(COLUMNS, 1)
    for _ in range(2):
        append_row(row, tmp_path / "runs.csv")
    assert len((tmp_path / "runs.csv").read_text().splitlines()) == 3


def test_violations_beyond_the_first_are_counted() -> None:
    lines = complaints([Violation("lost", f"message {number}") for number in range(25)])
    assert (len(lines), lines[0], lines[-1]) == (21, "lost: message 0", "lost: 5 more")

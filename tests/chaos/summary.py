"""What a run came to: the table for people, and the line that is kept of a full run."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.table import Table

from tests.chaos.evidence import Evidence, Violation
from tests.chaos.recovery import Recovery
from tests.chaos.run import Order, Outcome

RUNS: Final = Path(__file__).parents[2] / "docs" / "reliability-runs.csv"
SHOWN: Final = 20

COLUMNS: Final = (
    "commit", "seed", "seconds", "rate", "written", "acknowledged", "held_back", "records_in_all", "answered",
    "lost", "doubled", "out_of_order", "unanswered", "refused", "stuck", "dead_letters_unexplained", "too_slow",
    "worst_progress_s", "worst_wait_s", "worst_stop_s", "quiet_after_s",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """A run with everything that was found."""

    order: Order
    outcome: Outcome
    evidence: Evidence
    recoveries: Sequence[Recovery]
    violations: Sequence[Violation]

    @property
    def is_clean(self) -> bool:
        """No promise was broken."""
        return not self.violations

    def worst(self, what: str) -> float | None:
        """The worst seen of one kind of recovery, in seconds."""
        seconds = [r.seconds for r in self.recoveries if r.what.startswith(what) and r.seconds is not None]
        return round(max(seconds), 1) if seconds else None


def row_of(judged: Judged, commit: str) -> dict[str, object]:
    """The line of `docs/reliability-runs.csv`."""
    ledger, outcome = judged.evidence.ledger.values(), judged.outcome
    kinds = Counter(violation.kind for violation in judged.violations)
    return {
        "commit": commit,
        "seed": judged.order.seed,
        "seconds": f"{judged.order.seconds:g}",
        "rate": f"{judged.order.rate:g}",
        "written": len(ledger),
        "acknowledged": sum(entry.acknowledged for entry in ledger),
        "held_back": outcome.held_back,
        "records_in_all": len(judged.evidence.said),
        "answered": sum(entry.id in judged.evidence.answers for entry in ledger),
        "lost": kinds["lost"],
        "doubled": kinds["doubled"],
        "out_of_order": kinds["out of order"],
        "unanswered": kinds["unanswered"],
        "refused": kinds["refused"],
        "stuck": kinds["stuck"],
        "dead_letters_unexplained": kinds["dead letter"],
        "too_slow": kinds["too slow"],
        "worst_progress_s": judged.worst("next answer"),
        "worst_wait_s": judged.worst("longest wait"),
        "worst_stop_s": judged.worst("stopped"),
        "quiet_after_s": None if outcome.quiet_after_s is None else round(outcome.quiet_after_s, 1),
    }


def append_row(row: dict[str, object], file: Path = RUNS) -> None:
    """Adds the line; a new file gets its heading."""
    is_new = not file.exists()
    with file.open("a", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, COLUMNS, lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerow(row)


def recoveries_table(judged: Judged) -> Table:
    """Each fault with what it cost."""
    table = Table(title="What each fault cost")
    for heading in ("fault", "what", "seconds", "promised"):
        table.add_column(heading)
    for found in judged.recoveries:
        seconds = "never" if found.seconds is None else f"{found.seconds:.1f}"
        table.add_row(found.fault, found.what, seconds, f"{found.limit_s:.1f}", style="" if found.kept else "red")
    return table


def ledger_table(row: dict[str, object]) -> Table:
    """The totals."""
    table = Table(title="The ledger")
    for heading in ("what", "count"):
        table.add_column(heading)
    for name in COLUMNS[4:]:
        table.add_row(name.replace("_", " "), str(row[name]))
    return table


def complaints(violations: Sequence[Violation]) -> list[str]:
    """The first of each kind of violation, and how many more there are."""
    lines = []
    for kind, count in Counter(violation.kind for violation in violations).items():
        these = [violation.what for violation in violations if violation.kind == kind]
        lines += [f"{kind}: {what}" for what in these[:SHOWN]]
        if count > SHOWN:
            lines.append(f"{kind}: {count - SHOWN} more")
    return lines

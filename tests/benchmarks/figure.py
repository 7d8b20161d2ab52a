"""A figure beside its target, and the table and file of a run."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

OUT: Final = Path("out/bench")


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured. `at_least` and `at_most` are its target; with neither it is for orientation."""

    row: str
    what: str
    value: float
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the target is reached, as far as there is one."""
        low, high = self.at_least, self.at_most
        return (low is None or self.value >= low) and (high is None or self.value <= high)

    @property
    def target(self) -> str:
        """The target in words."""
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return f"at most {self.at_most:g}" if self.at_most is not None else ""


def machine() -> dict[str, Any]:
    """The kind of machine: processor, cores, memory in GiB, system, Python."""
    model = [x for x in Path("/proc/cpuinfo").read_text().splitlines() if x.startswith("model name")]
    pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": model[0].partition(": ")[2] if model else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(pages * page_bytes / 2**30),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def report(figures: list[Figure], runs: list[dict[str, Any]], console: Console) -> bool:
    """Show the table and write the file. Returns whether every target is reached."""
    table = Table(title="Figures beside their targets; ratios are of one run")
    for heading in ("row", "what", "figure", "target", "met"):
        table.add_column(heading)
    for each in figures:
        met = ("yes" if each.is_met else "NO") if each.target else ""
        table.add_row(each.row, each.what, f"{each.value:g} {each.unit}", each.target, met)
    console.print(table)
    OUT.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    file = OUT / f"{stamp}.json"
    written = {"at": stamp, "machine": machine(), "figures": [asdict(each) for each in figures], "runs": runs}
    file.write_text(json.dumps(written, indent=1))
    console.print(f"written to {file}")
    return all(each.is_met for each in figures)

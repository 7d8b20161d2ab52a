"""`make bench`: the loop beside its peers, in one run, as ratios. Exits 1 where a target is missed.

Absolute figures say little on a shared machine; they are printed for orientation. `make bench ROWS="a codes"` runs a
part.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console

from deploy.local.stack import running_stack
from tests.benchmarks.bench import Bench
from tests.benchmarks.code_lane import code_lane_row
from tests.benchmarks.drained import drained_row, memory_row
from tests.benchmarks.figure import report
from tests.benchmarks.framework import framework_row
from tests.benchmarks.hashes import hash_row
from tests.benchmarks.latency import latency_row
from tests.benchmarks.saves import save_row

ROWS: Final[dict[str, Callable[[Bench], Awaitable[None]]]] = {
    "codes": code_lane_row,
    "a": partial(drained_row, row="a"),
    "save": save_row,
    "hash": hash_row,
    "framework": framework_row,
    "latency": latency_row,
    "memory": memory_row,
    "b": partial(drained_row, row="b"),
    "c": partial(drained_row, row="c"),
}
"""In their order: codes come first, since notifications reads what other rows say; (c) uses the topic on which every
service hears its timers, so no other row may meet its messages."""


async def _bench(wanted: list[str]) -> int:
    console = Console()
    async with running_stack(say=console.print) as stack:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(stack, Path(folder), console)
            await bench.prepare()
            for name, row in ROWS.items():
                if name in wanted:
                    console.print(f"row {name}")
                    await row(bench)
    return 0 if report(bench.figures, bench.runs, console) else 1


if __name__ == "__main__":
    asked = sys.argv[1:] or list(ROWS)
    if unknown := set(asked) - set(ROWS):
        sys.exit(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    sys.exit(asyncio.run(_bench(asked)))

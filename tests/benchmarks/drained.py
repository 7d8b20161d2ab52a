"""Rows (a), (b), (c) and the memory under a backlog: a service drains what is there, beside its peers in turn."""

from typing import Final

from tests.benchmarks.bench import Bench
from tests.benchmarks.figure import Figure
from tests.benchmarks.load import Loader
from tests.benchmarks.work import Row

COUNTS: Final[dict[Row, int]] = {"a": 20_000, "b": 6_000, "c": 6_000}
ROUNDS: Final[dict[Row, int]] = {"a": 5, "b": 3, "c": 3}
LEAST_OF_BARE: Final[dict[Row, float]] = {"a": 0.7, "b": 0.6, "c": 0.6}
LEAST_OF_PLAIN: Final = 20.0
PLAIN_COUNT: Final = 600
BACKLOG: Final = 100_000
MOST_MIB: Final = 250.0


async def drained_row(bench: Bench, row: Row) -> None:
    """Fill, then the contenders in turn, several times; medians."""
    await Loader(row, bench.keys).fill(bench.stack.kafka_bootstrap, COUNTS[row])
    filler = 0
    for _ in range(ROUNDS[row]):
        await bench.drain("hesabi_loop", row, COUNTS[row])
        filler = await bench.document_bytes()
        await bench.drain("bare_loop", row, COUNTS[row], filler)
    if row == "a":
        await bench.drain("unretried_loop", row, COUNTS[row], filler)
        await bench.drain("plain_handler", row, PLAIN_COUNT)
    _ratios(bench, row)
    _stages(bench, row)


def _ratios(bench: Bench, row: Row) -> None:
    name = f"({row})"
    ours, bare = (bench.median_of(who, row, "per_second") for who in ("hesabi_loop", "bare_loop"))
    bench.found(Figure(name, "of the bare loop", round(ours / bare, 2), at_least=LEAST_OF_BARE[row]))
    bench.found(Figure(name, "a second", round(ours)))
    for who in ("hesabi_loop", "bare_loop"):
        each = bench.median_of(who, row, "processor_us_each")
        bench.found(Figure(name, f"processor of {who}", each, "us each"))
    if row == "a":
        plain, unretried = (bench.median_of(who, row, "per_second") for who in ("plain_handler", "unretried_loop"))
        bench.found(Figure(name, "of the plain handler", round(ours / plain, 1), at_least=LEAST_OF_PLAIN))
        bench.found(Figure(name, "of a bare loop whose driver does not try again", round(ours / unretried, 2)))


def _stages(bench: Bench, row: Row) -> None:
    stages = [r["stages"] for r in bench.runs if r["who"] == "hesabi_loop" and r["row"] == row][-1]
    whole = sum(stages.values())
    for name, seconds in stages.items():
        bench.found(Figure(f"({row})", f"share of {name}", round(100 * seconds / whole), "%"))


async def memory_row(bench: Bench) -> None:
    """The most that a process held while it drained a backlog."""
    await Loader("a", bench.keys).fill(bench.stack.kafka_bootstrap, BACKLOG)
    result = await bench.drain("hesabi_loop", "a", BACKLOG)
    what = f"resident with a backlog of {BACKLOG:,}"
    bench.found(Figure("memory", what, result["resident_mib"], "MiB", at_most=MOST_MIB))

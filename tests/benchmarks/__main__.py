"""`make bench`: the loop beside its peers, in one run, as ratios. Exits 1 where a ratio is missed.

Absolute figures say little on a shared machine; they are printed for orientation.
"""

import asyncio
import json
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from rich.console import Console
from rich.table import Table

from contracts.topics import CATALOGUE
from deploy.local.keys import make_keys
from deploy.local.stack import Stack, running_stack
from deploy.local.stack.topics import create_topics
from tests.benchmarks.latency import drained, paced
from tests.benchmarks.load import Loader, announce_identity
from tests.benchmarks.work import STATE_TEXT, Row

COUNTS: dict[Row, int] = {"a": 20_000, "b": 6_000, "c": 6_000}
PLAIN_COUNT = 600
ROUNDS = 3
LEAST_OF_PLAIN = 12.0
LEAST_OF_BARE = 0.5
RATES = (200, 1000)
console = Console()


class Bench:
    """One run: a stack, keys, and what was measured."""

    def __init__(self, stack: Stack, keys: Path) -> None:
        self.stack, self.keys, self.runs = stack, keys, 0
        self.fingerprints = make_keys(keys)
        self.results: list[dict[str, Any]] = []
        self.latency: list[dict[str, Any]] = []

    def _argument(self, who: str, row: Row, count: int, filler: int) -> str:
        self.runs += 1
        return json.dumps(
            {
                "who": who,
                "row": row,
                "kafka": self.stack.kafka_bootstrap,
                "mongo_uri": self.stack.mongo_uri,
                "database": f"bench{self.runs}",
                "group": f"bench-{self.runs}",
                "keys": str(self.keys),
                "fingerprints": self.fingerprints,
                "count": count,
                "filler_bytes": filler,
            }
        )

    async def drain(self, who: str, row: Row, count: int, filler: int = len(STATE_TEXT)) -> dict[str, Any]:
        """One contender drains one row."""
        process = await _process(self._argument(who, row, count, filler))
        out, err = await process.communicate()
        if process.returncode:
            sys.stderr.write(err.decode()[-2000:])
            raise SystemExit(f"{who} failed")
        result: dict[str, Any] = json.loads(out.splitlines()[-1])
        self.results.append(result)
        console.print(f"  {who:14} ({row})  {result['per_second']:>8,.0f} a second")
        return result

    async def document_bytes(self) -> int:
        """The mean size of the documents of the last run, so that the peer's are as large."""
        client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(self.stack.mongo_uri)
        stats = await client[f"bench{self.runs}"].command("collStats", "aggregates")
        client.close()
        return int(stats["avgObjSize"])

    async def row(self, row: Row) -> None:
        """A row: fill, then the contenders in turn."""
        console.print(f"row ({row}): {COUNTS[row]:,} messages")
        await Loader(row, self.keys).fill(self.stack.kafka_bootstrap, COUNTS[row])
        for _ in range(ROUNDS):
            await self.drain("hesabi_loop", row, COUNTS[row])
            filler = await self.document_bytes() - 60
            await self.drain("bare_loop", row, COUNTS[row], filler)
            if row == "a":
                await self.drain("unchecked_loop", row, COUNTS[row], filler)
        if row == "a":
            await self.drain("plain_handler", row, PLAIN_COUNT)

    async def pace(self, who: str, rate: int, first_number: int) -> None:
        """Latency at a rate."""
        process = await _process(self._argument(who, "a", 10**9, 2500))
        group = f"accounts.bench-{self.runs}" if who == "hesabi_loop" else f"bench-{self.runs}"
        try:
            await drained(self.stack.kafka_bootstrap, group)
            figures = await paced(self.stack.kafka_bootstrap, self.keys, rate, first_number)
        finally:
            process.kill()
            await process.wait()
        self.latency.append({"who": who, "rate": rate, **figures})
        console.print(f"  {who:14} {rate:>5}/s  p50 {figures['p50_ms']} ms  p99 {figures['p99_ms']} ms")


async def _process(argument: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.contender", argument,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


def _median(results: list[dict[str, Any]], who: str, row: Row) -> float:
    values = sorted(r["per_second"] for r in results if r["who"] == who and r["row"] == row)
    return float(values[len(values) // 2])


def _ratios(bench: Bench) -> dict[str, float]:
    ratios = {
        f"({row}) of the bare loop": _median(bench.results, "hesabi_loop", row)
        / _median(bench.results, "bare_loop", row)
        for row in COUNTS
    }
    ratios["(a) of the plain handler"] = _median(bench.results, "hesabi_loop", "a") / _median(
        bench.results, "plain_handler", "a"
    )
    unchecked = _median(bench.results, "unchecked_loop", "a")
    ratios["(a) of a bare loop that loses updates"] = _median(bench.results, "hesabi_loop", "a") / unchecked
    return {name: round(value, 2) for name, value in ratios.items()}


def _report(bench: Bench, ratios: dict[str, float]) -> None:
    table = Table(title="Drained, as ratios in one run")
    for heading in ("what", "ratio", "at least"):
        table.add_column(heading)
    least = {"(a) of the plain handler": LEAST_OF_PLAIN, "(a) of the bare loop": LEAST_OF_BARE}
    for name, ratio in sorted(ratios.items()):
        table.add_row(name, f"{ratio:.2f}", f"{least[name]}" if name in least else "")
    console.print(table)
    stages = [r["stages"] for r in bench.results if r["who"] == "hesabi_loop" and r["row"] == "a"][-1]
    whole = sum(stages.values())
    console.print("stages of (a): " + "  ".join(f"{name} {value / whole:.0%}" for name, value in stages.items()))


async def _bench() -> int:
    out = Path("out/bench")
    out.mkdir(parents=True, exist_ok=True)
    async with running_stack(say=console.print) as stack:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(stack, Path(folder))
            await create_topics(stack.kafka_bootstrap, CATALOGUE.values())
            await announce_identity(stack.kafka_bootstrap, Path(folder), bench.fingerprints)
            await bench.row("a")
            console.print("latency from send to published event")
            for index, rate in enumerate(RATES):
                await bench.pace("hesabi_loop", rate, 10**6 * (2 * index + 1))
                await bench.pace("bare_loop", rate, 10**6 * (2 * index + 2))
            await bench.row("b")
            await bench.row("c")
    ratios = _ratios(bench)
    _report(bench, ratios)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    figures = {
        "at": stamp,
        "machine": platform.platform(),
        "ratios": ratios,
        "runs": bench.results,
        "latency": bench.latency,
    }
    file = out / f"{stamp}.json"
    file.write_text(json.dumps(figures, indent=1))
    console.print(f"written to {file}")
    missed = ratios["(a) of the plain handler"] < LEAST_OF_PLAIN or ratios["(a) of the bare loop"] < LEAST_OF_BARE
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_bench()))

"""One run of the benchmarks: a stack, keys, and contenders as processes of their own."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from motor.motor_asyncio import AsyncIOMotorClient
from rich.console import Console

from contracts.topics import CATALOGUE
from deploy.local.keys import make_keys
from deploy.local.stack import Stack
from deploy.local.stack.topics import create_topics
from services.chassis.store import COLLECTION
from tests.benchmarks.figure import Figure
from tests.benchmarks.load import announce_identity
from tests.benchmarks.work import STATE_TEXT, Row

WITHOUT_FILLER_BYTES: Final = 60
"""A peer's document less its filler."""


@dataclass
class Bench:
    """`figures` is what the run found; `runs` are the single measurements behind it."""

    stack: Stack
    keys: Path
    console: Console
    fingerprints: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0

    async def prepare(self) -> None:
        """Topics and keys."""
        self.fingerprints = make_keys(self.keys)
        await create_topics(self.stack.kafka_bootstrap, CATALOGUE.values())
        await announce_identity(self.stack.kafka_bootstrap, self.keys, self.fingerprints)

    def argument(self, who: str, row: Row, count: int, filler: int, group: str | None = None) -> str:
        """What a contender is told. Each has a database and, unless it shares one, a group of its own."""
        self.count += 1
        return json.dumps(
            {
                "who": who,
                "row": row,
                "kafka": self.stack.kafka_bootstrap,
                "mongo_uri": self.stack.mongo_uri,
                "database": group or f"bench{self.count}",
                "group": group or f"bench-{self.count}",
                "keys": str(self.keys),
                "fingerprints": self.fingerprints,
                "count": count,
                "filler_bytes": filler,
            }
        )

    async def drain(self, who: str, row: Row, count: int, filler: int = len(STATE_TEXT)) -> dict[str, Any]:
        """One contender drains one row."""
        result = await finished(await process(self.argument(who, row, count, filler)))
        self.runs.append(result)
        each = result["processor_us_each"]
        self.console.print(f"  {who:18} ({row})  {result['per_second']:>8,.0f} a second, {each} us of processor each")
        return result

    async def document_bytes(self) -> int:
        """The mean size of the documents of the last run, so that the peer's are as large."""
        client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(self.stack.mongo_uri)
        stats = await client[f"bench{self.count}"].command("collStats", COLLECTION)
        client.close()
        return int(stats["avgObjSize"]) - WITHOUT_FILLER_BYTES

    def median_of(self, who: str, row: Row, figure: str) -> float:
        """The median of a contender's figure over its runs of a row."""
        return median(float(r[figure]) for r in self.runs if r["who"] == who and r["row"] == row)

    def found(self, figure: Figure) -> None:
        """A figure is there."""
        self.figures.append(figure)
        met = "" if figure.is_met else "   MISSED"
        self.console.print(f"  {figure.what}: {figure.value:g} {figure.unit} {figure.target}{met}")


async def process(argument: str) -> asyncio.subprocess.Process:
    """A contender, started."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.contender", argument,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=dict(os.environ),
    )  # fmt: skip


async def finished(contender: asyncio.subprocess.Process) -> dict[str, Any]:
    """What it printed at its end."""
    out, err = await contender.communicate()
    if contender.returncode:
        sys.stderr.write(err.decode()[-2000:])
        raise SystemExit("a contender failed")
    result: dict[str, Any] = json.loads(out.splitlines()[-1])
    return result

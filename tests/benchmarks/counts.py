"""`make counts`: what each stage of the loop costs, in bytecode instructions of our own code.

Times depend on the machine; these counts do not. A fixed load of events and commands is settled on the fakes while
Python tells of each instruction in `contracts` and `services` and of what dataclasses generated. The loop measures its
stages by a clock; here the clock is the count. What libraries do (pydantic, BSON, the clients) is not in it.
"""

import asyncio
import gc
import json
import platform
import sys
from pathlib import Path
from types import FrameType
from typing import Any, Final

from contracts.sealed import Sealed
from services.chassis.turns import Turns
from tests.benchmarks.hesabi_loop import bench_service
from tests.benchmarks.work import Noted, Pay, Row
from tests.fakes.world import Process, Told, World

KEPT: Final = Path(__file__).with_name("counts.json")
STAGES: Final = ("read", "load", "decide", "save", "publish")
MESSAGES: Final = 60
FLOWS: Final = 20
GROWTH_AT_MOST: Final = 1.10
_ROOT: Final = Path(__file__).parents[2]
_OURS: Final = (f"{_ROOT}/contracts/", f"{_ROOT}/services/", "<string>")

Counts = dict[str, int]


class Instructions(Told):
    """Counts instructions of our own code while it is entered. It is the loop's clock and its observer."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.spent: Counts = {}
        self._before: Any = None

    def clock(self) -> float:
        """Instructions so far."""
        return float(self.count)

    def stage(self, lane: str, stage: str, seconds: float) -> None:
        """A stage took so many instructions."""
        self.spent[stage] = self.spent.get(stage, 0) + int(seconds)

    def __enter__(self) -> "Instructions":
        self._before = sys.gettrace()
        # Python 3.12 tells of instructions only where some frame wanted it before tracing began.
        sys._getframe().f_trace_opcodes = True
        sys.settrace(self._entered)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _entered(self, frame: FrameType, event: str, argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(_OURS):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._stepped

    def _stepped(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "opcode":
            self.count += 1
        return self._stepped


def minor_version() -> str:
    """Counts are kept for each of these: Python's instructions change from one to the next."""
    return ".".join(platform.python_version_tuple()[:2])


async def counted() -> Counts:
    """Instructions for each message of a load, by row and stage (`a decide`)."""
    counts: Counts = {}
    rows: tuple[Row, ...] = ("a", "b")
    for row in rows:
        for stage, count in (await _counted_row(row)).items():
            counts[f"{row} {stage}"] = round(count / MESSAGES)
    return counts


async def _counted_row(row: Row) -> Counts:
    world = World(bench_service(row, "measured"))
    process = world.process()
    await _settle(world, process, row)  # creates the documents, fills the caches
    instructions = Instructions()
    process.loop.turns, process.loop.observer = Turns(instructions.clock), instructions
    gc.collect()
    gc.disable()  # what it ends is not the loop's
    try:
        with instructions:
            await _settle(world, process, row)
    finally:
        gc.enable()
    assert not instructions.failures
    assert not instructions.letters
    return {stage: instructions.spent[stage] for stage in STAGES}


async def _settle(world: World, process: Process, row: Row) -> None:
    for number in range(MESSAGES):
        account = f"a{number % FLOWS}"
        if row == "a":
            world.send(Noted(account=account, amount=number), account)
        else:
            world.send(Pay(account=account, amount=number, token=Sealed.of("good-noura")), account)
    while await process.lanes["measured"].step():
        pass


def overgrown(found: Counts, kept: Counts) -> list[str]:
    """The stages that cost over a tenth more than is kept, or that nobody has kept."""
    return [
        f"{stage}: {count} instructions a message, {kept.get(stage, 0)} kept"
        for stage, count in found.items()
        if count > kept.get(stage, 0) * GROWTH_AT_MOST
    ]


def kept_counts() -> dict[str, Counts]:
    """What was kept, by Python's minor version."""
    kept: dict[str, Counts] = json.loads(KEPT.read_text())
    return kept


def main() -> None:
    """Keep today's counts."""
    kept = kept_counts() if KEPT.exists() else {}
    kept[minor_version()] = asyncio.run(counted())
    KEPT.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()

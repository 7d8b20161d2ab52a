"""`python -m tests.chaos --seconds 90`: exit code 0 only if the ledger is clean."""

import argparse
import asyncio
import contextlib
import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from deploy.local.client import NoAnswer
from deploy.local.journey import NotAsExpected
from deploy.local.journey.post import NothingCame
from deploy.local.stack import StackError
from deploy.local.stack.running import KAFKA_ADDRESS, MONGO_ADDRESS, WAY
from deploy.local.system import System, running_system
from tests.chaos.extract import evidence_of
from tests.chaos.load_plan import FULL_RATE
from tests.chaos.reckoning import reckoned
from tests.chaos.recovery import recoveries, too_slow
from tests.chaos.run import SETTLE_S, SETUP, Order, Outcome, run
from tests.chaos.schedule import FULL_S
from tests.chaos.summary import Judged, append_row, complaints, ledger_table, recoveries_table, row_of
from tests.chaos.unsafe import SWITCHES, program_without

NOT_CLEAN: Final = 1
CANNOT_RUN: Final = 2
INTERRUPTED: Final = 130
FAILED_RUN: Final = Path(__file__).parents[2] / "out" / "chaos"
WIDTH_OF_FILES: Final = 150

LOOK_AGAIN_S: Final = 5.0
SHORT_RATE: Final = 100.0
"""Records a second of a short run. A full one's rate takes all that two cores have beside eight services, Kafka and
MongoDB; a short one shares them with whatever else a gate does."""

JAVA_OPTIONS: Final = "JDK_JAVA_OPTIONS"
QUICK_JAVA: Final = "-XX:TieredStopAtLevel=1"
"""The broker is started again several times and never lives for long: optimising its code costs more than it gains, and
a start after a kill takes half of the processor time without it."""

SHARE: Final = Path("/proc/self/autogroup")
PRECEDENCE: Final = -10
"""A niceness, of the whole session."""

SHORT_SLACK: Final = 2.0
STARTED_S: Final = 20.0
"""So long the eight processes take to start on two cores with nothing else to do."""


async def chaos(console: Console, order: Order, without: str | None) -> int:
    """The whole run; returns its exit code."""
    begun = time.monotonic()
    console.print(f"seed {order.seed}, {order.seconds:g} s, {order.rate:g} records a second", markup=False)
    with tempfile.TemporaryDirectory(prefix="hesabi-chaos-") as folder:
        setup = replace(SETUP, program=program_without(without)) if without else SETUP
        async with running_system(Path(folder), setup=setup, say=console.print) as system:
            console.print(f"eight service processes are up ({time.monotonic() - begun:.0f} s)")
            outcome = await run(system, order, Path(folder), lambda line: console.print(Text(line)))
            judged = await _judged(system, order, outcome, Path(folder), console)
        row = row_of(judged, _commit())
        console.print(recoveries_table(judged), ledger_table(row))
        console.print(Text(f"ended by themselves and started again: {', '.join(outcome.breaker.revived) or 'none'}"))
        if not judged.is_clean:
            _keep(Path(folder), complaints(judged.violations))
            console.print(Text("\n".join(complaints(judged.violations)), style="red"))
            console.print(Text(f"what is left of the run: {FAILED_RUN}"))
    if order.seconds >= FULL_S and not without:
        append_row(row)
    verdict = "the ledger is clean" if judged.is_clean else "promises were broken"
    console.print(Text(f"{verdict}; seed {order.seed}, {time.monotonic() - begun:.0f} s in all"))
    return 0 if judged.is_clean else NOT_CLEAN


async def _judged(system: System, order: Order, outcome: Outcome, folder: Path, console: Console) -> Judged:
    """What is stuck may only be slow: it is looked at again for a while. Nothing else can mend."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        evidence = await evidence_of(system, folder, outcome.explained)
        violations = reckoned(evidence)
        stuck = [violation for violation in violations if violation.kind == "stuck"]
        if not stuck or stuck != violations or time.monotonic() > deadline:
            break
        console.print(Text(f"{len(stuck)} stuck, such as: {stuck[0].what}; looking again"))
        await asyncio.sleep(LOOK_AGAIN_S)
    found = recoveries(evidence, outcome.breaker.broken, _slack(system, order))
    return Judged(order, outcome, evidence, found, [*violations, *too_slow(found)])


def _slack(system: System, order: Order) -> float:
    """A full run is judged by the promises as they are. A short one, which is for the ledger, is judged twice as mildly
    on time, and on a machine that was slow at starting the processes by so much more."""
    if order.seconds >= FULL_S:
        return 1.0
    return SHORT_SLACK * max(1.0, system.took["services and neighbours"] / STARTED_S)


def _keep(folder: Path, lines: list[str]) -> None:
    shutil.rmtree(FAILED_RUN, ignore_errors=True)
    FAILED_RUN.mkdir(parents=True)
    shutil.copytree(folder / "logs", FAILED_RUN / "logs")
    shutil.copy(folder / "ledger.jsonl", FAILED_RUN)
    (FAILED_RUN / "violations.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _commit() -> str:
    asked = subprocess.run(["git", "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "unknown"


def _order() -> tuple[Order, str | None]:
    given = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    given.add_argument("--seconds", type=float, default=90.0, help=f"of load; from {FULL_S} on the full schedule")
    given.add_argument("--seed", type=int, default=None, help="of faults and load; drawn without it")
    given.add_argument("--rate", type=float, default=None, help="records that the generator writes a second")
    given.add_argument("--without", choices=sorted(SWITCHES), default=None, help="run without this safeguard")
    asked = given.parse_args()
    seed = secrets.randbelow(10**6) if asked.seed is None else asked.seed
    usual = FULL_RATE if asked.seconds >= FULL_S else SHORT_RATE
    return Order(asked.seconds, seed, usual if asked.rate is None else asked.rate), asked.without


@contextlib.contextmanager
def _precedence() -> Iterator[None]:
    """Who writes the load stands for people and systems that have machines of their own: it must not wait its turn
    behind the servers that it keeps busy. Linux shares processors out by sessions, and each server has one of its own.
    Where it is not permitted, nothing changes."""
    try:
        with contextlib.suppress(OSError):
            SHARE.write_text(str(PRECEDENCE))
        yield
    finally:
        with contextlib.suppress(OSError):
            SHARE.write_text("0")


async def _until_terminated(console: Console, order: Order, without: str | None) -> int:
    task = asyncio.ensure_future(chaos(console, order, without))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def main() -> int:
    """Exit code 1: a promise was broken; 2: it cannot run; 130: ended by Ctrl-C."""
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())  # the broker is away on purpose
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH_OF_FILES)
    os.environ[WAY] = "embedded"  # what is not our own process cannot be frozen
    os.environ[JAVA_OPTIONS] = QUICK_JAVA
    for address in (KAFKA_ADDRESS, MONGO_ADDRESS):
        os.environ.pop(address, None)
    try:
        with _precedence():
            return asyncio.run(_until_terminated(console, *_order()))
    except (StackError, NotAsExpected, NoAnswer, NothingCame, ValueError) as error:
        console.print(str(error), markup=False)
        return CANNOT_RUN
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("ended")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())

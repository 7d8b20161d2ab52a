"""`python -m deploy.local.demo`: exit code 0 only if every step had its expected outcome."""

import asyncio
import logging
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from deploy.local.client import NoAnswer
from deploy.local.demo.made import MAIL, Made, emptied_folder, write_out
from deploy.local.demo.table import JourneyTable
from deploy.local.journey import NotAsExpected, Outcome, Person, individual_journey
from deploy.local.journey.post import NothingCame
from deploy.local.journey.settling import settled
from deploy.local.stack import StackError
from deploy.local.system import System, running_system

UNEXPECTED: Final = 1
CANNOT_RUN: Final = 2
INTERRUPTED: Final = 130
WIDTH_OF_FILES: Final = 150


async def demo(console: Console) -> int:
    """The whole demo; returns its exit code."""
    began = time.perf_counter()
    folder = emptied_folder()
    with tempfile.TemporaryDirectory(prefix="hesabi-demo-") as run:
        status = console.status("starting Kafka, MongoDB, four services and the simulated neighbours")
        status.start()
        try:
            async with running_system(Path(run), mail_folder=folder / MAIL, say=console.print) as system:
                status.stop()
                parts = ", ".join(f"{what} {seconds:.1f} s" for what, seconds in system.took.items())
                console.print(Text(f"Hesabi is up in {time.perf_counter() - began:.1f} s ({parts})\n", style="dim"))
                made, outcome, fault = await _journey(console, system, folder)
        finally:
            status.stop()
    console.print(_summary(outcome, made, fault, time.perf_counter() - began))
    return UNEXPECTED if fault or not outcome.is_expected else 0


async def _journey(console: Console, system: System, folder: Path) -> tuple[list[Made], Outcome, str]:
    person = Person.made_up("ar")
    outcome, fault = Outcome(person, []), ""
    with JourneyTable(console, system.watch) as table:
        try:
            outcome = await individual_journey(system, person, table.show)
            if not await settled(system.watch):
                fault = "a message to a person has not met its end"
        except (NotAsExpected, NoAnswer, NothingCame) as error:
            fault = str(error)
    return write_out(system, outcome, folder), outcome, fault


def _summary(outcome: Outcome, made: Sequence[Made], fault: str, seconds: float) -> Panel:
    grid = Table.grid(padding=(0, 2))
    for each in made:
        grid.add_row(Text(each.path, style="cyan"), each.what)
    if fault:
        title = f"stopped: {fault}"
    else:
        title = f"{len(outcome.steps)} steps, each with its expected outcome; {seconds:.1f} s in all"
    return Panel(grid, title=title, title_align="left", border_style="red" if fault else "green", padding=(1, 2))


async def _until_terminated(console: Console) -> int:
    task = asyncio.ensure_future(demo(console))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def main() -> int:
    """Exit code 1: a step had another outcome; 2: the stack cannot run; 130: ended by Ctrl-C."""
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())  # its complaints of the first second
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH_OF_FILES)
    try:
        return asyncio.run(_until_terminated(console))
    except StackError as error:
        console.print(str(error), markup=False)
        return CANNOT_RUN
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("ended")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())

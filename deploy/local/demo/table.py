"""The live table: each step, what came of it, the events it caused and by which service, and how long it took.

A row is printed for good once its events have had time to come; until then it stands in the moving part below.
"""

import time
from collections import deque
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from deploy.local.journey.journal import Step, events_by_service, refusals_of
from deploy.local.watch import Watch

EVENTS_COME_WITHIN_S: Final = 1.5
MOVING_ROWS: Final = 8
COLOURS: Final = {
    "identity": "cyan",
    "accounts": "green",
    "notifications": "magenta",
    "reports": "yellow",
    "registry": "bright_black",
    "billing": "bright_black",
}


class JourneyTable:
    """`with JourneyTable(console, watch) as table:` and `table.show(step)` for each step."""

    def __init__(self, console: Console, watch: Watch) -> None:
        self._console, self._watch = console, watch
        self._moving: deque[tuple[float, Step]] = deque()
        self._part = ""
        self._count = 0
        self._began = time.perf_counter()
        self._live = Live(console=console, get_renderable=self._rendered, refresh_per_second=8, transient=True)

    def __enter__(self) -> "JourneyTable":
        self._print(
            _grid(
                *(
                    Text(name, style="bold")
                    for name in ("", "step", "outcome · reason for operators", "events, by service", "ms")
                )
            )
        )
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()
        while self._moving:
            self._settle()

    def show(self, step: Step) -> None:
        """One more step is over."""
        self._moving.append((time.perf_counter(), step))
        self.settle()

    def settle(self) -> None:
        """Prints the rows whose events have had time to come; for who shows a step seldom."""
        while self._moving and (len(self._moving) > MOVING_ROWS or self._is_old(self._moving[0][0])):
            self._settle()

    def _is_old(self, since: float) -> bool:
        return time.perf_counter() - since > EVENTS_COME_WITHIN_S

    def _settle(self) -> None:
        _, step = self._moving.popleft()
        if step.part != self._part:
            self._part = step.part
            self._print(Rule(Text(step.part, style="bold"), align="left", style="bright_black", characters="─"))
        self._count += 1
        self._print(self._row(step))

    def _print(self, what: RenderableType) -> None:
        self._console.print(what)

    def _rendered(self) -> RenderableType:
        seconds = time.perf_counter() - self._began
        now = Text(f"   {self._count + len(self._moving)} steps, {seconds:.0f} s", style="bright_black")
        return Group(*(self._row(step) for _, step in self._moving), now)

    def _row(self, step: Step) -> Table:
        mark = Text("✓", style="green") if step.is_expected else Text("✗", style="bold red")
        took = "" if step.milliseconds is None else f"{step.milliseconds:,.0f}"
        title = Text.assemble(step.title, "  ", (step.rules, "bright_black"))
        return _grid(mark, title, self._outcome(step), self._events(step), Text(took, justify="right"))

    def _outcome(self, step: Step) -> Text:
        if not step.is_expected:
            return Text(f"{step.got} instead of {step.expected}", style="bold red")
        precise = [reason for reason in refusals_of(self._watch, step) if reason != step.got]
        for_operators = [(f" · {', '.join(precise)}", "bright_black")] if precise else []
        return Text.assemble((step.got, "yellow" if step.got[0].islower() else ""), *for_operators)

    def _events(self, step: Step) -> Text:
        line = Text()
        for service, names in events_by_service(self._watch, step).items():
            line.append(f"{'  ' if line else ''}{service} ", style=f"bold {COLOURS.get(service, '')}".strip())
            line.append(", ".join(names))
        return line


def _grid(*cells: RenderableType) -> Table:
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(width=1)
    grid.add_column(ratio=11)
    grid.add_column(ratio=13)
    grid.add_column(ratio=17)
    grid.add_column(width=6, justify="right")
    grid.add_row(*cells)
    return grid

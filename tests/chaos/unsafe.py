"""A service without one of its safeguards, for one purpose: to see that somebody notices.

`python -m tests.chaos.unsafe safe-parser services.identity` is `python -m services.identity` without the safe parser.
Nothing in production knows of this.
"""

import asyncio
import runpy
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from services.chassis import raw_batch
from services.chassis.batch import Batch
from services.chassis.loop import Loop

LATER_S: Final = 5.0
_late: set[asyncio.Task[None]] = set()


def without_safe_parser() -> None:
    """Headers are decoded where batches come in, as FastStream's own parser does: a null one loses the whole batch."""
    safe = raw_batch.parse

    async def parse(batch: Any) -> Any:
        for record in batch:
            {name: value.decode() for name, value in record.headers}
        return await safe(batch)

    raw_batch.parse = parse


def without_publish_before_commit() -> None:
    """Offsets are committed at once, and what was decided is published some seconds later."""
    publish = Loop._publish

    async def later(loop: Loop, batch: Batch, lane: str) -> None:
        kept = replace(batch, met=dict(batch.met), direct=list(batch.direct))
        batch.direct.clear()
        task = asyncio.create_task(_after(LATER_S, lambda: publish(loop, kept, lane)))
        _late.add(task)
        task.add_done_callback(_late.discard)

    Loop._publish = later  # type: ignore[assignment, method-assign]


async def _after(seconds: float, work: Callable[[], Any]) -> None:
    await asyncio.sleep(seconds)
    await work()


SWITCHES: Final[Mapping[str, Callable[[], None]]] = {
    "safe-parser": without_safe_parser,
    "publish-before-commit": without_publish_before_commit,
}
"""Safeguards that only real servers can show to be needed: what the simulator's log and process cannot do."""


def program_without(safeguard: str, module: str = "services.{service}") -> tuple[str, ...]:
    """What Python runs instead of `-m` and the module."""
    return ("-m", "tests.chaos.unsafe", safeguard, module)


if __name__ == "__main__":
    _, switched_off, started = sys.argv
    SWITCHES[switched_off]()
    runpy.run_module(started, run_name="__main__", alter_sys=True)

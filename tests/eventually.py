"""Waiting for what comes about in another task or process."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar, cast

POLL_SECONDS = 0.02

Seen = TypeVar("Seen")


async def eventually(
    look: Callable[[], Seen | Awaitable[Seen]], accept: Callable[[Seen], bool] = bool, *, within: float = 60
) -> Seen:
    """What `look` (a function or a coroutine function) returns once `accept` takes it.

    Raises:
        AssertionError: nothing acceptable was seen within `within` seconds; tells what was seen last.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while True:
        looked = look()
        seen = cast("Seen", await looked if inspect.isawaitable(looked) else looked)
        if accept(seen):
            return seen
        if loop.time() > deadline:
            raise AssertionError(f"not within {within} s; last seen: {seen!r}")
        await asyncio.sleep(POLL_SECONDS)


async def until_instant(instant: datetime) -> None:
    """Waits until the wall clock has passed an instant: for lives that are proven at their real length."""
    await asyncio.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds()))

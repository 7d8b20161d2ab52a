"""An event loop whose time is counted, not waited for: it jumps to the next timer as soon as nothing else can be done.

With all chance drawn from a seed, a run on this loop is the same whenever it is run again.
"""

import asyncio
import contextlib
import heapq
import itertools
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

BEGIN: Final = datetime(2026, 1, 31, 12, tzinfo=UTC)
"""When every simulation begins."""

TURNS_AT_MOST: Final = 300_000
T = TypeVar("T")


class StandsStill(BaseException):
    """Everybody waits for somebody else, or the simulation does not come to an end."""


class Due:
    """Something to be done that may be called off, as `asyncio.Handle`."""

    __slots__ = ("_call", "_is_cancelled")

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call, self._is_cancelled = call, False

    def cancel(self) -> None:
        """It shall not be done."""
        self._is_cancelled = True

    def cancelled(self) -> bool:
        """Whether it shall not be done."""
        return self._is_cancelled

    def __call__(self) -> None:
        if not self._is_cancelled:
            self._call()


class VirtualLoop(asyncio.SelectorEventLoop):
    """Timers in a heap of its own, no sockets. `failures`: what tasks raised that nobody looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.failures: list[BaseException] = []
        self.now = 0.0
        self._turns = 0
        self._timers: list[tuple[float, int, Due | asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._due: deque[Callable[[], Any]] = deque()
        self.set_exception_handler(self._note)

    def time(self) -> float:
        """Seconds since the beginning."""
        return self.now

    def skip(self, seconds: float) -> None:
        """Let so much time pass at once: whatever was to happen in it happens late, as after a long sleep."""
        self.now += seconds

    def begin_anew(self) -> None:
        """Count the turns anew."""
        self._turns = 0

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> Any:  # type: ignore[override]
        """As every loop's."""
        if context is not None:  # futures and tasks: they never call it off, and there are millions of them
            self._due.append(partial(context.run, callback, *args))
            return None
        due = Due(partial(copy_context().run, callback, *args))
        self._due.append(due)
        return due

    def call_later(self, delay: float, callback: Any, *args: Any, context: Any = None) -> Any:  # type: ignore[override]
        """As every loop's."""
        return self.call_at(self.now + delay, callback, *args, context=context)

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> Any:  # type: ignore[override]
        """As every loop's."""
        due = Due(partial((copy_context() if context is None else context).run, callback, *args))
        heapq.heappush(self._timers, (when, next(self._numbers), due))
        return due

    def wake_later(self, seconds: float) -> "asyncio.Future[None]":
        """Done after so many seconds. Cheaper than a timer that ends a future."""
        future: asyncio.Future[None] = asyncio.Future(loop=self)
        heapq.heappush(self._timers, (self.now + seconds, next(self._numbers), future))
        return future

    def _run_once(self) -> None:
        due = self._due
        while not self._stopping:  # type: ignore[attr-defined]
            self._turns += 1
            if self._turns > TURNS_AT_MOST:
                raise StandsStill("it never comes to an end")
            if not due:
                due.append(self._next_timer())
            for _ in range(len(due)):
                try:
                    due.popleft()()
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as error:  # noqa: BLE001 - as every loop: it tells, and goes on
                    self.call_exception_handler({"message": "a callback broke", "exception": error})

    def _next_timer(self) -> Callable[[], Any]:
        while self._timers:
            when, _, timer = heapq.heappop(self._timers)
            if not timer.cancelled():
                self.now = max(self.now, when)
                return timer if isinstance(timer, Due) else partial(timer.set_result, None)
        raise StandsStill("nothing is left to happen")

    def _note(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, Exception):
            self.failures.append(error)


_playing: VirtualLoop | None = None
# Beside asyncio's own notion of the running loop, since to ask for that is to ask the kernel for the process's number.


def now_s() -> float:
    """Virtual seconds since the beginning."""
    return asyncio.get_running_loop().time() if _playing is None else _playing.now


def broker_time() -> datetime:
    """The time by which brokers stamp, to the millisecond."""
    return instant(now_s())


def instant(seconds: float) -> datetime:
    """So many seconds after the beginning."""
    return BEGIN + timedelta(milliseconds=round(seconds * 1000))


async def pause(seconds: float) -> None:
    """Let virtual time pass."""
    if _playing is None or seconds <= 0:
        await asyncio.sleep(seconds)
    else:
        await _playing.wake_later(seconds)


def run(main: Callable[[VirtualLoop], Coroutine[Any, Any, T]]) -> T:
    """Run to the end of `main`; what then is still under way is dropped."""
    loop = VirtualLoop()
    with _played_on(loop):
        try:
            return loop.run_until_complete(main(loop))
        finally:
            _drop(loop)
            loop.close()


@contextlib.contextmanager
def _played_on(loop: VirtualLoop) -> Iterator[None]:
    global _playing  # noqa: PLW0603 - as asyncio itself keeps the running loop
    _playing = loop
    try:
        yield
    finally:
        _playing = None


def _drop(loop: VirtualLoop) -> None:
    loop.begin_anew()
    tasks = [task for task in asyncio.all_tasks(loop) if not task.done()]
    for task in tasks:
        task.cancel()
    with contextlib.suppress(StandsStill):
        loop.run_until_complete(_ended(tasks))


async def _ended(tasks: list[asyncio.Task[Any]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)

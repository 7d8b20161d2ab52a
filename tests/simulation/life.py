"""One process of a service, from its start to its death. Everything it asks of the world passes by here."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

from tests.simulation.virtual_time import now_s, pause


class Gone(BaseException):
    """The process is dead: nobody catches this."""


_LIVING: ContextVar["Life | None"] = ContextVar("living", default=None)


def begin_outside(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """A task of the world's, whoever brought it about: it does not die with a process."""
    before = _LIVING.set(None)
    try:
        return asyncio.get_running_loop().create_task(work)
    finally:
        _LIVING.reset(before)


class Life:
    """`on_silence(self)` is called when it dies or freezes: others will miss its heartbeat."""

    def __init__(self, name: str, on_silence: Callable[["Life"], None] = lambda _: None) -> None:
        self.name = name
        self.alive = True
        self.frozen_until = 0.0
        self._on_silence = on_silence
        self._tasks: set[asyncio.Task[Any]] = set()

    def begin(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task of this process; so are the tasks that it begins."""
        before = _LIVING.set(self)
        try:
            task = asyncio.get_running_loop().create_task(work)
            if task not in self._tasks:  # of a loop that does not know whose tasks are whose
                self.own(task)
            return task
        finally:
            _LIVING.reset(before)

    def die(self) -> None:
        """At once. What it was doing ends where it stands."""
        if not self.alive:
            return
        self.alive = False
        self._on_silence(self)
        for task in list(self._tasks):
            task.cancel()

    def freeze(self, seconds: float) -> None:
        """It does nothing for so long, and does not know it afterwards."""
        self.frozen_until = now_s() + seconds
        self._on_silence(self)

    async def wait(self, seconds: float) -> None:
        """Let time pass in this process: longer while it is frozen, for ever once it is dead."""
        await pause(seconds)
        while self.frozen_until > now_s():
            await pause(self.frozen_until - now_s())
        self.check()

    def check(self) -> None:
        """Raises `Gone` once the process is dead."""
        if not self.alive:
            raise Gone

    def own(self, task: asyncio.Task[Any]) -> None:
        """Let the task die with this process."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def owned_task(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
    """A task factory: a task belongs to the process in which it was begun."""
    task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **options)
    life = _LIVING.get()
    if life is not None:
        life.own(task)
    return task

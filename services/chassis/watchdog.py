"""Ending a process that does nothing any more, so that another takes its place (trap 15).

What was not committed comes again to the next owner; a process that hangs keeps its partitions for ever.
"""

import asyncio
import faulthandler
import os
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Final

import structlog

from services.chassis.health import Progress
from services.chassis.lookout import LOOK_EVERY_S

log = structlog.get_logger()

STALLED: Final = 4
"""Exit code of a process that ended itself because a lane, or the event loop, did nothing for too long."""

TICK_S: Final = 1.0
GRACE_S: Final = 5.0
"""After this the interpreter itself is stuck (a call that never lets other threads run) and ends with exit code 1."""

SAY_S: Final = 2.0
"""For the last line: who cannot write it ends all the same."""


class LoopBlocked(Exception):
    """The event loop does not turn. The traceback is where it stands."""


async def end_if_stalled(progress: Progress, end: Callable[[int], object] = os._exit) -> None:
    """End the process once a lane has made no progress for too long; the last line says which and for how long."""
    stalled: tuple[str, ...] = ()
    while not stalled:
        await asyncio.sleep(LOOK_EVERY_S)
        stalled = progress.stalled
        for lane in stalled:
            log.error("lane_stalled", lane=lane, seconds=round(progress.still_for(lane)))
    end(STALLED)


class LoopWatch(threading.Thread):
    """Ends the process when the event loop has not turned for `limit_s`. It counts its own ticks, not time: a process
    that was frozen as a whole is not at fault. Frozen for longer than `limit_s` + `GRACE_S` it ends all
    the same: what needs no interpreter has only the clock."""

    def __init__(self, limit_s: float, end: Callable[[int], object] = os._exit, tick_s: float = TICK_S) -> None:
        super().__init__(name="loop-watch", daemon=True)
        self._limit_s, self._end, self._tick_s = limit_s, end, tick_s
        self._turns = 0
        self._over = threading.Event()

    def start(self) -> None:
        """Begin to watch. What holds the interpreter from the first moment on is ended, too."""
        self._arm()
        super().start()

    async def turn(self) -> None:
        """To be run by the loop that is watched, for as long as it is."""
        while True:
            self._turns += 1
            await asyncio.sleep(self._tick_s)

    def run(self) -> None:
        """Watch until `stand_down`."""
        try:
            self._watch()
        finally:
            faulthandler.cancel_dump_traceback_later()

    def stand_down(self) -> None:
        """The process is stopping by itself."""
        self._over.set()

    def _watch(self) -> None:
        seen, ticks = self._turns, 0
        while not self._over.wait(self._tick_s):
            self._arm()
            turns = self._turns
            ticks = 0 if turns != seen else ticks + 1
            seen = turns
            if ticks * self._tick_s >= self._limit_s:
                self._report(ticks * self._tick_s)
                self._end(STALLED)
                return

    def _arm(self) -> None:
        # Needs no interpreter to fire; put off again and again by a thread that must have it.
        faulthandler.dump_traceback_later(self._limit_s + GRACE_S, exit=True)

    def _report(self, seconds: float) -> None:
        error = LoopBlocked().with_traceback(_standing(threading.main_thread().ident))
        saying = threading.Thread(
            target=lambda: log.error("loop_blocked", seconds=round(seconds), exc_info=error), daemon=True
        )
        saying.start()
        saying.join(SAY_S)


def _standing(thread: int | None) -> TracebackType | None:
    """Where a thread stands, as a traceback: outermost call first."""
    frame: FrameType | None = sys._current_frames().get(thread or 0)  # noqa: SLF001 - there is no other way to ask
    traceback: TracebackType | None = None
    while frame is not None:
        traceback = TracebackType(traceback, frame, frame.f_lasti, frame.f_lineno)
        frame = frame.f_back
    return traceback


def end_in_any_case(after_s: float, end: Callable[[int], object] = os._exit) -> None:
    """With the broker gone, some of its client's calls never end (trap 16): the process ends with exit code 1 all the
    same, also when the event loop does not turn any more."""
    deadline = threading.Timer(after_s, end, (1,))
    deadline.daemon = True
    deadline.start()

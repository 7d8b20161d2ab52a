"""One service as a process: settings, logs, keys, the loop, the HTTP door, a graceful stop (at most 10 s)."""

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

import structlog
import uvloop
from starlette.routing import BaseRoute

from contracts.message import Message
from services.chassis.health import http_app, serve
from services.chassis.keys import KeysUnusable, PrivateKeys
from services.chassis.logs import configure_logs, log_loop_error
from services.chassis.metrics import Metrics
from services.chassis.release import VERSION
from services.chassis.runtime import Runtime, running
from services.chassis.service import Service
from services.chassis.settings import WRONG_SETTING, ServiceSettings, read_settings
from services.chassis.start_check import TopicsUnfit
from services.chassis.watchdog import LoopWatch, end_if_stalled, end_in_any_case

log = structlog.get_logger()
S = TypeVar("S", bound=ServiceSettings)

CANNOT_START: Final = 3
"""Exit code of a process whose broker or database was not there, or not fit, at the start."""

THREAD_TURN_S: Final = 0.0005
"""How long a thread waits for another one that computes; by itself Python has it wait ten times as long."""

Doors = Callable[[Any, Runtime], Sequence[BaseRoute]]
AtStart = Callable[[Any], Sequence[tuple[Message, str]]]


def run(
    settings_class: type[S],
    build: Callable[[S, PrivateKeys], Service],
    doors: Doors | None = None,
    at_start: AtStart | None = None,
) -> None:
    """Run the service until SIGTERM or SIGINT. Exit codes: 0 stopped, 2 wrong setting, 3 could not start,
    4 a lane or the event loop stood still."""
    settings = read_settings(settings_class)
    metrics = Metrics()
    try:
        keys = PrivateKeys.load(settings.keys_folder)
    except KeysUnusable as error:
        sys.stderr.write(f"settings: HESABI_KEYS_FOLDER: {error}\n")
        raise SystemExit(WRONG_SETTING) from None
    service = build(settings, keys)
    configure_logs(service.name, settings.replica, settings.log_level, metrics.fields_dropped)
    tune_interpreter()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        code = runner.run(_live(service, settings, keys, metrics, doors, at_start))
    raise SystemExit(code)


async def _live(
    service: Service,
    settings: ServiceSettings,
    keys: PrivateKeys,
    metrics: Metrics,
    doors: Doors | None,
    at_start: AtStart | None,
) -> int:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(log_loop_error)
    ending = _Ending(settings.stop_timeout_s)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.ask)
    messages = at_start(settings) if at_start is not None else ()
    try:
        async with (
            _loop_watched(settings.stalled_after_s),
            running(service, settings, keys, metrics, messages) as engine,
        ):
            routes = doors(settings, engine.runtime) if doors is not None else ()
            app = http_app(engine.progress, metrics, routes)
            async with serve(app, settings.http_host, settings.http_port) as port:
                log.info("started", port=port, version=VERSION)
                async with _alongside(end_if_stalled(engine.progress)):
                    await ending.is_asked_for()
                log.info("stopping")
    except asyncio.CancelledError:
        if not ending.asked.is_set():
            raise
    except TopicsUnfit as error:
        sys.stderr.write(f"start: {error}\n")
        return CANNOT_START
    except Exception as error:
        log.error("failed", exc_info=error)
        return CANNOT_START
    log.info("stopped")
    return 0


class _Ending:
    """What SIGTERM and SIGINT bring about, within `limit_s` in any case: a process at work stops, and one that is still
    starting is called off."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._starting = asyncio.current_task()
        self.asked = asyncio.Event()

    def ask(self) -> None:
        """To be called at the signal; from the second time on nothing happens."""
        if self.asked.is_set():
            return
        end_in_any_case(self._limit_s)
        self.asked.set()
        if self._starting is not None:
            self._starting.cancel()

    async def is_asked_for(self) -> None:
        """The process has started: wait."""
        self._starting = None
        await self.asked.wait()


def tune_interpreter() -> None:
    """What was imported stays for good, and a batch's objects die by reference count: looking through all of them for
    cycles again and again costs a tenth of the throughput. A call of the database for an urgent lane does not wait for
    another lane's computing: threads change often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    sys.setswitchinterval(THREAD_TURN_S)


@contextlib.asynccontextmanager
async def _loop_watched(limit_s: float) -> AsyncIterator[None]:
    watch = LoopWatch(limit_s)
    watch.start()
    try:
        async with _alongside(watch.turn()):
            yield
    finally:
        watch.stand_down()


@contextlib.asynccontextmanager
async def _alongside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Work that goes on for the length of the `async with`."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()

"""One service as a process: settings, logs, keys, the loop, the HTTP door, a graceful stop (at most 10 s)."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import structlog
import uvloop
from starlette.routing import BaseRoute

from contracts.message import Message
from services.chassis.health import http_app, serve
from services.chassis.keys import KeysUnusable, PrivateKeys
from services.chassis.logs import configure_logs, log_loop_error
from services.chassis.metrics import Metrics
from services.chassis.runtime import Runtime, running
from services.chassis.service import Service
from services.chassis.settings import WRONG_SETTING, ServiceSettings, read_settings
from services.chassis.start_check import TopicsUnfit

log = structlog.get_logger()
S = TypeVar("S", bound=ServiceSettings)

CANNOT_START: Final = 3
"""Exit code of a process whose broker or database was not there, or not fit, at the start."""

Doors = Callable[[Any, Runtime], Sequence[BaseRoute]]
AtStart = Callable[[Any], Sequence[tuple[Message, str]]]


def run(
    settings_class: type[S],
    build: Callable[[S, PrivateKeys], Service],
    doors: Doors | None = None,
    at_start: AtStart | None = None,
) -> None:
    """Run the service until SIGTERM or SIGINT. Exit codes: 0 stopped, 2 wrong setting, 3 could not start."""
    settings = read_settings(settings_class)
    metrics = Metrics()
    try:
        keys = PrivateKeys.load(settings.keys_folder)
    except KeysUnusable as error:
        sys.stderr.write(f"settings: HESABI_KEYS_FOLDER: {error}\n")
        raise SystemExit(WRONG_SETTING) from None
    service = build(settings, keys)
    configure_logs(service.name, settings.replica, settings.log_level, metrics.fields_dropped)
    spare_the_collector()
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
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    messages = at_start(settings) if at_start is not None else ()
    try:
        async with running(service, settings, keys, metrics, messages) as engine:
            routes = doors(settings, engine.runtime) if doors is not None else ()
            app = http_app(engine.progress, metrics, routes)
            async with serve(app, settings.http_host, settings.http_port) as port:
                log.info("started", port=port)
                await stop.wait()
                _exit_in_any_case(settings.stop_timeout_s)
                log.info("stopping")
    except TopicsUnfit as error:
        sys.stderr.write(f"start: {error}\n")
        return CANNOT_START
    except Exception as error:
        log.error("failed", exc_info=error)
        return CANNOT_START
    log.info("stopped")
    return 0


def spare_the_collector() -> None:
    """What was imported stays for good, and a batch's objects die by reference count: looking through all of them for
    cycles again and again costs a tenth of the throughput."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def _exit_in_any_case(after_s: float) -> None:
    """With the broker gone, some of its client's calls never end (trap 16): the process ends all the same."""
    asyncio.get_running_loop().call_later(after_s, os._exit, 1)

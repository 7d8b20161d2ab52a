"""The watchdogs end the process, and only when it stands still (trap 15)."""

import asyncio
import contextlib
import faulthandler
import json
import threading
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest

from services.chassis.health import Progress
from services.chassis.logs import configure_logs
from services.chassis.watchdog import GRACE_S, STALLED, LoopWatch, end_if_stalled, end_in_any_case
from tests.eventually import eventually
from tests.logs_restored import logs_restored

TICK_S = 0.01
OWN_WORDS = {"lane_stalled", "loop_blocked"}


@pytest.fixture
def written() -> Iterator[StringIO]:
    """What the logs say."""
    stream = StringIO()
    with logs_restored():
        configure_logs("accounts", "one", "info", lambda _: None, stream)
        yield stream


def said(written: StringIO) -> list[Any]:
    """What the watchdog says: services and libraries that other tests have set to work have a word in between."""
    return [line for line in map(json.loads, written.getvalue().splitlines()) if line["event"] in OWN_WORDS]


@contextlib.contextmanager
def watching(limit_s: float, ended: list[int]) -> Iterator[LoopWatch]:
    watch = LoopWatch(limit_s, ended.append, TICK_S)
    watch.start()
    try:
        yield watch
    finally:
        watch.stand_down()
        watch.join()


async def test_trap_15_a_lane_that_stands_still_ends_the_process(written: StringIO) -> None:
    ended: list[int] = []
    now = 0.0
    progress = Progress(["codes", "ordinary"], 60, lambda: now)
    now = 61.0
    progress.beat("codes")
    await end_if_stalled(progress, ended.append)
    (line,) = said(written)
    assert ended == [STALLED]
    assert (line["event"], line["lane"], line["seconds"]) == ("lane_stalled", "ordinary", 61)


def test_trap_15_a_loop_that_does_not_turn_ends_the_process(written: StringIO) -> None:
    ended: list[int] = []
    with watching(5 * TICK_S, ended) as watch:
        watch.join(5)
    (line,) = said(written)
    assert ended == [STALLED]
    assert (line["event"], line["error"]) == ("loop_blocked", ["LoopBlocked"])
    assert any(place.endswith(" join") for place in line["at"]), "it says where the main thread stands"


async def test_a_loop_that_turns_is_left_alone(written: StringIO) -> None:
    ended: list[int] = []
    with watching(0.5, ended) as watch:
        turning = asyncio.create_task(watch.turn())
        await eventually(lambda: watch._turns, lambda turns: turns > 100)
        turning.cancel()
    assert ended == []
    assert said(written) == []


def test_trap_16_the_deadline_of_a_stop_needs_no_event_loop() -> None:
    ended, over = list[int](), threading.Event()

    def end(code: int) -> None:
        ended.append(code)
        over.set()

    end_in_any_case(TICK_S, end)
    assert over.wait(5)
    assert ended == [1]


async def test_trap_15_a_loop_that_has_turned_and_turns_no_more_ends_the_process(written: StringIO) -> None:
    ended, turned = list[int](), list[int]()
    with watching(5 * TICK_S, ended) as watch:
        turning = asyncio.create_task(watch.turn())
        await eventually(lambda: watch._turns, lambda turns: turns > 3)
        turned += ended
        turning.cancel()
        watch.join(5)
    assert (turned, ended) == ([], [STALLED])
    assert [line["event"] for line in said(written)] == ["loop_blocked"]


def test_trap_15_what_needs_no_interpreter_is_put_off_as_long_as_the_loop_is_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not put off, it would end a process that is well."""
    armed, called_off = list[float](), list[bool]()
    monkeypatch.setattr(faulthandler, "dump_traceback_later", lambda after_s, **_: armed.append(after_s))
    monkeypatch.setattr(faulthandler, "cancel_dump_traceback_later", lambda: called_off.append(True))
    with watching(50 * TICK_S, []) as watch:
        watch.join(10 * TICK_S)
        assert called_off == []
    assert (len(armed) > 3, set(armed), called_off) == (True, {50 * TICK_S + GRACE_S}, [True])


def test_trap_16_a_deadline_keeps_nobody_who_has_stopped_in_time() -> None:
    before = set(threading.enumerate())
    end_in_any_case(0.5, lambda _: None)
    (deadline,) = set(threading.enumerate()) - before
    assert deadline.daemon

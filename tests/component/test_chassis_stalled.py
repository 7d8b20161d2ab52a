"""A process that does nothing any more ends by itself and says why (traps 8, 15 and 37)."""

import asyncio
import contextlib
import gc
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka.errors import GroupAuthorizationFailedError

from services.chassis.consumer import LaneConsumer
from services.chassis.runtime import Engine
from tests.component.counter import Add
from tests.component.service_under_test import House
from tests.eventually import eventually, until_instant

SOON = {"HESABI_STALLED_AFTER_S": "3"}
WITHIN_S = 120


async def last_words(house: House, log: Path, bug: str) -> tuple[int | None, list[dict[str, Any]], str]:
    """Exit code, log and standard error of a process with this bug; the command that met it is settled by the next
    one."""
    flow = f"stuck-{bug}"
    async with house.process(log, "-m", "tests.component.stuck_process", TOY_BUG=bug, **SOON) as process:
        command = await house.send(Add(amount=1), flow)
        _, complaint = await asyncio.wait_for(process.communicate(), WITHIN_S)
    async with house.service() as engine:
        await house.all_answered(flow, [command])
        assert await house.total(engine, flow) == 1
    return process.returncode, [json.loads(line) for line in log.read_text().splitlines()], complaint.decode()


async def test_trap_15_a_handler_that_hangs_ends_the_process(house: House, tmp_path: Path) -> None:
    code, lines, _ = await last_words(house, tmp_path / "log", "hang")
    assert (code, lines[-1]["event"]) == (4, "lane_stalled")
    (line,) = (line for line in lines if line["event"] == "lane_stalled" and line["lane"] == "ordinary")
    assert line["seconds"] >= 3


async def test_trap_15_a_blocked_event_loop_ends_the_process_and_says_where(house: House, tmp_path: Path) -> None:
    code, lines, _ = await last_words(house, tmp_path / "log", "block")
    assert (code, lines[-1]["event"]) == (4, "loop_blocked")
    assert any(place.endswith(" block") for place in lines[-1]["at"])


async def test_trap_15_an_interpreter_that_is_stuck_ends_the_process(house: House, tmp_path: Path) -> None:
    code, _, complaint = await last_words(house, tmp_path / "log", "block-all")
    assert code == 1
    assert "stuck_process.py" in complaint


def kill_the_task(engine: Engine) -> None:
    """FastStream's task that reads this lane."""
    for task in engine.lanes[0]._subscriber.tasks:
        task.cancel()


def kill_the_fetching(engine: Engine) -> None:
    """The client's own task: polls come back empty for ever."""
    consumer: Any = engine.lanes[0].consumer
    consumer._fetcher._fetch_task.cancel()


def lose_the_assignment(engine: Engine) -> None:
    """The client waits for partitions that nobody will give it."""
    consumer: Any = engine.lanes[0].consumer
    consumer._coordinator._coordination_task.cancel()
    consumer._subscription.begin_reassignment()


@contextlib.contextmanager
def failing_polls() -> Iterator[None]:
    """Every poll fails, and FastStream tries again every five seconds."""
    read = LaneConsumer._read

    async def fail(*_: Any) -> Any:
        raise GroupAuthorizationFailedError

    LaneConsumer._read = fail  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        LaneConsumer._read = read  # type: ignore[method-assign]


@pytest.mark.filterwarnings("ignore:Unclosed AIOKafkaConnection")  # what is broken so cannot always be closed
@pytest.mark.filterwarnings("ignore:unclosed <StreamWriter")
@pytest.mark.parametrize("break_it", [kill_the_task, kill_the_fetching, lose_the_assignment])
async def test_trap_8_a_dead_consumer_is_stalled(house: House, break_it: Callable[[Engine], None]) -> None:
    flow, commands = f"dead-{break_it.__name__}", list[str]()
    async with house.service(changes=SOON) as engine:
        break_it(engine)

        async def stalled_by_more_work() -> Any:
            commands.append(await house.send(Add(amount=1), flow))
            return engine.progress.stalled

        await eventually(stalled_by_more_work, lambda lanes: lanes == ("ordinary",), within=WITHIN_S)
    async with house.service():
        await house.all_answered(flow, commands)
    gc.collect()  # here, and not in whatever test comes next


async def test_trap_8_errors_without_end_are_no_progress(house: House) -> None:
    async with house.service(changes=SOON) as engine:
        with failing_polls():
            every_lane = {lane.name for lane in engine.lanes}
            await eventually(lambda: set(engine.progress.stalled), every_lane.__eq__, within=WITHIN_S)
        await eventually(lambda: not engine.progress.stalled, within=WITHIN_S)


async def test_trap_37_without_a_broker_nobody_is_stalled(house: House) -> None:
    async with house.service(changes=SOON) as engine:
        await house.stack.kafka.kill()
        try:
            await eventually(lambda: not engine.ends.ends, within=WITHIN_S)
            await until_instant(datetime.now(UTC) + timedelta(seconds=6))
            assert not engine.progress.stalled
        finally:
            await house.stack.kafka.start()
        command = await house.send(Add(amount=1), "after-the-outage")
        await house.all_answered("after-the-outage", [command])

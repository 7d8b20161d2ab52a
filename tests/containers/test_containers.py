"""A stack of containers: it really is one, survives what tests do to it, and leaves nothing behind."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from typing import Any

import pytest

from deploy.local.stack.container import OWNER, remove_left_behind
from deploy.local.stack.kafka import kafka_answers
from deploy.local.stack.running import KAFKA_ADDRESS, RUNS


async def stack_command() -> tuple[Process, str]:
    """`python -m deploy.local.stack` once it runs on containers, and Kafka's address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.local.stack", stdout=PIPE, cwd=RUNS.parent
    )
    assert process.stdout
    async with asyncio.timeout(120):
        line = (await process.stdout.readline()).decode()
    return process, line.split(f"{KAFKA_ADDRESS}=")[1].split()[0]


def containers_of(engine: Any, process: int) -> list[Any]:
    found: list[Any] = engine.containers.list(all=True, filters={"label": f"{OWNER}={process}"})
    return found


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)])
async def test_no_container_stays_behind(engine: Any, sign: signal.Signals, code: int) -> None:
    process, address = await stack_command()
    assert len(containers_of(engine, process.pid)) == 2
    assert await kafka_answers(address)
    process.send_signal(sign)
    assert await process.wait() == code
    if sign == signal.SIGKILL:
        assert len(containers_of(engine, process.pid)) == 2
        remove_left_behind(engine)
    assert containers_of(engine, process.pid) == []
    assert not await kafka_answers(address)

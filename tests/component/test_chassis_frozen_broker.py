"""Trap 17: a producer whose sends are not acknowledged is thrown away, and everybody who sends gets the new one.

On the embedded broker, which a signal can freeze: it keeps its connections and answers nothing.
"""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from services.chassis import publisher
from services.chassis.publisher import PublishFailed
from tests.component.counter import Add, Counted
from tests.component.service_under_test import House
from tests.eventually import eventually

LIMIT_S = 3.0
WITHIN_S = 60


def freeze(house: House, sign: signal.Signals) -> None:
    """Stop the broker where it stands, or let it go on."""
    kafka: Any = house.stack.kafka
    os.kill(kafka.pid, sign)


def states(house: House) -> set[str]:
    """Of the broker's threads, as the kernel tells: T is stopped."""
    kafka: Any = house.stack.kafka
    threads = Path(f"/proc/{kafka.pid}/task").glob("*/stat")
    return {thread.read_text().rpartition(")")[2].split()[0] for thread in threads}


async def test_trap_17_a_stuck_producer_is_replaced_for_lanes_and_for_sweeps(
    own_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, flow = own_house, "frozen-1"
    async with house.service() as engine:
        commands = [await house.send(Add(amount=1), flow)]
        await house.all_answered(flow, commands)
        stuck = engine.publisher._producer
        freeze(house, signal.SIGSTOP)
        try:
            await eventually(lambda: states(house), lambda seen: seen == {"T"}, within=WITHIN_S)
            with monkeypatch.context() as hasty:
                hasty.setattr(publisher, "SEND_LIMIT_S", LIMIT_S)
                with pytest.raises(PublishFailed):
                    await engine.publish(Counted(amount=0), flow)
            assert engine.publisher._producer is not stuck
            waiting = asyncio.create_task(house.send(Add(amount=1, wake_after_ms=100), flow))
        finally:
            freeze(house, signal.SIGCONT)
        commands.append(await waiting)
        await house.all_answered(flow, commands)

        async def woken() -> Any:
            return (await house.state(engine, flow)).woken

        await eventually(woken, lambda times: times == 1, within=WITHIN_S)
        assert engine.publisher._producer not in {stuck, None}
        assert engine.publisher.oldest_send_s < WITHIN_S
        copies = await eventually(lambda: house.copies(flow), within=WITHIN_S)
        assert copies, "streams without gap or inversion"

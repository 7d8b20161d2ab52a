"""A process joins the groups of all its lanes at once."""

import asyncio
from typing import Any

import pytest

from services.chassis.lane_broker import LaneBroker

LANES = ("commands", "events", "internal")


async def test_no_lane_waits_until_another_has_joined_its_group(monkeypatch: pytest.MonkeyPatch) -> None:
    broker, joining, may_read = LaneBroker("127.0.0.1:1", logger=None), list[Any](), asyncio.Event()

    async def start(self: Any) -> None:
        joining.append(self)
        if len(joining) == len(LANES):
            may_read.set()
        await may_read.wait()

    async def connect() -> None: ...

    for lane in LANES:
        subscriber = broker.subscriber(f"accounts.{lane}", group_id=f"accounts.{lane}")
        monkeypatch.setattr(type(subscriber), "start", start)
    monkeypatch.setattr(broker, "connect", connect)
    await asyncio.wait_for(broker.start(), 10)
    assert (len(joining), broker.running) == (len(LANES), True)

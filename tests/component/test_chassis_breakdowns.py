"""Laws 4 to 7 on real servers: nothing lost, nothing doubled, no gap and no inversion, whatever breaks."""

import asyncio
import contextlib
import json
import signal
import time
from pathlib import Path
from typing import Any

from services.chassis.runtime import Engine
from tests.component.counter import Add, Mine
from tests.component.service_under_test import House
from tests.eventually import eventually

FLOWS = 60


class Load:
    """Commands over many flows, each adding 1; what must come of them."""

    def __init__(self, house: House, prefix: str) -> None:
        self.house, self.prefix = house, prefix
        self.ids: list[str] = []

    async def send(self, count: int) -> None:
        for _ in range(count):
            flow = f"{self.prefix}-{len(self.ids) % FLOWS}"
            self.ids.append(await self.house.send(Add(amount=1), flow))

    @property
    def answered(self) -> int:
        return len(self.house.answers(self.prefix))

    async def ends_well(self, engine: Engine) -> None:
        """The ledger equals: every command answered once, every flow's sum right, streams whole."""
        await self.house.all_answered(self.prefix, self.ids)
        for number in range(FLOWS):
            share = len(self.ids[number::FLOWS])
            assert await self.house.total(engine, f"{self.prefix}-{number}") == share
        copies = await eventually(
            lambda: self.house.copies(self.prefix),
            lambda streams: sum(map(len, streams.values())) >= len(self.ids),
        )
        for stream, messages in copies.items():
            assert len(messages) == len(self.ids[int(stream.subject.rpartition("-")[2]) :: FLOWS]), stream


async def a_third_of(load: Load, count: int) -> int:
    return await eventually(lambda: load.answered, lambda n: n >= count, within=60)


async def test_law7_the_database_is_killed_and_the_lane_waits_for_it(house: House) -> None:
    load = Load(house, "no-database")
    async with house.service() as engine:
        await load.send(600)
        await a_third_of(load, 50)
        await house.stack.mongo.kill()
        await load.send(600)
        lane = engine.lanes[0]
        await eventually(lambda: lane.paused, within=30)
        await house.stack.mongo.start()
        answered = load.answered
        await eventually(lambda: load.answered > answered)
        await load.ends_well(engine)


async def test_law7_the_broker_is_killed_and_everything_comes_back(house: House) -> None:
    load = Load(house, "no-broker")
    async with house.service() as engine:
        await load.send(600)
        await a_third_of(load, 50)
        await house.stack.kafka.kill()
        sending = asyncio.create_task(load.send(300))
        await house.stack.kafka.start()
        await sending
        await load.ends_well(engine)


async def test_law5_one_replica_joins_and_the_other_leaves_in_the_middle_of_a_load(house: House) -> None:
    load = Load(house, "replicas")
    async with contextlib.AsyncExitStack() as first, house.service("two") as _:
        await load.send(1_000)
        engine_one = await first.enter_async_context(house.service("one"))
        sending = asyncio.create_task(load.send(2_000))
        await a_third_of(load, 1_200)
        assert engine_one.lanes[0].lag()
        await first.aclose()
        await sending
        async with house.service("three") as engine:
            await load.ends_well(engine)


async def test_law5_a_process_is_killed_the_next_stops_in_good_order_and_the_last_finishes(
    house: House, tmp_path: Path
) -> None:
    load, log = Load(house, "killed"), tmp_path / "log"
    mark = "MARKED-0559998877"
    async with house.process(log, HESABI_REPLICA="killed") as process:
        await planted(house, mark)
        await load.send(1_500)
        await a_third_of(load, 300)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    await load.send(100)  # whatever it had done: these are left
    async with house.process(log, HESABI_REPLICA="stopped") as process:
        await a_third_of(load, load.answered + 1)
        await load.send(1_500)
        await a_third_of(load, len(load.ids) - 1_300)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 12) == 0
        assert time.monotonic() - begun < 10
    await load.send(100)
    async with house.service() as engine:
        await load.ends_well(engine)
    written = log.read_text()
    assert {"started", "stopping", "stopped", "dead_letter"} <= {
        json.loads(line)["event"] for line in written.splitlines()
    }
    assert mark not in written
    letters = [r.value + b"".join(v for _, v in r.headers) for r in house.said("dead-letters", "")]
    assert mark.encode() not in b"".join(letters + [r.value for r in house.said("audit", "")])


def generations(engine: Engine) -> list[int]:
    """How often the partitions of each lane have been dealt out."""
    consumers: list[Any] = [lane.consumer for lane in engine.lanes]
    return [consumer._coordinator.generation for consumer in consumers]


def shares(engine: Engine) -> list[int]:
    """How many partitions of each lane it has."""
    return [len(lane.places()) for lane in engine.lanes]


async def test_law14_who_is_killed_is_followed_at_once_by_the_next_of_its_name_and_nobody_else_gives_anything_back(
    house: House, tmp_path: Path
) -> None:
    load, log = Load(house, "namesake"), tmp_path / "log"
    async with house.service("stays") as engine:
        whole = shares(engine)
        async with house.process(log, HESABI_REPLICA="falls") as process:
            halves = await eventually(lambda: shares(engine), lambda now: max(now) < max(whole))
            before = generations(engine)
            process.send_signal(signal.SIGKILL)
            await process.wait()
        async with house.process(log, HESABI_REPLICA="falls") as process:
            await load.send(300)
            await load.ends_well(engine)
            assert (shares(engine), generations(engine)) == (halves, before)
            process.send_signal(signal.SIGTERM)
            await process.wait()
        # It has said good-bye: its session, which would have kept its place for 15 s, is over.
        await eventually(lambda: shares(engine), lambda now: now == whole, within=8)


async def test_law14_two_processes_of_one_name_are_told_of_and_lose_nothing(house: House, tmp_path: Path) -> None:
    load, log = Load(house, "twins"), tmp_path / "log"
    async with house.process(log, HESABI_REPLICA="twin"), house.service("twin") as engine:
        await load.send(600)
        await load.ends_well(engine)
        await eventually(lambda: "put_out" in log.read_text())


async def planted(house: House, mark: str) -> None:
    """The mark in every place of a message that may hold something personal."""
    flow = "planted-1"
    await house.raw("accounts.commands", flow.encode(), mark.encode(), [])
    await house.raw("accounts.commands", mark.encode(), b"{}", [(mark, mark.encode())])
    await house.send(Add.model_construct(amount=1, wake_after_ms=0, note=None, remark=mark * 20), flow)
    await house.send(Mine(token=house.sealed(mark, Mine, flow, "token"), amount=1), flow)
    await house.send(Add(amount=1, remark=mark, note=house.sealed(mark, Add, flow, "note")), flow)
    await house.send(Add(amount=666, remark=mark), "planted-2")

"""Processes that die and begin again, until one lives to the end."""

from services.chassis.service import Service
from tests.fakes.world import Crash, World


async def run_through(world: World, batch: int = 500, members: int = 1, service: Service | None = None) -> None:
    """Run processes until one lives to the end; with two members, each owns half of every topic."""
    while True:
        halves = [range(6)] if members == 1 else [range(3), range(3, 6)]
        processes = [world.process(half, service) for half in halves]
        for lane in (lane for process in processes for lane in process.lanes.values()):
            lane.max_records = batch
        try:
            for process in processes:
                await process.run()
        except Crash:
            continue
        return

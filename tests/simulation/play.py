"""One seed from its beginning to its verdict."""

import contextlib
import gc
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.simulation import virtual_time
from tests.simulation.casting import Cast
from tests.simulation.checker import check
from tests.simulation.life import owned_task
from tests.simulation.services import NAMES
from tests.simulation.virtual_time import StandsStill, VirtualLoop, now_s, pause
from tests.simulation.weather import weather
from tests.simulation.world import Options, World

QUIET_DAYS: Final = 40
QUIET_DAYS_RATE: Final = 0.06


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a seed."""

    seed: int
    problems: tuple[str, ...]
    fired: Counter[str]
    totals: Counter[str]
    fingerprint: str
    trace: tuple[str, ...]


def play(seed: int, options: Options | None = None) -> Verdict:
    """Play a seed. The same seed, the same verdict."""
    with _collected_afterwards():
        return _verdict(seed, options or Options())


@contextlib.contextmanager
def _collected_afterwards() -> Iterator[None]:
    # When a dead process's tasks are collected must not depend on how much memory others take. What there was before
    # the seed is not looked through: that would take longer than much of the seed.
    was_on = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()
        if was_on:
            gc.enable()


def _verdict(seed: int, options: Options) -> Verdict:
    played: list[World] = []
    try:
        return virtual_time.run(lambda loop: _play(seed, loop, options, played))
    except StandsStill as still:
        world = played[0]
        problems = (*world.problems, f"the world stands still: {still}")
        return Verdict(seed, problems, world.faults.fired, Counter(), world.fingerprint(), tuple(world.trace))


async def _play(seed: int, loop: VirtualLoop, options: Options, played: list[World]) -> Verdict:
    loop.set_task_factory(owned_task)
    world = World(seed, loop, options)
    played.append(world)
    cast = Cast(world)
    wanted = {name: world.chance.choice((1, 1, 2)) for name in NAMES}
    for name, count in wanted.items():
        for _ in range(count):
            await world.start(name)
    up = loop.create_task(world.keep_up(wanted))
    storm, audits = loop.create_task(weather(world)), loop.create_task(world.audited())
    await cast.plays()
    if world.chance.random() < QUIET_DAYS_RATE:
        await quiet_days(world)
        await cast.plays_on()
    storm.cancel()
    world.calm()
    await world.come_to_rest()
    if options.audited and not world.problems:
        await world.prove_outboxes()
    audits.cancel()
    up.cancel()
    world.problems += check(world)
    world.problems += [f"an exception that nobody expected: {error!r}" for error in loop.failures]
    totals = Counter(records=len(world.log.history), commands=len(world.channel.sent), hours=round(now_s() / 3600))
    totals.update(cast.ends)
    return Verdict(seed, tuple(world.problems), world.faults.fired, totals, world.fingerprint(), tuple(world.trace))


async def quiet_days(world: World) -> None:
    """Every process starts anew before its documents' next write trims their outboxes; then nothing happens for so long
    that the log has dropped everything."""
    await world.come_to_rest()
    for process in world.alive():
        process.life.die()
    await pause(20.0)
    await world.come_to_rest()  # an outage may last longer than that, and what is unread then must not be dropped
    world.faults.count("quiet-days")
    world.loop.skip(QUIET_DAYS * 86_400.0)
    world.log.drop_old()
    await pause(1.0)

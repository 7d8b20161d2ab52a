"""What comes over a seed's world from outside its calls: hours without log or database, deaths, other releases."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from contracts.accounts import StartDefinition
from contracts.envelope import Envelope, to_headers
from tests.simulation.faults import Event
from tests.simulation.services import NAMES
from tests.simulation.virtual_time import broker_time, pause
from tests.simulation.world import World

AWAY_S: Final = 60.0
BEGINS_WITHIN_S: Final = 100.0
TOPICS: Final = (
    "identity.commands",
    "identity.codes",
    "accounts.commands",
    "notifications.internal",
    "billing.answers",
)
"""Where hostile records are put."""


async def weather(world: World) -> None:
    """Everything that this seed draws, side by side, each at a time of its own."""
    drawn = [event for event, (name, rate) in EVENTS.items() if world.will(name, rate, world.chance)]
    await asyncio.gather(*(_at(world.chance.uniform(0.5, BEGINS_WITHIN_S), event, world) for event in drawn))


async def _at(seconds: float, event: Callable[[World], Awaitable[None]], world: World) -> None:
    await pause(seconds)
    await event(world)


async def log_away(world: World) -> None:
    """No broker answers for a minute."""
    world.faults.count("log-away")
    world.log.go_away(AWAY_S)


async def store_away(world: World) -> None:
    """One service's database answers nobody for a minute."""
    name = world.chance.choice(NAMES)
    world.faults.count("store-away", name)
    world.stores[name].away_until = world.loop.time() + AWAY_S


async def clock_jump(world: World) -> None:
    """A machine's clock jumps by up to a minute."""
    alive = world.alive()
    if alive:
        process = world.chance.choice(alive)
        process.skew_s = world.chance.uniform(-30.0, 30.0)
        world.faults.count("clock-jump", f"{process.name} {process.skew_s:+.0f} s")


async def death(world: World) -> None:
    """A process is killed, wherever it stands."""
    alive = world.alive()
    if alive:
        process = world.chance.choice(alive)
        world.faults.count("death-anywhere", process.name)
        process.life.die()


async def leaves(world: World) -> None:
    """A process is asked to stop."""
    alive = [process for process in world.alive() if process.is_up]
    if alive:
        process = world.chance.choice(alive)
        world.faults.count("leaves", process.name)
        await process.stop()


async def joins(world: World) -> None:
    """One more process of a service."""
    world.faults.count("joins")
    await world.start(world.chance.choice(NAMES))


async def fast_sweep(world: World) -> None:
    """Every process looks for what is due again and again."""
    world.faults.count("fast-sweep")
    world.sweep_every_s = 0.02


async def later_release(world: World) -> None:
    """A replica of the next release beside those of this one; both read what the other writes (law 13)."""
    name = world.chance.choice(NAMES)
    world.ahead[name] = max(1, world.ahead[name])
    world.faults.count("old-replica", name)
    await world.start(name)


async def too_late_a_release(world: World) -> None:
    """A replica that is two releases ahead: what it writes stops the lanes of the old ones, which park nothing, until
    they are replaced."""
    name = world.chance.choice(("identity", "notifications"))
    old, world.ahead[name] = world.alive(name), 2
    await world.start(name)
    await pause(world.chance.uniform(5.0, 60.0))
    if any(process.told.errors["FormatTooNew"] for process in old):
        world.faults.count("newer-format-stops-a-lane", name)
    for process in old:
        process.life.die()


async def hostile_record(world: World) -> None:
    """Somebody writes what is no message: null headers, no key, bodies that are nothing."""
    chance, topic = world.chance, world.chance.choice(TOPICS)
    good = Envelope("x", "web", StartDefinition.type_name, "x", broker_time())
    key, value, headers = chance.choice(
        [
            (b"x", b"{}", [("ce_type", None)]),
            (b"x", b"{}", [("ce_id", b"\xff\xfe")]),
            (None, None, []),
            (b"x", b"[" * 2000, to_headers(good)),
            (b"\x00", b"\x00" * 10, to_headers(good)),
        ]
    )
    record = world.log.append(topic, key, value, headers)  # type: ignore[arg-type]
    world.hostile.add((topic, record.partition, record.offset))
    world.faults.count("hostile-record", topic)


EVENTS: Final[dict[Callable[[World], Awaitable[None]], tuple[Event, float]]] = {
    log_away: ("log-away", 0.15),
    store_away: ("store-away", 0.15),
    clock_jump: ("clock-jump", 0.2),
    death: ("death-anywhere", 0.2),
    leaves: ("leaves", 0.15),
    joins: ("joins", 0.15),
    fast_sweep: ("fast-sweep", 0.08),
    later_release: ("old-replica", 0.1),
    too_late_a_release: ("newer-format-stops-a-lane", 0.4),
    hostile_record: ("hostile-record", 0.15),
}
"""How likely each is in a seed."""

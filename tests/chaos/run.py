"""One run: people, load, faults, and the quiet afterwards."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaProducer

from deploy.local.system import Lives, Setup, System
from tests.chaos.breaking import Breaker
from tests.chaos.channel import Answers, Channel, channel_producer
from tests.chaos.deeds import Deeds, begin_all
from tests.chaos.hostile import Explained, hostile_producer, send_hostile
from tests.chaos.lag import Lag
from tests.chaos.ledger import LedgerFile
from tests.chaos.load_plan import load_plan
from tests.chaos.people import Accounts, settled_people
from tests.chaos.schedule import schedule

PEOPLE: Final = 24
BUFFER_S: Final = 5.0
"""So many seconds of load may wait for an absent broker; what comes then is held back."""

LONGER: Final = 4
"""So many times the asked length is planned."""

TELL_EVERY_S: Final = 3.0
SETTLE_S: Final = 180.0
QUIET_S: Final = 1.0
Say = Callable[[str], None]
SETUP: Final = Setup(Lives(code_s=60.0, resend_after_s=60.0), replicas=2, watch=Answers)  # I6, I14


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run. `rate`: records of the generator a second."""

    seconds: float
    seed: int
    rate: float


@dataclass(slots=True)
class Outcome:
    """What a run leaves to be judged. `load_s`: how long the load took; `quiet_after_s`: from the end of the load until
    every lane had read everything."""

    breaker: Breaker
    explained: list[Explained] = field(default_factory=list)
    held_back: int = 0
    load_s: float = 0.0
    quiet_after_s: float | None = None


async def run(system: System, order: Order, folder: Path, say: Say) -> Outcome:
    """Runs an order on a system that was set up with `SETUP`; the ledger is written to `folder`.

    Raises:
        ExceptionGroup: a server did not come back, or the load itself failed.
    """
    answers, bootstrap = system.watch, system.stack.kafka_bootstrap
    assert isinstance(answers, Answers)
    async with contextlib.AsyncExitStack() as cleanup:
        lag = await cleanup.enter_async_context(Lag(bootstrap))
        producer = await _started(cleanup, channel_producer(bootstrap))
        ledger = cleanup.enter_context(LedgerFile(folder / "ledger.jsonl"))
        channel = Channel("web", producer, answers, system.fingerprints)
        channel.ledger = ledger
        accounts, begun = Accounts(system), time.monotonic()
        deeds = Deeds(system, channel, answers, accounts)
        deeds.citizens = await settled_people(system, channel, accounts, PEOPLE)
        say(f"{PEOPLE} people have signed up and have an account ({time.monotonic() - begun:.0f} s)")
        stranger = await _started(cleanup, hostile_producer(bootstrap))

        async def hostile() -> None:
            outcome.explained += await send_hostile(stranger)

        outcome = Outcome(Breaker(system, answers, hostile))
        cleanup.callback(outcome.breaker.thaw_all)
        for work in (outcome.breaker.look_after(), _tell(outcome, ledger, answers, lag, say)):
            cleanup.callback(asyncio.create_task(work).cancel)
        await _load(outcome, order, deeds, channel)
        outcome.quiet_after_s = await _quiet(lag, say)
    return outcome


async def _load(outcome: Outcome, order: Order, deeds: Deeds, channel: Channel) -> None:
    """Faults and deeds side by side; returns when all of them are over. Where a server is slow to come back, the load
    goes on until the last fault is over, too."""
    begun, most = time.monotonic(), order.rate * BUFFER_S
    plan = load_plan(order.seed, order.seconds * LONGER, order.rate)
    async with asyncio.TaskGroup() as work:
        faults = work.create_task(outcome.breaker.follow(schedule(order.seed, order.seconds)))
        outcome.held_back = await begin_all(
            work,
            deeds,
            plan,
            lambda: channel.writing < most,
            lambda passed_s: passed_s >= order.seconds and faults.done(),
        )
        outcome.load_s = time.monotonic() - begun


async def _quiet(lag: Lag, say: Say) -> float | None:
    """The seconds until every lane had read everything, as seen twice in a row. None: it was not so in time."""
    begun, quiet_since = time.monotonic(), None
    while time.monotonic() - begun < SETTLE_S:
        offsets = await lag.offsets()
        if offsets is None or offsets.lags:
            quiet_since = None
            say(f"settling: {'?' if offsets is None else sum(offsets.lags.values())} records are not read yet")
        elif quiet_since is not None:
            return quiet_since - begun
        else:
            quiet_since = time.monotonic()
        await asyncio.sleep(QUIET_S)
    return None


async def _tell(outcome: Outcome, ledger: LedgerFile, answers: Answers, lag: Lag, say: Say) -> None:
    begun = time.monotonic()
    while outcome.load_s == 0.0:
        await asyncio.sleep(TELL_EVERY_S)
        faults = outcome.breaker.now
        offsets = None if any(name.startswith("kafka") for name in faults) else await lag.offsets()
        waiting = "?" if offsets is None else str(sum(offsets.lags.values()))
        say(
            f"{time.monotonic() - begun:4.0f} s  sent {ledger.written:6}  taken {ledger.acknowledged:6}  "
            f"answered {answers.count:6}  lag {waiting:>6}  {', '.join(faults)}"
        )


async def _started(cleanup: contextlib.AsyncExitStack, producer: AIOKafkaProducer) -> AIOKafkaProducer:
    await producer.start()
    cleanup.push_async_callback(producer.stop)
    return producer

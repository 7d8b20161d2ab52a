"""One process of a service: the real machinery, put together as in production, between simulated log and database."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final, cast

from contracts.keys import SERVICE_KEYS_PUBLISHED
from services.chassis.clock import Clock
from services.chassis.instants import ms
from services.chassis.loop import SHARED_FROM
from services.chassis.observer import ServiceObserver
from services.chassis.publisher import PublishFailed
from services.chassis.service import Service
from services.chassis.wiring import Outside, wired
from tests.fakes.world import fake_opener
from tests.simulation.broker import SimulatedBroker
from tests.simulation.gateways import GatewayClient, RelayClient
from tests.simulation.late_keys import LateKeys
from tests.simulation.life import Life
from tests.simulation.log import SimulatedPublisher, committed_of
from tests.simulation.releases import of_a_later_release
from tests.simulation.services import Surroundings, at_start, built, keyed_hash
from tests.simulation.store import SimulatedStore, wake_when_due
from tests.simulation.virtual_time import broker_time, instant, now_s

if TYPE_CHECKING:
    from tests.simulation.world import World

PUBLIC_KEY: Final = '{"kty":"OKP","crv":"X25519","x":"' + "A" * 42 + '8"}'
Change = Callable[[Service], Service]


class Told:
    """What processes tell of themselves: counted, and said in the trace."""

    def __init__(self, say: Callable[[str], None], name: str) -> None:
        self._say, self._name = say, name
        self.events: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.steps: Counter[str] = Counter()

    def batch(self, lane: str, topic: str, records: Any) -> contextlib.AbstractContextManager[None]:
        """A batch is not measured here."""
        return contextlib.nullcontext()

    def step(self, lane: str) -> None:
        """An aggregate that had to be prepared is decided."""
        self.steps[lane] += 1

    def unparked(self, *_: Any) -> None:
        """Not of interest here."""

    def called(self, *_: Any) -> None:
        """Not of interest here."""

    def stage(self, lane: str, stage: str, seconds: float) -> None:
        """Not of interest here."""

    def broke(self, lane: str, stage: str) -> None:
        """Told with the pause that follows."""

    def outcomes(self, lane: str, outcomes: Mapping[str, int]) -> None:
        """What became of a batch."""
        self._say(f"{self._name} {lane} settled {dict(outcomes)}")

    def dead_letter(self, lane: str, reason: str) -> None:
        """A record was put aside."""
        self._say(f"{self._name} {lane} put aside: {reason}")

    def failed(self, aggregate: str, error: Exception, parked: bool) -> None:
        """Deciding failed."""
        self._say(f"{self._name} failed on {aggregate}: {type(error).__name__} {error}" + " (parked)" * parked)

    def effect_failed(self, aggregate: str, error: Exception) -> None:
        """A call broke."""
        self.events["effect_failed"] += 1
        self._say(f"{self._name} call failed on {aggregate}: {type(error).__name__} {error}")

    def effects_in_flight(self, change: int) -> None:
        """Not of interest here."""

    def tell(self, event: str, error: Exception | None = None, **fields: Any) -> None:
        """A word about lanes, sweeps and audits."""
        self.events[event] += 1
        self.errors[type(error).__name__] += error is not None
        self._say(f"{self._name} {event} {fields} {type(error).__name__ if error else ''} {error or ''}")


class Process:
    """Begins with `start`, ends by dying or by `stop`. `member`: its name in consumer groups, of its predecessor
    perhaps, as `name` never is."""

    def __init__(
        self, world: "World", service: str, name: str, member: str, change: Change = lambda service: service
    ) -> None:
        self.world, self.service, self.name, self.member = world, service, name, member
        self.chance = Random(f"{world.seed}/{name}")
        self.life = Life(name, self._falls_silent)
        self.skew_s = self.chance.uniform(-30.0, 30.0)
        self.clock = Clock(lambda: ms(self.wall()), lambda: round(now_s() * 1000))
        self.told = Told(world.say, name)
        self.broker = SimulatedBroker(world.group, self.life, world.faults, self.chance)
        self._publish = SimulatedPublisher(world.log, self.life, world.faults, self.chance, self.clock.corrected_by)
        self.ahead = world.ahead[service]
        self._store = SimulatedStore(world.stores[service], self.life, world.faults, self.chance, self.ahead)
        # A chance of its own: what else a seed draws does not depend on it.
        chance_of_keys = Random(f"{world.seed}/{name}/keys")
        self._keys = LateKeys(service, chance_of_keys, lambda: world.faults.count("key-not-known", name))
        self._due, self._audit_due = asyncio.Event(), asyncio.Event()
        around = Surroundings(
            GatewayClient(world.sms, self.life),
            RelayClient(world.mail, self.life, world.faults, self.chance),
            self.wall,
            self.chance,
        )
        self.machinery = wired(change(built(service, around)), self._outside())
        # Batches are small here: where they are settled in shares at all, the smallest are.
        self.machinery.loop.shared_from = self.chance.choice((2, SHARED_FROM))
        if self.ahead:
            world.newest[service] = max(world.newest[service], self.ahead)
            of_a_later_release(self.machinery, self.ahead)
        world.options.machinery(self.machinery)
        self._groups = {lane.topic.name: lane.group for lane in self.machinery.lanes}
        self.is_up = False

    def wall(self) -> datetime:
        """This machine's clock, which may be wrong."""
        return broker_time() + timedelta(seconds=self.skew_s)

    def _outside(self) -> Outside:
        return Outside(
            store=self._store,
            publish=self._publish,
            committed=self._committed,
            present=self._present,
            monotonic=now_s,
            keyed_hash=keyed_hash,
            seal=self._keys.seal,
            opener=fake_opener,
            check_token=self._keys.check_token,
            data_keys=self.world.data_keys,
            observer=cast("ServiceObserver", self.told),
        )

    def _present(self) -> datetime:
        """It is asked inside every decision."""
        self.world.on_decision(self)
        return self.clock.present()

    async def _committed(self) -> Mapping[tuple[int, str, int], int]:
        await self.life.wait(self.chance.uniform(0.002, 0.01))
        if self.world.log.is_away:
            raise PublishFailed("no broker answers")
        return committed_of(self.world.log, self._groups)

    async def start(self) -> None:
        """As `running` does: say the keys, join the groups, begin to sweep and to audit."""
        await self.life.begin(self._announce())
        for lane in self.machinery.lanes:
            lane.attach(cast("Any", self.broker), self.member)
        self.broker.start()
        self.life.begin(self._sweep())
        self.life.begin(self._audit())
        self.is_up = True

    async def _announce(self) -> None:
        keys = SERVICE_KEYS_PUBLISHED[self.service](seal_key=PUBLIC_KEY)
        said = [(keys, self.service), *((message, "contact-channels:company") for message in at_start(self.service))]
        while True:
            try:
                await self._publish([self.machinery.desk.result_record(s, s, message) for message, s in said])
            except PublishFailed:
                await self.life.wait(1.0)
            else:
                return

    async def _sweep(self) -> None:
        """What `Engine.every` does, but it sleeps while nothing is due: looking costs the simulation its time."""
        machinery, replicas = self.machinery, self.world.stores[self.service]
        while True:
            due = replicas.earliest_due(list(machinery.sweep.lane.lag()))
            late_s = None if due is None else (self.clock.present() - due).total_seconds()
            if late_s is None or late_s < 0:
                self._due.clear()
                if due is not None and late_s is not None:
                    wake_when_due(replicas, self._due, instant(now_s()) + timedelta(seconds=-late_s))
                await self._due.wait()
            await self.life.wait(self.chance.uniform(0.5, 1.5) * self.world.sweep_every_s)
            with contextlib.suppress(Exception):
                await machinery.sweep.once()

    def look_for_due(self) -> None:
        """Something may be due earlier now, or others' partitions may be ours."""
        self._due.set()

    async def _audit(self) -> None:
        """The world says when it is time, since looking costs the simulation its time."""
        while True:
            await self._audit_due.wait()
            self._audit_due.clear()
            await self.life.wait(self.chance.uniform(0.0, 5.0))
            with contextlib.suppress(Exception):
                await self.machinery.audit.once()

    def look_for_unproven(self) -> None:
        """It is time for an audit."""
        self._audit_due.set()

    def _falls_silent(self, _: Life) -> None:
        self.broker.fall_silent()
        self.world.miss()

    async def stop(self) -> None:
        """As on SIGTERM: the batches in flight end, then it leaves. Who called this may be called off: it ends then."""
        try:
            self.broker.leave()
            for lane in self.machinery.lanes:
                await asyncio.wait([self.life.begin(lane.on_partitions_revoked([]))])
            await self.machinery.desk.finish(limit_s=2.0)
        finally:
            self.life.die()

    def lags(self) -> list[str]:
        """Lanes that have not committed everything there is."""
        log = self.world.log
        return [
            f"{group} {topic}[{number}]"
            for topic, group in self._groups.items()
            for number, partition in enumerate(log.topic(topic))
            if log.committed.get((group, topic, number), 0) < partition.end
        ]

    def is_idle(self) -> bool:
        """Whether no batch and no call is under way."""
        lanes = self.machinery.lanes
        return not any(lane.busy for lane in lanes) and not self.machinery.desk._calls

"""One seed: the log, the databases, four services as processes that come and go, neighbours, customers, bad weather."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from contracts.notifications import ReceiptReceived
from services.chassis.sweep import partition_of
from services.chassis.wiring import Machinery
from tests.fakes.log import FakeRecord
from tests.simulation.channel import Channel
from tests.simulation.data_keys import PlainKeys
from tests.simulation.faults import Event, Faults, Point
from tests.simulation.gateways import MailCompany, SmsCompany
from tests.simulation.group import Group
from tests.simulation.life import Gone
from tests.simulation.log import SimulatedLog, committed_of
from tests.simulation.neighbours import Neighbours
from tests.simulation.operators import Operators
from tests.simulation.process import Process
from tests.simulation.releases import read_by_any
from tests.simulation.services import NAMES
from tests.simulation.spoilt import with_spoilt_flows
from tests.simulation.store import ReplicaSet
from tests.simulation.trace import line_of
from tests.simulation.virtual_time import VirtualLoop, now_s, pause

AUDIT_EVERY_S: Final = 300.0
AUDITED_AFTER_S: Final = 12 * 60.0
"""Longer than a document must be quiet before the audit looks at it."""

BROKERS: Final = 3
BROKERS_OFF_S: Final = 0.45
"""Two brokers' clocks differ by no more than twice this: by more, services sound the alarm."""

HEIRS: Final = 0.7
"""So many of those that are started where one has died do so under its name."""

QUIET_AT_LAST_S: Final = 3 * 3600.0
"""So long everything may take to come to rest once nothing goes wrong any more."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a seed is played. `traced`: tell what happens. `audited`: the audit heals what other safeguards missed.
    `stress`: faults that strike more often; `needs`: events that do come. `prepare` and `machinery` may change the new
    world and each new process."""

    traced: bool = False
    audited: bool = True
    stress: tuple[Point, ...] = ()
    needs: tuple[Event, ...] = ()
    prepare: Callable[["World"], None] = lambda _: None
    machinery: Callable[[Machinery], None] = lambda _: None


class World:
    """What a seed plays in. `problems`: what the checker, or the world itself, found wrong."""

    def __init__(self, seed: int, loop: VirtualLoop, options: Options) -> None:
        self.seed, self.loop, self.options = seed, loop, options
        self.chance = Random(f"{seed}/world")
        self.trace: list[str] = []
        self.faults = Faults(Random(f"{seed}/faults"), self.say)
        self.faults.stress(options.stress)
        brokers = Random(f"{seed}/brokers")
        off_s = brokers.choice((0.0, BROKERS_OFF_S))
        self.log = SimulatedLog(brokers_off_s=[brokers.uniform(-off_s, off_s) for _ in range(BROKERS)])
        if options.traced:
            self.log.on_append = self._tell
        self.stores = {name: ReplicaSet(partition_of(name)) for name in NAMES}
        self.sms = SmsCompany(self.faults, Random(f"{seed}/gateway"), self._receipt)
        self.mail = MailCompany()
        self.neighbours = Neighbours(self.log, self.faults, Random(f"{seed}/neighbours"))
        self.channel = Channel(self.log, self.faults, Random(f"{seed}/channel"))
        self.operators = Operators(self)
        self.data_keys = PlainKeys()
        self.sweep_every_s = 1.0
        self.change: dict[str, Callable[[Any], Any]] = {
            "accounts": lambda service: with_spoilt_flows(service, frozenset(self.mended))
        }
        self.processes: list[Process] = []
        self.told: Counter[str] = Counter()
        self.problems: list[str] = []
        self.ahead: Counter[str] = Counter()
        self.newest: Counter[str] = Counter()
        self.spoilt: set[str] = set()
        self.mended: set[str] = set()
        self.hostile: set[tuple[str, int, int]] = set()
        self._groups: dict[str, Group] = {}
        self._started = 0
        self._heirs = Random(f"{seed}/heirs")
        self._missing = asyncio.Event()
        for name, store in self.stores.items():
            store.on_due = self._waker(name)
        options.prepare(self)

    def will(self, event: Event, rate: float, chance: Random) -> bool:
        """Whether this comes in this seed."""
        return chance.random() < rate or event in self.options.needs

    # --- telling ----------------------------------------------------------------------------------------------------
    def say(self, text: str) -> None:
        """A line of the trace."""
        if self.options.traced:
            self.trace.append(f"{now_s():10.3f}  {text}")

    def _tell(self, record: FakeRecord) -> None:
        self.say(line_of(record))

    # --- processes --------------------------------------------------------------------------------------------------
    def group(self, name: str, topic: str) -> Group:
        """The consumer group of this name."""
        if name not in self._groups:
            self._groups[name] = Group(self.log, name, topic, Random(f"{self.seed}/{name}"))
            self._groups[name].on_dealt = self._waker(name.partition(".")[0])
        return self._groups[name]

    def groups_of(self, service: str) -> dict[str, str]:
        """The service's groups by the topic each reads."""
        return {group.topic: name for name, group in self._groups.items() if name.startswith(f"{service}.")}

    def alive(self, service: str = "") -> list[Process]:
        """Processes that live (of this service)."""
        return [p for p in self.processes if p.life.alive and service in ("", p.service)]

    async def start(self, service: str) -> Process:
        """One more process of this service."""
        self._started += 1
        name = f"{service}-{self._started}"
        process = Process(self, service, name, self._member(service, name), self.change.get(service, lambda each: each))
        self.say(f"START {name} clock {process.skew_s:+.0f} s")
        self.processes.append(process)
        try:
            await process.start()
        except (Gone, asyncio.CancelledError):
            self.say(f"DEAD {name} while it started")
            if process.life.alive:  # who started it was called off: half a process must not stand for a whole one
                process.life.die()
                raise
        return process

    def _member(self, service: str, name: str) -> str:
        """The name in consumer groups of a new process: of the last that died, as where a container is started again in
        its place, or its own."""
        fallen = [p.member for p in self.processes if p.service == service and not p.life.alive]
        living = {p.member for p in self.alive(service)}
        heir = bool(fallen) and fallen[-1] not in living and self._heirs.random() < HEIRS
        return fallen[-1] if heir else name

    async def keep_up(self, wanted: dict[str, int]) -> None:
        """What an orchestrator does: so many processes of each service, the dead ones made anew."""
        while True:
            self._missing.clear()
            for service, count in wanted.items():
                while len(self.alive(service)) < count:
                    await pause(self.chance.uniform(0.2, 5.0))
                    await self.start(service)
            await self._missing.wait()

    def miss(self) -> None:
        """A process is gone."""
        self._missing.set()

    def on_decision(self, process: Process) -> None:
        """A process looks at its clock, which it does inside every decision."""
        if self.faults.is_calm or not process.is_up:
            return
        if self.faults.strikes("revocation-inside-a-decision", process.name):
            for lane, subscriber in zip(process.machinery.lanes, process.broker.subscribers, strict=True):
                if lane.busy:
                    subscriber.consumer.group.evict(subscriber.consumer)
        if self.faults.strikes("death-inside-a-decision", process.name):
            process.life.die()
            raise Gone

    def _waker(self, service: str) -> Callable[[], None]:
        def wake() -> None:
            for process in self.processes:
                if process.service == service and process.life.alive:
                    process.look_for_due()

        return wake

    # --- the door for receipts --------------------------------------------------------------------------------------
    def _receipt(self, receipt: ReceiptReceived) -> None:
        """The gateway knocks; it tells again where nobody answers."""
        door = next((p for p in self.alive("notifications") if p.is_up), None)
        if door is None or self.log.is_away:
            self.loop.call_later(10.0, self._receipt, receipt)
            return
        subject = f"delivery:{receipt.message_id}"
        record = door.machinery.desk.result_record(subject, subject, receipt)
        self.log.append(record.topic, record.key, record.value, record.headers)

    def calm(self) -> None:
        """From now on nothing goes wrong any more."""
        self.faults.is_calm = True
        for process in self.alive():
            if process.ahead < self.newest[process.service] - 1:
                process.life.die()  # a release that is rolled out is rolled out to the end
        self.log.away_until = 0.0
        for store in self.stores.values():
            store.away_until = 0.0

    # --- the end ----------------------------------------------------------------------------------------------------
    async def come_to_rest(self) -> None:
        """Until nothing is left to do, or for three hours."""
        deadline = now_s() + QUIET_AT_LAST_S
        quiet = 0
        while quiet < 3:
            await pause(5.0)
            quiet = 0 if self.unfinished() else quiet + 1
            if now_s() > deadline:
                self.problems.append(f"stands still with work to do: {self.unfinished()[:5]}")
                return

    async def audited(self) -> None:
        """For as long as the system runs, everything is audited now and then."""
        while self.options.audited:
            await pause(AUDIT_EVERY_S)
            self.audit()

    def audit(self) -> None:
        """Every process looks once."""
        for process in self.alive():
            process.look_for_unproven()

    async def prove_outboxes(self) -> None:
        """The audit does what it is there for: everything it can find unproven is published and trimmed, within an
        hour."""
        await pause(AUDITED_AFTER_S)
        deadline = now_s() + 3600.0
        while self.unproven() and now_s() < deadline:
            self.audit()
            await pause(20.0)
        await self.come_to_rest()

    def unproven(self) -> list[str]:
        """Documents whose outbox has an entry of which nobody can know that it is on the log."""
        found = []
        for service, store in self.stores.items():
            committed = committed_of(self.log, self.groups_of(service))
            with_outbox = (read_by_any(fields) for fields in store.majority.values() if fields["outbox"])
            found += [
                document.id
                for document in with_outbox
                if any(cause.offset >= committed.get(cause[:3], 0) for cause in (e.cause for e in document.outbox))
            ]
        return found

    def unfinished(self) -> list[str]:
        """What is still to be done."""
        waiting = [lag for service in NAMES for p in self.alive(service)[:1] for lag in p.lags()]
        waiting += [f"{service} is down" for service in NAMES if not self.alive(service)]
        waiting += [f"{p.name} is busy" for p in self.alive() if not p.is_idle()]
        waiting += [
            f"{i} is due"
            for store in self.stores.values()
            for i, at in store.due.items()
            if at <= self.alive()[0].clock.present()
        ]
        return waiting + ["a neighbour is at work"] * self.neighbours.is_busy

    def fingerprint(self) -> str:
        """The same for two runs of one seed."""
        seen = hashlib.sha256()
        for record in self.log.history:
            seen.update(f"{record.topic} {record.partition} {record.timestamp} {record.key!r}".encode())
        return seen.hexdigest()[:16]

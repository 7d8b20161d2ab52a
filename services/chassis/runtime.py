"""The composition root: one service, its lanes, its desk for calls, its clock, on a given broker and database.

`process.run` starts one for production; tests start one with the same function.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupLoadInProgressError

from contracts.decision import Customer
from contracts.message import Message
from services.chassis.audit import AUDIT_EVERY_S
from services.chassis.clients import opened
from services.chassis.clock import SKEW_ALARM, Clock
from services.chassis.connection import kafka_connection
from services.chassis.dead_letters import LETTER_REASONS
from services.chassis.ended_sessions import EndedSessions
from services.chassis.group_start import begin_at_the_beginning
from services.chassis.halts import ATTEND_EVERY_S, Halts
from services.chassis.health import Progress
from services.chassis.key_reader import KeyReader
from services.chassis.keyring import Keyring
from services.chassis.keys import PrivateKeys
from services.chassis.lane_broker import LaneBroker, broker_connection
from services.chassis.lane_errors import LaneErrors
from services.chassis.log_ends import LogEnds
from services.chassis.lookout import LOOK_EVERY_S, Lookout, unread
from services.chassis.metrics import Metrics
from services.chassis.observer import ServiceObserver
from services.chassis.order_reader import OrderReader
from services.chassis.publisher import KafkaPublisher
from services.chassis.service import Service
from services.chassis.session_reader import SessionReader
from services.chassis.settings import ServiceSettings
from services.chassis.start_check import check_topics
from services.chassis.state_cipher import StateCipher
from services.chassis.store import MongoStore, store_limit_s
from services.chassis.sweep import SWEEP_EVERY_S, partition_of
from services.chassis.tokens import SessionVerifier
from services.chassis.traces import tracer_of
from services.chassis.wiring import Outside, wired

log = structlog.get_logger()
DRAIN_S: Final = 6.0
READ_FIRST_S: Final = 30.0
"""A service that cannot read the ended sessions and the operators' orders in this time does not start."""

ORDERS_READ_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a service's HTTP doors may use: they publish messages and read, and change nothing themselves."""

    publish: Callable[[Message, str], Awaitable[None]]
    check_token: Callable[[str, datetime], Customer | None]
    read_state: Callable[[str], Awaitable[Any]]
    clock: Clock


class Engine:
    """A service at work. Built by `running`."""

    def __init__(self, service: Service, settings: ServiceSettings, keys: PrivateKeys, metrics: Metrics) -> None:
        self.service, self.settings, self.keys = service, settings, keys
        self.connection = kafka_connection(settings)
        self.clock = Clock()
        lanes = [lane.name for lane in service.lanes]
        metrics.begin(lanes, LETTER_REASONS, [effect.__name__ for effect in service.perform])
        self.progress = Progress(lanes, settings.stalled_after_s)
        self.observer = ServiceObserver(metrics, log, tracer_of(settings, service.name))
        self.publisher = KafkaPublisher(self.connection, self.clock.corrected_by)
        self.keyring = Keyring(service.name, keys, settings.key_fingerprints)
        self.key_reader = KeyReader(self.connection, self.keyring, settings.key_fingerprints.keys() - {service.name})
        self.store = MongoStore(
            settings.mongo_uri.get_secret_value(),
            settings.database,
            partition_of(service.name),
            store_limit_s(settings.call_timeout_s),
        )
        self._ruled = True
        self._proven_to = self.clock.present()
        self.ended = EndedSessions()
        self.session_reader = SessionReader(self.connection, self.ended, self.clock.present, metrics.ended_sessions)
        self.verifier = SessionVerifier(self.keyring.signing_key, self.ended.has_ended)
        machinery = wired(service, self._outside())
        self.codecs, self.desk, self.lanes = machinery.codecs, machinery.desk, machinery.lanes
        self.sweep, self.audit = machinery.sweep, machinery.audit
        self.order_reader = OrderReader(self.connection, service.name, machinery.orders)
        self.halts = Halts(service.name, self.lanes, machinery.orders, self._say, self.clock.present, self.observer)
        self.ends = LogEnds(self.connection, [lane.topic for lane in self.lanes], self.settings.call_timeout_s)
        self.lookout = Lookout(self.lanes, self.progress, lambda: self.ends.ends)

    def _outside(self) -> Outside:
        return Outside(
            store=self.store,
            publish=self.publisher,
            committed=self.committed,
            present=self.clock.present,
            monotonic=Clock.monotonic,
            keyed_hash=self.keys.keyed_hash,
            seal=self.keyring.seal_fields,
            opener=self.keyring.opener,
            check_token=self.verifier.verify,
            data_keys=StateCipher(self.keys.state_key, self.keys.earlier_state_keys),
            observer=self.observer,
            unproven_letters_until=self.settings.unproven_letters_until,
        )

    def check_token(self, token: str, now: datetime) -> Customer | None:
        """The customer of a session token that is shown at a door, None where it does not count."""
        verified = self.verifier.verify_shown(token, now)
        return verified if isinstance(verified, Customer) else None

    async def publish(self, message: Message, subject: str) -> None:
        """Send one message of our own that no decision emitted (from a door, at a start)."""
        await self._say(subject, subject, message)

    async def _say(self, aggregate: str, correlation_id: str, message: Message) -> None:
        await self.publisher([self.desk.result_record(aggregate, correlation_id, message)])

    async def read_state(self, aggregate: str) -> Any:
        """The state of one aggregate as a majority has it, None where there is none."""
        document = (await self.store.load([aggregate])).get(aggregate)
        return None if document is None else self.codecs[aggregate.partition(":")[0]].read(document)

    async def committed(self) -> Mapping[tuple[int, str, int], int]:
        """What each lane's group has committed, from the broker. Every order to skip that it rests on is known then."""
        admin = AIOKafkaAdminClient(**self.connection)
        offsets: dict[tuple[int, str, int], int] = {}
        async with asyncio.timeout(self.settings.call_timeout_s * 2), opened(admin):
            for lane in self.lanes:
                found = await admin.list_consumer_group_offsets(lane.group)
                if not found:  # a lane has committed before it reads: its coordinator cannot say so yet (trap 49)
                    raise GroupLoadInProgressError
                for tp, committed in found.items():
                    offsets[lane.topic.epoch, tp.topic, tp.partition] = committed.offset
        async with asyncio.timeout(ORDERS_READ_S):
            await self.order_reader.catch_up()
        return offsets

    async def audited(self) -> None:
        """One look of the audit, and a count of what is parked on the same partitions. A collection that was made anew
        lacks the rule that checks versions, and whoever counts on it must know (law 6)."""
        try:
            await self._tell_of_versions(self.store.look_for_rule())
            oldest_s = await self.audit.once()
            self.observer.parked(await self.store.parked(list(self.audit.lane.lag())))
        except Exception:
            # What has been written since the last look is not proven either.
            self.observer.oldest_unproven((self.clock.present() - self._proven_to).total_seconds())
            raise
        self.observer.oldest_unproven(oldest_s)
        self._proven_to = self.clock.present() - timedelta(seconds=oldest_s)

    async def prepare_store(self) -> None:
        """Let the database check versions, and find what sweep and audit look for."""
        await self._tell_of_versions(self.store.give_rule())
        await self.store.make_indexes()

    async def _tell_of_versions(self, look: Awaitable[object]) -> None:
        await look
        if self._ruled and not self.store.has_rule:
            self.observer.tell("versions_filtered")
        self._ruled = self.store.has_rule

    @property
    def runtime(self) -> Runtime:
        """What doors may use."""
        return Runtime(self.publish, self.check_token, self.read_state, self.clock)

    async def look_after(self) -> None:
        """Beat for lanes that make progress; tell their lag."""
        while True:
            self.observer.loop_late(self.lookout.look())
            for lane in self.lanes:
                ends = self.ends.ends.get(lane.topic.name)
                if ends is not None:
                    self.observer.lag(lane.name, unread(lane, ends))
            self.observer.silent(self.ends.silent)
            self.observer.oldest_send(self.publisher.oldest_send_s)
            self.observer.skew(self.clock.skew, SKEW_ALARM)
            await asyncio.sleep(LOOK_EVERY_S)

    async def every(self, seconds: float, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Do the work again and again; broken machinery is told and waited for."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - sweeps and audits come again by themselves
                self.observer.tell(f"{name}_failed", error=error)
                await asyncio.sleep(1.0)


@contextlib.asynccontextmanager
async def running(
    service: Service,
    settings: ServiceSettings,
    keys: PrivateKeys,
    metrics: Metrics | None = None,
    at_start: Sequence[tuple[Message, str]] = (),
) -> AsyncIterator[Engine]:
    """Start the service; on leaving, let batches and calls in flight end, within 10 s in all."""
    engine = Engine(service, settings, keys, metrics or Metrics())
    broker = LaneBroker(
        **broker_connection(settings),
        allow_auto_create_topics=False,
        apply_types=False,
        logger=LaneErrors(engine.observer.tell),
        graceful_timeout=DRAIN_S,
    )
    tasks: list[asyncio.Task[Any]] = []
    open_effects = contextlib.AsyncExitStack()
    try:
        await _prepare(engine, tasks)
        await open_effects.enter_async_context(_opened(service.effects))
        await asyncio.gather(*(begin_at_the_beginning(engine.connection, x.group, x.topic) for x in engine.lanes))
        await engine.audit.ask()  # before the first old outbox is met
        for lane in engine.lanes:
            lane.attach(broker, settings.member)
        await broker.start()
        for message, subject in at_start:
            await engine.publish(message, subject)
        tasks.append(asyncio.create_task(engine.ends.run()))
        tasks.append(asyncio.create_task(engine.every(ATTEND_EVERY_S, "halts", engine.halts.attend)))
        tasks.append(asyncio.create_task(engine.look_after()))
        tasks.append(asyncio.create_task(engine.every(SWEEP_EVERY_S, "sweep", engine.sweep.once)))
        tasks.append(asyncio.create_task(engine.every(AUDIT_EVERY_S, "audit", engine.audited)))
        engine.progress.ready(yes=True)
        yield engine
    finally:
        engine.progress.ready(yes=False)
        await _stop(engine, broker, tasks)
        await open_effects.aclose()


async def _prepare(engine: Engine, tasks: list[asyncio.Task[Any]]) -> None:
    """What must be so before the first command is taken in; the readers go on as tasks."""
    await check_topics(engine.connection, engine.service)
    await engine.prepare_store()
    name = engine.service.name
    await engine.publisher([engine.desk.result_record(name, name, engine.keyring.own_announcement())])
    tasks.append(asyncio.create_task(engine.key_reader.run()))
    tasks.append(asyncio.create_task(engine.order_reader.run()))
    tasks.append(asyncio.create_task(engine.session_reader.run()))
    async with asyncio.timeout(READ_FIRST_S):
        # Nothing may be done under a session that has ended (I13), nor taken for proven where a record was passed over.
        await engine.session_reader.catch_up()
        await engine.order_reader.catch_up()
    log.info("sessions_read", count=len(engine.ended))


def _opened(effects: Any) -> contextlib.AbstractAsyncContextManager[Any]:
    """Effects that hold something open (clients of gateways) are entered for as long as the service works, and left
    after the calls in flight have ended."""
    if isinstance(effects, contextlib.AbstractAsyncContextManager):
        return effects
    return contextlib.nullcontext()


async def _stop(engine: Engine, broker: LaneBroker, tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_S + 1):
            await broker.stop()
    await engine.desk.finish(limit_s=2.0)
    await engine.publisher.close()
    await asyncio.to_thread(engine.observer.tracer.close)
    engine.store.close()
    await asyncio.gather(*tasks, return_exceptions=True)

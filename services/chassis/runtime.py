"""The composition root: one service, its lanes, its desk for calls, its clock, on a given broker and database.

`process.run` starts one for production; tests start one with the same function.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from faststream.kafka import KafkaBroker

from contracts.decision import Customer
from contracts.message import Message
from contracts.operations import COMMANDS_TOPIC
from services.chassis.acknowledged import Acknowledged
from services.chassis.arrival import Decoder
from services.chassis.audit import AUDIT_EVERY_S, Audit
from services.chassis.clock import SKEW_ALARM, Clock
from services.chassis.connection import broker_security, kafka_connection
from services.chassis.dead_letters import Morgue
from services.chassis.effects_desk import EffectsDesk
from services.chassis.encoding import Encoder
from services.chassis.fold import Folder
from services.chassis.health import Progress
from services.chassis.key_reader import KeyReader
from services.chassis.keyring import Keyring
from services.chassis.keys import PrivateKeys
from services.chassis.lane import KafkaLane, begin_at_the_beginning
from services.chassis.lane_errors import LaneErrors
from services.chassis.loop import Loop
from services.chassis.metrics import Metrics
from services.chassis.observer import ServiceObserver
from services.chassis.publisher import KafkaPublisher
from services.chassis.service import Service
from services.chassis.settings import ServiceSettings
from services.chassis.start_check import check_topics
from services.chassis.state import StateCodec
from services.chassis.state_cipher import StateCipher
from services.chassis.store import MongoStore
from services.chassis.sweep import SWEEP_EVERY_S, Sweep, partition_of
from services.chassis.tokens import SessionVerifier

log = structlog.get_logger()
LOOK_EVERY_S: Final = 1.0
DRAIN_S: Final = 6.0


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a service's HTTP doors may use: they publish messages and read, and change nothing themselves."""

    publish: Callable[[Message, str], Awaitable[None]]
    check_token: Callable[[str, Any, str], Customer | None]
    read_state: Callable[[str], Awaitable[Any]]
    clock: Clock


class Engine:
    """A service at work. Built by `running`."""

    def __init__(self, service: Service, settings: ServiceSettings, keys: PrivateKeys, metrics: Metrics) -> None:
        self.service, self.settings, self.keys = service, settings, keys
        self.connection = kafka_connection(settings)
        self.clock = Clock()
        self.progress = Progress([lane.name for lane in service.lanes], settings.stalled_after_s)
        self.observer = ServiceObserver(metrics, log)
        self.publisher = KafkaPublisher(self.connection, self.clock.corrected_by)
        self.acknowledged = Acknowledged()
        self.keyring = Keyring(service.name, keys, settings.key_fingerprints)
        self.key_reader = KeyReader(self.connection, self.keyring, settings.key_fingerprints.keys() - {service.name})
        self.store = MongoStore(
            settings.mongo_uri.get_secret_value(),
            settings.database,
            partition_of(service.name),
            settings.call_timeout_s + 1,
        )
        self.verifier = SessionVerifier(self.keyring.signing_key)
        self._wire()

    def _wire(self) -> None:
        service, present = self.service, self.clock.present
        encoder = Encoder(service.name, self.keyring.seal_fields)
        data_keys = StateCipher(self.keys.state_key, self.keys.earlier_state_keys)
        self.codecs = {kind.name: StateCodec(kind, data_keys) for kind in service.kinds}
        decoder = Decoder(service, self.keys.keyed_hash, self.keyring.opener, self.check_token)
        folder = Folder(service, self.codecs, encoder, present, self.acknowledged.knows)
        self.loop = Loop(
            service.name,
            decoder,
            folder,
            Morgue(service.name, encoder, self.acknowledged.knows),
            self.store,
            self.publisher,
            self.acknowledged,
            self.observer,
            present,
            Clock.monotonic,
        )
        self.desk = EffectsDesk(service.name, service.perform, encoder.body, self.publisher, present, self.observer)
        self.lanes = [
            KafkaLane(service.name, lane, self.loop.settle, self.desk.start, self.acknowledged, self.observer)
            for lane in service.lanes
        ]
        commands = next(lane for lane in self.lanes if lane.topic is COMMANDS_TOPIC[service.name])
        self.sweep = Sweep(service.name, commands, self.store, self.publisher, present)
        self.audit = Audit(
            service.name, commands, self.store, self.publisher, self.committed, present, self.observer.tell
        )

    def check_token(self, token: str, now: Any, channel: str) -> Customer | None:
        """The customer of a session token, None where it does not count."""
        verified = self.verifier.verify(token, now, channel)
        return verified if isinstance(verified, Customer) else None

    async def publish(self, message: Message, subject: str) -> None:
        """Send one message of our own that no decision emitted (from a door, at a start)."""
        await self.publisher([self.desk.result_record(subject, subject, message)])

    async def read_state(self, aggregate: str) -> Any:
        """The state of one aggregate as a majority has it, None where there is none."""
        document = (await self.store.load([aggregate])).get(aggregate)
        return None if document is None else self.codecs[aggregate.partition(":")[0]].read(document)

    async def committed(self) -> Mapping[tuple[int, str, int], int]:
        """What each lane's group has committed, from the broker."""
        admin = AIOKafkaAdminClient(**self.connection)
        offsets: dict[tuple[int, str, int], int] = {}
        async with asyncio.timeout(self.settings.call_timeout_s * 2):
            await admin.start()
            try:
                for lane in self.lanes:
                    found = await admin.list_consumer_group_offsets(lane.group)
                    for tp, committed in found.items():
                        offsets[lane.topic.epoch, tp.topic, tp.partition] = committed.offset
            finally:
                await admin.close()
        return offsets

    @property
    def runtime(self) -> Runtime:
        """What doors may use."""
        return Runtime(self.publish, self.check_token, self.read_state, self.clock)

    async def look_after(self) -> None:
        """Beat for lanes that make progress; tell their lag."""
        done = {lane.name: -1 for lane in self.lanes}
        while True:
            for lane in self.lanes:
                lags = lane.lag()
                waiting = sum(lag or 0 for lag in lags.values())
                self.observer.lag(lane.name, waiting)
                idle = not waiting and not lane.busy
                if lane.batches != done[lane.name] or idle or lane.paused:
                    self.progress.beat(lane.name)
                done[lane.name] = lane.batches
            self.observer.skew(self.clock.skew, SKEW_ALARM)
            await asyncio.sleep(LOOK_EVERY_S)

    async def every(self, seconds: float, name: str, work: Callable[[], Awaitable[float]]) -> None:
        """Do the work again and again; broken machinery is told and waited for."""
        while True:
            await asyncio.sleep(seconds)
            try:
                result = await work()
            except Exception as error:  # noqa: BLE001 - sweeps and audits come again by themselves
                self.observer.tell(f"{name}_failed", error=error)
                await asyncio.sleep(1.0)
            else:
                if name == "audit":
                    self.observer.oldest_unproven(result)


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
    broker = KafkaBroker(
        settings.kafka_bootstrap,
        allow_auto_create_topics=False,
        apply_types=False,
        logger=LaneErrors(engine.observer.tell),
        client_id=settings.replica,
        security=broker_security(settings),
        graceful_timeout=DRAIN_S,
    )
    tasks: list[asyncio.Task[Any]] = []
    try:
        await check_topics(engine.connection, service)
        await engine.store.prepare()
        await engine.publisher(
            [engine.desk.result_record(service.name, service.name, engine.keyring.own_announcement())]
        )
        tasks.append(asyncio.create_task(engine.key_reader.run()))
        await asyncio.gather(*(begin_at_the_beginning(engine.connection, x.group, x.topic) for x in engine.lanes))
        for lane in engine.lanes:
            lane.attach(broker)
        await broker.start()
        for message, subject in at_start:
            await engine.publish(message, subject)
        tasks.append(asyncio.create_task(engine.look_after()))
        tasks.append(asyncio.create_task(engine.every(SWEEP_EVERY_S, "sweep", engine.sweep.once)))
        tasks.append(asyncio.create_task(engine.every(AUDIT_EVERY_S, "audit", engine.audit.once)))
        engine.progress.ready(yes=True)
        yield engine
    finally:
        engine.progress.ready(yes=False)
        await _stop(engine, broker, tasks)


async def _stop(engine: Engine, broker: KafkaBroker, tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_S + 1):
            await broker.stop()
    await engine.desk.finish(limit_s=2.0)
    await engine.publisher.close()
    engine.store.close()
    await asyncio.gather(*tasks, return_exceptions=True)

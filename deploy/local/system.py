"""The whole of Hesabi on one machine: stack, topics, keys, simulated neighbours, four services as separate processes.

Everything ends with the block, with Ctrl-C and with this process, however that ends.
"""

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from pymongo import MongoClient

from contracts import topics
from contracts.topics import Topic
from contracts.values.riyadh_day import riyadh_day
from deploy.local.client import Client
from deploy.local.keys import make_keys
from deploy.local.neighbours.back_office import BackOfficeSimulator
from deploy.local.neighbours.billing import BillingSimulator
from deploy.local.neighbours.mail_sink import MailSink
from deploy.local.neighbours.meter_sample import two_meters
from deploy.local.neighbours.metering import ClosingReadings, MeteringSimulator
from deploy.local.neighbours.registry import RegistrySimulator
from deploy.local.neighbours.sms_gateway import SmsGateway
from deploy.local.old_records import skip_what_is_there
from deploy.local.service_process import PROGRAM, ServiceProcess, Surroundings
from deploy.local.stack import Stack, running_stack
from deploy.local.stack.server import EmbeddedServer, StackError, free_port
from deploy.local.stack.topics import create_topics
from deploy.local.terms import terms_in_force
from deploy.local.watch import Watch, raw_records
from services.chassis.clients import opened

APP_SID: Final = "local-app-sid"
PAGES: Final = "https://hesabi.example"
ACCOUNT: Final = "30012345678"
LARGE_ACCOUNT: Final = "30087654321"
"""Supplies for whoever plays by hand (`make up`); the second has the sample times 8 (R7)."""

READ_S: Final = 60.0
LOOK_S: Final = 0.02


C = TypeVar("C", bound=Client)


@dataclass(frozen=True, slots=True)
class Lives:
    """Lives in seconds, short enough that nobody waits a minute for a late code (I6, I14), nor longer
    for what became of a call that was given up (N6)."""

    code_s: float = 3.0
    resend_after_s: float = 3.0
    report_link_s: float = 900.0
    call_given_up_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Setup:
    """How a system is put together. `replicas` of each service run `program` (see `Surroundings`); `watch` is who hears
    everything that is said; `settings` of a service are besides those that all systems have."""

    lives: Lives = field(default_factory=Lives)
    replicas: int = 1
    program: Sequence[str] = PROGRAM
    watch: type[Watch] = Watch
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class System:
    """A running system and its handles. `took` has the seconds of each part of the start."""

    stack: Stack
    folder: Path
    replicas: Mapping[str, Sequence[ServiceProcess]]
    gateway: SmsGateway
    mail: MailSink
    registry: RegistrySimulator
    billing: BillingSimulator
    watch: Watch
    lives: Lives
    today: date
    took: Mapping[str, float] = field(repr=False)
    _producer: AIOKafkaProducer = field(repr=False)
    _fingerprints: Mapping[str, Mapping[str, str]] = field(repr=False)

    @property
    def fingerprints(self) -> Mapping[str, Mapping[str, str]]:
        """What a client pins, as in `HESABI_KEY_FINGERPRINTS`."""
        return self._fingerprints

    def client(self, channel: str = "web") -> Client:
        """A new channel program with a key of its own."""
        return self.client_of(Client, channel)

    def client_of(self, kind: type[C], channel: str = "web") -> C:
        """The same, of a kind that does more."""
        return kind(channel, self._producer, self.watch, self._fingerprints)

    def service(self, name: str) -> ServiceProcess:
        """The first replica of one of the four services."""
        return self.replicas[name][0]

    async def collect(self) -> dict[str, bytes]:
        """Every byte on all topics, by topic, uncompressed."""
        return await raw_records(self.stack.kafka_bootstrap)

    async def has_read(self, group: str, topic: Topic) -> None:
        """Waits until a consumer group has read what is on a topic now: a person is slower than that.

        Raises:
            TimeoutError: it has not within 60 s.
        """
        partitions = [TopicPartition(topic.name, partition) for partition in range(topic.partitions)]
        async with AIOKafkaConsumer(bootstrap_servers=self.stack.kafka_bootstrap, group_id=None) as consumer:
            ends = await consumer.end_offsets(partitions)
        admin = AIOKafkaAdminClient(bootstrap_servers=self.stack.kafka_bootstrap)
        await admin.start()
        try:
            async with asyncio.timeout(READ_S):
                while not _is_read(await admin.list_consumer_group_offsets(group), ends):  # noqa: ASYNC110 - elsewhere
                    await asyncio.sleep(LOOK_S)
        finally:
            await admin.close()

    async def furnish(self, account: str, large_account: str) -> None:
        """Two supplies come to be: billing knows them, and metering sends their readings, those of the second 8 times
        as large."""
        self.know(account, large_account)
        async with MeteringSimulator(self.stack.kafka_bootstrap) as metering:
            await metering.send(two_meters(self.today, account, large_account))

    def know(self, *accounts: str) -> None:
        """Supplies come to be without readings: billing knows them."""
        for account in accounts:
            self.billing.know(account)

    async def readings_taken(self) -> None:
        """Waits until reports has taken in every day block that metering sent."""
        await self.has_read("reports.readings", topics.METERING_READINGS)


def _is_read(committed: Mapping[TopicPartition, Any], ends: Mapping[TopicPartition, int]) -> bool:
    return all(end == 0 or (tp in committed and committed[tp].offset >= end) for tp, end in ends.items())


@contextlib.asynccontextmanager
async def running_system(
    folder: Path,
    *,
    stack: Stack | None = None,
    setup: Setup | None = None,
    mail_folder: Path | None = None,
    say: Callable[[str], None] | None = None,
) -> AsyncIterator[System]:
    """A system that is ready. `folder` gets keys and logs; without `stack` one of its own is started.

    Raises:
        deploy.local.stack.StackError: something did not start; the text tells what and why.
    """
    async with contextlib.AsyncExitStack() as cleanup:
        took: dict[str, float] = {}
        with _timed(took, "kafka and mongodb"):
            if stack is None:
                stack = await cleanup.enter_async_context(running_stack(say))
        yield await _built(cleanup, stack, folder, setup or Setup(), mail_folder, took)


async def _built(
    cleanup: contextlib.AsyncExitStack,
    stack: Stack,
    folder: Path,
    setup: Setup,
    mail_folder: Path | None,
    took: dict[str, float],
) -> System:
    around = _surroundings(stack, folder, setup)
    cleanup.callback(_drop_databases, stack.mongo_uri, around.databases)
    gateway = await cleanup.enter_async_context(SmsGateway(app_sid=APP_SID))
    mail = await cleanup.enter_async_context(MailSink(folder=mail_folder))
    replicas = _replicas(around, gateway, mail, setup)
    services = [service for each in replicas.values() for service in each]
    registry = RegistrySimulator(stack.kafka_bootstrap, around.keys / "registry", around.fingerprints, ())
    billing = BillingSimulator(stack.kafka_bootstrap, ())
    office = BackOfficeSimulator(stack.kafka_bootstrap, around.keys / "back-office", around.fingerprints)
    closing = ClosingReadings(stack.kafka_bootstrap)
    watch, producer = setup.watch(stack.kafka_bootstrap), AIOKafkaProducer(bootstrap_servers=stack.kafka_bootstrap)
    async with while_servers_run(stack) as starts:
        with _timed(took, "topics"):
            await skip_what_is_there(stack.kafka_bootstrap)
            await create_topics(stack.kafka_bootstrap, topics.CATALOGUE.values())
        with _timed(took, "services and neighbours"):
            cleanup.push_async_callback(_stop_all, services)
            ready = [starts.create_task(service.start()) for service in services]
            for each in (registry, billing, office, closing, watch, opened(producer)):
                await cleanup.enter_async_context(each)
            await asyncio.gather(*ready)
    return System(
        stack, folder, replicas, gateway, mail, registry, billing, watch, setup.lives,
        riyadh_day(datetime.now(UTC)), took, producer, around.fingerprints,
    )  # fmt: skip


@contextlib.asynccontextmanager
async def while_servers_run(stack: Stack) -> AsyncIterator[asyncio.TaskGroup]:
    """Whoever waits for a broker that has ended may wait for ever: the block ends with the StackError of what ended, of
    a server or of a task of the group."""
    try:
        async with asyncio.TaskGroup() as group:
            servers = [each for each in (stack.kafka, stack.mongo) if isinstance(each, EmbeddedServer)]
            watches = [group.create_task(server.must_run()) for server in servers]
            yield group
            for watch in watches:
                watch.cancel()
    except* StackError as errors:
        raise errors.exceptions[0] from None


def _surroundings(stack: Stack, folder: Path, setup: Setup) -> Surroundings:
    keys, logs = folder / "keys", folder / "logs"
    logs.mkdir(parents=True)
    return Surroundings(
        kafka_bootstrap=stack.kafka_bootstrap,
        mongo_uri=stack.mongo_uri,
        databases=f"hesabi_{secrets.token_hex(6)}",
        keys=keys,
        fingerprints=make_keys(keys),
        logs=logs,
        program=setup.program,
    )


def _replicas(
    around: Surroundings, gateway: SmsGateway, mail: MailSink, setup: Setup
) -> dict[str, list[ServiceProcess]]:
    settings, secret = _settings(gateway, mail, setup.lives), secrets.token_urlsafe(32)

    def process(name: str, number: int) -> ServiceProcess:
        port = free_port()
        own = {"receipts_url": f"http://127.0.0.1:{port}", "receipts_secret": secret} if name == "notifications" else {}
        return ServiceProcess(name, port, around, {**settings[name], **own, **setup.settings.get(name, {})}, number)

    return {name: [process(name, number) for number in range(1, setup.replicas + 1)] for name in topics.SERVICES}


def _settings(gateway: SmsGateway, mail: MailSink, lives: Lives) -> dict[str, Mapping[str, Any]]:
    return {
        "identity": {
            "terms": json.dumps(terms_in_force()),
            "otp_life_s": lives.code_s,
            "resend_after_s": lives.resend_after_s,
        },
        "accounts": {},
        "notifications": {
            "sms_url": gateway.url,
            "sms_app_sid": APP_SID,
            "sms_sender": "Hesabi",
            "smtp_host": "127.0.0.1",
            "smtp_port": mail.port,
            "smtp_starttls": "false",
            "mail_from": "no-reply@hesabi.example",
            "contact_email": "care@hesabi.example",
            "pages_url": PAGES,
            "sms_held_s": lives.call_given_up_s,
        },
        "reports": {"link_life_s": lives.report_link_s},
    }


async def _stop_all(services: Collection[ServiceProcess]) -> None:
    await asyncio.gather(*(service.stop() for service in services))
    for service in services:
        service.kill_now()


def _drop_databases(uri: str, prefix: str) -> None:
    with contextlib.suppress(Exception), MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=1000) as client:
        for name in topics.SERVICES:
            client.drop_database(f"{prefix}_{name}")


@contextlib.contextmanager
def _timed(took: dict[str, float], what: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    took[what] = time.perf_counter() - begun

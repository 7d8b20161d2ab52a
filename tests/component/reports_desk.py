"""Reports at work on a real Kafka and MongoDB, and those around it."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from aiokafka import AIOKafkaProducer
from joserfc.jwk import OKPKey
from pydantic import SecretStr

from contracts.accounts import AccountDefined
from contracts.decision import Customer
from contracts.envelope import Envelope, to_headers
from contracts.identity import NationalAddressSaved
from contracts.message import Message
from contracts.reports import RequestConsumptionReport, RequestPaymentReport, RequestStatement
from contracts.sealed import Sealed
from contracts.topics import CATALOGUE as TOPICS
from contracts.transfers import RelationConfirmed
from contracts.values.riyadh_day import riyadh_day
from deploy.local.client import Client
from deploy.local.keys import make_keys
from deploy.local.neighbours.meter_sample import as_sent, shifted_sample
from deploy.local.neighbours.metering import MeteringSimulator
from deploy.local.stack import Stack
from deploy.local.stack.topics import create_topics
from deploy.local.watch import Watch
from services.chassis.health import http_app, serve
from services.chassis.keyring import Keyring
from services.chassis.keys import Fingerprints, PrivateKeys
from services.chassis.metrics import Metrics
from services.chassis.runtime import Engine, running
from services.chassis.tokens import sign_session
from services.reports.__main__ import build, doors
from services.reports.meter import MeterMonth
from services.reports.settings import ReportsSettings
from tests.eventually import eventually


@dataclass
class Desk:
    """Reports at work, a channel, and identity's, accounts' and metering's voices."""

    stack: Stack
    watch: Watch
    client: Client
    producer: AIOKafkaProducer
    signing: OKPKey
    engine: Engine
    port: int
    user_id: str = field(default_factory=lambda: f"user-{uuid4().hex}")
    account: str = field(default_factory=lambda: f"{uuid4().int % 10**11:011d}")

    async def tell(self, body: Message, source: str) -> None:
        """An event of another service, twice under the same id."""
        await publish_twice(self.producer, body, source, f"user:{self.user_id}")

    def token(self, user_id: str | None = None, actor: str | None = None) -> str:
        """A session token of this person, or of who acts for them (I17)."""
        now = datetime.now(UTC)
        customer = Customer(user_id or self.user_id, "session-1", "app", actor)
        return sign_session(self.signing, customer, now - timedelta(seconds=5), now + timedelta(minutes=5))

    def payments(self, month: str) -> RequestPaymentReport:
        """The command for a month's payment report."""
        return RequestPaymentReport(
            token=Sealed.of(self.token()),
            account_number=self.account,
            first_month=month,
            last_month=month,
            answer_key=self.client.answer_key,
        )

    def statement(self, month: str) -> RequestStatement:
        """The command for a month's statement."""
        return RequestStatement(
            token=Sealed.of(self.token(actor="user-sara")),
            first_month=month,
            last_month=month,
            answer_key=self.client.answer_key,
        )

    def request(self, month: str, user_id: str | None = None) -> RequestConsumptionReport:
        """The command for a month's consumption."""
        return RequestConsumptionReport(
            token=Sealed.of(self.token(user_id)),
            account_number=self.account,
            first_month=month,
            last_month=month,
            answer_key=self.client.answer_key,
        )

    async def state(self, aggregate: str) -> Any:
        """What the service has saved."""
        return await self.engine.read_state(aggregate)

    async def fetch(self, link: str, token: str, wish: str = "") -> httpx.Response:
        """What the door answers."""
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as http:
            return await http.get(link + wish, headers={"Authorization": f"Bearer {token}"}, timeout=30)


async def publish_twice(producer: AIOKafkaProducer, body: Message, source: str, subject: str) -> None:
    """The same record twice."""
    envelope = Envelope(str(uuid4()), source, body.type_name, subject, datetime.now(UTC))
    value = body.model_dump_json().encode()
    for _ in range(2):
        await producer.send_and_wait(body.topic.name, value, key=subject.encode(), headers=to_headers(envelope))


@contextlib.asynccontextmanager
async def open_desk(stack: Stack, tmp_path: Path, database_name: str) -> AsyncIterator[Desk]:
    """Reports with keys of its own, until the block ends."""
    bootstrap = stack.kafka_bootstrap
    await create_topics(bootstrap, TOPICS.values())
    fingerprints = make_keys(tmp_path)
    pinned = {service: Fingerprints(**each) for service, each in fingerprints.items()}
    settings = ReportsSettings(
        kafka_bootstrap=bootstrap,
        mongo_uri=SecretStr(stack.mongo_uri),
        database=database_name,
        keys_folder=tmp_path / "reports",
        key_fingerprints=pinned,
        http_port=0,
        revision_quiet_s=0.5,
        statement_wait_s=20,
    )
    keys, identity = PrivateKeys.load(tmp_path / "reports"), PrivateKeys.load(tmp_path / "identity")
    assert identity.signing is not None
    async with contextlib.AsyncExitStack() as cleanup:
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
        await producer.start()
        cleanup.push_async_callback(producer.stop)
        watch = await cleanup.enter_async_context(Watch(bootstrap))
        await publish_twice(producer, Keyring("identity", identity, pinned).own_announcement(), "identity", "identity")
        engine = await cleanup.enter_async_context(running(build(settings, keys), settings, keys))
        app = http_app(engine.progress, Metrics(), doors(settings, engine.runtime))
        port = await cleanup.enter_async_context(serve(app, settings.http_host, 0))
        client = Client("app", producer, watch, fingerprints)
        yield Desk(stack, watch, client, producer, identity.signing, engine, port)


async def with_readings(desk: Desk, month: date) -> None:
    """Metering has sent its sample, twice, up to the end of the month, and reports has taken it in."""
    blocks = as_sent(shifted_sample(riyadh_day(datetime.now(UTC)), desk.account))
    async with MeteringSimulator(desk.stack.kafka_bootstrap) as metering:
        for _ in range(2):
            await metering.send(blocks)

    async def versions() -> set[int]:
        state = await desk.engine.read_state(f"meter:{desk.account}:{month:%Y-%m}")
        return {block.version for block in state.days} if isinstance(state, MeterMonth) else set()

    def is_corrected(seen: set[int]) -> bool:
        return 2 in seen

    await eventually(versions, is_corrected, within=30)  # the correction comes last


async def confirmed(desk: Desk, from_day: date = date(2020, 1, 1)) -> None:
    """Accounts has confirmed the person's relation to the supply, from that day on (A10)."""
    relation = RelationConfirmed(
        user_id=desk.user_id, account_number=desk.account, relation="owner", basis="billing", from_day=from_day
    )
    await desk.tell(relation, "accounts")

    async def relations() -> object:
        return (await desk.state(f"customer:{desk.user_id}")).relations

    await eventually(relations, bool, within=20)


async def known(desk: Desk) -> None:
    """The person has an address and has defined the account."""
    defined = AccountDefined(
        user_id=desk.user_id,
        account_number=desk.account,
        relation="owner",
        is_actual_beneficiary=True,
        reference="7K3M-0QXZ-91TC",
        defined_at=datetime.now(UTC),
    )
    await desk.tell(NationalAddressSaved(user_id=desk.user_id, region=1), "identity")
    await desk.tell(defined, "accounts")

    async def accounts() -> object:
        state = await desk.engine.read_state(f"customer:{desk.user_id}")
        return state and state.has_address and state.accounts

    await eventually(accounts, bool, within=20)

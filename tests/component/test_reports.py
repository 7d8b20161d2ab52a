"""Reports on a real Kafka and MongoDB: real readings in, one answer, the file fetched by its link over HTTP."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from joserfc.jwk import OKPKey
from pydantic import SecretStr

from contracts.accounts import AccountDefined
from contracts.decision import Customer
from contracts.envelope import Envelope, to_headers
from contracts.identity import NationalAddressSaved
from contracts.message import CommandRefused, Message
from contracts.reports import ConsumptionReportReady, ReportMade, RequestConsumptionReport
from contracts.sealed import Sealed
from contracts.topics import CATALOGUE as TOPICS
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
from services.reports.riyadh import ONE_DAY, riyadh_day
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

    def token(self, user_id: str | None = None) -> str:
        now = datetime.now(UTC)
        customer = Customer(user_id or self.user_id, "session-1", "app")
        return sign_session(self.signing, customer, now - timedelta(seconds=5), now + timedelta(minutes=5))

    def request(self, month: str, user_id: str | None = None) -> RequestConsumptionReport:
        return RequestConsumptionReport(
            token=Sealed.of(self.token(user_id)),
            account_number=self.account,
            first_month=month,
            last_month=month,
            answer_key=self.client.answer_key,
        )

    async def fetch(self, link: str, token: str, wish: str = "") -> httpx.Response:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as http:
            return await http.get(link + wish, headers={"Authorization": f"Bearer {token}"}, timeout=30)


async def publish_twice(producer: AIOKafkaProducer, body: Message, source: str, subject: str) -> None:
    envelope = Envelope(str(uuid4()), source, body.type_name, subject, datetime.now(UTC))
    value = body.model_dump_json().encode()
    for _ in range(2):
        await producer.send_and_wait(body.topic.name, value, key=subject.encode(), headers=to_headers(envelope))


@pytest.fixture
async def desk(stack: Stack, tmp_path: Path, database_name: str) -> AsyncIterator[Desk]:
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


async def test_R1_J3_R8_from_real_readings_to_a_file_that_only_its_owner_fetches(desk: Desk) -> None:
    month = riyadh_day(datetime.now(UTC)).replace(day=1) - ONE_DAY
    early = await desk.client.ask(desk.request(f"{month:%Y-%m}"), key="session-1")
    assert early.outcome == "step-missing (choose-address)"
    await known(desk)
    await with_readings(desk, month)
    made = await desk.client.ask(desk.request(f"{month:%Y-%m}"), key="session-1")
    assert isinstance(made.body, ConsumptionReportReady)
    assert (made.body.days_measured, made.body.days_in_period) == (month.day - 2, month.day)
    await desk.client.send_bytes(made.sent)
    again = await desk.client.answer(made.sent, number=2)
    assert again.seen.envelope.id == made.seen.envelope.id
    assert len({seen.envelope.id for seen in desk.watch.seen if seen.envelope.type == ReportMade.type_name}) == 1

    link = desk.client.open(made, "link")
    for wish, beginning in (("", b"%PDF-"), ("?language=en&format=csv", b"\xef\xbb\xbf")):
        answer = await desk.fetch(link, desk.token(), wish)
        assert (answer.status_code, answer.content[: len(beginning)]) == (200, beginning)
        assert answer.content == (await desk.fetch(link, desk.token(), wish)).content
    assert (await desk.fetch(link, desk.token("user-other"))).status_code == 404
    assert (await desk.fetch(link, "nobodys.token")).status_code == 401

    report_id = made.body.report_id

    async def fetched() -> int:
        count: int = (await desk.engine.read_state(f"report:{report_id}")).fetched
        return count

    def is_each_one(seen: int) -> bool:
        return seen == 4

    await eventually(fetched, is_each_one, within=20)


async def test_J3_a_month_without_readings_is_refused_and_a_foreign_account_does_not_exist(desk: Desk) -> None:
    await known(desk)
    month = f"{riyadh_day(datetime.now(UTC)).replace(day=1) - ONE_DAY:%Y-%m}"
    without = await desk.client.ask(desk.request(month), key="session-1")
    assert without.outcome == "not-enough-readings"
    foreign = desk.request(month).model_copy(update={"account_number": "39999999999"})
    refused = await desk.client.ask(foreign, key="session-1")
    assert isinstance(refused.body, CommandRefused)
    assert refused.outcome == "not-found"

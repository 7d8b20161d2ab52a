"""Registry, billing and metering on a real Kafka: each request is answered once, in its own time, sealed."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from contracts.billing import AccountUnknown, DuesAsked, DuesFound
from contracts.envelope import Envelope, from_headers, to_headers
from contracts.message import CATALOGUE, Message
from contracts.metering import IntervalReadings
from contracts.registry import (
    AddressesAsked,
    AddressesFound,
    ApprovedMobileAbsent,
    ApprovedMobileAsked,
    ApprovedMobileFound,
    AuthorityAsked,
    AuthorityConfirmed,
    AuthorityNotConfirmed,
    EvidenceAsked,
    EvidenceConfirmed,
)
from contracts.sealed import Sealed
from contracts.topics import BILLING_ANSWERS, METERING_READINGS, REGISTRY_ANSWERS, REGISTRY_EVIDENCE_ANSWERS
from contracts.topics import CATALOGUE as TOPICS
from deploy.local.keys import make_keys
from deploy.local.neighbours.billing import BillingSimulator
from deploy.local.neighbours.meter_sample import shifted_sample
from deploy.local.neighbours.metering import MeteringSimulator
from deploy.local.neighbours.registry import Document, Person, RegistrySimulator
from deploy.local.stack import Stack
from deploy.local.stack.topics import create_topics
from services.chassis.key_reader import KeyReader
from services.chassis.keyring import Keyring
from services.chassis.keys import Fingerprints, KeyUnknown, PrivateKeys
from tests.component.neighbours import neighbour_process
from tests.eventually import eventually

NOURA = Person("citizen", "1000000008", "1410-05-12", "+966501234567")
ACCOUNT = "30012345678"


@dataclass
class Asker:
    """Sends requests as a service does, and keeps the answers that come to its own aggregates."""

    producer: AIOKafkaProducer
    keyring: Keyring
    asked_by: str = field(default_factory=lambda: f"user:{uuid4()}")
    heard: list[tuple[Envelope, Message]] = field(default_factory=list)

    async def send(self, body: Message, source: str, subject: str, id: str) -> None:
        sealed = self.keyring.seal_fields(body, subject)
        envelope = Envelope(id, source, body.type_name, subject, datetime.now(UTC), correlation_id=f"command-{id}")
        value = sealed.model_dump_json().encode()
        await self.producer.send_and_wait(body.topic.name, value, key=subject.encode(), headers=to_headers(envelope))

    async def ask(self, body: Message, source: str) -> str:
        request_id = str(uuid4())
        await self.send(body, source, self.asked_by, request_id)
        return request_id

    def answers_to(self, id: str) -> list[tuple[Envelope, Message]]:
        return [each for each in self.heard if each[0].causation_id == id]

    async def answer_to(self, id: str) -> Message:
        ((envelope, body),) = await eventually(lambda: self.answers_to(id))
        assert (envelope.subject, envelope.correlation_id) == (self.asked_by, f"command-{id}")
        return body

    def opened(self, body: Message, name: str) -> str:
        return self.keyring.opener(body, self.asked_by)(name)

    async def listen(self, consumer: AIOKafkaConsumer) -> None:
        async for record in consumer:
            envelope = from_headers(record.key, record.headers)
            assert isinstance(envelope, Envelope)
            self.heard.append((envelope, CATALOGUE[envelope.type].model_validate_json(record.value)))

    def mobile_asked(self, number: str = NOURA.identity_number) -> ApprovedMobileAsked:
        return ApprovedMobileAsked(
            asked_by=self.asked_by,
            identity_type="citizen",
            identity_number=Sealed.of(number),
            birth_date=Sealed.of(NOURA.birth_date),
        )

    def dues_asked(self, account: str = ACCOUNT) -> DuesAsked:
        return DuesAsked(asked_by=self.asked_by, account_number=account, user_id="user-noura", relation="owner")


@pytest.fixture(scope="module")
async def bootstrap(stack: Stack) -> str:
    await create_topics(stack.kafka_bootstrap, TOPICS.values())
    return stack.kafka_bootstrap


@pytest.fixture(scope="module")
def fingerprints(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("keys")
    return folder, make_keys(folder)


@pytest.fixture
async def asker(bootstrap: str, fingerprints: tuple[Path, dict[str, dict[str, str]]]) -> AsyncIterator[Asker]:
    folder, prints = fingerprints
    pinned = {service: Fingerprints(**each) for service, each in prints.items()}
    keyring = Keyring("identity", PrivateKeys.load(folder / "identity"), pinned)
    reader = KeyReader({"bootstrap_servers": bootstrap}, keyring, ["registry"])
    topics = [topic.name for topic in (REGISTRY_ANSWERS, REGISTRY_EVIDENCE_ANSWERS, BILLING_ANSWERS, METERING_READINGS)]
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    async with contextlib.AsyncExitStack() as cleanup:
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
        await producer.start()
        cleanup.push_async_callback(producer.stop)
        await consumer.start()
        cleanup.push_async_callback(consumer.stop)
        asker = Asker(producer, keyring)
        await asker.send(keyring.own_announcement(), "identity", "identity", str(uuid4()))
        tasks = [asyncio.create_task(asker.listen(consumer)), asyncio.create_task(reader.run())]
        cleanup.push_async_callback(_end, tasks)
        yield asker


async def _end(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def registry(
    bootstrap: str, fingerprints: tuple[Path, dict[str, dict[str, str]]], asker: Asker
) -> AsyncIterator[RegistrySimulator]:
    folder, prints = fingerprints
    async with RegistrySimulator(bootstrap, folder / "registry", prints, [NOURA]) as registry:
        await eventually(lambda: _is_known(asker.keyring))
        yield registry


def _is_known(keyring: Keyring) -> bool:
    with contextlib.suppress(KeyUnknown):
        return bool(keyring.public_key("registry"))
    return False


async def test_I5_the_registry_gives_the_approved_mobile_sealed_to_identity(
    asker: Asker, registry: RegistrySimulator
) -> None:
    begun = monotonic()
    found = await asker.answer_to(await asker.ask(asker.mobile_asked(), "identity"))
    assert isinstance(found, ApprovedMobileFound)
    assert asker.opened(found, "mobile") == NOURA.mobile
    assert monotonic() - begun >= 0.2


async def test_I5_the_registry_does_not_say_whether_the_person_or_the_birth_date_is_wrong(
    asker: Asker, registry: RegistrySimulator
) -> None:
    unknown = await asker.ask(asker.mobile_asked("1000000016"), "identity")
    other_date = asker.mobile_asked().model_copy(update={"birth_date": Sealed.of("1410-05-13")})
    wrong = await asker.ask(other_date, "identity")
    assert (
        await asker.answer_to(unknown) == await asker.answer_to(wrong) == ApprovedMobileAbsent(asked_by=asker.asked_by)
    )


async def test_I12_the_registry_gives_a_persons_addresses(asker: Asker, registry: RegistrySimulator) -> None:
    body = AddressesAsked(
        asked_by=asker.asked_by, identity_type="citizen", identity_number=Sealed.of(NOURA.identity_number)
    )
    found = await asker.answer_to(await asker.ask(body, "identity"))
    assert isinstance(found, AddressesFound)
    assert json.loads(asker.opened(found, "addresses")) == []


async def test_I17_the_registry_says_who_may_act_for_a_business(asker: Asker, registry: RegistrySimulator) -> None:
    registry.may_act(NOURA, "7001234567", "شركة النور")
    body = AuthorityAsked(
        asked_by=asker.asked_by,
        identity_type="citizen",
        identity_number=Sealed.of(NOURA.identity_number),
        unified_number=Sealed.of("7001234567"),
    )
    begun = monotonic()
    assert await asker.answer_to(await asker.ask(body, "identity")) == AuthorityConfirmed(asked_by=asker.asked_by)
    assert monotonic() - begun >= 0.2
    other = body.model_copy(update={"unified_number": Sealed.of("7009999999")})
    assert await asker.answer_to(await asker.ask(other, "identity")) == AuthorityNotConfirmed(asked_by=asker.asked_by)


async def test_A12_the_registry_confirms_a_deed_to_accounts(asker: Asker, registry: RegistrySimulator) -> None:
    registry.add_document(Document("ownership-deed", "310022", ACCOUNT, date(2024, 5, 1)))
    body = EvidenceAsked(
        asked_by=asker.asked_by,
        evidence_kind="ownership-deed",
        document_number=Sealed.of("310022"),
        account_number=ACCOUNT,
        user_id="user-noura",
    )
    confirmed = EvidenceConfirmed(asked_by=asker.asked_by, valid_from=date(2024, 5, 1))
    assert await asker.answer_to(await asker.ask(body, "accounts")) == confirmed


async def test_J3_a_request_that_comes_twice_is_answered_once(asker: Asker, registry: RegistrySimulator) -> None:
    asked = await asker.ask(asker.mobile_asked(), "identity")
    await asker.send(asker.mobile_asked(), "identity", asker.asked_by, asked)
    later = await asker.ask(asker.mobile_asked(), "identity")
    await asker.answer_to(later)
    assert len(asker.answers_to(asked)) == 1
    assert registry.answered["ApprovedMobileFound"] == 2


async def test_J3_a_registry_that_was_away_answers_what_has_waited(asker: Asker, registry: RegistrySimulator) -> None:
    registry.go_away()
    waiting = await asker.ask(asker.mobile_asked(), "identity")
    registry.come_back()
    assert isinstance(await asker.answer_to(waiting), ApprovedMobileFound)


async def test_J3_a_registry_that_is_away_answers_nothing(
    asker: Asker, registry: RegistrySimulator, bootstrap: str
) -> None:
    registry.go_away()
    first = await asker.ask(asker.mobile_asked(), "identity")
    async with BillingSimulator(bootstrap, [ACCOUNT]):
        await asker.answer_to(await asker.ask(asker.dues_asked(), "accounts"))
    assert not asker.answers_to(first)
    registry.come_back()
    await asker.answer_to(first)


async def test_A5_billing_gives_dues_and_does_not_know_every_account(asker: Asker, bootstrap: str) -> None:
    async with BillingSimulator(bootstrap, [ACCOUNT]) as billing:
        found = await asker.answer_to(await asker.ask(asker.dues_asked(), "accounts"))
        assert isinstance(found, DuesFound)
        assert found.total_halalas == sum(due.amount_halalas for due in found.dues) > 0
        unknown = await asker.answer_to(await asker.ask(asker.dues_asked("30099999999"), "accounts"))
        assert unknown == AccountUnknown(asked_by=asker.asked_by, account_number="30099999999", user_id="user-noura")
        assert (billing.answered["DuesFound"], billing.answered["AccountUnknown"]) == (1, 1)


async def test_J3_billing_runs_as_a_process_of_its_own(asker: Asker, bootstrap: str) -> None:
    module = "deploy.local.neighbours.billing"
    async with neighbour_process(module, "--kafka", bootstrap, "--account", ACCOUNT) as said:
        assert said == "billing answers"
        assert isinstance(await asker.answer_to(await asker.ask(asker.dues_asked(), "accounts")), DuesFound)


async def test_J3_the_registry_runs_as_a_process_of_its_own(
    bootstrap: str, fingerprints: tuple[Path, dict[str, dict[str, str]]], tmp_path: Path
) -> None:
    folder, prints = fingerprints
    pinned, people = tmp_path / "fingerprints.json", tmp_path / "people.json"
    await asyncio.to_thread(pinned.write_text, json.dumps(prints))
    await asyncio.to_thread(people.write_text, "[]")
    arguments = ("--keys", str(folder / "registry"), "--fingerprints", str(pinned), "--people", str(people))
    books = ("--businesses", str(people), "--documents", str(people))
    async with neighbour_process("deploy.local.neighbours.registry", "--kafka", bootstrap, *arguments, *books) as said:
        assert said == "registry answers"


async def test_R5_metering_sends_day_blocks_in_order(asker: Asker, bootstrap: str) -> None:
    account = f"{uuid4().int % 10**11:011d}"  # others send readings to the same broker
    blocks = shifted_sample(date(2026, 3, 14), account)[-28:]
    async with MeteringSimulator(bootstrap) as metering:
        assert await metering.send(blocks) == 28
    heard = await eventually(
        lambda: [b for _, b in asker.heard if isinstance(b, IntervalReadings) and b.account_number == account],
        lambda seen: len(seen) >= 28,
        within=30,
    )
    assert heard == blocks

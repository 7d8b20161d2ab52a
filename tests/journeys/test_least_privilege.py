"""Law 12 on a real broker: with the rights that the manifests give, everybody can do their work, and nothing else."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError

from contracts import topics
from contracts.topics import CATALOGUE, SERVICES, Topic
from deploy.cli.outcome import REFUSED, YES
from deploy.kubernetes.generate import users
from deploy.local.client import Client
from deploy.local.journey import Outcome, Person, individual_journey
from deploy.local.stack import Stack, StackError
from deploy.local.stack.server import free_port
from deploy.local.system import Lives, Setup, System, running_system
from deploy.local.watch import Watch
from services.chassis.settings import PREFIX
from tests.eventually import eventually
from tests.journeys.counting import ignore, settled_or_fail
from tests.journeys.guarded import GuardedBroker, guarded_broker

LIVES = Lives(code_s=4, resend_after_s=4)
CODE = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class GuardedSystem:
    """A running system whose services have no rights but those of the manifests."""

    system: System
    broker: GuardedBroker


@dataclass(frozen=True, slots=True)
class Typed:
    """What a command of the command line came to."""

    code: int
    output: str
    complaint: str


@pytest.fixture(scope="module")
async def guarded(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GuardedSystem]:
    folder = tmp_path_factory.mktemp("guarded")
    async with guarded_broker(folder) as broker:
        own = Stack(broker.open, stack.mongo_uri, broker.server, stack.mongo)
        setup = Setup(LIVES, settings={service: broker.settings(service) for service in SERVICES})
        async with running_system(folder / "system", stack=own, setup=setup) as system:
            yield GuardedSystem(system, broker)


@pytest.fixture(scope="module")
async def journey(guarded: GuardedSystem) -> AsyncIterator[Outcome]:
    """The demo's, by a web site that sees what a web site may see."""
    system, connection = guarded.system, guarded.broker.connection("web")
    async with (
        Watch(guarded.broker.guarded, lambda topic: "web" in CATALOGUE[topic].readers, connection) as watch,
        AIOKafkaProducer(**connection, acks="all") as producer,
    ):
        client = Client("web", producer, watch, system.fingerprints)
        outcome = await individual_journey(system, Person.made_up("ar"), ignore, client)
        await settled_or_fail(system)
        yield outcome


async def typed(guarded: GuardedSystem, *words: str) -> Typed:
    """`./hesabi` as the brokers' user `operators`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    own = {
        "HESABI_KEY_FINGERPRINTS": json.dumps(guarded.system.fingerprints),
        "HESABI_LOCAL": str(guarded.system.folder),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "deploy.cli", *words, stdout=PIPE, stderr=PIPE,
        env={**inherited, **guarded.broker.environment("operators"), **own, "PYTHONPATH": str(CODE)},
    )  # fmt: skip
    output, complaint = await process.communicate()
    assert process.returncode is not None
    return Typed(process.returncode, output.decode(), complaint.decode())


def test_law12_with_the_rights_of_the_manifests_a_whole_journey_works(journey: Outcome) -> None:
    assert journey.is_expected


async def test_law12_operators_can_give_every_order(guarded: GuardedSystem, journey: Outcome) -> None:
    assert journey.is_expected
    async with AIOKafkaProducer(**guarded.broker.connection("web"), acks="all") as producer:
        for _ in range(2):
            await producer.send_and_wait(topics.ACCOUNTS_COMMANDS.name, b"no envelope", partition=0)
    letters = ("--service", "accounts", "--reason", "envelope")

    async def are_two() -> bool:
        return "letters: 2, open: 2" in (await typed(guarded, "dead-letters", "list", *letters)).output

    await eventually(are_two, bool)
    dropped = await typed(guarded, "dead-letters", "drop", *letters, "--limit", "1", "--why", "it is sent anew")
    assert (dropped.code, dropped.complaint) == (YES, "")
    replayed = await typed(guarded, "dead-letters", "replay", *letters, "--why", "a trial")
    assert (replayed.code, "dead-letter" in replayed.output) == (REFUSED, True)
    place = ("--service", "accounts", "--lane", "commands", "--partition", "0", "--offset", "999999")
    skipped = await typed(guarded, "skip-record", *place, "--reason", "a trial", "--timeout", "1")
    assert (skipped.code, "does not let" in skipped.complaint) == (REFUSED, False)


async def test_law12_operators_hear_the_audit_and_write_to_customers(guarded: GuardedSystem, journey: Outcome) -> None:
    assert journey.is_expected
    heard = await typed(guarded, "watch", "identity.audit", "--from-beginning", "--count", "1", "--json")
    assert (heard.code, json.loads(heard.output)["topic"]) == (YES, topics.AUDIT["identity"].name)
    until = datetime.now(UTC) + timedelta(hours=2)
    sent = await typed(
        guarded, "send", "StartBroadcast", "--as", "operators", "--key", "works-1", "message_class=warning",
        "regions=[1]", f"valid_until={until.isoformat()}", "text_ar=تنبيه", "text_en=Works",
    )  # fmt: skip
    assert (sent.code, sent.complaint) == (YES, "")


@pytest.mark.parametrize("user", users())
async def test_law12_nobody_writes_where_the_contracts_do_not_name_them(guarded: GuardedSystem, user: str) -> None:
    async def refuses(producer: AIOKafkaProducer, topic: Topic) -> bool:
        try:
            await producer.send_and_wait(topic.name, b"a trial", partition=0)
        except TopicAuthorizationFailedError:
            return True
        return False

    foreign = [topic for topic in CATALOGUE.values() if user not in topic.writers]
    async with AIOKafkaProducer(**guarded.broker.connection(user), acks="all") as producer:
        assert [topic.name for topic in foreign if not await refuses(producer, topic)] == []


@pytest.mark.parametrize("user", users())
async def test_law12_who_may_write_may_not_read_for_that(guarded: GuardedSystem, user: str) -> None:
    """Of what they may neither write nor read they do not even learn that it is there: see above."""
    written = [topic for topic in CATALOGUE.values() if user in topic.writers - topic.readers]
    async with AIOKafkaConsumer(**guarded.broker.connection(user), group_id=None) as consumer:
        for topic in written:
            place = TopicPartition(topic.name, 0)
            consumer.assign([place])
            consumer.seek(place, 0)
            with pytest.raises(TopicAuthorizationFailedError):
                await asyncio.wait_for(consumer.getone(), 30)
    assert written


async def test_law12_nobody_reads_in_the_name_of_another(guarded: GuardedSystem) -> None:
    reports = AIOKafkaConsumer(
        topics.IDENTITY_EVENTS.name, **guarded.broker.connection("reports"), group_id="accounts.identity-events"
    )
    with pytest.raises(GroupAuthorizationFailedError):
        await reports.start()
    await reports.stop()


async def test_law12_whose_login_is_not_accepted_says_so_and_starts_not(guarded: GuardedSystem) -> None:
    replica = guarded.system.service("reports").another(7, free_port(), kafka_password="another")
    with pytest.raises(StackError, match="ended at once with code 3"):
        await replica.start()
    assert "SaslAuthenticationFailed" in replica.log.read_text(encoding="utf-8")


async def test_law12_who_may_not_see_a_topic_is_not_told_that_it_does_not_exist(guarded: GuardedSystem) -> None:
    replica = guarded.system.service("reports").another(8, free_port(), CODE, **guarded.broker.settings("web"))
    with pytest.raises(StackError, match="ended at once with code 3"):
        await replica.start()
    assert "is hidden from HESABI_KAFKA_USER" in replica.log.read_text(encoding="utf-8")

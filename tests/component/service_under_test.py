"""The toy service on a real stack: what it needs, what its neighbours send, what it said."""

import asyncio
import contextlib
import json
import os
import sys
import uuid
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from contracts.decision import Customer
from contracts.envelope import Envelope, to_headers
from contracts.message import Command, Message
from contracts.sealed import Sealed
from contracts.topics import CATALOGUE, Topic
from deploy.local.keys import make_keys
from deploy.local.stack import Stack
from deploy.local.stack.topics import create_topics
from services.chassis.keyring import Keyring
from services.chassis.keys import PrivateKeys
from services.chassis.metrics import Metrics
from services.chassis.runtime import Engine, running
from services.chassis.sealing import binding_of, public_jwk, seal
from services.chassis.service import Service
from services.chassis.settings import ServiceSettings
from services.chassis.tokens import sign_session
from tests.component.counter import Count, counter_service
from tests.eventually import eventually
from tests.first_copies import Copy, Stream, envelope_of, first_copies

COUNTER = "tests.component.counter_process"
OWN_TOPICS = ("answers", "events", "audit", "dead-letters", "internal")


@dataclass
class House:
    """One broker, one database, one service `accounts`. Tests keep apart by the names of their flows."""

    stack: Stack
    keys_folder: Path
    fingerprints: Mapping[str, Any]
    producer: AIOKafkaProducer
    seen: list[Any] = field(default_factory=list)
    flow_of: dict[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> PrivateKeys:
        """The service's own."""
        return PrivateKeys.load(self.keys_folder / "accounts")

    def environment(self, replica: str = "one") -> dict[str, str]:
        """Settings of a process."""
        return {
            "HESABI_KAFKA_BOOTSTRAP": self.stack.kafka_bootstrap,
            "HESABI_MONGO_URI": self.stack.mongo_uri,
            "HESABI_DATABASE": "toy",
            "HESABI_KEYS_FOLDER": str(self.keys_folder / "accounts"),
            "HESABI_KEY_FINGERPRINTS": json.dumps(self.fingerprints),
            "HESABI_HTTP_PORT": "0",
            "HESABI_REPLICA": replica,
        }

    @contextlib.asynccontextmanager
    async def service(
        self,
        replica: str = "one",
        metrics: Metrics | None = None,
        release: Service | None = None,
        changes: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Engine]:
        """The toy service in this process, its lanes assigned; `release` is another one than today's."""
        environment = self.environment(replica) | dict(changes or {})
        given = {name.removeprefix("HESABI_").lower(): value for name, value in environment.items()}
        settings = ServiceSettings.model_validate(given | {"http_port": 0})
        async with running(release or counter_service(), settings, self.keys, metrics) as engine:
            await eventually(lambda: [lane.lag() for lane in engine.lanes], all, within=40)
            yield engine

    @contextlib.asynccontextmanager
    async def process(self, log: Path, *program: str, **changes: str) -> AsyncIterator[Process]:
        """The toy service, or another `program` for Python, as a process; its log goes to a file. It is surely gone
        afterwards: one that lived on would take partitions from the tests that follow."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HESABI_")}
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable, *(program or ("-m", COUNTER)),
                stdout=output, stderr=PIPE, env=kept | self.environment() | changes,
                cwd=Path(__file__).parents[2],
            )  # fmt: skip
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def send(self, body: Message, flow: str, *, source: str | None = None, **attributes: Any) -> str:
        """As the sender of such a message would; acknowledged later. Returns its id."""
        default = "web" if isinstance(body, Command) else type(body).service
        given: dict[str, Any] = {"id": str(uuid.uuid4()), "time": datetime.now(UTC)} | attributes
        envelope = Envelope(source=source or default, type=type(body).type_name, subject=flow, **given)
        self.flow_of[envelope.id] = flow
        await self.raw(type(body).topic.name, flow.encode(), body.model_dump_json().encode(), to_headers(envelope))
        return envelope.id

    async def raw(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]
    ) -> None:
        """A record as it is."""
        await self.producer.send(topic, value, key, headers=list(headers))

    async def ends(self, topic: Topic) -> dict[TopicPartition, int]:
        """The ends of a topic's partitions."""
        async with AIOKafkaConsumer(bootstrap_servers=self.stack.kafka_bootstrap, group_id=None) as consumer:
            ends: dict[TopicPartition, int] = await consumer.end_offsets(
                [TopicPartition(topic.name, partition) for partition in range(topic.partitions)]
            )
            return ends

    def sealed(self, text: str, message: type[Message], flow: str, name: str) -> Sealed:
        """A text sealed to the service."""
        return Sealed(jwe=seal(text, public_jwk(self.keys.seal), binding_of(message.type_name, flow, name)))

    def token(self, user: str, channel: str = "web") -> str:
        """A session token that identity signed."""
        signing = PrivateKeys.load(self.keys_folder / "identity").signing
        assert signing is not None
        now = datetime.now(UTC)
        return sign_session(signing, Customer(user, "s-1", channel), now, now + timedelta(hours=1))

    def said(self, kind: str, prefix: str) -> list[Any]:
        """What the service has put on one of its topics for the flows of one test (dead letters: for all)."""
        wanted = [r for r in self.seen if r.topic == f"accounts.{kind}"]
        return [r for r in wanted if kind == "dead-letters" or self._is_for(prefix, r)]

    def _is_for(self, prefix: str, record: Any) -> bool:
        """A record's key is the aggregate's, whose name holds the flow's, or its command's id."""
        key = (record.key or b"").decode()
        return prefix in self.flow_of.get(key, key)

    def copies(self, prefix: str) -> dict[Stream, list[Copy]]:
        """The first copies for a test's flows. Answers have no number."""
        return first_copies(
            r for r in self.seen if prefix.encode() in (r.key or b"") and r.topic != "accounts.internal"
        )

    def answers(self, prefix: str) -> dict[str | None, set[bytes]]:
        """Answers by the command's id, different ones only."""
        found: dict[str | None, set[bytes]] = {}
        for record in self.said("answers", prefix):
            found.setdefault(envelope_of(record).correlation_id, set()).add(record.value)
        return found

    async def all_answered(self, prefix: str, commands: Sequence[str]) -> None:
        """Every command has exactly one answer (J3), whatever happened."""
        await eventually(lambda: len(self.answers(prefix)), lambda n: n >= len(set(commands)), within=60)
        answers = self.answers(prefix)
        assert set(answers) == set(commands)
        assert {len(different) for different in answers.values()} == {1}

    async def state(self, engine: Engine, flow: str) -> Count:
        """A counter."""
        state = await engine.read_state(f"count:{flow}")
        assert isinstance(state, Count)
        return state

    async def total(self, engine: Engine, flow: str) -> int:
        """What it has counted."""
        return (await self.state(engine, flow)).total


@contextlib.asynccontextmanager
async def open_house(stack: Stack, keys_folder: Path) -> AsyncIterator[House]:
    """Topics, keys (identity's announced), a sender, and an ear on all that the service says."""
    await create_topics(stack.kafka_bootstrap, CATALOGUE.values())
    fingerprints = make_keys(keys_folder)
    connection = {"bootstrap_servers": stack.kafka_bootstrap}
    async with (
        # Tests kill the broker, and what waits to be sent must outlive its start.
        AIOKafkaProducer(**connection, acks="all", enable_idempotence=True, request_timeout_ms=180_000) as producer,
        AIOKafkaConsumer(**connection, auto_offset_reset="earliest") as ear,
    ):
        house = House(stack, keys_folder, fingerprints, producer)
        announcement = Keyring("identity", PrivateKeys.load(keys_folder / "identity"), {}).own_announcement()
        await house.send(announcement, "identity")
        ear.assign(
            [
                TopicPartition(t, p)
                for t in (f"accounts.{kind}" for kind in OWN_TOPICS)
                for p in range(CATALOGUE[t].partitions)
            ]
        )
        listening = asyncio.create_task(_listen(ear, house.seen))
        yield house
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def _listen(ear: AIOKafkaConsumer, seen: list[Any]) -> None:
    while True:
        seen.append(await ear.getone())

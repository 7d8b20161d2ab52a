"""Two people, a supply, and everybody else whom a transfer needs, played by hand on a real Kafka."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaConsumer

from contracts import transfers
from contracts.accounts import DefinitionClaimed, Relation, TransferAccepted
from contracts.billing import (
    DuesAsked,
    DuesFound,
    HolderChanged,
    HolderChangeOrdered,
    HolderChangeUndone,
    HolderChangeWithdrawn,
    PartyAsked,
    PartyFound,
    RunningBillAsked,
    RunningBillFound,
)
from contracts.envelope import Envelope, from_headers, to_headers
from contracts.identity import NationalAddressSaved
from contracts.identity_sessions import ConsentAsked, ConsentGiven
from contracts.message import CATALOGUE, Message
from contracts.registry import EvidenceAsked, EvidenceConfirmed
from contracts.requests import RequestMoved
from contracts.topics import (
    BILLING_REQUESTS,
    IDENTITY_CONSENT_REQUESTS,
    METERING_REQUESTS,
    REGISTRY_EVIDENCE_REQUESTS,
)
from contracts.transfers import (
    ConsentCodeSent,
    RelationConfirmed,
    TransferConsentWanted,
)
from contracts.values.reference_number import reference_number
from deploy.local.neighbours.register import register_wh
from deploy.local.stack import Stack
from services.chassis.keyring import Keyring
from services.chassis.keys import PrivateKeys
from tests.component.accounts_channel import PENDING, Channel, ended, open_channel
from tests.eventually import eventually

WHOLE = 10_001
TOPICS = (BILLING_REQUESTS, METERING_REQUESTS, IDENTITY_CONSENT_REQUESTS, REGISTRY_EVIDENCE_REQUESTS)
KEY = bytes(range(32))


@dataclass
class Scene:
    """Fahad is the party of a supply, Noura takes it over; billing, registry and identity are played by hand and say
    everything twice, except those questions in `silent`, which they leave without an answer."""

    channel: Channel
    registry: Keyring
    account: str
    noura: str = field(default_factory=lambda: f"user-noura-{uuid4().hex}")
    fahad: str = field(default_factory=lambda: f"user-fahad-{uuid4().hex}")
    silent: set[type[Message]] = field(default_factory=set)
    asked: list[tuple[Envelope, Message]] = field(default_factory=list)

    async def play(self, consumer: AIOKafkaConsumer) -> None:
        """Answer what comes in."""
        async for record in consumer:
            envelope = from_headers(record.key, record.headers)
            assert isinstance(envelope, Envelope)
            body = CATALOGUE[envelope.type].model_validate_json(record.value)
            self.asked.append((envelope, body))
            answer = None if type(body) in self.silent else self.answer_to(body)
            if answer is not None:
                await self.say_twice(answer, getattr(body, "asked_by", envelope.subject), envelope.correlation_id)

    def answer_to(self, asked: Message) -> Message | None:
        """What a neighbour says."""
        by = {"asked_by": getattr(asked, "asked_by", "")}
        match asked:
            case PartyAsked():
                since = date(2023, 1, 1) if asked.user_id == self.fahad else None
                return PartyFound(
                    **by,
                    account_number=asked.account_number,
                    user_id=asked.user_id,
                    is_party=since is not None,
                    since=since,
                )
            case DuesAsked():
                who = {"account_number": asked.account_number, "user_id": asked.user_id}
                return DuesFound(**by, **who, as_of=datetime.now(UTC), dues=(), total_halalas=0)
            case RunningBillAsked():
                first, last = asked.day - timedelta(days=10), asked.day + timedelta(days=9)
                return RunningBillFound(
                    **by,
                    account_number=asked.account_number,
                    period_from=first,
                    period_to=last,
                    amount_halalas=WHOLE,
                    opening_wh=register_wh(asked.account_number, first),
                    latest_wh=register_wh(asked.account_number, last + timedelta(days=1)),
                )
            case HolderChangeOrdered():
                return HolderChanged(**by, order_id=asked.order_id)
            case HolderChangeWithdrawn():
                return HolderChangeUndone(**by, order_id=asked.order_id)
            case EvidenceAsked():
                return EvidenceConfirmed(**by, valid_from=date(2020, 1, 1))
            case ConsentAsked():
                consent = {"consent_id": asked.consent_id, "user_id": asked.user_id, "channel": "web"}
                return ConsentGiven(**by, **consent, given_at=datetime.now(UTC))
            case _:
                return None

    async def say_twice(self, body: Message, subject: str, correlation_id: str | None = None) -> None:
        """The same message under the same id, two times."""
        envelope = Envelope(
            str(uuid4()), body.service, body.type_name, subject, datetime.now(UTC), correlation_id=correlation_id
        )
        for _ in range(2):
            await self.channel.producer.send_and_wait(
                body.topic.name, body.model_dump_json().encode(), key=subject.encode(), headers=to_headers(envelope)
            )

    async def settle(self, relation: Relation = "owner") -> str:
        """Both have an address and have defined the account, Fahad first; the reference of Noura's definition."""
        await self._define(self.fahad, "owner")
        await self.until_said(RelationConfirmed, self.fahad)
        return await self._define(self.noura, relation)

    async def _define(self, user: str, relation: Relation) -> str:
        await self.say_twice(NationalAddressSaved(user_id=user, region=1), f"user:{user}")
        claim = DefinitionClaimed(
            flow_id=f"flow-of-{user}",
            user_id=user,
            identifier_kind="account-number",
            identifier=self.account,
            relation=relation,
            is_actual_beneficiary=True,
            reference=reference_number(KEY, user),
            claimed_at=datetime.now(UTC),
        )
        await self.say_twice(claim, f"definition:{claim.flow_id}")
        await self.until_asked(PartyAsked, lambda body: body.user_id == user)
        return claim.reference

    async def until_asked(self, kind: type[Message], accept: Callable[[Any], bool] = lambda _: True) -> Any:
        """The latest question of this kind."""
        return (
            await eventually(
                lambda: [body for _, body in self.asked if isinstance(body, kind) and accept(body)], within=20
            )
        )[-1]

    def said(self, kind: type[Message], user: str) -> list[Any]:
        """Events about this person, each counted once."""
        by_id = {envelope.id: body for envelope, body in self.channel.heard if isinstance(body, kind)}
        return [body for body in by_id.values() if getattr(body, "user_id", None) == user]

    async def until_said(self, kind: type[Message], user: str, count: int = 1) -> list[Any]:
        """As many events about this person."""
        return await eventually(lambda: self.said(kind, user), lambda seen: len(seen) >= count, within=20)

    async def until_state(self, *states: str) -> None:
        """Noura's requests have come to these states, one after the other."""
        await eventually(self.states, lambda seen: seen == list(states), within=20)

    def states(self) -> list[str]:
        """The states of Noura's requests so far."""
        return [each.state for each in self.said(RequestMoved, self.noura)]

    async def command(self, body: Any, user: str) -> Message:
        """A command, twice, and its one answer."""
        return await self.channel.command(body, "session-1", as_user=user)

    async def requested(self, body: Any) -> str:
        """Noura asks for a transfer; its reference, once both are asked to consent. That an earlier one has ended is
        known to the customer's own document some milliseconds after it was said: until then she asks again."""
        asked_before = len(self.said(TransferConsentWanted, self.fahad))

        async def ask() -> Message:
            return await self.command(body, self.noura)

        def is_accepted(answer: Message) -> bool:
            return isinstance(answer, TransferAccepted)

        accepted = await eventually(ask, is_accepted)
        assert isinstance(accepted, TransferAccepted)
        await self.until_said(TransferConsentWanted, self.fahad, asked_before + 1)
        return accepted.reference

    async def consented(self, reference: str) -> None:
        """Both ask for their code, the outgoing party first; identity sees the right ones."""
        for user in (self.fahad, self.noura):
            sent = await self.command(transfers.ConsentToTransfer(token=PENDING, reference=reference), user)
            assert isinstance(sent, ConsentCodeSent), sent
            assert sent.next_step == "confirm-consent"


@contextlib.asynccontextmanager
async def scene_with(stack: Stack, folder: Path, database: str, **settings: Any) -> AsyncIterator[Scene]:
    consumer = AIOKafkaConsumer(*(topic.name for topic in TOPICS), bootstrap_servers=stack.kafka_bootstrap)
    async with (
        open_channel(stack, folder, database, **{"transfer_answer_wait_s": 10, **settings}) as channel,
        contextlib.AsyncExitStack() as cleanup,
    ):
        registry = Keyring("registry", PrivateKeys.load(folder / "registry"), {})
        await channel.publish(registry.own_announcement(), "registry", "registry", str(uuid4()))
        scene = Scene(channel, registry, account=f"300{uuid4().int % 10**8:08d}")
        await consumer.start()
        await consumer.seek_to_end()
        cleanup.push_async_callback(consumer.stop)
        cleanup.push_async_callback(ended, [asyncio.create_task(scene.play(consumer))])
        yield scene

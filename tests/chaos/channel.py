"""A channel that writes everything it does into the ledger, and goes on when the broker is away."""

import asyncio
from datetime import UTC, datetime
from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from contracts.envelope import Envelope, to_headers
from contracts.message import Command
from contracts.metering import IntervalReadings
from deploy.local.client import COMMAND_LIFE, Client, Sent
from deploy.local.watch import ANSWER_TOPICS, KEY_TOPICS, Seen, Watch
from tests.chaos.ledger import LedgerFile

WRITE_AGAIN_S: Final = 1.0
SEND_LIMIT_MS: Final = 8_000
LINGER_MS: Final = 20
"""So long a message may wait for others of its partition: a request for each would cost more than what it carries."""

AT_A_TIME_BYTES: Final = 16 * 1024
"""The broker gathers so many bytes of answers, for 50 ms at most: else every one would be fetched by itself."""


class Answers(Watch):
    """Hears answers and keys only, and wakes whoever waits for one of them, nobody else."""

    def __init__(self, bootstrap: str) -> None:
        wanted = (ANSWER_TOPICS | KEY_TOPICS).__contains__
        super().__init__(bootstrap, wanted, {"fetch_min_bytes": AT_A_TIME_BYTES})
        self.count = 0
        self.heard: dict[str, datetime] = {}
        """The broker's stamp of the last answer, by its topic."""
        self._waiting: dict[str, asyncio.Future[Seen]] = {}

    def all_since(self, moment: datetime) -> bool:
        """Whether the broker has taken an answer of every service after this moment."""
        return len(self.heard) == len(ANSWER_TOPICS) and min(self.heard.values()) > moment

    async def first(self, command_id: str, within: float) -> Seen | None:
        """The first answer to a command; None when it did not come within so many seconds."""
        known = self.answers.get(command_id)
        if known:
            return known[0]
        future = self._waiting.setdefault(command_id, asyncio.get_running_loop().create_future())
        done, _ = await asyncio.wait([future], timeout=within)
        return future.result() if done else None

    def _take(self, seen: Seen) -> None:
        if seen.topic in KEY_TOPICS:
            super()._take(seen)
        elif seen.envelope.causation_id is not None:
            self.count += 1
            self.heard[seen.topic] = seen.stamp
            self.answers[seen.envelope.causation_id].append(seen)
            future = self._waiting.pop(seen.envelope.causation_id, None)
            if future is not None and not future.done():
                future.set_result(seen)


class Channel(Client):
    """A client whose messages are in the ledger. `writing` counts those that the broker has not acknowledged yet."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.ledger: LedgerFile | None = None
        self.writing = 0

    async def send_bytes(self, sent: Sent) -> None:
        """Writes until the broker has taken it: the same bytes under the same id (J3)."""
        loop = asyncio.get_running_loop()
        self._went_out[sent.id] = loop.time()
        expires = sent.made_at + COMMAND_LIFE if isinstance(sent.command, Command) else None
        envelope = Envelope(
            sent.id, self.channel, type(sent.command).type_name, sent.key, sent.made_at, expiry_time=expires
        )
        await self._write(envelope, sent.topic, sent.value)

    async def read_meter(self, block: IntervalReadings) -> None:
        """Writes one day block as metering does."""
        reading = str(uuid5(NAMESPACE_OID, f"{block.account_number}/{block.day}/{block.version}"))
        envelope = Envelope(reading, "metering", block.type_name, block.account_number, datetime.now(UTC))
        await self._write(envelope, block.topic.name, block.model_dump_json().encode())

    async def _write(self, envelope: Envelope, topic: str, value: bytes) -> None:
        assert self.ledger is not None
        self.writing += 1
        try:
            while True:
                now_ms = int(datetime.now(UTC).timestamp() * 1000)
                self.ledger.wrote(envelope.id, envelope.type, topic, envelope.subject, now_ms)
                try:
                    place = await self._producer.send_and_wait(
                        topic, value, envelope.subject.encode(), headers=to_headers(envelope)
                    )
                except KafkaError:
                    await asyncio.sleep(WRITE_AGAIN_S)
                else:
                    self.ledger.took(envelope.id, topic, place.partition, place.offset)
                    return
        finally:
            self.writing -= 1


def channel_producer(bootstrap: str) -> AIOKafkaProducer:
    """What a channel writes with. Not idempotent: what it writes again may be there twice, as from any sender."""
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        client_id="chaos",
        acks="all",
        compression_type="lz4",
        request_timeout_ms=SEND_LIMIT_MS,
        linger_ms=LINGER_MS,
    )

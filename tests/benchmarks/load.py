"""Filling the topics before a contest, and pacing a load during one."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from contracts.decision import Customer
from contracts.envelope import Envelope, to_headers
from services.chassis.keyring import Keyring
from services.chassis.keys import Fingerprints, PrivateKeys
from services.chassis.sealing import binding_of, public_jwk, seal
from services.chassis.tokens import sign_session
from tests.benchmarks.work import ACCOUNTS, MESSAGE_OF, WRITER_OF, Row

CUSTOMERS = 500


class Loader:
    """Makes the records of a row. `keys` is the folder of all services' keys; `accounts` are whom they are for."""

    def __init__(self, row: Row, keys: Path, accounts: Sequence[str] = ACCOUNTS) -> None:
        self.row, self.message, self._accounts = row, MESSAGE_OF[row], accounts
        self._random = random.Random(7)
        self._seal_key = public_jwk(PrivateKeys.load(keys / "accounts").seal)
        self._tokens = [] if row == "a" else list(_tokens(keys))

    def record(self, number: int) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
        """Key, value and headers of one message whose amount is its number."""
        account = self._random.choice(self._accounts)
        body: dict[str, object] = {"account": account, "amount": number}
        if self.row != "a":
            body["token"] = self._sealed(account, "token", self._random.choice(self._tokens))
        if self.row == "c":
            body["name"] = self._sealed(account, "name", "a name of some length")
            body["card"] = self._sealed(account, "card", "4111111111111111")
        now = datetime.now(UTC)
        envelope = Envelope(str(uuid4()), WRITER_OF[self.row], self.message.type_name, account, now)
        return account.encode(), json.dumps(body).encode(), to_headers(envelope)

    async def fill(self, kafka: str, count: int) -> None:
        """Write `count` records."""
        async with AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=20, compression_type="lz4") as producer:
            for number in range(count):
                key, value, headers = self.record(number)
                await producer.send(self.message.topic.name, value, key, headers=headers)

    def _sealed(self, account: str, name: str, text: str) -> str:
        return seal(text, self._seal_key, binding_of(self.message.type_name, account, name))


def _tokens(keys: Path) -> Iterator[str]:
    signing = PrivateKeys.load(keys / "identity").signing
    assert signing is not None
    now = datetime.now(UTC)
    for number in range(CUSTOMERS):
        customer = Customer(f"user-{number}", f"session-{number}", "web")
        yield sign_session(signing, customer, now, now + timedelta(minutes=30))


async def announce_identity(kafka: str, keys: Path, fingerprints: Mapping[str, Mapping[str, str]]) -> None:
    """Publish identity's public keys as identity itself would: without them no token can be checked."""
    pinned = {service: Fingerprints(**prints) for service, prints in fingerprints.items()}
    message = Keyring("identity", PrivateKeys.load(keys / "identity"), pinned).own_announcement()
    envelope = Envelope(str(uuid4()), "identity", message.type_name, "identity", datetime.now(UTC))
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        value = message.model_dump_json().encode()
        await producer.send_and_wait(message.topic.name, value, b"identity", headers=to_headers(envelope))

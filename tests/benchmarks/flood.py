"""A flood of ordinary messages for notifications, from a process of its own: `python -m tests.benchmarks.flood JSON`.

It prints a line when everything is sealed, waits for one, and sends.
"""

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from contracts.envelope import Envelope, to_headers
from contracts.identity import ContactProven
from contracts.keys import ServiceKeysPublished
from contracts.sealed import Sealed
from services.chassis.keyring import Keyring
from services.chassis.keys import Fingerprints, PrivateKeys

MESSAGES: Final = 50_000
PEOPLE: Final = 1_000


def identity_keyring(keys: Path, fingerprints: Mapping[str, Mapping[str, str]]) -> Keyring:
    """What identity seals with: it has learnt notifications' key."""
    pinned = {service: Fingerprints(**prints) for service, prints in fingerprints.items()}
    announced = Keyring("notifications", PrivateKeys.load(keys / "notifications"), pinned).own_announcement()
    assert isinstance(announced, ServiceKeysPublished)
    keyring = Keyring("identity", PrivateKeys.load(keys / "identity"), pinned)
    assert keyring.learn("notifications", announced)
    return keyring


def _proven(keyring: Keyring) -> Iterator[tuple[str, bytes]]:
    for number in range(PEOPLE):
        subject = f"user:flood-{number}"
        body = ContactProven(
            user_id=f"flood-{number}",
            email=Sealed.of(f"person{number}@example.com"),
            mobile=Sealed.of(f"+96650{number:07}"),
            language="ar",
        )
        yield subject, keyring.seal_fields(body, subject).model_dump_json().encode()


async def _send(kafka: str, said: list[tuple[str, bytes]]) -> None:
    topic, now = ContactProven.topic.name, datetime.now(UTC)
    async with AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=20, compression_type="lz4") as producer:
        for number in range(MESSAGES):
            subject, value = said[number % PEOPLE]
            sequence = number // PEOPLE + 1
            envelope = Envelope(str(uuid4()), "identity", ContactProven.type_name, subject, now, sequence=sequence)
            await producer.send(topic, value, key=subject.encode(), headers=to_headers(envelope))


def main() -> None:
    """Seal, say so, wait, send."""
    given: dict[str, Any] = json.loads(sys.argv[1])
    said = list(_proven(identity_keyring(Path(given["keys"]), given["fingerprints"])))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    asyncio.run(_send(given["kafka"], said))


if __name__ == "__main__":
    main()

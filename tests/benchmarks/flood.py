"""A flood of ordinary messages for notifications, from a process of its own: `python -m tests.benchmarks.flood JSON`.

It prints a line when everything is ready to be sent, waits for one, and sends. Others' computing is not what is
measured: records are made beforehand and go out in whole batches.
"""

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from contracts.envelope import Envelope, to_headers
from contracts.identity import ContactProven
from contracts.keys import ServiceKeysPublished
from contracts.sealed import Sealed
from services.chassis.document import Record
from services.chassis.keyring import Keyring
from services.chassis.keys import Fingerprints, PrivateKeys
from services.chassis.publisher import KafkaPublisher

MESSAGES: Final = 50_000
PEOPLE: Final = 1_000
AT_ONCE: Final = 500


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


def _records(said: Sequence[tuple[str, bytes]]) -> Iterator[Record]:
    topic, now = ContactProven.topic.name, datetime.now(UTC)
    for number in range(MESSAGES):
        subject, value = said[number % PEOPLE]
        sequence = number // PEOPLE + 1
        envelope = Envelope(str(uuid4()), "identity", ContactProven.type_name, subject, now, sequence=sequence)
        yield Record(topic, subject.encode(), value, to_headers(envelope))


async def _send(kafka: str, records: Sequence[Record]) -> None:
    publish = KafkaPublisher({"bootstrap_servers": kafka}, lambda *_: None)
    try:
        for first in range(0, len(records), AT_ONCE):
            await publish(records[first : first + AT_ONCE])
    finally:
        await publish.close()


def main() -> None:
    """Make the records, say so, wait, send."""
    given: dict[str, Any] = json.loads(sys.argv[1])
    records = list(_records(list(_proven(identity_keyring(Path(given["keys"]), given["fingerprints"])))))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    asyncio.run(_send(given["kafka"], records))


if __name__ == "__main__":
    main()

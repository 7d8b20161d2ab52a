"""Records a whole run: a journey on the real servers, each version that its documents had, each record of its log."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from contracts.topics import SERVICES
from deploy.local.journey import Person, individual_journey
from deploy.local.system import System, running_system
from deploy.local.watch import read_everything
from services.chassis.store import COLLECTION
from tests.corpus.kept import Fields, Kept, KeptDocument, KeptRecord, Keys
from tests.journeys.counting import ignore, settled_or_fail


async def recorded_run(release: str) -> Kept:
    """The demo's journey with new keys, on a stack of its own: every version of every document, and every record.

    Raises:
        AssertionError, deploy.local.journey.NotAsExpected: the journey did not end well.
    """
    with tempfile.TemporaryDirectory(prefix="hesabi-corpus-") as made:
        folder = Path(made)
        async with running_system(folder) as system:
            with MongoClient[Fields](system.stack.mongo_uri, tz_aware=True) as client:
                changes = await asyncio.to_thread(_Changes, client, system)
                outcome = await individual_journey(system, Person.made_up("ar"), ignore)
                assert outcome.is_expected
                await settled_or_fail(system)
                documents = await asyncio.to_thread(lambda: list(changes.versions()))
            records = await records_of(system.stack.kafka_bootstrap)
            fingerprints = {name: dict(prints) for name, prints in system.fingerprints.items()}
            return Kept(release, documents, records, Keys(_key_files(folder / "keys"), fingerprints))


class _Changes:
    """The database tells every write. A write of ours sets whole fields, so that each version can be put together."""

    def __init__(self, client: MongoClient[Fields], system: System) -> None:
        databases = {system.service(name).database: name for name in SERVICES}
        wanted = {"$match": {"ns.db": {"$in": list(databases)}, "operationType": {"$in": ["insert", "update"]}}}
        self._service_of = databases
        self._stream = client.watch([wanted])
        self._before = [
            KeptDocument(name, fields)
            for database, name in databases.items()
            for fields in client[database][COLLECTION].find()
        ]

    def versions(self) -> Iterator[KeptDocument]:
        """Every version from before the journey up to now."""
        yield from self._before
        latest = {(document.service, document.id): document.fields for document in self._before}
        with self._stream as stream:
            while (change := stream.try_next()) is not None:
                name, document_id = self._service_of[change["ns"]["db"]], change["documentKey"]["_id"]
                fields = dict(change.get("fullDocument") or {})
                if not fields:
                    fields = {**latest[name, document_id], **change["updateDescription"]["updatedFields"]}
                assert not any("." in field for field in fields), "a write of ours sets whole fields"
                latest[name, document_id] = fields
                yield KeptDocument(name, fields)


async def records_of(bootstrap: str) -> list[KeptRecord]:
    """Every record that is on the log now, in the order of their stamps."""
    found: list[KeptRecord] = []
    await read_everything(bootstrap, lambda record: found.append(_kept(record)))
    return sorted(found, key=lambda record: (record.timestamp, record.topic, record.partition, record.offset))


def _kept(record: Any) -> KeptRecord:
    headers = tuple((name, value) for name, value in record.headers)
    return KeptRecord(
        record.topic, record.partition, record.offset, record.timestamp, record.key, record.value, headers
    )


def _key_files(folder: Path) -> dict[str, dict[str, str]]:
    """The private keys of this run's made-up services: without them nobody could read what they have sealed."""
    return {
        owner.name: {file.name: file.read_text().strip() for file in sorted(owner.iterdir())}
        for owner in sorted(folder.iterdir())
    }

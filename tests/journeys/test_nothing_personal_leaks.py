"""Marked values stand in every personal field of the journeys; they are in no log, metric, document or topic (I18)."""

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from contracts.identity import ResendOtp
from contracts.topics import IDENTITY_COMMANDS, SERVICES
from deploy.local.client import Sent
from deploy.local.journey import Customer, Outcome
from deploy.local.system import System
from tests.eventually import eventually
from tests.gates import Gates
from tests.journeys.conftest import Survived, Twice
from tests.journeys.leaks import joined, search

DEAD_MARKER = "marker-of-a-dead-letter-7f3a91c2"


@dataclass(frozen=True, slots=True)
class Kept:
    """Everything that is kept, by place, and every personal value that went in, by name."""

    places: Mapping[str, bytes]
    planted: Mapping[str, str]


@pytest.fixture(scope="session")
async def kept(system: System, journey: Outcome, twice: Twice, survived: Survived, neighbour: Customer) -> Kept:
    """What is there after three whole journeys, one through kills, and a record that became a dead letter."""
    await send_undecodable(system)
    planted = {
        f"{name} of person {number}": value
        for number, outcome in enumerate((journey, twice.outcome, survived.outcome))
        for name, value in (outcome.person.personal | outcome.secrets).items()
    } | {"session token of the neighbour": neighbour.token, "hash of a password": "$argon2id$"}
    topics = {f"topic {name}": content for name, content in (await system.collect()).items()}
    logs = {f"log of {name}": system.service(name).log.read_bytes() for name in SERVICES}
    metrics = {f"metrics of {name}": (await system.service(name).metrics()).encode() for name in SERVICES}
    documents = {f"documents of {name}": await asyncio.to_thread(raw_documents, system, name) for name in SERVICES}
    return Kept(topics | logs | metrics | documents, planted)


async def send_undecodable(system: System) -> None:
    """A record with a marked value in a body that breaks the schema."""
    body = json.dumps({"name": DEAD_MARKER}).encode()
    sent = Sent("undecodable-1", ResendOtp(), IDENTITY_COMMANDS.name, "undecodable", body, datetime.now(UTC))
    await system.client().send_bytes(sent)
    await eventually(lambda: any(seen.name == "DeadLetter" for seen in system.watch.seen))


def raw_documents(system: System, service: str) -> bytes:
    """A service's documents as MongoDB gives them, byte for byte."""
    with MongoClient[RawBSONDocument](system.stack.mongo_uri, document_class=RawBSONDocument) as client:
        database = client[system.service(service).database]
        return joined(
            bytes(document.raw) for name in database.list_collection_names() for document in database[name].find()
        )


def test_I18_no_personal_value_is_kept_in_clear_anywhere(kept: Kept) -> None:
    assert len(kept.planted) > 60
    assert search(kept.planted, kept.places) == []


def test_a_dead_letter_shows_nothing_of_its_record(kept: Kept) -> None:
    there = {place: content for place, content in kept.places.items() if place != f"topic {IDENTITY_COMMANDS.name}"}
    assert search({"marker": DEAD_MARKER}, there) == []
    assert search({"marker": DEAD_MARKER}, kept.places) == [f"marker in topic {IDENTITY_COMMANDS.name}"]


def test_every_place_was_really_looked_into(kept: Kept, journey: Outcome) -> None:
    must_hold = {
        "topic accounts.events": journey.reference,
        "topic metering.readings": journey.homes.home,
        "topic identity.dead-letters": "body-malformed",
        **{f"log of {name}": '"started"' for name in SERVICES},
        **{f"metrics of {name}": "hesabi_" for name in SERVICES},
        "documents of identity": "person:",
        "documents of accounts": "definition:",
        "documents of notifications": "delivery:",
        "documents of reports": "report:",
    }
    assert [place for place, text in must_hold.items() if text.encode() not in kept.places.get(place, b"")] == []


@pytest.mark.parametrize("form", ["as it is", "in JSON", "in a URL", "in base64"])
def test_it_refuses(form: str, kept: Kept, gates: Gates) -> None:
    name, value = next((name, value) for name, value in kept.planted.items() if name.startswith("home street"))
    sample = {
        "as it is": value.encode(),
        "in JSON": json.dumps({"street": value}).encode(),
        "in a URL": b"street=" + "".join(f"%{byte:02X}" for byte in value.encode()).encode(),
        "in base64": base64.b64encode(b'{"x": "' + value.encode() + b'"}'),
    }[form]
    gates.refuses("leaks: personal values", f"a street {form}", search({name: value}, {"a sample": sample}))


def test_it_refuses_a_code_and_lets_a_hash_be(kept: Kept, gates: Gates) -> None:
    code = {"code": next(value for name, value in kept.planted.items() if name.startswith("code 1"))}
    gates.refuses("leaks: codes", "a code in JSON", search(code, {"a log": b'{"code": "%s"}' % code["code"].encode()}))
    assert search(code, {"a hash": b"ab" + code["code"].encode() + b"9f"}) == []

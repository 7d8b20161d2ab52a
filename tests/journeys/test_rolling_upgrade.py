"""Law 13: the last release beside this one, on the same topics and collections. One journey, with a load beside it,
meets both directions: this release, both, the last one alone (somebody rolled back), both, this release."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from contracts.topics import DEAD_LETTERS, SERVICES
from deploy.local.journey import Customer, Outcome, Person, individual_journey
from deploy.local.service_process import ServiceProcess
from deploy.local.system import System
from deploy.publishing.released import LOCK
from services.chassis.store import COLLECTION
from tests.corpus.journey import records_of
from tests.first_copies import first_copies
from tests.journeys.counting import (
    bills_a_text,
    copies_a_mail,
    event_counts,
    ignore,
    named,
    outcomes,
    settled_or_fail,
)
from tests.journeys.last_channel import LastChannel
from tests.journeys.rolling import Load, Rolling, RollingClient, unpacked
from tests.release import ROOT, VERSION, released

ANSWERED_WITHIN_S = 30.0
CALLS = {"HandOverReported", "StatusReported"}
SAID_OTHERWISE = {
    "RelationEnded", "MessageHandedOver", "MessageDelivered", "BeneficiaryNoted", "DuesAsked", "DuesFound",
    "NoticeWanted", "MessageWanted", "ReceiptReceived",
}  # fmt: skip
"""Since the last release the first is said of both kinds of relation (A18), those of messages not of every code (I15),
a beneficiary's not because a relation has ended (N4), a debt is asked again with the running bill (A18), and claimants
are sent the result of their dispute (A10)."""

NEW_TEXTS = {"dispute-won", "dispute-lost"}
"""What only this release tells: all other texts are counted by their names."""

RELEASED = {line.split(".")[-4] for line in (ROOT / LOCK).read_text().splitlines() if line.endswith(".writer.json")}
"""The messages that the last release knows."""

SETTLED_WITHIN_S = 150
"""The receipts of a replica that has left are asked for 5, 20 and 60 seconds after one another (N6)."""


@dataclass(frozen=True, slots=True)
class Rolled:
    """A journey during which releases changed, the load beside it, and whose code did what."""

    outcome: Outcome
    client: RollingClient
    rolling: Rolling
    load: Load
    unanswered: int
    dead_letters_before: int


@pytest.fixture(scope="module")
async def rolled(
    system: System, neighbour: Customer, journey: Outcome, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Rolled]:
    """After the journey that it is compared with."""
    assert journey.is_expected
    code = unpacked(tmp_path_factory.mktemp("last-release"))
    rolling, load = Rolling.beside(system, code), Load(system, neighbour)
    client = system.client_of(RollingClient)
    client.rolling = rolling
    last = system.client_of(LastChannel, neighbour.client.channel)
    other = replace(neighbour, journal=replace(neighbour.journal, client=last))
    letters = dead_letters(system)
    try:
        async with load.beside():
            await rolling.old_join()
            seen_by_people = replace(system, replicas=rolling.standing)
            outcome = await individual_journey(seen_by_people, Person.made_up("ar"), ignore, client, other)
        unanswered = await load.unanswered(ANSWERED_WITHIN_S)
        await settled_or_fail(system, SETTLED_WITHIN_S)
        yield Rolled(outcome, client, rolling, load, unanswered, letters)
    finally:
        await rolling.end()


def dead_letters(system: System) -> int:
    """How many there are in all."""
    topics = {topic.name for topic in DEAD_LETTERS.values()}
    return sum(seen.topic in topics for seen in system.watch.seen)


def test_law13_an_upgrade_and_a_roll_back_leave_the_same_table_of_outcomes(journey: Outcome, rolled: Rolled) -> None:
    assert rolled.client.rolled == ["new_leave", "new_join", "old_leave"]
    assert outcomes(rolled.outcome) == outcomes(journey)


def test_law13_an_upgrade_and_a_roll_back_leave_the_same_events(
    system: System, journey: Outcome, rolled: Rolled
) -> None:
    def of_both(outcome: Outcome) -> dict[tuple[str, str], int]:
        """Without calls: a receipt that came for a replica which had left is asked for instead (N6). And without what
        this release says anew or otherwise: which of the two decides is chance. So is which of them is to send a text
        that only this one has: 0.1.0 says that it has failed."""
        counts = event_counts(system, outcome, NEW_TEXTS).items()
        return {row: count for row, count in counts if row[1] not in CALLS | SAID_OTHERWISE and row[1] in RELEASED}

    def texts(outcome: Outcome) -> Counter[tuple[str, str]]:
        wanted: list[Any] = [*named(system, outcome, "NoticeWanted"), *named(system, outcome, "MessageWanted")]
        return Counter((each.name, each.body.template) for each in wanted if each.body.template not in NEW_TEXTS)

    assert len(RELEASED) > 100
    assert of_both(rolled.outcome) == of_both(journey)
    assert texts(rolled.outcome) == texts(journey)
    assert texts(journey)


def test_N6_N10_an_upgrade_bills_no_message_twice(system: System, rolled: Rolled) -> None:
    assert set(bills_a_text(system, rolled.outcome).values()) == {1}
    # An e-mail on its way may go out again, under the same Message-ID (law 8).
    assert max(copies_a_mail(system, rolled.outcome).values()) <= 2


def test_J3_every_command_beside_it_was_answered_once(rolled: Rolled) -> None:
    assert len(rolled.load.sent) > 100
    assert rolled.unanswered == 0
    assert rolled.load.answered_twice == []


async def test_law13_no_stream_has_a_gap_or_an_inversion(system: System, rolled: Rolled) -> None:
    assert rolled.outcome.is_expected
    streams = first_copies(await records_of(system.stack.kafka_bootstrap))
    assert len(streams) > len(rolled.load.sent) / 2


async def test_law13_nothing_was_parked_and_nothing_put_aside(system: System, rolled: Rolled) -> None:
    assert dead_letters(system) == rolled.dead_letters_before
    async with AsyncMongoClient[dict[str, Any]](system.stack.mongo_uri) as client:
        for service in rolled.rolling.new.values():
            parked = client[service.database][COLLECTION].find({"_id": {"$regex": "^parked:"}})
            assert [document["_id"] async for document in parked] == []


def test_law13_both_releases_did_their_part(rolled: Rolled) -> None:
    for release in ("old", "new"):
        assert rolled.rolling.judged[release].keys() == set(SERVICES)
        assert all(judged > 0 for judged in rolled.rolling.judged[release].values()), rolled.rolling.judged
    # 0.1.0 did not tell.
    assert {version_of(service) or "0.1.0" for service in rolled.rolling.old.values()} == {[*released()][-1]}
    assert {version_of(service) for service in rolled.rolling.new.values()} == {VERSION}


def version_of(service: ServiceProcess) -> str | None:
    """What the process said of itself when it last started."""
    told = [json.loads(line) for line in service.log.read_text().splitlines() if '"started"' in line]
    version: str | None = told[-1].get("version")
    return version

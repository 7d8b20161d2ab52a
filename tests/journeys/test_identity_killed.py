"""`kill -9` of identity in the middle of a journey; the test starts it again, as Kubernetes would."""

import asyncio
from collections.abc import Sequence

import pytest

from contracts.identity import ActivateUser, ConfirmOtp, GiveContact, StartRegistration
from contracts.message import Command
from deploy.local.client import Client
from deploy.local.journey import Customer, Outcome, Person, individual_journey
from deploy.local.system import System
from tests.journeys.counting import (
    bills_a_text,
    copies_a_mail,
    event_counts,
    ignore,
    outcomes,
    settled_or_fail,
)

WITHIN_S = 120.0
# The command with which it dies, and the so-many-th of its name: one that creates, one that hashes, the claim of the
# person across aggregates, the activation across aggregates.
POINTS: tuple[tuple[type[Command], int], ...] = (
    (StartRegistration, 1),
    (GiveContact, 3),
    (ConfirmOtp, 5),
    (ActivateUser, 1),
)


async def kill_at(system: System, client: Client, points: Sequence[tuple[type[Command], int]]) -> int:
    """Kills identity as soon as each of these commands is on its topic; returns how often."""
    identity = system.service("identity")
    for killed, (command, number) in enumerate(points):
        if not await system.watch.until(lambda c=command, n=number: _sent(client, c) >= n, WITHIN_S):  # type: ignore[misc]
            return killed
        await identity.kill()
        await identity.start()
    return len(points)


def _sent(client: Client, command: type[Command]) -> int:
    return sum(isinstance(sent.command, command) for sent in client.sent)


@pytest.fixture(scope="session")
async def survived(system: System, neighbour: Customer, journey: Outcome) -> Outcome:
    """A journey during which identity was killed at each of the points."""
    assert journey.is_expected
    client = system.client()
    killing = asyncio.create_task(kill_at(system, client, POINTS))
    outcome = await individual_journey(system, Person.made_up("ar"), ignore, client, neighbour)
    assert await killing == len(POINTS)
    await settled_or_fail(system)
    return outcome


def test_J3_a_killed_identity_leaves_the_same_table_of_outcomes(journey: Outcome, survived: Outcome) -> None:
    assert outcomes(survived) == outcomes(journey)


def test_J3_a_killed_identity_leaves_the_same_events(system: System, journey: Outcome, survived: Outcome) -> None:
    assert event_counts(system, survived) == event_counts(system, journey)


def test_N6_N10_a_killed_identity_has_no_message_billed_twice(
    system: System, journey: Outcome, survived: Outcome
) -> None:
    assert set(bills_a_text(system, survived).values()) == {1}
    assert set(copies_a_mail(system, survived).values()) == {1}
    assert len(bills_a_text(system, survived)) == len(bills_a_text(system, journey))
    assert len(copies_a_mail(system, survived)) == len(copies_a_mail(system, journey))

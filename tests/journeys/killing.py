"""Killing a service at chosen moments of a journey, and starting it again as Kubernetes would."""

from collections.abc import Sequence

from contracts.identity import ActivateUser, ConfirmOtp, GiveContact, StartRegistration
from contracts.message import Command
from deploy.local.client import Client
from deploy.local.system import System

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

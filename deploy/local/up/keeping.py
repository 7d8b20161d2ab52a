"""What ends by itself while the system is up is told and started again, as Kubernetes and compose.yaml do it."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from deploy.local.stack.server import EmbeddedServer, StackError
from deploy.local.system import System

TRIES: Final = 3
"""A service that starts while Kafka does so, too, ends at once."""

PAUSE_S: Final = 1.0


def kept(system: System) -> dict[str, EmbeddedServer]:
    """What is looked at, by name. Containers are the engine's."""
    servers = {"Kafka": system.stack.kafka, "MongoDB": system.stack.mongo}
    services = {service.name: service.server for replicas in system.replicas.values() for service in replicas}
    return {name: each for name, each in (servers | services).items() if isinstance(each, EmbeddedServer)}


async def keep(servers: Mapping[str, EmbeddedServer], say: Callable[[str], None]) -> None:
    """Looks after them until it is cancelled, side by side: what starts again may wait for another that has ended, too.

    Raises:
        StackError: one does not start again; the text has the end of its log.
    """
    try:
        async with asyncio.TaskGroup() as group:
            for name, server in servers.items():
                group.create_task(_keep(name, server, say))
    except* StackError as errors:
        raise errors.exceptions[0] from None


async def _keep(name: str, server: EmbeddedServer, say: Callable[[str], None]) -> None:
    while True:
        say(f"{name} has ended by itself (code {await server.ended()}) and is started again")
        await _started(server)
        say(f"{name} is up again")


async def _started(server: EmbeddedServer) -> None:
    for _ in range(TRIES - 1):
        try:
            return await server.start()
        except StackError:
            await asyncio.sleep(PAUSE_S)
    return await server.start()

"""What ends by itself while the system is up is told and started again, as Kubernetes and compose.yaml do it."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from deploy.local.stack.server import EmbeddedServer
from deploy.local.system import System

LOOK_S: Final = 1.0


def kept(system: System) -> dict[str, EmbeddedServer]:
    """What is looked at, by name, the servers first: without them no service starts. Containers are the engine's."""
    servers = {"Kafka": system.stack.kafka, "MongoDB": system.stack.mongo}
    services = {service.name: service.server for replicas in system.replicas.values() for service in replicas}
    return {name: each for name, each in (servers | services).items() if isinstance(each, EmbeddedServer)}


async def keep(servers: Mapping[str, EmbeddedServer], say: Callable[[str], None]) -> None:
    """Looks after them until it is cancelled.

    Raises:
        StackError: one does not start again; the text has the end of its log.
    """
    while True:
        for name, server in servers.items():
            if (code := server.exit_code) is not None:
                say(f"{name} has ended by itself (code {code}) and is started again")
                await server.start()
                say(f"{name} is up again")
        await asyncio.sleep(LOOK_S)

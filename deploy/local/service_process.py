"""One service of the local system as a process of its own: its settings, its log, its end."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from deploy.local.stack.server import EmbeddedServer

ROOT: Final = Path(__file__).parents[2]
OURS: Final = "HESABI_"
LOOK_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all services of one system share. `databases` is the beginning of their databases' names."""

    kafka_bootstrap: str
    mongo_uri: str = field(repr=False)
    databases: str
    keys: Path
    fingerprints: Mapping[str, Mapping[str, str]]
    logs: Path


class ServiceProcess:
    """`python -m services.<name>`. Its port is the same at each start; its settings may change with `restart`."""

    def __init__(self, name: str, port: int, around: Surroundings, settings: Mapping[str, object]) -> None:
        self.name, self.port = name, port
        self.log = around.logs / f"{name}.log"
        self._around = around
        self._settings = dict(settings)
        self._server = self._made()

    @property
    def url(self) -> str:
        """The base of its HTTP doors."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> str:
        """The name of its database."""
        return f"{self._around.databases}_{self.name}"

    async def start(self) -> None:
        """Returns when `/readyz` says so. Raises StackError, with the end of its log, when it does not."""
        await self._server.start()

    async def stop(self) -> None:
        """Ends it in good order."""
        await self._server.stop()

    async def kill(self) -> None:
        """Ends it with SIGKILL."""
        await self._server.kill()

    def kill_now(self) -> None:
        """`kill` for a caller that cannot wait."""
        self._server.kill_now()

    async def restart(self, **settings: object) -> None:
        """Stops it in good order and starts it again with these settings changed: `restart(otp_life_s=3)`."""
        await self.stop()
        self._settings |= settings
        self._server = self._made()
        await self.start()

    async def metrics(self) -> str:
        """What a scrape of its `/metrics` gives."""
        async with httpx.AsyncClient(trust_env=False, timeout=LOOK_S) as http:
            return (await http.get(f"{self.url}/metrics")).text

    def _made(self) -> EmbeddedServer:
        command = (sys.executable, "-m", f"services.{self.name}")
        return EmbeddedServer(self.name, command, self.log, self._is_ready, self._environment())

    def _environment(self) -> dict[str, str]:
        around = self._around
        settings: dict[str, object] = {
            "kafka_bootstrap": around.kafka_bootstrap,
            "mongo_uri": around.mongo_uri,
            "database": self.database,
            "keys_folder": around.keys / self.name,
            "key_fingerprints": json.dumps(around.fingerprints),
            "http_port": self.port,
            "replica": f"{self.name}-1",
            **self._settings,
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        own = {OURS + name.upper(): str(value) for name, value in settings.items()}
        return inherited | own | {"PYTHONPATH": str(ROOT)}

    async def _is_ready(self) -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=LOOK_S) as http:
                return (await http.get(f"{self.url}/readyz")).is_success
        except httpx.HTTPError:
            await asyncio.sleep(0)
            return False

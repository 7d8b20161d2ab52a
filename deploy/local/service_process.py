"""One service of the local system as a process or a container of its own: its settings, its log, its end."""

import asyncio
import json
import os
import secrets
import ssl
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import httpx

from deploy.local.stack.server import EmbeddedServer, Server

ROOT: Final = Path(__file__).parents[2]
OURS: Final = "HESABI_"
IMAGES: Final = "HESABI_SERVICE_IMAGES"
"""Setting: the images' names with `{service}` in them; given, services run as containers."""

HUGE_PAGES: Final = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""As in the image: the 46 MiB of a password's hash in pages of 2 MiB (decision 34)."""

PROGRAM: Final = ("-m", "services.{service}")
LOOK_S: Final = 2.0
ASK_AGAIN_S: Final = 0.2
"""A process needs seconds to start; asking all the time would take from it what it starts with."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all services of one system share. `databases` is the beginning of their databases' names; `program` is what
    Python is told to run, with `{service}` in it."""

    kafka_bootstrap: str
    mongo_uri: str = field(repr=False)
    databases: str
    keys: Path
    fingerprints: Mapping[str, Mapping[str, str]]
    logs: Path
    program: Sequence[str] = PROGRAM


class OwnServer(Server, Protocol):
    """A server that is ours to end."""

    def kill_now(self) -> None:
        """`kill` for a caller that cannot wait."""


class ServiceProcess:
    """`python -m services.<name>`, as a child process or in its image. Its port is the same at each start; its settings
    may change with `restart`. `number` tells replicas apart; the first one's log has the service's name. `code`: the
    folder that the process has its code from."""

    def __init__(
        self,
        name: str,
        port: int,
        around: Surroundings,
        settings: Mapping[str, object],
        number: int = 1,
        code: Path = ROOT,
    ) -> None:
        self.name, self.port, self.number = name, port, number
        self.log = around.logs / (f"{name}.log" if number == 1 else f"{name}-{number}.log")
        self._code = code
        self._around = around
        self._settings = dict(settings)
        self._member = self.replica
        self._server = self._made()

    @property
    def url(self) -> str:
        """The base of its HTTP doors."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def replica(self) -> str:
        """The name of this process among its like."""
        return f"{self.name}-{self.number}"

    @property
    def server(self) -> OwnServer:
        """What it runs as."""
        return self._server

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

    async def lose(self) -> None:
        """Ends it with SIGKILL, as a pod is lost: what is started next in its place has another name."""
        await self.kill()
        self._member = f"{self.replica}-{secrets.token_hex(3)}"
        self._server = self._made()

    def kill_now(self) -> None:
        """`kill` for a caller that cannot wait."""
        self._server.kill_now()

    async def restart(self, **settings: object) -> None:
        """Stops it in good order and starts it again with these settings changed: `restart(otp_life_s=3)`."""
        await self.stop()
        self.kill_now()  # its container, which has the old settings
        self._settings |= settings
        self._server = self._made()
        await self.start()

    def another(self, number: int, port: int, code: Path = ROOT, **settings: object) -> "ServiceProcess":
        """One more of the same group and database, not started yet; these settings are other ones."""
        return ServiceProcess(self.name, port, self._around, self._settings | settings, number, code)

    async def metrics(self) -> str:
        """What a scrape of its `/metrics` gives."""
        async with _plain_http() as http:
            return (await http.get(f"{self.url}/metrics")).text

    def _made(self) -> OwnServer:
        images = os.environ.get(IMAGES)
        if images:
            # The engine's libraries are absent where nobody uses containers.
            from deploy.local.service_container import service_container  # noqa: PLC0415

            image = images.format(service=self.name)
            keys = self._around.keys / self.name
            return service_container(self.name, image, self._is_ready, self.log, keys, self._own_environment)
        command = (sys.executable, *(part.format(service=self.name) for part in self._around.program))
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        # Not even the present folder comes before the code that is meant.
        code = {"PYTHONPATH": str(self._code), "PYTHONSAFEPATH": "1"}
        environment = HUGE_PAGES | inherited | self._own_environment(self._around.keys / self.name) | code
        return EmbeddedServer(self.name, command, self.log, self._is_ready, environment)

    def _own_environment(self, keys: Path) -> dict[str, str]:
        around = self._around
        settings: dict[str, object] = {
            "kafka_bootstrap": around.kafka_bootstrap,
            "mongo_uri": around.mongo_uri,
            "database": self.database,
            "keys_folder": keys,
            "key_fingerprints": json.dumps(around.fingerprints),
            "http_port": self.port,
            "replica": self._member,
            **self._settings,
        }
        return {OURS + name.upper(): str(value) for name, value in settings.items()}

    async def _is_ready(self) -> bool:
        try:
            async with _plain_http() as http:
                is_ready = (await http.get(f"{self.url}/readyz")).is_success
        except httpx.HTTPError:
            is_ready = False
        if not is_ready:
            await asyncio.sleep(ASK_AGAIN_S)
        return is_ready


def _plain_http() -> httpx.AsyncClient:
    """A client for loopback without TLS: by itself it would read every certificate authority there is, for 30 ms of
    the processor, and whoever waits for eight processes asks a hundred times a second."""
    return httpx.AsyncClient(trust_env=False, timeout=LOOK_S, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

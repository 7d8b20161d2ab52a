"""One service of the local system in its image, held as tightly as Kubernetes holds it."""

import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from deploy.local.stack.container import ContainerServer, LocalContainer

IMAGE_USER: Final = 10001
"""The user of deploy/Dockerfile."""

KEYS: Final = Path("/keys")
MEMORY: Final = "300m"
HARDENED: Final[Mapping[str, Any]] = {
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "mem_limit": MEMORY,
    "pids_limit": 128,
}
"""No writable files, no privileges, limited memory (architecture: at most 250 MiB resident)."""


class ServiceContainer(LocalContainer):
    """On the machine's own network, so that it meets the simulated neighbours; its keys are mounted read-only."""

    def __init__(self, image: str, keys: Path, environment: Mapping[str, str]) -> None:
        user = _reader_of(keys)
        super().__init__(image, network_mode="host", user=f"{user}:{user}", **HARDENED)
        self.with_volume_mapping(keys, str(KEYS), "ro")
        self.env.update(environment)


def service_container(
    name: str,
    image: str,
    is_ready: Callable[[], Awaitable[bool]],
    log: Path,
    keys: Path,
    environment_with: Callable[[Path], Mapping[str, str]],
) -> ContainerServer:
    """A service, not yet started. `environment_with` gives its settings for the folder in which it finds its keys."""
    return ContainerServer(name, ServiceContainer(image, keys, environment_with(KEYS)), is_ready, log)


def _reader_of(keys: Path) -> int:
    """Keys belong to whoever reads them: root hands them over to the image's user, others run it as themselves."""
    if os.getuid():
        return os.getuid()
    for path in (keys, *keys.iterdir()):
        os.chown(path, IMAGE_USER, IMAGE_USER)
    return IMAGE_USER

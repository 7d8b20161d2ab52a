"""A Docker engine, if one answers, and the images that are at hand there."""

import contextlib
import os
import socket
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import docker
from docker.errors import DockerException, ImageNotFound
from requests.exceptions import RequestException

DEFAULT_SOCKET: Final = "/var/run/docker.sock"
LOOPBACK: Final = ("127.0.0.1", "localhost")
PROBE_SECONDS: Final = 2
PULL_SECONDS: Final = 600


def docker_engine() -> Any | None:
    """A client of the engine that DOCKER_HOST names, else of the default socket; None when none answers within 2 s.

    An engine behind ssh is not taken: containers publish their ports on the engine's machine, and we look on ours.
    """
    address = os.environ.get("DOCKER_HOST") or f"unix://{DEFAULT_SOCKET}"
    return docker.DockerClient(base_url=address, timeout=PULL_SECONDS) if _answers(urlsplit(address)) else None


def _answers(address: SplitResult) -> bool:
    # Docker's own client leaves the socket open when nobody answers.
    with contextlib.suppress(OSError, ValueError, HTTPException), contextlib.ExitStack() as cleanup:
        if address.scheme == "unix":
            connection = cleanup.enter_context(socket.socket(socket.AF_UNIX))
            connection.settimeout(PROBE_SECONDS)
            connection.connect(address.path)
        elif address.scheme == "tcp" and address.hostname in LOOPBACK:
            connection = cleanup.enter_context(
                socket.create_connection((address.hostname, address.port or 0), PROBE_SECONDS)
            )
        else:
            return False
        connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
        response = HTTPResponse(connection)
        response.begin()
        return response.status == HTTPStatus.OK and bool(response.read())
    return False


def has_image(engine: Any, name: str, say: Callable[[str], None]) -> bool:
    """Whether an image is at hand, after pulling it if its registry answers at once."""
    try:
        engine.images.get(name)
    except ImageNotFound:
        return _pulled(engine, name, say)
    return True


def _pulled(engine: Any, name: str, say: Callable[[str], None]) -> bool:
    try:
        engine.api.timeout = PROBE_SECONDS
        engine.images.get_registry_data(name)
        engine.api.timeout = PULL_SECONDS
        say(f"pulling {name} (once)")
        engine.images.pull(name)
    except (DockerException, RequestException):
        return False
    finally:
        engine.api.timeout = PULL_SECONDS
    return True

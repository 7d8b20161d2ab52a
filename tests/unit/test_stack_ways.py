"""Which way the local stack takes, and that half a Docker engine never slows it down."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy.local.stack import StackError, docker_engine, running
from deploy.local.stack.docker_engine import docker_engine as engine_that_answers
from deploy.local.stack.docker_engine import has_image


def ignore(_line: str) -> None:
    pass


@pytest.fixture
def silent_engine(tmp_path: Path) -> Iterator[str]:
    """A socket that takes connections and never says a word."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "docker.sock"))
        server.listen()
        yield f"unix://{tmp_path / 'docker.sock'}"


class NoRegistry(BaseHTTPRequestHandler):
    """An engine with no images that reaches no registry."""

    def do_GET(self) -> None:
        body = b'{"ApiVersion": "1.41"}' if self.path == "/version" else b'{"message": "no such image"}'
        if self.path.endswith("/_ping"):
            body = b"OK"
        self.send_response(200 if b"message" not in body else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def engine_without_images() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), NoRegistry) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"tcp://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_unknown_way_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HESABI_STACK", "magic")
    with pytest.raises(StackError, match="auto, containers, embedded"):
        running._way(ignore)


@pytest.mark.parametrize("address", ["unix:///nowhere/docker.sock", "tcp://127.0.0.1:1", "ssh://somewhere", "nonsense"])
def test_without_an_engine_auto_is_embedded_and_containers_are_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", address)
    monkeypatch.setenv("HESABI_STACK", "auto")
    assert running._way(ignore) == "embedded"
    monkeypatch.setenv("HESABI_STACK", "containers")
    with pytest.raises(StackError, match="HESABI_STACK=containers, but no Docker engine answers"):
        running._way(ignore)


def test_an_engine_that_says_nothing_is_soon_given_up(monkeypatch: pytest.MonkeyPatch, silent_engine: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", silent_engine)
    monkeypatch.setattr(docker_engine, "PROBE_SECONDS", 0.1)
    began = time.perf_counter()
    assert engine_that_answers() is None
    assert time.perf_counter() - began < 2


def test_an_engine_without_the_images_is_named_as_that(
    monkeypatch: pytest.MonkeyPatch, engine_without_images: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine_without_images)
    monkeypatch.setenv("HESABI_KAFKA_IMAGE", "own/kafka:1")
    monkeypatch.setenv("HESABI_STACK", "containers")
    with pytest.raises(StackError, match="own/kafka:1"):
        running._way(ignore)
    monkeypatch.setenv("HESABI_STACK", "embedded")
    assert running._way(ignore) == "embedded"


def test_an_image_that_no_registry_has_is_not_at_hand(
    monkeypatch: pytest.MonkeyPatch, engine_without_images: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine_without_images)
    engine = engine_that_answers()
    assert engine is not None
    assert not has_image(engine, "own/kafka:1", ignore)
    engine.close()

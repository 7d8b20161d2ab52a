"""A Docker engine of our own: its programs, data and socket in one folder, nothing of the machine changed.

It touches neither the packet filter nor forwarding: images are built on the machine's network, and published ports are
served by the engine's own proxy. It ends with the process that started it, however that ends.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import docker
from docker.errors import DockerException
from requests.exceptions import RequestException

from deploy.local.engine.debian_packages import environment_for, unpacked
from deploy.local.stack.container import remove_left_behind
from deploy.local.stack.server import LOG_TAIL_LINES, StackError, spawn

READY_SECONDS: Final = 30
STOP_SECONDS: Final = 30
LOOK_SECONDS: Final = 0.1
BRIDGE: Final = "docker0"


@contextlib.contextmanager
def private_engine(folder: Path, say: Callable[[str], None]) -> Iterator[str]:
    """The address (for DOCKER_HOST) of an engine that runs until the block ends. Images stay in the folder.

    Raises:
        StackError: it cannot be had or does not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _alone_in(folder, say):
        programs = unpacked(folder, say)
        had_bridge = _has_bridge()
        engine = _started(folder, programs)
        address = f"unix://{_socket(folder)}"
        try:
            _wait_for(address, engine, folder / "engine.log")
            yield address
        finally:
            _emptied(address)
            _ended(engine)
            _removed(folder / "run")
            if not had_bridge and _has_bridge():
                subprocess.run(("ip", "link", "delete", BRIDGE), check=False)


@contextlib.contextmanager
def _alone_in(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another run to end that uses the private Docker engine")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _socket(folder: Path) -> Path:
    return folder / "run" / "docker.sock"


def _started(folder: Path, programs: Path) -> "subprocess.Popen[bytes]":
    environment = environment_for(programs)
    _wait_for_earlier(folder / "run" / "dockerd.pid")
    _removed(folder / "run")
    (folder / "run").mkdir()
    log = folder / "engine.log"
    log.unlink(missing_ok=True)
    command = (
        *(shutil.which("dockerd", path=environment["PATH"]) or "dockerd", "--host", f"unix://{_socket(folder)}"),
        *("--data-root", str(folder / "data"), "--exec-root", str(folder / "run" / "exec")),
        *("--pidfile", str(folder / "run" / "dockerd.pid"), "--ip", "127.0.0.1"),
        *("--iptables=false", "--ip6tables=false", "--ip-forward=false"),
    )
    # Asked to end, it takes its containers and its helpers with it; killed, it would leave them.
    return spawn(command, log, environment, at_parents_death=signal.SIGTERM)


def _wait_for_earlier(pid_file: Path) -> None:
    """An engine whose process was killed may still be ending its containers."""
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        if not pid_file.exists() or not Path("/proc", pid_file.read_text().strip() or "0").exists():
            return
        time.sleep(LOOK_SECONDS)


def _wait_for(address: str, engine: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and engine.poll() is None:
        with contextlib.suppress(DockerException, RequestException), _client(address) as client:
            client.ping()
            remove_left_behind(client)
            return
        time.sleep(LOOK_SECONDS)
    tail = log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
    raise StackError("\n".join(["the private Docker engine does not start; the end of its log:", *tail]))


def _emptied(address: str) -> None:
    """Only images that have a name stay for the next run."""
    with contextlib.suppress(DockerException, RequestException), _client(address) as client:
        for container in client.containers.list(all=True):
            container.remove(force=True, v=True)
        client.images.prune(filters={"dangling": True})


@contextlib.contextmanager
def _client(address: str) -> Iterator[Any]:
    client = docker.DockerClient(base_url=address)
    try:
        yield client
    finally:
        client.close()


def _ended(engine: "subprocess.Popen[bytes]") -> None:
    engine.terminate()
    try:
        engine.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        engine.kill()
        engine.wait()


def _removed(run: Path) -> None:
    """The engine leaves a mount of its network's name in there."""
    mounts = (line.split()[1] for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines())
    for place in sorted((mount for mount in mounts if Path(mount).is_relative_to(run)), reverse=True):
        subprocess.run(("umount", place), check=False)
    shutil.rmtree(run, ignore_errors=True)


def _has_bridge() -> bool:
    return os.path.lexists(f"/sys/class/net/{BRIDGE}")

"""Server processes of the local stack, proven on harmless commands."""

import asyncio
import os
import platform
import socket
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from deploy.local.stack import StackError, running, running_stack
from deploy.local.stack.kafka import kafka_answers
from deploy.local.stack.server import EmbeddedServer, GivenServer, free_port, spawn
from tests.eventually import eventually

SLEEPER = (sys.executable, "-S", "-c", "import time; time.sleep(60)")


async def _yes() -> bool:
    return True


async def _no() -> bool:
    return False


def _is_alive(pid: int) -> bool:
    """A zombie counts as dead: whoever inherits it need not have collected it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _state(pid: int | None) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


async def test_a_server_that_ends_at_once_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "print('no space left'); raise SystemExit(3)")
    with pytest.raises(StackError, match=r"(?s)Thing ended at once with code 3.*no space left"):
        await EmbeddedServer("Thing", command, tmp_path / "log", _no).start()


async def test_a_missing_openssl_3_is_named(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "raise SystemExit('cannot open shared object file: libcrypto.so.3')")
    with pytest.raises(StackError, match="needs OpenSSL 3"):
        await EmbeddedServer("Thing", command, tmp_path / "log", _no).start()


@pytest.mark.parametrize("act", ["stop", "kill"])
async def test_an_ended_server_is_gone_and_starts_again(tmp_path: Path, act: str) -> None:
    server = EmbeddedServer("Thing", SLEEPER, tmp_path / "log", _yes)
    await server.start()
    first = server.pid
    assert first
    assert _is_alive(first)
    await getattr(server, act)()
    assert not _is_alive(first)
    await server.start()
    assert server.pid not in {first, None}
    server.kill_now()
    assert server.pid is None


async def test_a_frozen_server_stands_still_until_it_is_thawed(tmp_path: Path) -> None:
    counting = "import itertools, time\nfor n in itertools.count(): print(n, flush=True); time.sleep(0.01)"
    server = EmbeddedServer("Thing", (sys.executable, "-S", "-c", counting), tmp_path / "log", _yes)
    await server.start()
    await eventually((tmp_path / "log").read_text)
    server.freeze()
    await eventually(lambda: _state(server.pid), lambda state: state == "T")
    said = (tmp_path / "log").read_text()
    assert server.exit_code is None
    server.thaw()
    await eventually(lambda: len((tmp_path / "log").read_text()) > len(said))
    server.kill_now()


async def test_a_server_that_ended_by_itself_says_how(tmp_path: Path) -> None:
    server = EmbeddedServer("Thing", (sys.executable, "-S", "-c", "raise SystemExit(3)"), tmp_path / "log", _yes)
    await server.start()
    assert await eventually(lambda: server.exit_code) == 3


async def test_a_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from deploy.local.stack.server import spawn\n"
        "print(spawn(sys.argv[2:], Path(sys.argv[1])).pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "log"), *SLEEPER]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = int(await asyncio.to_thread(parent.stdout.readline))
        assert _is_alive(child)
        parent.kill()
    await eventually(lambda: not _is_alive(child))


def test_a_child_whose_parent_died_first_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getpid", lambda: 1)
    assert spawn(SLEEPER, tmp_path / "log").wait(10) == 1


def test_a_server_s_port_is_none_that_clients_are_given() -> None:
    first_of_clients = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    port = free_port()
    assert port < first_of_clients
    with socket.socket() as server:
        server.bind(("127.0.0.1", port))


@pytest.mark.parametrize("act", ["stop", "kill", "restart"])
async def test_a_given_server_is_not_ours_to_end(act: str) -> None:
    server = GivenServer("Kafka", _yes)
    await server.start()
    with pytest.raises(StackError, match="not ours to end"):
        await getattr(server, act)()


async def test_a_given_address_that_does_not_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HESABI_KAFKA_BOOTSTRAP", f"127.0.0.1:{free_port()}")
    monkeypatch.setenv("HESABI_MONGO_URI", "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100")
    with pytest.raises(StackError, match="does not answer at the address given"):
        async with running_stack():
            pass


async def test_elsewhere_than_on_linux_x86_64_addresses_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HESABI_KAFKA_BOOTSTRAP", raising=False)
    monkeypatch.delenv("HESABI_MONGO_URI", raising=False)
    monkeypatch.setenv("HESABI_STACK", "embedded")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    with pytest.raises(StackError, match="HESABI_KAFKA_BOOTSTRAP and HESABI_MONGO_URI"):
        async with running_stack():
            pass


async def test_an_open_port_that_closes_without_an_answer_is_no_kafka() -> None:
    async def close(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(close, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert not await kafka_answers(f"127.0.0.1:{port}")


async def test_an_answer_to_api_versions_is_a_kafka() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(4))
        request = await reader.readexactly(size)
        assert request[:4] == bytes([0, 18, 0, 0])
        writer.write(bytes([0, 0, 0, 10]) + request[4:8] + bytes(6))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await kafka_answers(f"127.0.0.1:1,127.0.0.1:{port}")


def test_what_a_killed_process_left_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "RUNS", tmp_path)
    ours, left = tmp_path / f"run-{os.getpid()}-other", tmp_path / "run-99999999-left"
    for folder in (ours, left):
        folder.mkdir()
    folder = running._run_folder(AsyncExitStack())
    assert set(tmp_path.iterdir()) == {ours, folder}

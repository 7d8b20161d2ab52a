"""What ends by itself while a system starts or runs is noticed: whoever waits for it would wait for ever."""

import asyncio
import sys
from pathlib import Path

import pytest

from deploy.local.stack import Stack, StackError
from deploy.local.stack import server as stack_server
from deploy.local.stack.server import EmbeddedServer, GivenServer
from deploy.local.system import while_servers_run
from deploy.local.up.keeping import keep
from tests.eventually import eventually

LIVES = (sys.executable, "-S", "-c", "import time; time.sleep(60)")
ENDS_ONCE = (
    "import pathlib, sys, time; p = pathlib.Path(sys.argv[1]); p.exists() and time.sleep(60); p.touch(); sys.exit(7)"
)


async def _yes() -> bool:
    return True


def server(name: str, log: Path, command: tuple[str, ...] = LIVES) -> EmbeddedServer:
    return EmbeddedServer(name, command, log, _yes)


async def test_what_ends_by_itself_is_told_and_started_again(tmp_path: Path) -> None:
    ends = server("accounts", tmp_path / "log", (sys.executable, "-S", "-c", ENDS_ONCE, str(tmp_path / "was here")))
    await ends.start()
    told: list[str] = []
    keeping = asyncio.create_task(keep({"accounts": ends}, told.append))
    try:
        await eventually(lambda: told, lambda lines: len(lines) == 2)
        assert told == ["accounts has ended by itself (code 7) and is started again", "accounts is up again"]
        assert ends.exit_code is None
    finally:
        keeping.cancel()
        ends.kill_now()


async def test_a_start_does_not_wait_for_a_server_that_has_ended(tmp_path: Path) -> None:
    kafka = server("Kafka", tmp_path / "log", (sys.executable, "-S", "-c", "print('no room'); raise SystemExit(7)"))
    await kafka.start()
    stack = Stack("127.0.0.1:1", "mongodb://127.0.0.1:1", kafka, GivenServer("MongoDB", _yes))
    with pytest.raises(StackError, match=r"(?s)Kafka ended by itself with code 7.*no room"):
        async with while_servers_run(stack):
            await asyncio.Event().wait()


async def test_servers_that_run_let_a_start_come_to_its_end(tmp_path: Path) -> None:
    kafka, began = server("Kafka", tmp_path / "log"), list[bool]()
    await kafka.start()
    async with while_servers_run(Stack("", "", kafka, kafka)) as starts:
        starts.create_task(_begin(began))
    assert (began, kafka.exit_code) == ([True], None)
    kafka.kill_now()


async def _begin(began: list[bool]) -> None:
    began.append(True)


async def test_a_disk_without_room_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_server, "LITTLE_ROOM_BYTES", sys.maxsize)
    with pytest.raises(StackError, match=r"ended at once with code 7 \(\d+ MiB are free on its disk\)"):
        await EmbeddedServer(
            "Thing", (sys.executable, "-S", "-c", "raise SystemExit(7)"), tmp_path / "log", _no
        ).start()


async def _no() -> bool:
    return False

"""What ends by itself while a system starts or runs is noticed: whoever waits for it would wait for ever."""

import asyncio
import sys
from pathlib import Path

import pytest

from deploy.local.stack import Stack, StackError
from deploy.local.stack import server as stack_server
from deploy.local.stack.server import EmbeddedServer, GivenServer
from deploy.local.system import while_servers_run
from deploy.local.up import keeping
from deploy.local.up.keeping import TRIES, keep
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
    looking = asyncio.create_task(keep({"accounts": ends}, told.append))
    try:
        await eventually(lambda: told, lambda lines: len(lines) == 2)
        assert told == ["accounts has ended by itself (code 7) and is started again", "accounts is up again"]
        assert ends.exit_code is None
    finally:
        looking.cancel()
        ends.kill_now()


async def test_what_ends_while_another_starts_is_started_as_well(tmp_path: Path) -> None:
    """A service that is started again waits for Kafka, which has ended meanwhile."""
    told, looks = list[str](), list[bool]()

    async def is_ready() -> bool:
        looks.append("Kafka is up again" in told)
        return len(looks) == 1 or looks[-1]

    def ends_once(name: str) -> tuple[str, ...]:
        return (sys.executable, "-S", "-c", ENDS_ONCE, str(tmp_path / f"{name} was here"))

    accounts = EmbeddedServer("accounts", ends_once("accounts"), tmp_path / "accounts.log", is_ready)
    kafka = server("Kafka", tmp_path / "kafka.log", ends_once("kafka"))
    await accounts.start()
    await kafka.start()
    looking = asyncio.create_task(keep({"accounts": accounts, "Kafka": kafka}, told.append))
    try:
        await eventually(lambda: told[-1:], lambda last: last == ["accounts is up again"], within=20)
        assert (accounts.exit_code, kafka.exit_code) == (None, None)
    finally:
        looking.cancel()
        accounts.kill_now()
        kafka.kill_now()


@pytest.mark.parametrize(("failures", "starts"), [(TRIES - 1, True), (TRIES, False)])
async def test_what_does_not_start_is_tried_again_and_then_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failures: int, starts: bool
) -> None:
    """It ends at once as often as `failures` says."""
    monkeypatch.setattr(keeping, "PAUSE_S", 0.0)
    runs, told, looks = tmp_path / "runs", list[str](), list[int]()

    def count() -> int:
        return len(runs.read_text()) if runs.exists() else 0

    async def is_ready() -> bool:
        looks.append(count())
        return len(looks) == 1 or looks[-1] > failures + 1

    script = (
        "import pathlib, sys, time; p = pathlib.Path(sys.argv[1]); p.open('a').write('x'); n = len(p.read_text()); "
        f"time.sleep(0.5 if n == 1 else 60 if n > {failures} + 1 else 0); sys.exit(7)"
    )
    thing = EmbeddedServer("accounts", (sys.executable, "-S", "-c", script, str(runs)), tmp_path / "log", is_ready)
    await thing.start()
    looking = asyncio.create_task(keep({"accounts": thing}, told.append))
    try:
        await eventually(lambda: looking.done() or told[-1:] == ["accounts is up again"], within=20)
        assert (looking.done(), count()) == (not starts, min(failures, TRIES - 1) + 2)
        if not starts:
            with pytest.raises(StackError, match="ended at once with code 7"):
                await looking
    finally:
        looking.cancel()
        thing.kill_now()


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

"""`make up` as a process, played with by hand: the command line, a foreign client, and an end that leaves nothing."""

import asyncio
import contextlib
import functools
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec

import httpx
import pytest

from deploy.cli.__main__ import main
from deploy.cli.outcome import INTERRUPTED, NO_ANSWER, REFUSED, YES
from deploy.local.service_process import IMAGES
from deploy.local.stack.running import KAFKA_ADDRESS, MONGO_ADDRESS, RUNS, WAY
from deploy.local.up.announcement import LOCAL, Announcement
from deploy.local.up.first_hour import CODE, REFERENCE, TOKEN
from tests.eventually import eventually
from tests.guards.source import ROOT
from tests.kcat import kcat_environment

START_S = 120
STOP_S = 40
SESSION_S = 120
INBOX_S = 20


@dataclass(frozen=True, slots=True)
class Up:
    """The process and what it announced."""

    process: subprocess.Popen[bytes]
    announced: Announcement
    environment: dict[str, str]

    @property
    def children(self) -> set[Path]:
        """What it started: Kafka, MongoDB and the services."""
        lists = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return {Path("/proc", pid) for each in lists for pid in each.read_text().split()}

    @contextlib.contextmanager
    def frozen(self, module: str) -> Iterator[None]:
        """A service that stands still for the length of the block."""
        (pid,) = (int(child.name) for child in self.children if module in (child / "cmdline").read_text())
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def started(self, *typed: str) -> Iterator["subprocess.Popen[str]"]:
        """`./hesabi ...` as a process of its own, which does not outlive the block."""
        process = subprocess.Popen(
            [str(ROOT / "hesabi"), *typed],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                yield process
            finally:
                process.kill()


@pytest.fixture(scope="module")
async def up(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Up]:
    """A system of its own, whatever the environment says: two would share their consumer groups."""
    local = tmp_path_factory.mktemp("local")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(LOCAL, str(local))
        for name in (KAFKA_ADDRESS, MONGO_ADDRESS, IMAGES):
            environment.delenv(name, raising=False)
        environment.setenv(WAY, "embedded")  # its servers and services are looked at as processes
        log = (local / "up.log").open("wb")
        process = subprocess.Popen([sys.executable, "-m", "deploy.local.up"], cwd=ROOT, stdout=log, stderr=log)
        try:
            yield Up(process, await _announced(process, local), dict(os.environ))
        finally:
            log.close()
            process.kill()
            process.wait()


async def _announced(process: "subprocess.Popen[bytes]", local: Path) -> Announcement:
    def look() -> Announcement | str:
        assert process.poll() is None, (local / "up.log").read_text()
        return Announcement.read(local) or (local / "up.log").read_text()

    found = await eventually(look, lambda seen: isinstance(seen, Announcement), within=START_S)
    assert isinstance(found, Announcement)
    return found


P = ParamSpec("P")


def off_the_loop(test: Callable[P, None]) -> Callable[P, Awaitable[None]]:
    """In a thread, while the loop of all tests goes on: consumers live on it that must not fall silent for so long."""

    @functools.wraps(test)
    async def in_a_thread(*args: P.args, **kwargs: P.kwargs) -> None:
        await asyncio.to_thread(test, *args, **kwargs)

    return in_a_thread


class Typist:
    """Types commands and reads what a program would read."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def types(self, command: str) -> tuple[int, Any]:
        """Exit code and answer; the command as it is printed for people."""
        code = main([*shlex.split(command)[1:], "--json"])
        said = self._capsys.readouterr()
        assert said.err == ""
        return code, json.loads(said.out)

    def reads(self, command: str) -> dict[str, Any]:
        """The newest message of an inbox, once it has come."""
        deadline = time.monotonic() + INBOX_S
        while time.monotonic() < deadline:
            if messages := self.types(command)[1]["messages"]:
                return dict(messages[-1])
        raise AssertionError(f"nothing came: {command}")


@off_the_loop
def test_J2_a_person_s_first_hour_by_hand(up: Up, capsys: pytest.CaptureFixture[str]) -> None:
    typist, known, came = Typist(capsys), dict[str, str](), dict[str, Any]()
    _, found = typist.types("./hesabi person --who sara")
    for step in found["steps"]:
        command = step["command"]
        for word, value in known.items():
            command = command.replace(word, value)
        if " inbox " in command:
            message = typist.reads(command)
            known |= {CODE: message["code"]} if "code" in message else {TOKEN: message["activation_token"]}
            continue
        code, came = typist.types(command)
        assert (code, came["answer"]["refused"]) == (YES, False), (step, came)
        known |= {REFERENCE: came["answer"]["body"]["reference"]} if "reference" in came["answer"]["body"] else {}
    assert came["answer"]["body"]["inquiry"]["reference"] == known[REFERENCE]
    assert typist.types("./hesabi send --again")[1]["answer"] == came["answer"]  # J3
    code, came = typist.types("./hesabi send StartDefinition relation=owner --who sara --as app")
    assert (code, came["answer"]["body"]["missing_step"]) == (REFUSED, "log-in")  # a token is for its channel


@off_the_loop
def test_one_process_sends_and_another_watches(up: Up) -> None:
    with up.started("send", "AskContactChannels", "--json") as sending:
        said, errors = sending.communicate(timeout=SESSION_S)
    assert (sending.returncode, errors) == (YES, "")
    came = json.loads(said)
    wanted = ("--from-beginning", "--count", "2", "--correlation", came["sent"]["id"])
    with up.started("watch", "notifications", "--json", *wanted) as watching:
        lines = watching.communicate(timeout=SESSION_S)[0].splitlines()
    assert watching.returncode == YES
    assert {json.loads(line)["type"] for line in lines} == {came["sent"]["type"], came["answer"]["type"]}


@off_the_loop
def test_J3_no_answer_in_time_ends_with_3_and_the_same_bytes_bring_it(
    up: Up, capsys: pytest.CaptureFixture[str]
) -> None:
    with up.frozen("services.notifications"):
        assert main(["send", "AskContactChannels", "--timeout", "0.5"]) == NO_ANSWER
    assert capsys.readouterr().err == (
        "hesabi: AskContactChannels was not answered within 0.5 s: does notifications run, and what does its log say? "
        "`./hesabi send --again` sends the same bytes\n"
    )
    code, came = Typist(capsys).types("./hesabi send --again")
    assert (code, came["answer"]["body"]["emergency"]) == (YES, "933")  # N9


@off_the_loop
def test_what_runs_long_ends_with_130_at_ctrl_c(up: Up) -> None:
    for typed, first in ((["watch"], "time"), (["journey", "--json"], '{"step"')):
        with up.started(*typed) as process:
            assert process.stdout is not None
            assert process.stdout.readline().lstrip().startswith(first)
            process.send_signal(signal.SIGINT)
            errors = process.communicate(timeout=SESSION_S)[1]
        assert (process.returncode, errors) == (INTERRUPTED, "")


def documented_session() -> str:
    """The shell lines of the integrators' page."""
    page = (ROOT / "docs/integrators.md").read_text(encoding="utf-8")
    part = page.partition("## Hands on")[2].partition("\n## ")[0]
    return "\n".join(["set -euo pipefail", *re.findall(r"^```bash\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)])


@off_the_loop
def test_J3_a_foreign_client_gets_its_answers_by_the_documented_lines(up: Up) -> None:
    session = documented_session()
    assert session.count("answer ") >= 2
    environment = up.environment | kcat_environment()
    done = subprocess.run(
        ["bash", "-c", session],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SESSION_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"customer_line":"92000222"' in done.stdout
    assert '"seal_key"' in done.stdout
    assert '{"next_step":"confirm-otp"}' in done.stdout


@off_the_loop
def test_nobody_without_the_secret_reads_the_inbox(up: Up) -> None:
    with httpx.Client(trust_env=False) as http:
        assert http.get(f"{up.announced.desk}/inbox").status_code == 401
        own = {"Authorization": f"Bearer {up.announced.desk_secret}"}
        assert http.post(f"{up.announced.desk}/people", content=b"{", headers=own).status_code == 400


@off_the_loop
def test_ctrl_c_leaves_nothing(up: Up) -> None:
    children = up.children
    assert len(children) >= 6  # Kafka, MongoDB, four services
    assert all(Path(folder).is_dir() for folder in (up.announced.keys, up.announced.logs))
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(STOP_S) == 0
    assert [child for child in children if child.exists()] == []
    assert list(RUNS.glob(f"run-{up.process.pid}-*")) == []
    assert Announcement.read(Path(up.environment[LOCAL])) is None
    assert not (Path(up.environment[LOCAL]) / "up.json").exists()

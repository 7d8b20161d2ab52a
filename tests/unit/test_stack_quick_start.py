"""The file for quick starts of Kafka is kept whole or not at all, and its writer ends with the writing."""

import asyncio
import sys
from pathlib import Path

import pytest

from deploy.local.stack import StackError, kafka
from deploy.local.stack.kafka import Java
from deploy.local.stack.server import EmbeddedServer
from tests.eventually import eventually

JAVA: Java = ("java",)
NEVER_DONE = """
import os, pathlib, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1].partition("=")[2]).write_text("half")
pathlib.Path(sys.argv[2], "begun").touch()
number = 0
while True:
    number += 1
    pathlib.Path(sys.argv[2], str(number)).touch()
"""


class Writer:
    """Stands where Kafka stands: writes half of the file, fills its folder, and does not end when it is told to."""

    def __init__(self, *, answers: bool) -> None:
        self.answers = answers
        self.server: EmbeddedServer | None = None
        self.pid: int | None = None
        self.folder: Path | None = None

    async def formatted(self, folder: Path, formats: Java, runs: Java) -> tuple[str, EmbeddedServer]:
        folder.mkdir()
        self.folder = folder
        command = (sys.executable, "-S", "-c", NEVER_DONE, runs[-1], str(folder))
        self.server = EmbeddedServer("Writer", command, folder / "log", self._is_answering)
        return "", self.server

    async def _is_answering(self) -> bool:
        assert self.server is not None
        assert self.folder is not None
        self.pid = self.server.pid
        return self.answers and (self.folder / "begun").exists()

    @property
    def is_at_work(self) -> bool:
        return self.folder is not None and (self.folder / "begun").exists()


def is_gone(pid: int | None) -> bool:
    return pid is not None and not Path(f"/proc/{pid}").exists()


async def test_a_file_for_quick_starts_that_is_not_written_in_time_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Writer(answers=True)
    monkeypatch.setattr(kafka, "_formatted", writer.formatted)
    monkeypatch.setattr(kafka, "WRITING_SECONDS", 0.1)
    with pytest.raises(StackError, match=r"kafka\.aot was not written within 0\.1 s"):
        await kafka._keep(tmp_path / "kafka.aot", JAVA)
    assert not (tmp_path / "kafka.aot").exists()
    assert is_gone(writer.pid)


async def test_ctrl_c_while_quick_starts_are_prepared_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer(answers=False)
    monkeypatch.setattr(kafka, "_formatted", writer.formatted)
    preparing = asyncio.create_task(kafka._keep(tmp_path / "kafka.aot", JAVA))
    await eventually(lambda: writer.is_at_work)
    preparing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await preparing
    assert is_gone(writer.pid)
    assert [each.name for each in tmp_path.iterdir()] == []

"""`hesabi journey` against a desk that answers as a running system's does."""

import asyncio
import contextlib
import io
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from pydantic import ValidationError
from rich.console import Console

from deploy.cli.arguments import parse
from deploy.cli.commands import Commands
from deploy.cli.outcome import REFUSED, YES, NotReached
from deploy.local.up.announcement import LOCAL
from deploy.local.up.desk import JourneyWish
from tests.unit.cli.test_remembered import UP

SHOWN = {"shown": "a step\n"}
END = {"end": {"is_expected": True, "steps": 23, "reference": "K7QD"}}


@contextlib.contextmanager
def desk(*news: dict[str, Any], folder: Path, status: int = 200) -> Iterator[list[JourneyWish]]:
    """A desk on loopback that is announced in this folder; what it was asked."""
    wishes: list[JourneyWish] = []

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            with contextlib.suppress(ValidationError):
                wishes.append(JourneyWish.model_validate_json(asked))
            self.send_response(status if wishes else 400)
            self.end_headers()
            self.wfile.write("".join(json.dumps(line) + "\n" for line in news).encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        replace(UP, pid=os.getpid(), desk=f"http://127.0.0.1:{server.server_port}").write(folder)
        yield wishes
        server.shutdown()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a system is announced."""
    monkeypatch.setenv(LOCAL, str(tmp_path))
    monkeypatch.delenv("HESABI_KAFKA_BOOTSTRAP", raising=False)
    return tmp_path


def journey(width: int) -> tuple[int, str]:
    written = io.StringIO()
    code = asyncio.run(Commands(parse(["journey"]), Console(file=written, width=width)).run())
    return code, written.getvalue()


@pytest.mark.parametrize(("columns", "asked"), [(40, 80), (79, 80), (120, 120), (1000, 400)])
def test_a_journey_is_taken_on_a_terminal_of_any_width(columns: int, asked: int, folder: Path) -> None:
    with desk(SHOWN, END, folder=folder) as wishes:
        code, said = journey(columns)
    assert (code, said) == (YES, "a step\n23 steps, each as expected\n")
    assert [wish.width for wish in wishes] == [asked]


def test_a_journey_without_an_end_is_not_said_to_be_as_expected(folder: Path) -> None:
    with desk(SHOWN, folder=folder):
        code, said = journey(100)
    assert code == REFUSED
    assert "expected" not in said
    assert "ended early" in said


def test_a_journey_that_came_out_otherwise_is_not_said_to_be_as_expected(folder: Path) -> None:
    with desk({"end": {"is_expected": False, "steps": 3, "reference": ""}}, folder=folder):
        assert journey(100) == (REFUSED, "3 steps, not each as expected\n")


@pytest.mark.parametrize("status", [400, 500])
def test_what_a_desk_refuses_is_no_journey(status: int, folder: Path) -> None:
    with desk(END, folder=folder, status=status), pytest.raises(NotReached, match=f"desk says {status}"):
        journey(100)

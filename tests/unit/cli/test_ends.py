"""How the command line ends whatever is typed, set or piped: a line that names what is wrong, and its own exit code."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.cli import commands
from deploy.cli.__main__ import main
from deploy.cli.installation import CA_FILE, KAFKA, PASSWORD, USER
from deploy.cli.outcome import BROKEN, EXIT_CODES, INTERRUPTED, USAGE, YES
from deploy.local.up.announcement import LOCAL

MARKED = "marked-secret-7f3a"
SEALS_A_CODE = ["seal", "ConfirmOtp", "code", "--key", "k"]
NO_UTF8 = b"\xff" + MARKED.encode()
NOBODY = "127.0.0.1:1"


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No system runs, nothing is set or remembered."""
    monkeypatch.setenv(LOCAL, str(tmp_path))
    for name in (KAFKA, USER, PASSWORD, CA_FILE):
        monkeypatch.delenv(name, raising=False)


def piped(monkeypatch: pytest.MonkeyPatch, read: bytes, *, errors: str = "strict") -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(read), encoding="utf-8", errors=errors))


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({USER: MARKED}, f"{USER} and {PASSWORD} are given together"),
        ({PASSWORD: MARKED}, f"{USER} and {PASSWORD} are given together"),
        ({CA_FILE: f"/{MARKED}"}, CA_FILE),
        ({CA_FILE: __file__}, CA_FILE),
        ({CA_FILE: str(Path(__file__).parent)}, CA_FILE),
        ({KAFKA: MARKED}, f"{KAFKA} is to be brokers as host:port"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named(
    settings: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in ({KAFKA: NOBODY} | settings).items():
        monkeypatch.setenv(name, value)
    assert main(["watch"]) == USAGE
    said = capsys.readouterr().err
    assert named in said
    assert MARKED not in said


@pytest.mark.parametrize(
    "address", ["127.0.0.1:99999", "127.0.0.1:0", "foo bar:baz", "here", "here:1,", ":1", "..:1", f"{'x' * 64}:1"]
)
def test_an_address_that_is_none_is_said_to_be_none(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["where", "--kafka", address]) == USAGE
    assert "--kafka is to be brokers as host:port" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["127.0.0.1:9092", "[::1]:9092", "a-1.b_2.example:9092,here:1"])
def test_addresses_are_taken_with_their_port(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["where", "kafka", "--kafka", address]) == 0
    assert capsys.readouterr().out == f"{address}\n"


@pytest.mark.parametrize("since", ["9999999d", "99999999999d", "9" * 5000 + "m"])
def test_a_time_before_all_time_is_none(since: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["dead-letters", "list", "--since", since])
    assert end.value.code == USAGE
    assert "--since: that is none" in capsys.readouterr().err


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
@pytest.mark.parametrize(
    "argv", [SEALS_A_CODE, ["send", "ConfirmOtp", "code=-"], ["send", "ConfirmOtp", "--json-body", "-"]]
)
def test_bytes_that_are_no_text_are_not_taken(
    argv: list[str], errors: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    piped(monkeypatch, NO_UTF8, errors=errors)
    assert main([*argv, "--kafka", NOBODY]) == USAGE
    said = capsys.readouterr().err
    assert "standard input is no UTF-8" in said
    assert MARKED not in said


def test_a_word_that_is_no_text_is_not_taken(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["send", "ConfirmOtp", f"code={os.fsdecode(NO_UTF8)}", "--kafka", NOBODY]) == USAGE
    assert capsys.readouterr().err == "hesabi: what was typed is no UTF-8\n"


def test_where_nothing_is_typed_any_more_it_ends_as_an_interruption(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    piped(monkeypatch, b"")
    assert main(["send", "ConfirmOtp", "code=-", "--kafka", NOBODY]) == INTERRUPTED
    assert capsys.readouterr().err == ""


def test_an_error_of_the_program_is_told_by_its_class_and_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> None:
        raise LookupError(MARKED)

    monkeypatch.setattr(commands.Commands, "topics", broken)
    assert main(["topics"]) == BROKEN
    said = capsys.readouterr().err
    assert said.startswith("hesabi: an error of this program: LookupError at ")
    assert said.count("\n") == 1
    assert MARKED not in said
    assert f"\n  {BROKEN}    " in EXIT_CODES


@pytest.mark.parametrize("typed", ["topics", "where kafka --kafka there:1", "--help"])
def test_a_reader_that_has_ended_is_no_fault(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    reader, writer = os.pipe()
    os.close(reader)
    try:
        command = [sys.executable, "-m", "deploy.cli", *typed.split()]
        ended = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False, timeout=60)
    finally:
        os.close(writer)
    assert (ended.returncode, ended.stderr) == (YES, b"")

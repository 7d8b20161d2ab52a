"""What the command line remembers and which system it means; how it shows what came from elsewhere."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import certifi
import pytest

from deploy.cli.installation import CA_FILE, FINGERPRINTS, KAFKA, PASSWORD, USER, installation
from deploy.cli.memory import LastCommand, Memory, Session
from deploy.cli.outcome import NotReached, Wrong
from deploy.cli.shown import lines_of, plain, short_body, shown_body
from deploy.local.journey import Person
from deploy.local.up.announcement import Announcement, withdraw
from deploy.local.up.first_hour import first_hour

MARKED = "marked-secret-7f3a"
UP = Announcement(
    pid=1,
    kafka="here:9092",
    mongodb="mongodb://here",
    desk="http://here",
    desk_secret=MARKED,
    services={},
    sms_gateway="http://here",
    mail="here:25",
    keys="keys",
    logs="logs",
    memory="run/cli",
    accounts={},
    fingerprints={"identity": {"seal": "ours"}},
)
LAST = LastCommand(
    "c1", "web", "hesabi.identity.LogIn.v1", "k", "me", MARKED, "2026-03-01T09:00:00+00:00", {"d": MARKED}
)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "cli" / "system")


def test_a_flow_keeps_its_id_until_it_begins_anew(memory: Memory) -> None:
    first = memory.flow("me.identity")
    assert memory.flow("me.identity") == first
    assert memory.flow("sara.identity") != first
    anew = memory.flow("me.identity", anew=True)
    assert anew != first
    assert memory.flow("me.identity") == anew


def test_sessions_and_the_last_command_come_back(memory: Memory) -> None:
    session = Session("app", MARKED, "2026-03-01T09:30:00Z")
    memory.keep_session("sara", session)
    memory.keep_last(LAST)
    assert memory.session("sara") == session
    assert memory.session("me") is None
    assert memory.last == LAST
    assert MARKED not in repr(session) + repr(LAST) + repr(UP)


def test_what_is_remembered_is_its_owner_s_only(memory: Memory, tmp_path: Path) -> None:
    memory.keep_session("me", Session("web", MARKED, ""))
    memory.keep_last(LAST)
    memory.flow("f")
    folder = tmp_path / "cli" / "system"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert len(list(folder.iterdir())) == 3


def test_L11_a_folder_that_others_could_read_is_closed_before_anything_is_remembered_there(
    memory: Memory, tmp_path: Path
) -> None:
    folder = tmp_path / "cli" / "system"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    memory.flow("f")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["", "../up", "a/b", "a b", "x" * 51])
def test_a_name_is_no_path(memory: Memory, name: str) -> None:
    with pytest.raises(Wrong):
        memory.session(name)
    with pytest.raises(Wrong):
        memory.flow(name)


def test_nothing_was_sent_yet(memory: Memory) -> None:
    with pytest.raises(Wrong):
        _ = memory.last


def test_options_count_more_than_the_environment_and_that_more_than_make_up(tmp_path: Path) -> None:
    file = tmp_path / "prints.json"
    file.write_text('{"identity": {"seal": "theirs"}}', encoding="utf-8")
    environment = {KAFKA: "there:9092", FINGERPRINTS: '{"identity": {"seal": "set"}}'}
    assert installation({}, UP).fingerprints["identity"]["seal"] == "ours"
    set_by_environment = installation(environment, UP)
    assert set_by_environment.kafka_bootstrap == "there:9092"
    assert set_by_environment.fingerprints["identity"]["seal"] == "set"
    assert set_by_environment.up is None
    given = installation(environment, UP, "given:9092", file)
    assert (given.kafka_bootstrap, given.fingerprints["identity"]["seal"]) == ("given:9092", "theirs")


def test_fingerprints_of_one_system_are_not_another_s() -> None:
    assert installation({}, UP, "there:9092").fingerprints == {}


def test_what_is_remembered_of_make_up_ends_with_it(tmp_path: Path) -> None:
    there = installation({}, UP, "there:9092").memory(tmp_path)
    known = installation({KAFKA: "there:9092", FINGERPRINTS: '{"identity": {"seal": "set"}}'}, UP).memory(tmp_path)
    assert installation({}, UP).memory(tmp_path) == Path(UP.memory)
    assert there.parent == known.parent == tmp_path / "cli"
    assert there != known


@pytest.mark.parametrize("text", ["{", "[]", '{"identity": "x"}', "7"])
def test_fingerprints_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(Wrong, match=FINGERPRINTS):
        installation({FINGERPRINTS: text}, UP)


def test_L11_a_login_goes_to_another_machine_over_tls_only() -> None:
    login = {USER: "operators", PASSWORD: "planted-password"}
    with pytest.raises(Wrong, match=CA_FILE) as refused:
        installation(login, UP, "there:9093")
    assert "planted-password" not in str(refused.value)
    assert installation(login | {CA_FILE: certifi.where()}, UP, "there:9093").kafka_user == "operators"
    assert installation(login, UP, "127.0.0.1:9092").kafka_user == "operators"


def test_no_system_at_all() -> None:
    with pytest.raises(NotReached, match="make up"):
        installation({}, None)


def test_an_announcement_is_read_back_while_its_process_lives(tmp_path: Path) -> None:
    file = UP.write(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert Announcement.read(tmp_path) == UP
    replace(UP, pid=2**30).write(tmp_path)
    assert Announcement.read(tmp_path) is None
    UP.write(tmp_path)
    withdraw(tmp_path)
    assert Announcement.read(tmp_path) is None


def test_sealed_fields_show_only_that_they_are() -> None:
    value = json.dumps({"code": MARKED}).encode()
    assert shown_body("hesabi.identity.ConfirmOtp.v1", value) == {"code": "sealed"}
    assert shown_body("hesabi.identity.ConfirmOtp.v1", b"\xff") == {}
    assert short_body({"a": "x" * 100, "b": None, "c": 3}).endswith("… c=3")


def test_what_came_from_elsewhere_cannot_steer_a_terminal() -> None:
    assert plain("a\x1b[2Jb\r\n") == "a\\x1b[2Jb\\r\\n"
    assert plain("a\u202eb") == "a\\u202eb"
    assert plain("حسابي \u2066933\u2069") == "حسابي \u2066933\u2069"
    assert plain({"a": "\x1b"}).isprintable()
    assert lines_of({"a": ["b\x9b2J\u202e"]}) == '{\n  "a": [\n    "b\\x9b2J\\u202e"\n  ]\n}'


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_first_hour_names_every_command_of_somebody_else(language: str) -> None:
    steps = first_hour(Person.made_up("ar" if language == "ar" else "en"), "sara")
    sends = [step.command for step in steps if " send " in step.command]
    assert len(sends) >= 18
    assert all(command.endswith("--who sara") for command in sends)
    assert all("\n" not in step.command and step.why for step in steps)

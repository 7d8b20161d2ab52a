"""What is typed: names of messages, fields, options; what is wrong says so without repeating a value."""

import getpass
import json
import shlex
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.envelope import Envelope, from_headers, to_headers
from contracts.identity import ConfirmOtp, GiveContact, LogIn, StartRegistration
from contracts.message import Command, CustomerCommand, Message
from contracts.samples import PUBLIC_KEY_SAMPLE
from contracts.sealed import Sealed
from deploy.cli.__main__ import main
from deploy.cli.arguments import parse
from deploy.cli.fields import body_of, checked_key, read_fields, read_object
from deploy.cli.message_types import message_type, sendable, writers_of
from deploy.cli.outcome import NOT_REACHED, USAGE, Wrong
from deploy.cli.pasting import paste_of
from deploy.cli.seals import named_key
from deploy.local.up.announcement import LOCAL

MARKED = "marked-secret-7f3a"


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No system runs, nothing is remembered."""
    monkeypatch.setenv(LOCAL, str(tmp_path))
    monkeypatch.delenv("HESABI_KAFKA_BOOTSTRAP", raising=False)


def prompted(_: str) -> str:
    return MARKED


@pytest.mark.parametrize("message", sendable(), ids=lambda message: message.type_name)
def test_what_is_shown_to_be_pasted_can_be_sent(message: type[Message]) -> None:
    given = parse(shlex.split(paste_of(message))[1:])
    values = read_fields(message, given.fields, prompted)
    if issubclass(message, CustomerCommand):
        values["token"] = MARKED
    if "answer_key" in message.model_fields:
        values["answer_key"] = PUBLIC_KEY_SAMPLE
    body = body_of(message, values)
    assert message_type(given.type) is message
    assert MARKED not in repr(body)
    assert given.sender in {None, *writers_of(message)}
    assert all(isinstance(getattr(body, name), Sealed) for name in message.sealed_fields if name in values)


def test_fields_are_texts_or_json_by_their_contract(tmp_path: Path) -> None:
    (tmp_path / "address").write_text('{"city": "الرياض"}\n', encoding="utf-8")
    declare, address = message_type("DeclareBeneficiary"), message_type("AddAddress")
    assert read_fields(declare, ["is_actual_beneficiary=Yes"], prompted) == {"is_actual_beneficiary": True}
    assert read_fields(address, [f"address=@{tmp_path / 'address'}"], prompted) == {"address": '{"city": "الرياض"}'}
    assert read_fields(ConfirmOtp, ["code=-"], prompted) == {"code": MARKED}
    assert read_fields(ConfirmOtp, ["code=a=b"], prompted) == {"code": "a=b"}
    assert read_object(ConfirmOtp, '{"code": "123456"}') == {"code": "123456"}


@pytest.mark.parametrize(
    ("message", "fields", "named"),
    [
        (LogIn, [f"passwrod={MARKED}"], "password"),
        (LogIn, [MARKED], "argument 1"),
        (LogIn, [f"{MARKED}=x"], "argument 1"),
        (LogIn, [f"password={MARKED}", f"password={MARKED}"], "password"),
        (LogIn, [f"password={MARKED}"], "identity_type, identity_number, answer_key"),
        (ConfirmOtp, [f"code=@{MARKED}"], "code"),
        (StartRegistration, [f"language={MARKED}"], "language"),
        (GiveContact, [f"mobile={MARKED}"], "email, password"),
    ],
)
def test_a_fault_names_the_field_and_never_the_value(message: type[Message], fields: list[str], named: str) -> None:
    with pytest.raises(Wrong) as caught:
        body_of(message, read_fields(message, fields, prompted))
    assert named in str(caught.value)
    assert MARKED not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("body", ["", "[]", '"x"', "NaN", "[" * 100_000, f'{{"{MARKED}": 1}}', '{"code": 7}'])
def test_a_body_that_is_none_is_refused(body: str) -> None:
    with pytest.raises(Wrong) as caught:
        body_of(ConfirmOtp, read_object(ConfirmOtp, body))
    assert MARKED not in str(caught.value)


def test_fields_may_stand_behind_options() -> None:
    given = parse(["send", "LogIn", "a=1", "--who", "sara", "b=2"])
    assert (given.fields, given.who) == (["a=1", "b=2"], "sara")


def test_law7_an_order_has_a_name_where_the_account_has_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nameless() -> str:
        raise KeyError("no such user")

    drop = ["dead-letters", "drop", "c60c", "--why", "a trial"]
    monkeypatch.delenv("HESABI_OPERATOR", raising=False)
    monkeypatch.setattr(getpass, "getuser", nameless)
    with pytest.raises(SystemExit):
        parse(drop)
    assert "required: --operator" in capsys.readouterr().err
    assert parse([*drop, "--operator", "sami"]).operator == "sami"
    monkeypatch.setenv("HESABI_OPERATOR", "sara")
    assert parse(drop).operator == "sara"


WRONG = (
    ["send", "LogIn", f"--password={MARKED}"],
    ["send", "LogIn", MARKED],
    ["send", MARKED],
    ["send"],
    ["send", "LogIn", "--timeout", MARKED],
    ["send", "LogIn", f"password={MARKED}", "--json-body", f"{MARKED}/no-file"],
    ["watch", "--count", MARKED],
    ["seal", "LogIn", "password"],
    ["seal", "LogIn", MARKED, "--key", "k"],
    ["seal", "LoggedIn", "token", "--key", "k"],
    ["seal", "LogIn", "password", "--key", "k", "--answer-key", MARKED],
    ["seal", "LogIn", "password", "--key", "k", "--answer-key", f'{{"x":"{MARKED}"}}'],
    ["seal", "ConfirmOtp", "code", "--key", "k", "--answer-key", PUBLIC_KEY_SAMPLE],
    ["seal", "--check", "README.md"],
    ["topics", MARKED],
    ["types", "no-such-message"],
    ["inbox", "--minutes", "-1"],
)


@pytest.mark.parametrize("argv", WRONG, ids=lambda argv: " ".join(argv)[:40])
def test_wrong_usage_ends_with_2_and_repeats_no_value(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(argv)
    except SystemExit as ended:
        code = int(ended.code or 0)
    said = capsys.readouterr()
    assert code == USAGE
    assert said.err
    assert MARKED not in said.err + said.out


@pytest.mark.parametrize(
    "argv", [["send", "ConfirmOtp", f"code={MARKED}"], ["inbox"], ["watch"], ["where"], ["journey"]]
)
def test_without_a_system_it_ends_with_4(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == NOT_REACHED
    said = capsys.readouterr()
    assert "make up" in said.err
    assert MARKED not in said.err + said.out


def test_brokers_that_do_not_answer_end_it_with_4(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["send", "AskContactChannels", "--kafka", "127.0.0.1:1"]) == NOT_REACHED
    assert capsys.readouterr().err.startswith("hesabi: Kafka is not reached at 127.0.0.1:1")


def test_types_and_topics_need_no_system(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["types", "--json"]) == 0
    listed = {each["type"]: each for each in json.loads(capsys.readouterr().out)}
    assert listed.keys() == {m.type_name for m in sendable() if issubclass(m, Command)}
    assert listed[LogIn.type_name]["sealed"] == {"identity_number": "identity", "password": "identity"}
    assert main(["topics", "--json"]) == 0
    assert "identity.commands" in capsys.readouterr().out


def test_L11_a_seal_beside_an_answer_key_needs_that_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seal", "LogIn", "password", "--key", "k"]) == USAGE
    assert "--answer-key FILE or JWK" in capsys.readouterr().err


def test_L11_an_answer_key_is_given_as_it_is_or_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{PUBLIC_KEY_SAMPLE}\n", encoding="utf-8")
    assert named_key(LogIn, PUBLIC_KEY_SAMPLE) == PUBLIC_KEY_SAMPLE
    assert json.loads(named_key(LogIn, str(tmp_path / "key")) or "") == json.loads(PUBLIC_KEY_SAMPLE)
    assert named_key(ConfirmOtp, None) is None


@pytest.mark.parametrize("key", ["", f"{MARKED} b", MARKED + "x" * 100, f"-{MARKED}", f"{MARKED}\n", "مفتاح"])
@pytest.mark.parametrize("typed", [["send", "AskContactChannels"], ["seal", "ConfirmOtp", "code"]])
def test_L13_a_key_that_no_record_may_have_is_not_sent_or_sealed_for(
    typed: list[str], key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*typed, f"--key={key}", "--kafka", "127.0.0.1:1"]) == USAGE
    said = capsys.readouterr()
    assert "--key" in said.err
    assert MARKED not in said.err + said.out


@pytest.mark.parametrize("key", ["a b", "x" * 101, "", "k:1.a_b-c"])
def test_L13_the_envelope_takes_the_keys_that_may_be_typed(key: str) -> None:
    envelope = Envelope("1", "web", ConfirmOtp.type_name, key, datetime.now(UTC))
    taken = isinstance(from_headers(key.encode(), to_headers(envelope)), Envelope)
    try:
        assert checked_key(key) == key
    except Wrong:
        assert not taken
    else:
        assert taken


def test_the_published_vectors_are_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = Path("contracts/published/vectors/seals.json")
    assert main(["seal", "--check", str(file)]) == 0
    vectors = json.loads(file.read_text(encoding="utf-8"))
    vectors["seals"][0]["plain"] = "another"
    vectors["seals"][-1]["answer_key"] = PUBLIC_KEY_SAMPLE
    vectors["seals"][-2]["answer_key"] = "{}"
    (tmp_path / "wrong.json").write_text(json.dumps(vectors), encoding="utf-8")
    assert main(["seal", "--check", str(tmp_path / "wrong.json")]) == 1
    said = capsys.readouterr().out
    for fault in ("it opens to another text", "the binding is another", "its answer_key is no public X25519 key"):
        assert said.count(fault) == 1


def test_the_script_can_be_run() -> None:
    assert Path("hesabi").stat().st_mode & stat.S_IXUSR


SKIP = "skip-record --service accounts --lane commands --partition 3 --offset 7 --reason disk"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (SKIP.replace("accounts", "nobody"), "services are: accounts"),
        (SKIP.replace("commands", "nothing"), "lanes of accounts are: commands"),
        (SKIP.replace("--partition 3", "--partition 6"), "partitions 0 to 5"),
        (f"{SKIP} --through 6", "behind --offset"),
        (f"{SKIP} --through 1007", "at most 1000"),
        (SKIP.replace("--reason disk", "--reason ''"), "--reason has 3 to 200 characters"),
        (f"{SKIP} --operator 'no name'", "--operator is an account"),
    ],
)
def test_trap_19_an_order_that_names_nothing_is_not_sent(
    typed: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*shlex.split(typed), "--kafka", "127.0.0.1:1"]) == USAGE
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("typed", ["skip-record", "dead-letters", "dead-letters replay", "dead-letters list"])
def test_help_for_orders_does_not_advise_to_send_a_command_again(
    typed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*typed.split(), "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "send --again" not in shown
    assert "3 not known what became of an order: look (`./hesabi dead-letters list`" in shown


def test_help_for_commands_advises_to_send_them_again(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["send", "--help"])
    assert "3 no answer in time; `./hesabi send --again`" in " ".join(capsys.readouterr().out.split())

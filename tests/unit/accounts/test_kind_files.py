"""Kinds of requests are data: what a file must be, and what a form must be to be accepted."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.accounts_request_internal import RequestFiled, RequestNoted
from contracts.back_office import CaseOpened
from contracts.decision import Facts
from contracts.message import MAX_MESSAGE_BYTES
from contracts.requests import AskRequestKinds, RequestAccepted, RequestKindsGiven, RequestMoved, SubmitRequest
from contracts.sealed import Secret
from services.accounts.effects import AccountsEffects, prepare_submission
from services.accounts.kind_files import MONTH, OUR_KINDS, KindFileWrong, read_kinds
from services.accounts.request import open_request
from services.accounts.request_form import MOST_BYTES, FormRejected, read_form
from services.accounts.request_kind import KindFacts
from services.accounts.submitting import submit_request
from tests.scenario import NOON, arriving, given
from tests.unit.accounts.forms import BAD, GOOD, LONG
from tests.unit.accounts.situations import HOLDER, KEY, KINDS, NOURA, REFERENCE, TOKEN

Change = Callable[[dict[str, Any]], object]


def written(form: object) -> str:
    return json.dumps(form, ensure_ascii=False)


@pytest.mark.parametrize("kind", sorted(KINDS.offered))
def test_A17_each_kind_accepts_its_good_form_and_refuses_its_bad_ones(kind: str) -> None:
    offered = KINDS.offered[kind]
    accepted = read_form(written(GOOD[kind]), offered)
    assert isinstance(accepted, Secret)
    assert json.loads(accepted.reveal()) == GOOD[kind]
    bad_forms: tuple[object, ...] = (*BAD[kind], {**GOOD[kind], "token": "x"}, [], None, "text")
    for bad in bad_forms:
        assert read_form(written(bad), offered) == FormRejected("form-fields-wrong")


def test_A15_A16_A17_every_kind_named_is_on_offer_and_danger_alone_is_urgent() -> None:
    assert set(KINDS.offered) == {
        "bill-copy", "bill-correction", "bill-language", "complaint", "outage", "danger", "insulation", "barq-plus",
        "smart-meter",
    }  # fmt: skip
    assert [kind for kind, offered in KINDS.offered.items() if offered.urgent] == ["danger"]


def test_A15_A17_what_changes_a_supply_or_its_bills_is_for_its_confirmed_people_only() -> None:
    assert {kind for kind, offered in KINDS.offered.items() if offered.party} == {
        "bill-copy", "bill-correction", "bill-language", "insulation", "smart-meter",
    }  # fmt: skip


def test_A15_A18_bills_of_a_month_are_asked_for_by_who_was_billed_then_too() -> None:
    months = {kind: offered.party_month for kind, offered in KINDS.offered.items() if offered.party_month is not None}
    assert months == {"bill-copy": "bill_month", "bill-correction": "bill_month"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (written({"language": LONG}), "form-too-large"),
        (written({"language": "ا" * 9_000}), "form-too-large"),
        ("{" * 5_000, "form-not-json"),
        ("", "form-not-json"),
        ('{"language": NaN}', "form-not-json"),
        ('{"language": 1e999}', "form-fields-wrong"),
        ('{"language": ' + "9" * 5_000 + "}", "form-not-json"),
        ('{"language": "\\ud800"}', "form-not-json"),
        ('{"language": "ar", "language": "en"}', "form-duplicate-keys"),
        ('{"language": "ar\\u0000"}', "form-fields-wrong"),
    ],
    ids=["large", "large-in-bytes", "deep", "empty", "nan", "infinite", "digits", "surrogate", "twice", "nul"],
)
def test_A15_a_form_that_is_none_is_refused_with_a_reason_that_names_no_content(text: str, reason: str) -> None:
    assert read_form(text, KINDS.offered["bill-language"]) == FormRejected(reason)  # type: ignore[arg-type]


def test_A15_a_form_of_the_largest_size_is_read() -> None:
    text = written(GOOD["bill-language"]).ljust(MOST_BYTES)
    assert isinstance(read_form(text, KINDS.offered["bill-language"]), Secret)
    assert read_form(text + " ", KINDS.offered["bill-language"]) == FormRejected("form-too-large")


def test_A16_no_text_of_a_form_holds_what_no_document_can() -> None:
    form = {**GOOD["complaint"], "description": "The meter hums\x00 all night."}
    assert read_form(written(form), KINDS.offered["complaint"]) == FormRejected("form-fields-wrong")


def test_A17_whoever_asks_is_told_every_kind_with_its_form_states_and_texts() -> None:
    decision = KINDS.on_asked(None, arriving(AskRequestKinds()), Facts(NOON))
    (answer,) = decision.messages
    assert isinstance(answer, RequestKindsGiven)
    assert not decision.recorded
    assert [each.kind for each in answer.kinds] == sorted(GOOD)
    assert len(answer.model_dump_json().encode()) < MAX_MESSAGE_BYTES
    outage = next(each for each in answer.kinds if each.kind == "outage")
    assert json.loads(outage.form_schema)["additionalProperties"] is False
    assert {each.state: (each.final, each.withdrawable) for each in outage.states} == {
        "received": (False, True),
        "assigned": (False, True),
        "resolved": (True, False),
        "declined": (True, False),
        "withdrawn": (True, False),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Our kinds, to be changed."""
    copy = tmp_path / "kinds"
    copy.mkdir()
    for path in OUR_KINDS.glob("*.json"):
        (copy / path.name).write_bytes(path.read_bytes())
    return copy


def changed(folder: Path, change: Change, kind: str = "outage") -> None:
    path = folder / f"{kind}.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(written(document), encoding="utf-8")


async def test_A17_a_new_kind_is_one_file_and_no_code(folder: Path) -> None:
    new = json.loads((folder / "bill-language.json").read_text(encoding="utf-8"))
    new |= {"kind": "tree-trimming", "title": {"ar": "تقليم الأشجار", "en": "Trees near a line"}}
    (folder / "tree-trimming.json").write_text(written(new), encoding="utf-8")
    kinds = read_kinds(folder)
    assert "tree-trimming" in [each.kind for each in kinds.given().kinds]
    body = SubmitRequest(token=TOKEN, reference=REFERENCE, kind="tree-trimming", form=TOKEN)
    command = arriving(body, customer=NOURA, opened={"form": written({"language": "ar"})})
    facts = await prepare_submission(HOLDER, command, AccountsEffects(KEY, kinds), NOON)
    scene = given(HOLDER).when(submit_request, command, facts).then(RequestAccepted, RequestFiled)
    filing = arriving(scene.messages[1], source="accounts", opened={"form": written({"language": "ar"})})
    opened = given(None).when(open_request, filing, KindFacts(NOON, kinds.offered["tree-trimming"]))
    opened.then(CaseOpened, RequestMoved, RequestNoted)


def with_month(document: dict[str, Any], *, party: bool, required: bool) -> None:
    """A month that its form may name, for whom it is."""
    document["form"]["properties"]["place"] |= {"pattern": MONTH}
    document["form"]["required"] = ["extent", "place"] if required else ["extent"]
    document.update(party=party, party_month="place")


ENDLESS = {"assigned": "received", "received": "assigned"}
BAD_FILES: dict[str, tuple[Change, str]] = {
    "another name": (lambda d: d.update(kind="other"), "the file is not called after its kind"),
    "unknown field": (lambda d: d.update(colour="red"), "colour: Extra inputs are not permitted"),
    "English in Arabic": (lambda d: d["title"].update(ar="Outage"), "a text is not in its language"),
    "first unknown": (lambda d: d.update(first="begun"), "the first state has no step"),
    "next unknown": (lambda d: d["steps"]["assigned"].update(next=["gone"]), "assigned: a next state has no step"),
    "never reached": (
        lambda d: d["steps"].update(lost=d["steps"]["resolved"]),
        "lost: no request ever comes there",
    ),
    "no end": (
        lambda d: d.update(steps={c: {"text": d["title"], "next": [n]} for c, n in ENDLESS.items()}),
        "assigned: no end follows",
    ),
    "no withdrawn": (lambda d: d["steps"].pop("withdrawn"), "there is a state `withdrawn` exactly if"),
    "withdrawn goes on": (lambda d: d["steps"]["withdrawn"].update(next=["resolved"]), "`withdrawn` is final"),
    "withdrawn by others": (
        lambda d: d["steps"]["assigned"]["next"].append("withdrawn"),
        "only the customer brings about `withdrawn`",
    ),
    "end withdrawable": (
        lambda d: d["steps"]["resolved"].update(withdrawable=True),
        "a final state is not withdrawable",
    ),
    "no month of that name": (lambda d: d.update(party=True, party_month="bill_month"), "`party_month`: a kind for"),
    "a month that is none": (lambda d: d.update(party=True, party_month="place"), "`party_month`: a kind for"),
    "a month and no party": (lambda d: with_month(d, party=False, required=True), "`party_month`: a kind for"),
    "a month not required": (lambda d: with_month(d, party=True, required=False), "`party_month`: a kind for"),
    "closed by others alone": (
        lambda d: d["steps"]["assigned"].pop("withdrawable"),
        "assigned: where one may be open, the customer may take it back until its end",
    ),
    "nothing said of whom it is for": (lambda d: d.pop("party"), "party: Field required"),
    "two urgent": (lambda d: d.update(urgent=True), "exactly one kind is urgent"),
    "open form": (lambda d: d["form"].update(additionalProperties=True), "form: an object is closed"),
    "form not closed": (lambda d: d["form"].pop("additionalProperties"), "form: `additionalProperties` is missing"),
    "form a list": (lambda d: d.update(form={"type": "array"}), "form: not a type that a form may have here"),
    "text without end": (lambda d: d["form"]["properties"]["place"].pop("maxLength"), "form.place: `maxLength`"),
    "a reference": (lambda d: d["form"].update({"$ref": "#"}), "form: `$ref` is not used in forms"),
    "no label": (lambda d: d["form"]["properties"]["place"].pop("x-title"), "form.place: `x-title` is not"),
    "required unknown": (lambda d: d["form"]["required"].append("x"), "form: a required field is not there"),
    "bad pattern": (lambda d: d["form"]["properties"]["place"].update(pattern="("), "is not a 'regex'"),
    "too deep": (
        lambda d: d["form"]["properties"].update(
            place={"type": "array", "maxItems": 1, "x-title": {"ar": "مكان", "en": "Place"}, "items": nested(5)}
        ),
        "not a type that a form may have here",
    ),
    "large schema": (
        lambda d: d["form"]["properties"]["place"].update(pattern="x" * 5_000),
        "the form's schema has more than 4000 characters",
    ),
}


def nested(levels: int) -> dict[str, Any]:
    inner = {"type": "boolean"} if levels == 0 else nested(levels - 1)
    return {"type": "array", "maxItems": 1, "items": inner}


@pytest.mark.parametrize("what", sorted(BAD_FILES))
def test_A17_a_wrong_file_is_refused_in_one_line_that_names_it(what: str, folder: Path) -> None:
    change, complaint = BAD_FILES[what]
    changed(folder, change)
    with pytest.raises(KindFileWrong) as refused:
        read_kinds(folder)
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(("outage.json: ", "kinds: "))


@pytest.mark.parametrize("kind", ["instalments", "actual-account", "beneficiary-evidence"])
def test_A17_a_kind_with_a_process_of_its_own_is_no_file(kind: str, folder: Path) -> None:
    document = json.loads((folder / "outage.json").read_text(encoding="utf-8")) | {"kind": kind}
    (folder / f"{kind}.json").write_text(written(document), encoding="utf-8")
    with pytest.raises(KindFileWrong, match="this kind has a process of its own"):
        read_kinds(folder)


def test_A17_a_folder_without_kinds_or_with_too_many_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(KindFileWrong, match="0 kinds"):
        read_kinds(tmp_path / "nowhere")
    template = json.loads((folder / "bill-language.json").read_text(encoding="utf-8"))
    for number in range(15):
        document = template | {"kind": f"more-{number}"}
        (folder / f"more-{number}.json").write_text(written(document), encoding="utf-8")
    with pytest.raises(KindFileWrong, match="24 kinds"):
        read_kinds(folder)


def test_A17_kinds_that_no_message_can_hold_are_refused(folder: Path) -> None:
    def talkative(document: dict[str, Any]) -> None:
        for step in document["steps"].values():
            step["text"] = {"ar": "ا" * 500, "en": "x" * 500}

    for path in folder.glob("*.json"):
        changed(folder, talkative, path.stem)
    for number in range(6):
        (folder / f"more-{number}.json").write_text(
            (folder / "complaint.json").read_text(encoding="utf-8").replace('"complaint"', f'"more-{number}"', 1),
            encoding="utf-8",
        )
    with pytest.raises(KindFileWrong, match="all kinds together are too large for one message"):
        read_kinds(folder)


def test_A17_a_process_with_a_wrong_file_does_not_start(folder: Path) -> None:
    (folder / "outage.json").write_text("{", encoding="utf-8")
    code = (
        "from pathlib import Path; from types import SimpleNamespace as N\n"
        "from services.accounts.__main__ import build\n"
        f"build(N(request_kinds_folder=Path({str(folder)!r})), N(hash_key=bytes(32)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("settings: HESABI_REQUEST_KINDS_FOLDER: outage.json: ")
    assert ended.stderr.count("\n") == 1

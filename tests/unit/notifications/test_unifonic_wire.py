import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values.mobile import Mobile
from services.notifications.hand_over import Accepted, HandOver, NotSent, Rejected, Unknown
from services.notifications.unifonic_wire import (
    MAX_RECEIPT_BYTES,
    Found,
    NeverAccepted,
    NoAnswer,
    Receipt,
    ReceiptRefused,
    Sms,
    StatusAnswer,
    UnifonicAccount,
    callback_url,
    is_genuine,
    message_form,
    read_answer,
    read_callback,
    read_status,
    status_form,
)

SECRET = "door-secret"
ACCOUNT = UnifonicAccount(
    "https://gateway.example", "the-app-sid", "Hesabi", callback_url("https://hesabi.example/receipts", SECRET)
)
SMS = Sms("attempt-1", Mobile("+966512345678"), "رمزك 123456")


def body(**answer: Any) -> bytes:
    return json.dumps(answer).encode()


def test_N3_the_form_has_unifonics_shape() -> None:
    assert message_form(ACCOUNT, SMS) == {
        "AppSid": "the-app-sid",
        "SenderID": "Hesabi",
        "Recipient": "966512345678",
        "Body": "رمزك 123456",
        "CorrelationID": "attempt-1",
        "statusCallback": "https://hesabi.example/receipts/door-secret",
        "responseType": "JSON",
    }


def test_N6_a_question_names_the_message_that_it_is_about() -> None:
    assert status_form(ACCOUNT, "attempt-1") == {"AppSid": "the-app-sid", "CorrelationID": "attempt-1"}


def test_N3_reprs_hide_secrets_numbers_and_texts() -> None:
    shown = repr(ACCOUNT) + repr(SMS)
    for hidden in ("the-app-sid", SECRET, "512345678", "123456"):
        assert hidden not in shown


@pytest.mark.parametrize(
    ("status", "answer", "outcome"),
    [
        (200, body(success=True, errorCode="ER-00", data={"MessageID": 3200017889310}), Accepted("3200017889310")),
        (200, body(success="true", errorCode="ER-00", data={"MessageID": "a-1"}), Accepted("a-1")),
        (200, body(success=False, errorCode="ER-04", data={}), Rejected("recipient", "ER-04")),
        (200, body(success="false", errorCode="ER-77"), NotSent("turned-away", "ER-77")),
        (400, body(success=False, errorCode="ER-04"), Rejected("recipient", "ER-04")),
        (401, body(success=False, errorCode="ER-01"), NotSent("turned-away", "ER-01")),
        (400, b"<html>", NotSent("turned-away", "400")),
        (401, b"", NotSent("turned-away", "401")),
        (403, b"", NotSent("turned-away", "403")),
        (404, b"<html>", NotSent("turned-away", "404")),
        (429, b"", NotSent("not-now", "429")),
    ],
)
def test_N6_a_clear_answer_is_a_clear_outcome(status: int, answer: bytes, outcome: HandOver) -> None:
    assert read_answer(status, answer) == outcome


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (500, b""),
        (503, body(success=True, data={"MessageID": "1"})),
        (408, b""),
        (400, body(success=True, data={"MessageID": "1"})),
        (302, b""),
        (200, b""),
        (200, b"not json"),
        (200, b"[" * 100_000),
        (200, b"\xff\xfe"),
        (200, b"[]"),
        (200, body(success=True)),
        (200, body(success=True, data={"MessageID": "<script>"})),
        (200, body(success=True, data={"MessageID": True})),
        (200, body(success=1, data={"MessageID": "1"})),
        (200, body(errorCode="ER-00", data={"MessageID": "1"})),
    ],
)
def test_N6_an_unclear_answer_is_unknown(status: int, answer: bytes) -> None:
    assert isinstance(read_answer(status, answer), Unknown)


@given(st.integers(100, 599), st.binary(max_size=200))
def test_N6_no_answer_raises(status: int, answer: bytes) -> None:
    assert not isinstance(read_answer(status, answer), Accepted)


@pytest.mark.parametrize("code", ["no such number 966512345678", "966512345678", 512345678, ""])
def test_N3_a_gateways_code_is_kept_only_in_the_shape_of_a_code(code: str | int) -> None:
    assert read_answer(200, body(success=False, errorCode=code)) == NotSent("turned-away", "200")


def listed(*messages: dict[str, Any]) -> bytes:
    return body(success=True, errorCode="ER-00", data={"Messages": list(messages)})


@pytest.mark.parametrize(
    ("status", "answer", "outcome"),
    [
        (200, listed({"MessageID": 7, "Status": "Queued"}), Found("7", "queued")),
        (200, listed({"MessageID": 7, "Status": "Delivered"}), Found("7", "delivered")),
        (200, listed(), NeverAccepted()),
        (404, listed(), NoAnswer()),
        (200, body(success=True, data={}), NoAnswer()),
        (200, body(success=False, data={"Messages": []}), NoAnswer()),
        (200, listed({"MessageID": 7, "Status": "Dancing"}), NoAnswer()),
        (500, b"", NoAnswer()),
    ],
)
def test_N6_only_an_explicit_empty_list_says_never_accepted(status: int, answer: bytes, outcome: StatusAnswer) -> None:
    assert read_status(status, answer) == outcome


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Queued", "queued"),
        ("Sent", "sent"),
        ("Delivered", "delivered"),
        ("Failed", "not-delivered"),
        ("Rejected", "not-delivered"),
        ("Undelivered", "not-delivered"),
    ],
)
def test_N6_a_receipt_is_read(word: str, status: str) -> None:
    report = body(MessageID=7, CorrelationID="attempt-1", Status=word, Recipient="966512345678")
    receipt = read_callback(report)
    assert receipt == Receipt("7", "attempt-1", status)  # type: ignore[arg-type]  # parametrised


@pytest.mark.parametrize("path_secret", ["", "door-secre", "door-secret2", "Door-secret", "سر"])
def test_N6_a_receipt_without_the_secret_is_refused(path_secret: str) -> None:
    assert not is_genuine(path_secret, SECRET)
    assert is_genuine(SECRET, SECRET)


@pytest.mark.parametrize(
    ("report", "refusal"),
    [
        (b" " * (MAX_RECEIPT_BYTES + 1), "too-large"),
        (b"", "not-understood"),
        (b"{" * 5000, "not-understood"),
        (body(MessageID=7, CorrelationID="attempt-1", Status="Dancing"), "not-understood"),
        (body(MessageID=7, CorrelationID="attempt\n1", Status="Sent"), "not-understood"),
        (body(CorrelationID="attempt-1", Status="Sent"), "not-understood"),
        (body(MessageID={"$gt": ""}, CorrelationID="attempt-1", Status="Sent"), "not-understood"),
        (body(MessageID=7, CorrelationID="attempt-1", Status=["Sent"]), "not-understood"),
    ],
)
def test_N6_what_is_no_receipt_is_refused(report: bytes, refusal: str) -> None:
    refused = read_callback(report)
    assert isinstance(refused, ReceiptRefused)
    assert refused.reason == refusal

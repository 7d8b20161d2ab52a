import json
from typing import Any

import httpx
import pytest
import structlog
from starlette.applications import Starlette
from structlog.testing import capture_logs

from contracts.envelope import Envelope, from_headers, to_headers
from contracts.message import Message
from contracts.notifications import ReceiptReceived
from services.notifications.receipts_door import receipt_routes
from services.notifications.unifonic_wire import MAX_RECEIPT_BYTES
from tests.scenario import NOON

SECRET = "s" * 32
RECEIPT = {"MessageID": "gw-1", "CorrelationID": "sms-1", "Status": "Delivered"}


class Log:
    """A log that acknowledges, or does not."""

    def __init__(self, *, away: type[Exception] | None = None) -> None:
        self.published: list[tuple[Message, str]] = []
        self.away = away

    async def publish(self, message: Message, subject: str) -> None:
        if self.away is not None:
            raise self.away
        self.published.append((message, subject))


async def call(log: Log, body: bytes, secret: str = SECRET, method: str = "POST") -> int:
    app = Starlette(routes=receipt_routes(log.publish, SECRET, structlog.get_logger()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door") as client:
        return (await client.request(method, f"/receipts/unifonic/{secret}", content=body)).status_code


async def test_N7_a_receipt_becomes_a_message() -> None:
    log = Log()
    assert await call(log, json.dumps(RECEIPT).encode()) == 200
    expected = ReceiptReceived(message_id="sms-1", gateway_message_id="gw-1", status="delivered")
    assert log.published == [(expected, "delivery:sms-1")]


@pytest.mark.parametrize(("said", "status"), [("Queued", "taken"), ("Sent", "taken"), ("Undelivered", "not-delivered")])
async def test_N7_the_gateways_words_become_ours(said: str, status: str) -> None:
    log = Log()
    await call(log, json.dumps({**RECEIPT, "Status": said}).encode())
    ((message, _),) = log.published
    assert isinstance(message, ReceiptReceived)
    assert message.status == status


@pytest.mark.parametrize("fault", [TimeoutError, ConnectionError, RuntimeError])
async def test_N7_a_receipt_that_is_not_on_the_log_is_asked_for_again(fault: type[Exception]) -> None:
    assert await call(Log(away=fault), json.dumps(RECEIPT).encode()) == 503


@pytest.mark.parametrize(
    ("body", "secret", "status"),
    [
        (json.dumps(RECEIPT).encode(), "x" * 32, 404),
        (b"{}", SECRET, 400),
        (b"\xff\x00", SECRET, 400),
        (json.dumps({**RECEIPT, "Status": "Read"}).encode(), SECRET, 400),
        (json.dumps({**RECEIPT, "CorrelationID": "a" * 65}).encode(), SECRET, 400),
        (json.dumps({**RECEIPT, "CorrelationID": "a" * 100}).encode(), SECRET, 400),
        (json.dumps({**RECEIPT, "CorrelationID": "delivery:a"}).encode(), SECRET, 400),
        (json.dumps({**RECEIPT, "More": "x" * 17_000}).encode(), SECRET, 413),
    ],
)
async def test_N7_what_is_no_receipt_is_turned_away(body: bytes, secret: str, status: Any) -> None:
    log = Log()
    with capture_logs() as lines:
        assert await call(log, body, secret) == status
    assert log.published == []
    told = {404: [], 400: ["not-understood"], 413: ["too-large"]}  # a stranger writes nothing into our logs
    assert [line["reason"] for line in lines if line["event"] == "receipt_refused"] == told[status]


async def test_N7_the_longest_id_that_a_receipt_may_name_stands_in_an_envelope() -> None:
    log = Log()
    assert await call(log, json.dumps({**RECEIPT, "CorrelationID": "a" * 64}).encode()) == 200
    ((message, subject),) = log.published
    sent = Envelope("m-1", "notifications", message.type_name, subject, NOON)
    assert from_headers(subject.encode(), to_headers(sent)) == sent


async def test_N7_a_stranger_is_turned_away_before_the_body_is_read() -> None:
    async def read(*_: object) -> Any:
        raise AssertionError("the body was read")

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": f"/receipts/unifonic/{'x' * 32}", "headers": []}
    await Starlette(routes=receipt_routes(Log().publish, SECRET, structlog.get_logger()))(scope, read, send)
    assert sent[0]["status"] == 404


async def test_N7_no_more_of_a_body_is_read_than_a_receipt_may_have() -> None:
    read, sent = 0, list[Any]()

    async def receive() -> Any:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"x" * 4096, "more_body": read < 100}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": f"/receipts/unifonic/{SECRET}", "headers": []}
    await Starlette(routes=receipt_routes(Log().publish, SECRET, structlog.get_logger()))(scope, receive, send)
    assert sent[0]["status"] == 413
    assert read == MAX_RECEIPT_BYTES // 4096 + 1


async def test_N7_the_door_takes_receipts_only() -> None:
    assert await call(Log(), b"", method="GET") == 405

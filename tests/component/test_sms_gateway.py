"""Our client against the simulated gateway over real loopback HTTP: every way a hand-over can end (N6)."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from time import perf_counter

import httpx
import pytest

from contracts.values.mobile import Mobile
from deploy.local.neighbours.running import LoopbackHttp, Reply, Request
from deploy.local.neighbours.sms_gateway import Fault, FaultKind, SmsGateway
from services.notifications.hand_over import Accepted, CallLimits, HandOver, NotSent, Rejected, TooLate, Unknown
from services.notifications.unifonic import MAX_ANSWER_BYTES, UnifonicClient
from services.notifications.unifonic_wire import (
    Found,
    NeverAccepted,
    NoAnswer,
    Receipt,
    Sms,
    UnifonicAccount,
    callback_url,
    is_genuine,
    read_callback,
)
from tests.component.neighbours import neighbour_process
from tests.eventually import eventually

APP_SID = "app-sid-to-hide"
SECRET = "door-secret-to-hide"
SMS = Sms("attempt-1", Mobile("+966512345678"), "حسابي: رمزك \u2066482913\u2069")
LIMITS = CallLimits(connect=3.0, read=3.0, total=4.0)


@pytest.fixture
async def gateway() -> AsyncIterator[SmsGateway]:
    async with SmsGateway(app_sid=APP_SID, seconds_to_receipt=0.05) as running:
        yield running


def account(url: str, callback: str = "") -> UnifonicAccount:
    return UnifonicAccount(url, APP_SID, "Hesabi", callback)


@asynccontextmanager
async def client_of(url: str, limits: CallLimits = LIMITS) -> AsyncIterator[UnifonicClient]:
    async with UnifonicClient(account(url), limits) as client:
        yield client


def in_time() -> None:
    """Nothing speaks against sending it."""


async def handed_over(url: str, limits: CallLimits = LIMITS) -> HandOver | TooLate:
    async with client_of(url, limits) as client:
        return await client.hand_over(SMS, in_time)


async def test_N6_an_accepted_message_is_billed_once_and_not_before_200_ms(gateway: SmsGateway) -> None:
    begin = perf_counter()
    outcome = await handed_over(gateway.url)
    assert perf_counter() - begin >= 0.2
    (bill,) = gateway.ledger.bills
    assert outcome == Accepted(bill.gateway_message_id)
    assert (bill.correlation_id, bill.sender, bill.recipient, bill.body) == (
        "attempt-1",
        "Hesabi",
        "966512345678",
        SMS.body,
    )


@pytest.mark.parametrize(
    ("fault", "outcome", "billed"),
    [
        (Fault("reject", error_code="ER-77"), NotSent("turned-away", "ER-77"), 0),
        (Fault("reject", error_code="ER-04"), Rejected("recipient", "ER-04"), 0),
        (Fault("server-error"), Unknown("server-error"), 0),
        (Fault("drop"), Unknown("connection-cut"), 0),
        (Fault("drop-after-accepting"), Unknown("connection-cut"), 1),
        (Fault("hang-after-accepting"), Unknown("no-answer-in-time"), 1),
        (Fault("delay", seconds=3), Unknown("no-answer-in-time"), 0),
    ],
)
async def test_N6_each_failure_is_its_own_outcome_and_nothing_is_sent_twice(
    gateway: SmsGateway, fault: Fault, outcome: HandOver, billed: int
) -> None:
    gateway.inject(fault)
    assert await handed_over(gateway.url) == outcome
    assert gateway.ledger.requests == 1
    assert len(gateway.ledger.bills) == billed


async def test_N6_a_refused_connection_is_not_sent() -> None:
    assert await handed_over(f"http://127.0.0.1:{_unused_port()}") == NotSent("no-connection")


async def test_N6_a_connection_that_is_never_taken_is_not_sent() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        port = silent.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):  # fills the queue
            url = f"https://127.0.0.1:{port}"  # and nobody answers the TLS greeting
            assert await handed_over(url, CallLimits(0.2, 0.2, 0.4)) == NotSent("no-connection")


@pytest.mark.parametrize("reason", [TooLate(), NotSent("not-now")])
async def test_N2_N6_no_byte_leaves_after_a_last_look_that_speaks_against_it(reason: NotSent | TooLate) -> None:
    """The look comes when the connection stands: connecting may have taken its time, or the process stood still."""
    came: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set_result(await reader.read(100))
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with client_of(f"http://127.0.0.1:{port}") as client:
            assert await client.hand_over(SMS, lambda: reason) == reason
            assert await asyncio.wait_for(came, 60) == b""


async def test_N6_an_answer_that_trickles_ends_at_the_total_limit() -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        try:
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)
        except ConnectionError:
            writer.close()

    async with await asyncio.start_server(trickle, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        outcome = await handed_over(f"http://127.0.0.1:{port}", CallLimits(connect=3.0, read=3.0, total=2.0))
        assert outcome == Unknown("no-answer-in-time")


async def test_N6_an_answer_that_is_too_large_is_unknown() -> None:
    async def too_large(_request: Request) -> Reply:
        return Reply(200, b" " * MAX_ANSWER_BYTES + b"{}")

    async with LoopbackHttp(too_large) as server:
        assert await handed_over(f"http://127.0.0.1:{server.port}") == Unknown("answer-not-understood")


async def test_N6_a_redirect_is_not_followed() -> None:
    paths: list[str] = []

    async def elsewhere(request: Request) -> Reply:
        paths.append(request.path)
        return Reply(307, b"")

    async with LoopbackHttp(elsewhere) as server:
        assert await handed_over(f"http://127.0.0.1:{server.port}") == Unknown("answer-not-understood")
    assert paths == ["/rest/SMS/messages"]


async def test_N3_a_wrong_app_sid_is_refused(gateway: SmsGateway) -> None:
    wrong = replace(account(gateway.url), app_sid="another")
    async with UnifonicClient(wrong, LIMITS) as client:
        assert await client.hand_over(SMS, in_time) == NotSent("turned-away", "ER-01")
        assert await client.status_of("attempt-1") == NoAnswer()
    assert gateway.ledger.bills == []


async def test_N6_an_unknown_hand_over_is_settled_by_query(gateway: SmsGateway) -> None:
    gateway.inject(Fault("drop-after-accepting"))
    gateway.inject(Fault("drop"))
    async with client_of(gateway.url) as client:
        assert isinstance(await client.hand_over(SMS, in_time), Unknown)
        assert isinstance(await client.hand_over(replace(SMS, correlation_id="attempt-2"), in_time), Unknown)
        found = await client.status_of("attempt-1")
        assert isinstance(found, Found)
        assert found.gateway_message_id == gateway.ledger.bills[0].gateway_message_id
        assert await client.status_of("attempt-2") == NeverAccepted()
    assert len(gateway.ledger.bills_of("attempt-1")) == 1


async def test_N6_a_query_without_an_answer_settles_nothing() -> None:
    async with client_of(f"http://127.0.0.1:{_unused_port()}") as client:
        assert await client.status_of("attempt-1") == NoAnswer()


async def test_N6_receipts_come_to_the_door_with_its_secret(gateway: SmsGateway) -> None:
    receipts: list[Receipt] = []

    async def door(request: Request) -> Reply:
        assert is_genuine(request.path.removeprefix("/receipts/"), SECRET)
        receipt = read_callback(request.body)
        assert isinstance(receipt, Receipt)
        receipts.append(receipt)
        return Reply(204, b"")

    async with LoopbackHttp(door) as server:
        url = callback_url(f"http://127.0.0.1:{server.port}/receipts", SECRET)
        async with UnifonicClient(account(gateway.url, url), LIMITS) as client:
            outcome = await client.hand_over(SMS, in_time)
        assert isinstance(outcome, Accepted)
        await eventually(lambda: len(receipts) == 2)
    assert receipts == [Receipt(outcome.gateway_message_id, "attempt-1", status) for status in ("sent", "delivered")]
    assert gateway.ledger.receipts == [("attempt-1", "Sent"), ("attempt-1", "Delivered")]


async def test_N6_a_message_without_a_receipt_is_still_found_by_query(gateway: SmsGateway) -> None:
    gateway.inject(Fault("no-receipt"))
    async with client_of(gateway.url) as client:
        assert isinstance(await client.hand_over(SMS, in_time), Accepted)

        async def delivered() -> bool:
            found = await client.status_of("attempt-1")
            return isinstance(found, Found) and found.status == "delivered"

        arrived: bool = await eventually(delivered)
        assert arrived
    assert gateway.ledger.receipts == []


@pytest.mark.parametrize("kind", ["reject", "drop", "hang-after-accepting"])
async def test_N3_nothing_secret_or_personal_is_logged(
    gateway: SmsGateway, kind: FaultKind, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.inject(Fault(kind))
    with caplog.at_level(logging.DEBUG):
        await handed_over(gateway.url)
        await handed_over(f"http://127.0.0.1:{_unused_port()}")
    logged = "\n".join(f"{record.getMessage()} {record.args} {record.exc_text}" for record in caplog.records)
    assert "send_request_body" in logged  # the transport does speak at this level
    for hidden in (APP_SID, "512345678", "482913", SECRET):
        assert hidden not in logged


async def test_N6_the_gateways_own_door_tells_its_ledger_and_takes_faults(gateway: SmsGateway) -> None:
    async with httpx.AsyncClient(base_url=gateway.url, trust_env=False) as operator:
        taken = await operator.post("/faults", json={"kind": "reject", "error_code": "ER-77", "times": 2})
        assert taken.json() == {"waiting": 2}
        assert (await operator.post("/faults", json={"kind": "explode"})).status_code == 400
        assert (await operator.post("/faults", content=b"[]")).status_code == 400
        assert await handed_over(gateway.url) == NotSent("turned-away", "ER-77")
        assert await handed_over(gateway.url) == NotSent("turned-away", "ER-77")
        assert isinstance(await handed_over(gateway.url), Accepted)
        ledger = (await operator.get("/ledger")).json()
    assert [bill["correlation_id"] for bill in ledger["bills"]] == ["attempt-1"]
    assert ledger["requests"] == 3


async def test_N6_the_gateway_bills_every_accepted_request_even_a_repeated_one(gateway: SmsGateway) -> None:
    async with client_of(gateway.url) as client:
        await client.hand_over(SMS, in_time)
        await client.hand_over(SMS, in_time)
    assert len(gateway.ledger.bills_of("attempt-1")) == 2


async def test_N6_the_gateway_refuses_a_recipient_that_is_no_saudi_mobile(gateway: SmsGateway) -> None:
    async with client_of(gateway.url) as client:
        abroad = replace(SMS, recipient=Mobile("+201001234567"))
        assert await client.hand_over(abroad, in_time) == Rejected("recipient", "ER-04")


async def test_N6_the_gateway_runs_as_a_process_of_its_own() -> None:
    async with neighbour_process("deploy.local.neighbours.sms_gateway", "--app-sid", APP_SID) as line:
        url = line.removeprefix("SMS gateway on ")
        assert isinstance(await handed_over(url), Accepted)
        async with httpx.AsyncClient(trust_env=False) as operator:
            ledger = (await operator.get(f"{url}/ledger")).json()
    assert [bill["body"] for bill in ledger["bills"]] == [SMS.body]


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

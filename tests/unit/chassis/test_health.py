import asyncio
import signal
import socket
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from services.chassis import health
from services.chassis.health import (
    EXPOSITION_KEPT_S,
    MAX_BODY_BYTES,
    MAX_CONNECTIONS,
    MAX_HEADER_BYTES,
    MAX_REQUESTS,
    Progress,
    http_app,
    serve,
)
from services.chassis.metrics import Metrics


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def progress_of(*lanes: str) -> tuple[Progress, Clock]:
    clock = Clock()
    return Progress(lanes, stalled_after_s=60, clock=clock), clock


async def echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
async def door() -> AsyncIterator[tuple[httpx.AsyncClient, Progress, Clock, Metrics]]:
    progress, clock = progress_of("commands", "codes")
    metrics = Metrics()
    app = http_app(progress, metrics, [Route("/receipts", echo, methods=["POST"])])
    async with (
        serve(app, "127.0.0.1", 0) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=5) as client,
    ):
        yield client, progress, clock, metrics


Door = tuple[httpx.AsyncClient, Progress, Clock, Metrics]


def test_trap_37_a_lane_that_does_not_beat_is_stalled() -> None:
    progress, clock = progress_of("commands", "codes")
    assert not progress.stalled
    clock.now += 60
    progress.beat("codes")
    assert not progress.stalled
    clock.now += 1
    assert list(progress.stalled) == ["commands"]
    progress.beat("commands")
    assert not progress.stalled


async def test_trap_37_livez_is_the_progress_of_every_lane(door: Door) -> None:
    client, progress, clock, _ = door
    assert (await client.get("/livez")).status_code == 200
    clock.now += 61
    progress.beat("codes")
    stalled = await client.get("/livez")
    assert (stalled.status_code, stalled.json()) == (503, {"stalled": ["commands"]})
    progress.beat("commands")
    assert (await client.get("/livez")).status_code == 200


async def test_readyz_is_what_the_process_said_last(door: Door) -> None:
    client, progress, _, _ = door
    assert (await client.get("/readyz")).status_code == 503
    progress.ready(yes=True)
    assert (await client.get("/readyz")).status_code == 200
    progress.ready(yes=False)
    assert (await client.get("/readyz")).status_code == 503


async def test_law11_a_slash_behind_a_path_leads_nowhere(door: Door) -> None:
    client, _, _, _ = door
    answer = await client.get("/livez/", headers={"Host": "elsewhere.example", "X-Forwarded-Proto": "https"})
    assert (answer.status_code, answer.headers.get("location")) == (404, None)


async def test_metrics_are_given_in_prometheus_format(door: Door) -> None:
    client, _, _, metrics = door
    metrics.outcomes("codes", {"decided": 3, "duplicate": 1})
    metrics.paused("codes", "save")
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'hesabi_messages_total{lane="codes",outcome="decided"} 3.0' in answer.text
    assert 'hesabi_lane_paused{lane="codes"} 1.0' in answer.text
    assert "server" not in answer.headers


class Counting(Metrics):
    """Counts how often it was rendered."""

    def __init__(self) -> None:
        super().__init__()
        self.rendered = 0

    def exposition(self) -> bytes:
        self.rendered += 1
        return super().exposition()


async def test_metrics_are_rendered_once_a_second_however_often_they_are_asked_for() -> None:
    progress, clock = progress_of()
    metrics = Counting()
    transport = httpx.ASGITransport(http_app(progress, metrics, clock=clock))
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:

        async def unread() -> str:
            answer = await client.get("/metrics")
            return answer.text.partition('hesabi_lag_messages{lane="codes"} ')[2].partition("\n")[0]

        metrics.lag("codes", 1)
        assert [await unread() for _ in range(3)] == ["1.0"] * 3
        metrics.lag("codes", 2)
        clock.now += EXPOSITION_KEPT_S / 2
        assert (await unread(), metrics.rendered) == ("1.0", 1)
        clock.now += EXPOSITION_KEPT_S / 2
        assert (await unread(), metrics.rendered) == ("2.0", 2)


async def test_trap_37_livez_is_answered_between_scrapes_that_came_at_once_and_cost_one_rendering() -> None:
    progress, clock = progress_of()
    metrics, begun, scraped = Counting(), Counter[str](), asyncio.Event()
    door = http_app(progress, metrics, clock=clock)

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        begun[scope["path"]] += 1
        scraped.set()
        await door(scope, receive, send)

    async with serve(counted, "127.0.0.1", 0) as port:

        async def asked(path: str, times: int) -> bytes:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for number in range(times):
                ending = "keep-alive" if number < times - 1 else "close"
                writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: {ending}\r\n\r\n".encode())
            answer = await reader.read()
            writer.close()
            return answer

        scrapes = [asyncio.create_task(asked("/metrics", 100)) for _ in range(10)]
        await scraped.wait()
        assert (await asked("/livez", 1)).startswith(b"HTTP/1.1 200 OK")
        assert begun["/metrics"] < 1_000
        answers = await asyncio.gather(*scrapes)
        assert sum(each.count(b"HTTP/1.1 200 OK") for each in answers) == begun["/metrics"] == 1_000
        assert metrics.rendered == 1


async def test_a_body_over_the_limit_is_refused_whether_announced_or_not(door: Door) -> None:
    client, _, _, _ = door

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * (MAX_BODY_BYTES // 2)

    assert (await client.post("/receipts", content=b"x" * MAX_BODY_BYTES)).text == str(MAX_BODY_BYTES)
    assert (await client.post("/receipts", content=b"x" * (MAX_BODY_BYTES + 1))).status_code == 413
    assert (await client.post("/receipts", content=chunks())).status_code == 413


async def test_headers_over_the_limit_are_refused(door: Door) -> None:
    client, _, _, _ = door
    assert (await client.get("/livez", headers={"x": "y" * (MAX_HEADER_BYTES + 1)})).status_code == 431


async def test_headers_without_end_are_refused(door: Door) -> None:
    client, _, _, _ = door
    reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
    writer.write(b"GET /livez HTTP/1.1\r\nhost: x\r\nx: " + b"y" * 1_000_000)
    assert (await reader.readline()).startswith(b"HTTP/1.1 400")
    writer.close()


async def test_trap_37_who_connects_and_says_nothing_does_not_keep_livez_from_answering(door: Door) -> None:
    client, _, _, _ = door
    silent = [await asyncio.open_connection("127.0.0.1", client.base_url.port) for _ in range(MAX_CONNECTIONS + 1)]
    assert (await client.get("/livez")).status_code == 200
    first, last = silent[0][0], silent[-1][0]
    assert (await first.read(), last.at_eof()) == (b"", False)  # the oldest made room
    for _, writer in silent:
        writer.close()


async def test_trap_37_requests_that_wait_take_the_doors_places_and_never_those_of_livez() -> None:
    leave = asyncio.Event()

    async def slow(_: Request) -> Response:
        await leave.wait()
        return PlainTextResponse("done")

    progress, _ = progress_of()
    app = http_app(progress, Metrics(), [Route("/slow", slow)])
    limits = httpx.Limits(max_connections=None)
    async with serve(app, "127.0.0.1", 0) as port, httpx.AsyncClient(limits=limits, timeout=5) as client:
        url = f"http://127.0.0.1:{port}"
        asked = [asyncio.create_task(client.get(f"{url}/slow")) for _ in range(MAX_REQUESTS + 1)]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        refused = [task.result() for task in asked if task.done()]
        assert [(each.status_code, each.headers["retry-after"]) for each in refused] == [(503, "5")]
        assert (await client.get(f"{url}/livez")).status_code == 200
        leave.set()
        assert sorted(answer.status_code for answer in await asyncio.gather(*asked)) == [200] * MAX_REQUESTS + [503]


async def test_a_body_that_does_not_come_in_time_gives_its_place_back() -> None:
    progress, _ = progress_of()
    app = http_app(progress, Metrics(), [Route("/receipts", echo, methods=["POST"])], request_limit_s=0.1)
    async with serve(app, "127.0.0.1", 0) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /receipts HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 408")
        writer.close()


async def test_a_request_that_breaks_gives_its_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "MAX_REQUESTS", 2)

    async def breaks(_: Request) -> Response:
        raise RuntimeError

    progress, _ = progress_of()
    app = http_app(progress, Metrics(), [Route("/receipts", breaks, methods=["POST"])])
    async with serve(app, "127.0.0.1", 0) as port, httpx.AsyncClient(timeout=5) as client:
        answers = [await client.post(f"http://127.0.0.1:{port}/receipts") for _ in range(4)]
    assert [each.status_code for each in answers] == [500] * 4


async def test_other_paths_and_methods_are_refused(door: Door) -> None:
    client, _, _, _ = door
    assert (await client.get("/docs")).status_code == 404
    assert (await client.post("/livez")).status_code == 405


async def test_signals_stay_the_processes_own() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    progress, _ = progress_of()
    async with serve(http_app(progress, Metrics()), "127.0.0.1", 0) as port, httpx.AsyncClient() as client:
        await client.get(f"http://127.0.0.1:{port}/livez")
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


async def test_a_request_under_way_is_answered_before_the_end() -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow(_: Request) -> Response:
        entered.set()
        await leave.wait()
        return PlainTextResponse("done")

    progress, _ = progress_of()
    app = http_app(progress, Metrics(), [Route("/slow", slow)])
    async with httpx.AsyncClient() as client:
        async with serve(app, "127.0.0.1", 0) as port:
            asked = asyncio.create_task(client.get(f"http://127.0.0.1:{port}/slow"))
            await entered.wait()
            asyncio.get_running_loop().call_later(0.2, leave.set)
        assert (await asked).text == "done"
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://127.0.0.1:{port}/livez")


async def test_a_taken_port_is_an_error_at_once() -> None:
    progress, _ = progress_of()
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        async with serve(http_app(progress, Metrics()), "127.0.0.1", taken.getsockname()[1]):
            pass

"""The HTTP door: liveness, readiness, metrics, and what few routes a service adds. It changes no state.

Liveness means that the loop makes progress, never that Kafka or MongoDB answer (trap 37): a lane beats whenever it has
done something, be it that it found nothing to do or tried again what is broken.
"""

import asyncio
import contextlib
import math
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from services.chassis.metrics import CONTENT_TYPE, Metrics

MAX_HEADER_BYTES: Final = 16 * 1024
MAX_BODY_BYTES: Final = 64 * 1024
"""Gateways' receipts are the largest thing anybody sends here."""

MAX_REQUESTS: Final = 200
"""Requests under way at one time at the routes that a service adds; more are turned away with 503."""

REQUEST_LIMIT_S: Final = 90
"""Seconds in which a request is read and answered: more than any handler's own limits."""

MAX_CONNECTIONS: Final = 500
"""More than requests under way can need: the others wait for their clients, and the oldest of them makes room."""

EXPOSITION_KEPT_S: Final = 1
"""Seconds for which one rendering serves every scrape: it takes milliseconds of the event loop, and whoever scrapes
without end would leave little of it to the lanes and to `/livez`."""

STOP_S: Final = 3
"""Seconds that requests under way have to end; a part of the 10 s of a graceful stop."""


_PROBED: Final = frozenset({"/livez", "/readyz"})


class Progress:
    """Whether the lanes of a service make progress. `clock` counts seconds and never goes back."""

    def __init__(
        self, lanes: Sequence[str], stalled_after_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._beats = dict.fromkeys(lanes, clock())
        self._ready = False
        self.stalled_after_s = stalled_after_s

    def beat(self, lane: str) -> None:
        """This lane has just done something."""
        self._beats[lane] = self._clock()

    def forgive(self) -> None:
        """The whole process stood still, and no lane could do anything."""
        self._beats = dict.fromkeys(self._beats, self._clock())

    def ready(self, *, yes: bool) -> None:
        """Whether the service has what it needs to work: connected, keys learnt, lanes assigned, not stopping."""
        self._ready = yes

    @property
    def is_ready(self) -> bool:
        """What was last said by `ready`; False before that."""
        return self._ready

    @property
    def stalled(self) -> tuple[str, ...]:
        """The lanes that have not beaten for too long."""
        return tuple(lane for lane in self._beats if self.still_for(lane) > self.stalled_after_s)

    def still_for(self, lane: str) -> float:
        """Seconds since this lane last did something."""
        return self._clock() - self._beats[lane]


def http_app(
    progress: Progress,
    metrics: Metrics,
    extra_routes: Sequence[BaseRoute] = (),
    request_limit_s: float = REQUEST_LIMIT_S,
    clock: Callable[[], float] = time.monotonic,
) -> ASGIApp:
    """`/livez`, `/readyz`, `/metrics`, and what the service adds. Bodies over `MAX_BODY_BYTES` are refused with 413,
    headers over `MAX_HEADER_BYTES` with 431; what takes longer than its limit is ended, with 408 where nothing was
    answered yet. Whoever waits at the service's routes, health is answered. `clock` counts seconds and never goes
    back: metrics are as of at most `EXPOSITION_KEPT_S` ago."""
    exposed = _Exposition(metrics, clock)

    async def livez(_: Request) -> Response:
        stalled = progress.stalled
        return JSONResponse({"stalled": stalled}, status_code=503 if stalled else 200)

    async def readyz(_: Request) -> Response:
        return JSONResponse({"ready": progress.is_ready}, status_code=200 if progress.is_ready else 503)

    async def exposition(_: Request) -> Response:
        return Response(exposed.text(), media_type=CONTENT_TYPE)

    routes = [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", exposition), *extra_routes]
    app = Starlette(routes=routes, middleware=[Middleware(_Bounded, request_limit_s)])
    # A redirect would lead to http and to whatever host the request names, with the path's secret in it.
    app.router.redirect_slashes = False
    return app


class _Exposition:
    """The metrics as they were rendered last, for `EXPOSITION_KEPT_S`."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._metrics = metrics
        self._clock = clock
        self._text = b""
        self._stale_at = -math.inf

    def text(self) -> bytes:
        now = self._clock()
        if now >= self._stale_at:
            self._text, self._stale_at = self._metrics.exposition(), now + EXPOSITION_KEPT_S
        return self._text


@contextlib.asynccontextmanager
async def serve(app: ASGIApp, host: str, port: int) -> AsyncIterator[int]:
    """Serve within the running loop for the length of the `async with`; gives the port (0 asks the system for one).

    Requests under way get `STOP_S` to end. Signals stay the process's own, and nothing is logged about requests.

    Raises:
        OSError: the address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server(
        (host, port), family=family
    )  # accepts from here on, so there is nothing to wait for
    server = _Server(_config(app))
    serving = asyncio.create_task(server.serve(sockets=[listening]), name="http")
    try:
        yield int(listening.getsockname()[1])
    finally:
        server.should_exit = True
        done, _ = await asyncio.wait([serving], timeout=STOP_S + 1)
        if not done:
            serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        listening.close()


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=STOP_S,
    )


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Connection(H11Protocol):
    """One of at most `MAX_CONNECTIONS`, so that clients that say nothing, or say it slowly, keep nobody out."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the library has it
        super().connection_made(transport)
        self.made_at = self.loop.time()
        if len(self.connections) > MAX_CONNECTIONS:
            every = (each for each in self.connections if isinstance(each, _Connection))
            oldest = min((each for each in every if each.waits_for_its_client), key=lambda each: each.made_at)
            self.connections.discard(oldest)
            oldest.transport.abort()

    @property
    def waits_for_its_client(self) -> bool:
        """Whether no request is under way; this is so of a new one."""
        under_way: RequestResponseCycle | None = self.cycle
        return under_way is None or under_way.response_complete or self.transport.is_closing()


class _TooLarge(Exception):
    """A body went over the limit while it was read."""


class _Bounded:
    """Bounds each request in bytes and seconds, and in number those that are not the orchestrator's questions."""

    def __init__(self, app: ASGIApp, limit_s: float) -> None:
        self._app = app
        self._limit_s = limit_s
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The server's own limit stops headers without end; those that came at once are measured here.
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADER_BYTES:
            await PlainTextResponse("headers too large", status_code=431)(scope, receive, send)
        elif scope["path"] in _PROBED:
            await self._limited(scope, receive, send)
        elif self._under_way >= MAX_REQUESTS:
            await PlainTextResponse("busy", status_code=503, headers={"Retry-After": "5"})(scope, receive, send)
        else:
            self._under_way += 1
            try:
                await self._limited(scope, receive, send)
            finally:
                self._under_way -= 1

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        left, begun = MAX_BODY_BYTES, False

        async def bounded() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise _TooLarge
            return message

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        refusal = PlainTextResponse("too large", status_code=413)
        try:
            async with asyncio.timeout(self._limit_s):
                await self._app(scope, bounded, noting)
            return
        except _TooLarge:
            pass
        except TimeoutError:
            refusal = PlainTextResponse("too slow", status_code=408, headers={"Connection": "close"})
        if not begun:
            await refusal(scope, receive, send)

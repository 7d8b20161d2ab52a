"""What simulated neighbours share when they run as processes of their own: HTTP on loopback, and an orderly end."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import h11

from deploy.local.stack.ending import told_to_end

LOOPBACK = "127.0.0.1"
MAX_REQUEST_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """A whole request."""

    method: str
    path: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    body: bytes

    @classmethod
    def of(cls, document: Any, status: int = 200) -> Self:
        """An answer in JSON."""
        return cls(status, json.dumps(document).encode())


CUT = None
"""Instead of a reply: close the connection without a word."""

Handler = Callable[[Request], Awaitable[Reply | None]]


class LoopbackHttp:
    """A small HTTP/1.1 server that can also do what frameworks forbid, such as cutting a connection.

    Requests are handled to their end even when the client has gone, as a real gateway does.
    """

    def __init__(self, handler: Handler, port: int = 0) -> None:
        self._handler = handler
        self._wanted_port = port
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, LOOPBACK, self._wanted_port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            for connection in self._connections:
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
            await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http = h11.Connection(h11.SERVER)
        try:
            while (request := await _next_request(http, reader)) is not None:
                reply = await self._handler(request)
                if reply is CUT:
                    break
                writer.write(_encode(http, reply))
                await writer.drain()
                if http.our_state is h11.MUST_CLOSE:
                    break
                http.start_next_cycle()
        except (ConnectionError, h11.ProtocolError):
            pass  # the client went away or spoke nonsense; its connection ends, nothing else
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


async def _next_request(http: h11.Connection, reader: asyncio.StreamReader) -> Request | None:
    head: h11.Request | None = None
    body = bytearray()
    while True:
        match http.next_event():
            case h11.NEED_DATA:
                http.receive_data(await reader.read(65536))
            case h11.Request() as head:
                continue
            case h11.Data() as part if len(body) + len(part.data) <= MAX_REQUEST_BYTES:
                body += part.data
            case h11.EndOfMessage() if head is not None:
                return Request(head.method.decode(), head.target.decode().partition("?")[0], bytes(body))
            case _:
                return None


def _encode(http: h11.Connection, reply: Reply) -> bytes:
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(reply.body)))]
    head = http.send(h11.Response(status_code=reply.status, headers=headers)) or b""
    return head + (http.send(h11.Data(data=reply.body)) or b"") + (http.send(h11.EndOfMessage()) or b"")


async def until_stopped(announcement: str) -> None:
    """Prints the announcement; returns when it is told to end, so that `async with` blocks end in order.

    Signals are caught before a word is said: who reads it may stop the process at once.
    """
    told = told_to_end()
    print(announcement, flush=True)
    await told.wait()

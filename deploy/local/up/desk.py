"""The desk of a running system: what a newcomer may ask of the simulators, by HTTP on loopback.

It shows what the simulated gateway and relay took, adds made-up people to the simulated registry and takes one through
the whole journey. Every request carries the secret of the announcement: the file is its owner's only.
"""

import asyncio
import contextlib
import hmac
import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rich.console import Console
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from deploy.local.client import NoAnswer
from deploy.local.demo.table import JourneyTable
from deploy.local.journey import NotAsExpected, Person, Step, individual_journey
from deploy.local.journey.post import NothingCame, activation_token_in, code_in, text_of
from deploy.local.system import System
from deploy.local.up.first_hour import first_hour

_LOOK_S: Final = 0.3
_COLOURS: Final = "256"


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class PersonWish(_Wish):
    """`POST /people`."""

    language: Literal["ar", "en"] = "en"
    who: str = Field(default="me", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$")


class JourneyWish(_Wish):
    """`POST /journeys`: how wide the table may be, and whether colours are welcome."""

    language: Literal["ar", "en"] = "ar"
    width: int = Field(default=150, ge=80, le=400)
    colours: bool = False


def desk(system: System, secret: str) -> ASGIApp:
    """The desk of this system."""

    async def inbox(_: Request) -> Response:
        return JSONResponse({"messages": messages_of(system)})

    async def people(request: Request) -> Response:
        wish = PersonWish.model_validate_json(await request.body())
        person = Person.made_up(wish.language)
        system.registry.may_act(person.in_registry, person.unified_number, person.business_name)  # I17
        steps = [asdict(step) for step in first_hour(person, wish.who)]
        return JSONResponse({"person": asdict(person), "steps": steps})

    async def journeys(request: Request) -> Response:
        wish = JourneyWish.model_validate_json(await request.body())
        return StreamingResponse(_journey(system, wish), media_type="application/x-ndjson")

    async def not_understood(_: Request, __: Exception) -> Response:
        return JSONResponse({"error": "not understood"}, 400)

    routes = [
        Route("/inbox", inbox),
        Route("/people", people, methods=["POST"]),
        Route("/journeys", journeys, methods=["POST"]),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(_Guarded, secret=secret)],
        exception_handlers={ValidationError: not_understood},
    )


class _Guarded:
    def __init__(self, app: ASGIApp, secret: str) -> None:
        self._app, self._expected = app, f"Bearer {secret}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = dict(scope.get("headers", ())).get(b"authorization", b"")
        inside = scope["type"] != "http" or hmac.compare_digest(given, self._expected)
        await (self._app if inside else JSONResponse({"error": "not for you"}, 401))(scope, receive, send)


def messages_of(system: System) -> list[dict[str, Any]]:
    """Every SMS and e-mail so far, oldest first, with the code or the activation token that a person reads in it."""
    texts = [
        {"at": bill.accepted_at, "kind": "sms", "to": f"+{bill.recipient}", "text": bill.body}
        for bill in system.gateway.ledger.bills
    ]
    mails = [
        {
            "at": taken.taken_at,
            "kind": "email",
            "to": taken.recipient,
            "subject": str(taken.message["Subject"]),
            "text": text_of(taken),
        }
        for taken in system.mail.taken
    ]
    return sorted((_read(message) for message in (*texts, *mails)), key=lambda message: message["at"])


def _read(message: dict[str, Any]) -> dict[str, Any]:
    code = code_in(message["text"]) if message["kind"] == "sms" else None
    token = activation_token_in(message["text"]) if message["kind"] == "email" else None
    found = {"code": code, "activation_token": token}
    return message | {name: value for name, value in found.items() if value is not None}


async def _journey(system: System, wish: JourneyWish) -> AsyncIterator[str]:
    """One line of JSON for whatever there is to show, one for each step, and one for the end."""
    written, steps = io.StringIO(), list[Step]()
    console = Console(file=written, width=wish.width, highlight=False, color_system=_COLOURS if wish.colours else None)
    with JourneyTable(console, system.watch) as table:

        def show(step: Step) -> None:
            steps.append(step)
            table.show(step)

        walking = asyncio.create_task(individual_journey(system, Person.made_up(wish.language), show))
        try:
            while not walking.done():
                await asyncio.wait([walking], timeout=_LOOK_S)
                table.settle()
                for line in _news(written, steps):
                    yield line
        finally:
            walking.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await walking
    for line in _news(written, steps):
        yield line
    yield _line(end=_end(walking))


def _news(written: io.StringIO, steps: list[Step]) -> list[str]:
    text = written.getvalue()
    written.seek(0)
    written.truncate()
    told = [_line(step=asdict(step) | {"is_expected": step.is_expected}) for step in steps]
    steps.clear()
    return told + ([_line(shown=text)] if text else [])


def _end(walking: "asyncio.Task[Any]") -> dict[str, Any]:
    error = walking.exception() if not walking.cancelled() else None
    match error:
        case None:
            outcome = walking.result()
            return {"is_expected": outcome.is_expected, "steps": len(outcome.steps), "reference": outcome.reference}
        case NotAsExpected() | NoAnswer() | NothingCame():
            return {"is_expected": False, "fault": str(error)}
        case _:
            return {"is_expected": False, "fault": re.sub(r"\W+", " ", type(error).__name__)}


def _line(**members: Any) -> str:
    return json.dumps(members, ensure_ascii=False) + "\n"

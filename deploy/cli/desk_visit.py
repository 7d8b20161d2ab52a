"""What a running `make up` does for a newcomer: its inbox, its made-up people, its journey."""

import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from deploy.cli.installation import Installation
from deploy.cli.outcome import NotReached

WHOLE_JOURNEY_S: Final = 600.0
NARROWEST: Final = 80
WIDEST: Final = 400
"""Columns that a desk lays its table out for; a terminal breaks the lines of a wider one."""
_ASK_S: Final = 10.0


async def inbox(system: Installation, minutes: float, to: str | None) -> list[dict[str, Any]]:
    """SMS and e-mails of the last minutes, oldest first; `to` is a number or an address.

    Raises:
        NotReached: the system is none of `make up`.
    """
    since = datetime.now(UTC) - timedelta(minutes=minutes)
    async with _desk(system, _ASK_S) as http:
        messages: list[dict[str, Any]] = _answer(await http.get("/inbox"))["messages"]
    return [
        message
        for message in messages
        if datetime.fromisoformat(message["at"]) >= since and (to is None or message["to"] == to)
    ]


async def person(system: Installation, language: str, who: str) -> dict[str, Any]:
    """A new made-up person whom the simulated registry knows, and the commands of their first hour.

    Raises:
        NotReached: the system is none of `make up`.
    """
    async with _desk(system, _ASK_S) as http:
        return _answer(await http.post("/people", json={"language": language, "who": who}))


async def journey(
    system: Installation, language: str, width: int, *, colours: bool
) -> AsyncGenerator[dict[str, Any], None]:
    """The journey's news: `shown`, `step` and, at last, `end`. There is no `end` if the system was stopped on the way.

    Raises:
        NotReached: the system is none of `make up`, or it went away on the way, or does not understand.
    """
    wish = {"language": language, "width": min(max(width, NARROWEST), WIDEST), "colours": colours}
    try:
        async with _desk(system, WHOLE_JOURNEY_S) as http, http.stream("POST", "/journeys", json=wish) as reply:
            _check(reply)
            async for line in reply.aiter_lines():
                yield json.loads(line)
    except httpx.HTTPError:
        raise NotReached("the running system went away on the way") from None


class _Desk(httpx.AsyncClient):
    """Says in one line that nobody is there."""

    async def request(self, *args: Any, **kwargs: Any) -> httpx.Response:
        try:
            return await super().request(*args, **kwargs)
        except httpx.HTTPError:
            raise NotReached("the running system's desk does not answer") from None


def _desk(system: Installation, within: float) -> httpx.AsyncClient:
    if system.up is None:
        raise NotReached("only a system that `make up` runs has simulated neighbours: start one")
    headers = {"Authorization": f"Bearer {system.up.desk_secret}"}
    return _Desk(base_url=system.up.desk, headers=headers, trust_env=False, timeout=within)


def _answer(response: httpx.Response) -> dict[str, Any]:
    _check(response)
    return dict(response.json())


def _check(response: httpx.Response) -> None:
    if not response.is_success:
        raise NotReached(f"the running system's desk says {response.status_code}")

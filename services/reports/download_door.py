"""The door at which a report is fetched (R8). It changes nothing itself: it publishes that it has served one.

A link works for its owner, with their session, until it ends. Whatever else is asked for looks the same: 404. The path
carries the link's secret: nothing may log it.
"""

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar, cast

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.decision import Customer
from contracts.message import Message
from contracts.reports import ReportFetched
from contracts.values.language import Language
from services.reports.any_report import AnyMade
from services.reports.order_states import Made
from services.reports.payment_order import PaymentMade
from services.reports.rendering import FileFormat, RenderBusy, Renderer, file_name
from services.reports.revision import version_id
from services.reports.statement_order import StatementMade

PATH: Final = "/reports/{link}"
MEDIA_TYPES: Final = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}

_LINK: Final = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{32})")
_VERSION: Final = re.compile(r"[1-9][0-9]{0,2}")
_BEARER: Final = re.compile(r"[Bb]earer ([A-Za-z0-9_.-]{1,2000})")
_ALWAYS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


_Answer = TypeVar("_Answer")


class _Away(Exception):
    """The log or the database does not answer: the reader may come again."""


@dataclass(frozen=True, slots=True)
class _Wish:
    language: Language
    file_format: FileFormat
    version: int | None


@dataclass(frozen=True, slots=True)
class DownloadDoor:
    """What the door may use. `check_token(token, now)`: who it speaks for, on the channel that it was given to, None
    where it does not count; LookupError while a process that has just begun does not know the key yet.
    `publish(message, subject)` returns when the log has acknowledged the message; `present` is the corrected wall
    clock."""

    read_state: Callable[[str], Awaitable[object]]
    check_token: Callable[[str, datetime], Customer | None]
    publish: Callable[[Message, str], Awaitable[None]]
    present: Callable[[], datetime]
    renderer: Renderer
    log: Any

    def routes(self) -> list[Route]:
        """`GET /reports/{link}?language=ar|en&format=pdf|csv&version=1` with `Authorization: Bearer <session token>`;
        without a version the latest (R6)."""
        route = Route(PATH, self.fetch, methods=["GET"])
        route.methods = {"GET"}  # the library adds HEAD, which would be a fetch without a file
        return [route]

    async def fetch(self, request: Request) -> Response:
        """200 with the file; 400, 401 or 404; 503 while something that is needed does not answer; 500 for what coming
        again does not mend."""
        wish = _wish(request.query_params)
        if wish is None:
            return _empty(400)
        try:
            return await self._served(request, wish)
        except RenderBusy:
            return _empty(503, {"Retry-After": "5"})
        except _Away as away:
            self.log.warning("fetch_delayed", exc_info=away.__cause__)
            return _empty(503, {"Retry-After": "5"})
        except Exception as error:
            self.log.error("fetch_failed", exc_info=error)
            return _empty(500)

    async def _served(self, request: Request, wish: _Wish) -> Response:
        present = self.present()
        customer = self._customer(request.headers.get("authorization", ""), present)
        if customer is None:
            return _empty(401, {"WWW-Authenticate": "Bearer"})
        link = _LINK.fullmatch(request.path_params["link"])
        first = await self._allowed(link[1], link[2], customer, present) if link else None
        found = await self._version(link[1], first, wish.version) if link and first else None
        if found is None:
            return _empty(404)
        aggregate_id, made = found
        content = await self.renderer.file(aggregate_id, made.report, wish.language, wish.file_format)
        fetched = ReportFetched(
            report_id=aggregate_id,
            language=wish.language.value,
            file_format=wish.file_format,
            channel=customer.channel,
        )
        await _answer_of(self.publish(fetched, f"report:{aggregate_id}"))
        name = f"{file_name(made.report)}-{wish.language.value}.{wish.file_format}"
        return Response(
            content,
            headers=_ALWAYS | {"Content-Disposition": f'attachment; filename="{name}"'},
            media_type=MEDIA_TYPES[wish.file_format],
        )

    async def _allowed(self, report_id: str, secret: str, customer: Customer, present: datetime) -> AnyMade | None:
        """The report's first version, if this link to it works for this person now: the link is the report's, and a
        later version does not lengthen its life."""
        state = await _answer_of(self.read_state(f"report:{report_id}"))
        if not isinstance(state, Made | PaymentMade | StatementMade):
            return None
        genuine = hmac.compare_digest(hashlib.sha256(secret.encode()).hexdigest(), state.link_hash)
        return state if genuine and state.user_id == customer.user_id and present < state.expires_at else None

    async def _version(self, report_id: str, first: AnyMade, wanted: int | None) -> tuple[str, AnyMade] | None:
        """The version asked for, else the latest (R6), with its aggregate's id."""
        version = wanted or (first.latest if isinstance(first, Made) else 1)
        if version == 1:
            return report_id, first
        aggregate_id = version_id(report_id, version)
        later = await _answer_of(self.read_state(f"report:{aggregate_id}"))
        return (aggregate_id, later) if isinstance(later, Made) and later.user_id == first.user_id else None

    def _customer(self, authorization: str, present: datetime) -> Customer | None:
        """Who the token speaks for. A browser or an app fetches on the channel that the token was given to."""
        bearer = _BEARER.fullmatch(authorization)
        try:
            return None if bearer is None else self.check_token(bearer[1], present)
        except LookupError as unknown:
            raise _Away from unknown


def _wish(asked: QueryParams) -> _Wish | None:
    """What is wished for, the latest version as Arabic PDF where nothing is said; None for others than there are."""
    language, file_format = asked.get("language", "ar"), asked.get("format", "pdf")
    version = asked.get("version")
    if language not in tuple(Language) or file_format not in MEDIA_TYPES:
        return None
    if version is not None and _VERSION.fullmatch(version) is None:
        return None
    return _Wish(Language(language), cast("FileFormat", file_format), None if version is None else int(version))


async def _answer_of(call: Awaitable[_Answer]) -> _Answer:
    """What log or database answer. Raises `_Away` for whatever keeps them from it."""
    try:
        return await call
    except Exception as error:
        raise _Away from error


def _empty(status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(status_code=status, headers=_ALWAYS | (headers or {}))

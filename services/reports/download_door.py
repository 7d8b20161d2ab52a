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
from typing import Final, cast

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.decision import Customer
from contracts.message import Message
from contracts.reports import ReportFetched
from contracts.topics import CHANNELS
from contracts.values.language import Language
from services.reports.order import Made
from services.reports.rendering import FileFormat, RenderBusy, Renderer

PATH: Final = "/reports/{link}"
MEDIA_TYPES: Final = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}

_LINK: Final = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{32})")
_BEARER: Final = re.compile(r"[Bb]earer ([A-Za-z0-9_.-]{1,2000})")
_ALWAYS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True, slots=True)
class DownloadDoor:
    """What the door may use. `check_token(token, now, channel)`: who it speaks for, None where it does not count;
    `publish(message, subject)` returns when the log has acknowledged the message; `present` is the corrected wall
    clock."""

    read_state: Callable[[str], Awaitable[object]]
    check_token: Callable[[str, datetime, str], Customer | None]
    publish: Callable[[Message, str], Awaitable[None]]
    present: Callable[[], datetime]
    renderer: Renderer

    def routes(self) -> list[Route]:
        """`GET /reports/{link}?language=ar|en&format=pdf|csv` with `Authorization: Bearer <session token>`."""
        return [Route(PATH, self.fetch, methods=["GET"])]

    async def fetch(self, request: Request) -> Response:
        """200 with the file; 400, 401 or 404; 503 while something that is needed does not answer."""
        wish = _wish(request.query_params)
        if wish is None:
            return _empty(400)
        try:
            return await self._served(request, *wish)
        except RenderBusy:
            return _empty(503, {"Retry-After": "5"})
        except Exception:  # noqa: BLE001 - log, database or keys do not answer; their words are nobody's outside
            return _empty(503, {"Retry-After": "5"})

    async def _served(self, request: Request, language: Language, file_format: FileFormat) -> Response:
        present = self.present()
        customer = self._customer(request.headers.get("authorization", ""), present)
        if customer is None:
            return _empty(401, {"WWW-Authenticate": "Bearer"})
        link = _LINK.fullmatch(request.path_params["link"])
        report = await self._allowed(link[1], link[2], customer, present) if link else None
        if link is None or report is None:
            return _empty(404)
        content = await self.renderer.file(link[1], report.report, language, file_format)
        fetched = ReportFetched(
            report_id=link[1], language=language.value, file_format=file_format, channel=customer.channel
        )
        await self.publish(fetched, f"report:{link[1]}")
        period = report.report.period
        name = f"consumption-{period.first}-{period.last}-{language.value}.{file_format}"
        return Response(
            content,
            headers=_ALWAYS | {"Content-Disposition": f'attachment; filename="{name}"'},
            media_type=MEDIA_TYPES[file_format],
        )

    async def _allowed(self, report_id: str, secret: str, customer: Customer, present: datetime) -> Made | None:
        """The report, if this link to it works for this person now."""
        state = await self.read_state(f"report:{report_id}")
        if not isinstance(state, Made):
            return None
        genuine = hmac.compare_digest(hashlib.sha256(secret.encode()).hexdigest(), state.link_hash)
        return state if genuine and state.user_id == customer.user_id and present < state.expires_at else None

    def _customer(self, authorization: str, present: datetime) -> Customer | None:
        """Who the token speaks for. A browser or an app fetches on the channel that the token was given to."""
        bearer = _BEARER.fullmatch(authorization)
        if bearer is None:
            return None
        known = (self.check_token(bearer[1], present, channel) for channel in sorted(CHANNELS))
        return next((customer for customer in known if customer is not None), None)


def _wish(asked: QueryParams) -> tuple[Language, FileFormat] | None:
    """Language and format, Arabic PDF where nothing is said; None for others than there are."""
    language, file_format = asked.get("language", "ar"), asked.get("format", "pdf")
    if language not in tuple(Language) or file_format not in MEDIA_TYPES:
        return None
    return Language(language), cast("FileFormat", file_format)


def _empty(status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(status_code=status, headers=_ALWAYS | (headers or {}))

"""The door at which a gateway reports (N7). It changes nothing itself: it publishes what it was told."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.message import Message
from contracts.notifications import ReceiptReceived
from services.notifications.unifonic_wire import MAX_RECEIPT_BYTES, Receipt, ReceiptRefused, is_genuine, read_callback

RECEIPTS_PATH: Final = "/receipts/unifonic"
"""Behind it stands the secret that proves a receipt; nothing may log the path of a request."""

Publish = Callable[[Message, str], Awaitable[None]]
"""`publish(message, subject)` returns when the log has acknowledged the message and raises otherwise."""

_PUBLISH_LIMIT: Final = 5.0
_STATUS_OF_REFUSAL: Final = {"too-large": 413, "not-understood": 400}


def receipt_routes(publish: Publish, secret: str, log: Any) -> list[Route]:
    """The door's routes. It answers 200 once the receipt is on the log, 503 when it is not: the gateway tells again.
    `log` is structlog's."""

    async def receive(request: Request) -> Response:
        if not is_genuine(request.path_params["secret"], secret):
            return Response(status_code=404)  # before the body: strangers may not let us wait for one
        receipt = read_callback(await _limited_body(request))
        if isinstance(receipt, ReceiptRefused):
            return _refused(receipt.reason, log)
        message = _received(receipt)
        if message is None:
            return _refused("not-understood", log)
        return Response(status_code=200 if await _published(publish, message) else 503)

    return [Route(f"{RECEIPTS_PATH}/{{secret}}", receive, methods=["POST"])]


def _refused(reason: str, log: Any) -> Response:
    """The gateway speaks otherwise than we assume: without its receipts nobody learns what arrived (N7)."""
    log.warning("receipt_refused", reason=reason)
    return Response(status_code=_STATUS_OF_REFUSAL[reason])


async def _limited_body(request: Request) -> bytes:
    """The body, cut one byte after the limit, which is enough to see that it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_RECEIPT_BYTES:
            break
    return bytes(body[: MAX_RECEIPT_BYTES + 1])


def _received(receipt: Receipt) -> ReceiptReceived | None:
    """The receipt as a message; None where its id cannot be one that we gave."""
    status = receipt.status if receipt.status in {"delivered", "not-delivered"} else "taken"
    try:
        return ReceiptReceived.model_validate(
            {
                "message_id": receipt.correlation_id,
                "gateway_message_id": receipt.gateway_message_id,
                "status": status,
            }
        )
    except ValueError:
        return None


async def _published(publish: Publish, message: ReceiptReceived) -> bool:
    try:
        async with asyncio.timeout(_PUBLISH_LIMIT):
            await publish(message, f"delivery:{message.message_id}")
    except Exception:  # noqa: BLE001 - whatever kept the log from acknowledging, the gateway must tell again
        return False
    return True

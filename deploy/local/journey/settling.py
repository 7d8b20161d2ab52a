"""When everything that a journey led to has happened: every message to a person has met its end."""

import asyncio
from collections.abc import Callable
from typing import Final

from contracts.identity import ActivationLinkRequested, OtpRequested
from contracts.notifications import MessageWanted
from deploy.local.watch import Watch

QUIET_S: Final = 1.0
PATIENCE_S: Final = 40.0
ENDS: Final = frozenset({"MessageDelivered", "MessageFailed", "MessageExpired"})


async def settled(watch: Watch, within: float = PATIENCE_S) -> bool:
    """Waits until each message to a person is delivered or failed (an e-mail: taken by the relay, a code: identity has
    been told of it) and nothing more has been said for a second. False when that is not so within so many seconds."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while loop.time() < deadline:
        if not await watch.until(_more_than(watch, len(watch.seen)), QUIET_S) and not unfinished(watch):
            return True
    return False


def _more_than(watch: Watch, count: int) -> Callable[[], bool]:
    return lambda: len(watch.seen) > count


def unfinished(watch: Watch) -> set[str]:
    """The ids of messages to people that have not met their end yet."""
    wanted: dict[str, str] = {}
    ended: set[str] = set()
    for seen in watch.seen:
        match seen.name:
            case "OtpRequested" | "MessageWanted" | "BroadcastMessageWanted" | "ActivationLinkRequested":
                wanted |= _wanted(seen.body, seen.envelope.id)
            case "MessageHandedOver" | "MessageDelivered" | "MessageFailed" | "MessageExpired":
                message_id = str(getattr(seen.body, "message_id", ""))
                ended.add(message_id if seen.name in ENDS else f"{message_id}/taken")
            case "OtpHandedOver" | "OtpNotHandedOver":
                ended.add(str(getattr(seen.body, "otp_id", "")))
            case _:
                pass
    return {
        message_id
        for message_id, channel in wanted.items()
        if message_id not in ended and not (channel == "email" and f"{message_id}/taken" in ended)
    }


def _wanted(body: object, envelope_id: str) -> dict[str, str]:
    match body:
        case OtpRequested(otp_id=otp_id):
            return {otp_id: "sms"}
        case MessageWanted(message_id=message_id, channel=channel):
            return {message_id: channel}
        case ActivationLinkRequested():
            return {envelope_id: "email"}
        case _:
            return {}

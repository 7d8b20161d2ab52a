"""Who asks for a message, and with what it is filled (N2, N3)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

from contracts.decision import Decision, Facts, Incoming, ignored
from contracts.identity import ActivationLinkRequested, OtpPurpose, OtpRequested
from contracts.notifications import MessageWanted, NoticeWanted
from contracts.notifications_broadcast_internal import BroadcastMessageWanted
from contracts.sealed import Sealed, Secret
from contracts.values.riyadh_day import riyadh_time
from services.notifications.delivery import Deliveries
from services.notifications.delivery_states import About, Content, DeliveryState
from services.notifications.notice import TIME_TO_ARRIVE, use_within
from services.notifications.templates import TemplateName

_TEMPLATE_OF: Final[Mapping[OtpPurpose, TemplateName]] = {
    "approve-registration": "approve-registration-code",
    "confirm-mobile": "confirm-mobile-code",
    "reset-password": "reset-password-code",
    "give-consent": "give-consent-code",
}


@dataclass(frozen=True, slots=True)
class Asking:
    """Begins deliveries. `pages` is the base of the channel's pages, without a final slash."""

    deliveries: Deliveries
    pages: str

    def for_code(
        self, state: DeliveryState | None, incoming: Incoming[OtpRequested], facts: Facts
    ) -> Decision[DeliveryState]:
        """A code by SMS (I5, I9)."""
        if state is not None:
            return ignored(state)
        body, now = incoming.body, _latest(incoming.now, facts)
        about = About(
            message_id=body.otp_id,
            template=_TEMPLATE_OF[body.purpose],
            channel="sms",
            hand_over_by=min(body.hand_over_by, body.valid_until),
            correlation_id=incoming.correlation_id,
            asked_by=incoming.subject,
        )
        values = {"code": incoming.opened("code"), "seconds": str(_life_s(body))}
        content = Content(Secret(incoming.opened("mobile")), body.language, Secret(json.dumps(values)), now)
        return self.deliveries.begin(about, content, now)

    def for_activation_link(
        self, state: DeliveryState | None, incoming: Incoming[ActivationLinkRequested], facts: Facts
    ) -> Decision[DeliveryState]:
        """An activation link by e-mail; an SMS without the link says that it is there (N3, I10)."""
        if state is not None:
            return ignored(state)
        body, now = incoming.body, _latest(incoming.now, facts)
        about = About(
            message_id=incoming.id,
            template="activation-link",
            channel="email",
            # A short life by setting is halved: else its links would never be sent.
            hand_over_by=body.valid_until - min(TIME_TO_ARRIVE, (body.valid_until - incoming.now) / 2),
            correlation_id=incoming.correlation_id,
        )
        until = {"valid_until": riyadh_time(body.valid_until)}
        # Behind the number sign, so that no server on the way and no referrer sees the token.
        link = f"{self.pages}/activate#{quote(incoming.opened('activation_token'), safe='')}"
        values = Secret(json.dumps({**until, "link": link}))
        content = Content(Secret(incoming.opened("email")), body.language, values, now)
        notice = NoticeWanted(
            user_id=body.user_id,
            template="activation-link",
            channels=("sms",),
            values=Sealed.of(json.dumps(until)),
            valid_until=use_within("activation-link", now, incoming.now, body.valid_until),
        )
        return self.deliveries.begin(about, content, now).and_send(notice)

    def for_message(
        self,
        state: DeliveryState | None,
        incoming: Incoming[MessageWanted] | Incoming[BroadcastMessageWanted],
        facts: Facts,
    ) -> Decision[DeliveryState]:
        """Any other message, its address known by the recipient's aggregate. Before its time it waits (N4)."""
        if state is not None:
            return ignored(state)
        body, now = incoming.body, _latest(incoming.now, facts)
        about = About(
            message_id=body.message_id,
            template=body.template,
            channel=body.channel,
            hand_over_by=min(body.hand_over_by, body.valid_until),
            correlation_id=incoming.correlation_id,
            broadcast=body.message_class if isinstance(body, BroadcastMessageWanted) else None,
        )
        content = Content(Secret(incoming.opened("address")), body.language, Secret(incoming.opened("values")), now)
        return self.deliveries.wait_until(about, content, body.not_before or now, now)


def _life_s(body: OtpRequested) -> int:
    """The life that a code has at least, however late it is handed over: whole seconds, 60 at most (I6)."""
    return max(1, min(60, int((body.valid_until - body.hand_over_by).total_seconds())))


def _latest(stamp: datetime, facts: Facts) -> datetime:
    return max(stamp, facts.present)

"""The calls that notifications makes: to the SMS gateway and the mail relay (law 8). Each ends in a message."""

import json
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, Protocol, Self

import structlog

from contracts.message import Message
from contracts.notifications import AttemptReported, CodeHandOverReported, HandOverReported, StatusReported
from contracts.notifications_broadcast_internal import BroadcastHandOverReported
from contracts.values.contact_channel import contact_channels
from contracts.values.email_address import EmailAddress, parse_email
from contracts.values.mobile import Mobile, parse_mobile
from services.notifications.attempt import AskStatus, Attempt, SendBroadcast, SendCode, SendEmail, SendSms
from services.notifications.call_results import NotAnAddress, Outcome, report, status_word
from services.notifications.composing import Composer, NotComposed
from services.notifications.hand_over import HandOver, LastLook, NotSent, TooLate
from services.notifications.mail import Mail, build_mail
from services.notifications.mail_transport import MailClient, MailRelay
from services.notifications.receipts_door import RECEIPTS_PATH
from services.notifications.settings import NotificationsSettings
from services.notifications.template_texts import TEMPLATES
from services.notifications.templates import TemplateName
from services.notifications.unifonic import UnifonicClient
from services.notifications.unifonic_wire import (
    Sms,
    StatusAnswer,
    UnifonicAccount,
    callback_url,
)

log = structlog.get_logger()


class SmsGateway(Protocol):
    """What is asked of a gateway; `UnifonicClient` is one."""

    async def hand_over(self, sms: Sms, last_look: LastLook) -> HandOver | TooLate:
        """One attempt; never raises for what the gateway does. Nothing leaves that `last_look` speaks against."""
        ...

    async def status_of(self, correlation_id: str) -> StatusAnswer:
        """What became of the message with this id."""
        ...

    async def __aenter__(self) -> Any: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Relay(Protocol):
    """What is asked of a mail relay; `MailClient` is one."""

    async def hand_over(self, mail: Mail) -> HandOver:
        """One attempt; never raises for what the relay does."""
        ...


def _clock() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class NotificationsEffects:
    """Makes each call once and never raises for what the other side does. An async context manager.

    `codes`, `others` and `broadcasts` are clients of the same gateway: codes never wait for connections that others
    hold, nor notices for those of a broadcast (N1). `clock` becomes the corrected one when the service is put together.
    """

    composer: Composer
    codes: SmsGateway
    others: SmsGateway
    broadcasts: SmsGateway
    relay: Relay
    mail_from: EmailAddress
    clock: Callable[[], datetime] = _clock
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __aenter__(self) -> Self:
        await self._open.enter_async_context(self.codes)
        await self._open.enter_async_context(self.others)
        await self._open.enter_async_context(self.broadcasts)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def send_code(self, effect: SendCode) -> Message:
        """Hand a code over (N1)."""
        return _told(CodeHandOverReported, effect.attempt, await self._sms(self.codes, effect.attempt))

    async def send_sms(self, effect: SendSms) -> Message:
        """Hand any other SMS over."""
        return _told(HandOverReported, effect.attempt, await self._sms(self.others, effect.attempt))

    async def send_broadcast(self, effect: SendBroadcast) -> Message:
        """Hand over an SMS of a broadcast, whose text was judged when it was ordered (N4)."""
        attempt = effect.attempt
        match parse_mobile(attempt.content.address.reveal()):
            case Mobile() as recipient:
                sms = Sms(attempt.about.message_id, recipient, _values(attempt)["text"])
                outcome: Outcome = await self._handed_over(self.broadcasts, sms, attempt)
            case _:
                outcome = NotAnAddress()
        return _told(BroadcastHandOverReported, attempt, outcome)

    async def send_email(self, effect: SendEmail) -> Message:
        """Hand an e-mail over."""
        return _told(HandOverReported, effect.attempt, await self._email(effect.attempt))

    async def ask_status(self, effect: AskStatus) -> Message:
        """Ask the gateway what became of an SMS (N6)."""
        answer = await self.others.status_of(effect.message_id)
        return StatusReported(message_id=effect.message_id, attempt=effect.attempt, status=status_word(answer))

    async def _sms(self, gateway: SmsGateway, attempt: Attempt) -> Outcome:
        name = _template(attempt.about.template)
        if name is None:
            return NotSent("text-not-known")
        composed = self.composer.sms(name, attempt.content.language, _values(attempt))
        recipient = parse_mobile(attempt.content.address.reveal())
        match composed, recipient:
            case NotComposed(), _:
                return composed
            case _, Mobile():
                sms = Sms(attempt.about.message_id, recipient, composed.text)
                return await self._handed_over(gateway, sms, attempt)
            case _:
                return NotAnAddress()

    async def _email(self, attempt: Attempt) -> Outcome:
        name = _template(attempt.about.template)
        if name is None:
            return NotSent("text-not-known")
        composed = self.composer.mail(name, attempt.content.language, _values(attempt))
        recipient = parse_email(attempt.content.address.reveal())
        match composed, recipient:
            case NotComposed(), _:
                return composed
            case _, EmailAddress():
                mail = build_mail(
                    composed,
                    mail_id=attempt.about.message_id,
                    sender=self.mail_from,
                    recipient=recipient,
                    date=attempt.content.decided_at,
                )
                return self._too_late(attempt) or await self.relay.hand_over(mail)
            case _:
                return NotAnAddress()

    async def _handed_over(self, gateway: SmsGateway, sms: Sms, attempt: Attempt) -> HandOver | TooLate:
        return self._too_late(attempt) or await gateway.hand_over(sms, partial(self._too_late, attempt))

    def _too_late(self, attempt: Attempt) -> TooLate | NotSent | None:
        """Whether the attempt may not begin any more: it may have stood in line, or waited for a connection (N2). A
        mail may leave later by its call's limit: nobody pays for it, and its Message-ID makes two of them one (law 8).
        """
        now = self.clock()
        if now > attempt.about.hand_over_by:
            return TooLate()
        # Past this the aggregate may have settled the attempt as unknown: calling now could pay twice (N6, N10).
        return NotSent("not-now") if now > attempt.start_by else None


def notifications_effects(settings: NotificationsSettings) -> NotificationsEffects:
    """The calls under these settings. Opens no connection yet; enter it before the service starts."""
    account = UnifonicAccount(
        base_url=settings.sms_url,
        app_sid=settings.sms_app_sid.get_secret_value(),
        sender=settings.sms_sender,
        callback_url=callback_url(
            f"{settings.receipts_url}{RECEIPTS_PATH}", settings.receipts_secret.get_secret_value()
        ),
    )
    relay = MailRelay(
        host=settings.smtp_host,
        port=settings.smtp_port,
        starttls=settings.smtp_starttls,
        username=settings.smtp_user,
        password=settings.smtp_password.get_secret_value(),
        ca_file=settings.smtp_ca_file,
    )
    return NotificationsEffects(
        composer=Composer(contact_channels(EmailAddress(settings.contact_email)), settings.link_hosts),
        codes=UnifonicClient(account, settings.sms_limits),
        others=UnifonicClient(account, settings.sms_limits),
        broadcasts=UnifonicClient(account, settings.sms_limits),
        relay=MailClient(relay, settings.mail_limits),
        mail_from=EmailAddress(settings.mail_from),
    )


def _told(message: type[AttemptReported], attempt: Attempt, outcome: Outcome) -> AttemptReported:
    if isinstance(outcome, NotSent) and outcome.reason == "turned-away":
        log.warning("turned_away", reason=outcome.gateway_code, message_id=attempt.about.message_id)
    return report(message, attempt, outcome)


def _template(name: str) -> TemplateName | None:
    return next((known for known in TEMPLATES if known == name), None)


def _values(attempt: Attempt) -> Mapping[str, str]:
    values: dict[str, str] = json.loads(attempt.content.values.reveal())
    return values

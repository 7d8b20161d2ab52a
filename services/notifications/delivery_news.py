"""What is said when a message moves: events for channels and operators, and to identity what became of a code, once
(I6, N10)."""

from typing import Final, Literal

from contracts.decision import Decision, Outgoing, decided
from contracts.message import Message
from contracts.notifications import (
    MessageDelivered,
    MessageExpired,
    MessageFailed,
    MessageHandedOver,
    OtpHandedOver,
    OtpNotHandedOver,
)
from contracts.topics import NOTIFICATIONS_EVENTS
from services.notifications.delivery_states import (
    About,
    Delivered,
    DeliveryState,
    Expired,
    Failed,
    HandedOver,
    Unknown,
)

UNTOLD: Final = frozenset({"approve-registration-code", "reset-password-code"})
"""Codes that only known people get: of these identity alone is told, else channels would learn who is known (I15)."""


def now_handed_over(about: About, gateway_message_id: str, *, told: bool = False) -> Decision[DeliveryState]:
    """The gateway has it. `told`: identity has already heard of this code."""
    messages = (*_code_handed_over(about, told), _handed_over(about))
    return decided(HandedOver(about, gateway_message_id), *_correlated(about, *messages))


def now_delivered(about: About, *, handed_over: bool = False, told: bool = False) -> Decision[DeliveryState]:
    """It arrived. `handed_over`: its hand-over has already been said."""
    before = () if handed_over else (*_code_handed_over(about, told), _handed_over(about))
    arrived = MessageDelivered(message_id=about.message_id, template=about.template, channel=about.channel)
    return decided(Delivered(about), *_correlated(about, *before, arrived))


def now_failed(about: About, reason: str, *, told: bool = False) -> Decision[DeliveryState]:
    """It was not taken, or taken and not delivered."""
    before = () if told or about.asked_by is None else (_code_not_handed_over(about, about.asked_by, "refused"),)
    return decided(Failed(about, reason), *_correlated(about, *before, _failed(about, reason)))


def now_unknown(about: About) -> Decision[DeliveryState]:
    """Nobody knows, and nothing more is tried (N6, N10)."""
    before = () if about.asked_by is None else (_code_not_handed_over(about, about.asked_by, "unknown"),)
    return decided(Unknown(about), *_correlated(about, *before, _failed(about, "unknown")))


def now_expired(about: About) -> Decision[DeliveryState]:
    """Too late: an event, not a dead letter (N2)."""
    before = () if about.asked_by is None else (_code_not_handed_over(about, about.asked_by, "expired"),)
    event = MessageExpired(message_id=about.message_id, template=about.template, channel=about.channel)
    return decided(Expired(about), *_correlated(about, *before, event))


def _code_handed_over(about: About, told: bool) -> tuple[Message, ...]:
    if told or about.asked_by is None:
        return ()
    return (OtpHandedOver(otp_id=about.message_id, asked_by=about.asked_by),)


def _code_not_handed_over(about: About, asked_by: str, reason: Literal["refused", "expired", "unknown"]) -> Message:
    return OtpNotHandedOver(otp_id=about.message_id, asked_by=asked_by, reason=reason)


def _handed_over(about: About) -> Message:
    return MessageHandedOver(message_id=about.message_id, template=about.template, channel=about.channel)


def _failed(about: About, reason: str) -> Message:
    return MessageFailed(message_id=about.message_id, template=about.template, channel=about.channel, reason=reason)


def _correlated(about: About, *messages: Message) -> tuple[Outgoing, ...]:
    told = (m for m in messages if m.topic != NOTIFICATIONS_EVENTS or about.template not in UNTOLD)
    return tuple(Outgoing(message, about.correlation_id) for message in told)

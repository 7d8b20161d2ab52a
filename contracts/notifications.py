"""Notifications' messages: hand-over, receipts, contact channels (N1-N10)."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from contracts.message import Answer, Code, Command, Event, Id, Text
from contracts.sealed import Sealed, SealedFor
from contracts.topics import (
    NOTIFICATIONS_ANSWERS,
    NOTIFICATIONS_CODE_RESULTS,
    NOTIFICATIONS_CODES,
    NOTIFICATIONS_COMMANDS,
    NOTIFICATIONS_EVENTS,
    NOTIFICATIONS_INTERNAL,
)

MessageChannel = Literal["sms", "email"]
SealedText = Annotated[Sealed, SealedFor.THIS_SERVICE]

MessageId = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""The id of one message to one person; gateways get it as their correlation id. A code's is its `otp_id`."""

GatewayMessageId = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9-]{1,64}$")]
"""What a gateway calls the message: for its own people."""


# --- to identity: what became of a code -----------------------------------------------------------------------------
class OtpHandedOver(Event, service="notifications", topic=NOTIFICATIONS_CODES):
    """The gateway took the code. The broker's stamp of this message is the code's *sending* (I6)."""

    otp_id: Id
    asked_by: Id


class OtpNotHandedOver(Event, service="notifications", topic=NOTIFICATIONS_CODES):
    """The code was not taken by the gateway, came too late to be handed over, or nobody knows (`unknown`, which is
    final): the customer may ask again without penalty (N10). Each code gets this or `OtpHandedOver`, once."""

    otp_id: Id
    asked_by: Id
    reason: Literal["refused", "expired", "unknown"]


# --- events ---------------------------------------------------------------------------------------------------------
class MessageHandedOver(Event, service="notifications", topic=NOTIFICATIONS_EVENTS):
    """A gateway or relay took a message."""

    message_id: Id
    template: Code
    channel: MessageChannel


class MessageDelivered(Event, service="notifications", topic=NOTIFICATIONS_EVENTS):
    """A receipt says the message arrived (N7)."""

    message_id: Id
    template: Code
    channel: MessageChannel


class MessageFailed(Event, service="notifications", topic=NOTIFICATIONS_EVENTS):
    """A message was refused, was not delivered, or its fate stayed unknown (N6)."""

    message_id: Id
    template: Code
    channel: MessageChannel
    reason: Code


class MessageExpired(Event, service="notifications", topic=NOTIFICATIONS_EVENTS):
    """A message could no longer be used and was not sent (N2). This is no dead letter."""

    message_id: Id
    template: Code
    channel: MessageChannel


# --- contact channels (N9) ------------------------------------------------------------------------------------------
class AskContactChannels(Command, service="notifications", topic=NOTIFICATIONS_COMMANDS):
    """How can the company be reached? Anybody may ask. Answered by `ContactChannelsGiven`."""


class ContactChannelsGiven(Answer, service="notifications", topic=NOTIFICATIONS_ANSWERS):
    """The company's contact channels, as printed."""

    customer_line: Text
    technical_support: Text
    emergency: Text
    email: Text


class ContactChannelsPublished(Event, service="notifications", topic=NOTIFICATIONS_EVENTS):
    """The same, whenever they change."""

    customer_line: Text
    technical_support: Text
    emergency: Text
    email: Text
    since: AwareDatetime


# --- inside notifications -------------------------------------------------------------------------------------------
class NoticeWanted(Event, service="notifications", topic=NOTIFICATIONS_INTERNAL):
    """A person is to be told something (N3). `values` opens to JSON: the template's values by name. Past `valid_until`
    it is of no use (N2); without it, its use is counted from this message."""

    user_id: Id
    template: Code
    channels: Annotated[tuple[MessageChannel, ...], Field(min_length=1, max_length=2)]
    values: SealedText
    valid_until: AwareDatetime | None = None


class MessageWanted(Event, service="notifications", topic=NOTIFICATIONS_INTERNAL):
    """One message to one person by one channel. Before `not_before` it waits (N4); past `hand_over_by` it is not
    handed over, past `valid_until` it is of no use (N2). `address` opens to an E.164 number or an e-mail address,
    `values` to JSON."""

    message_id: MessageId
    template: Code
    channel: MessageChannel
    language: Literal["ar", "en"]
    address: SealedText
    values: SealedText
    not_before: AwareDatetime | None = None
    hand_over_by: AwareDatetime
    valid_until: AwareDatetime


class AttemptReported(Event):
    """What became of one attempt to hand a message over. `not-sent`: certainly nothing left the house. `unknown`: it
    may have been taken (N6). `expired`: it was too late by the time its turn came (N2)."""

    message_id: MessageId
    attempt: Annotated[int, Field(ge=1, le=100)]
    result: Literal["accepted", "refused", "not-sent", "unknown", "expired"]
    reason: Code | None = None
    gateway_message_id: GatewayMessageId | None = None


class CodeHandOverReported(AttemptReported, service="notifications", topic=NOTIFICATIONS_CODE_RESULTS):
    """The attempt was to hand over a code: its result has a lane of its own (N1)."""


class HandOverReported(AttemptReported, service="notifications", topic=NOTIFICATIONS_INTERNAL):
    """The attempt was to hand over any other message."""


class StatusReported(Event, service="notifications", topic=NOTIFICATIONS_INTERNAL):
    """What a gateway says when it is asked about an attempt whose result is unknown (N6)."""

    message_id: MessageId
    attempt: Annotated[int, Field(ge=1, le=100)]
    status: Literal["taken", "delivered", "not-delivered", "never-accepted", "no-answer"]


class ReceiptReceived(Event, service="notifications", topic=NOTIFICATIONS_INTERNAL):
    """A gateway reports by itself, late and in any order (N7)."""

    message_id: MessageId
    gateway_message_id: GatewayMessageId
    status: Literal["taken", "delivered", "not-delivered"]


class ContactChannelsConfigured(Event, service="notifications", topic=NOTIFICATIONS_INTERNAL):
    """The contact channels of a replica's settings, said when it starts (N9)."""

    customer_line: Text
    technical_support: Text
    emergency: Text
    email: Text

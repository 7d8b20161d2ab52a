"""Notifications' messages: hand-over, receipts, contact channels (N1-N10)."""

from datetime import datetime
from typing import Literal

from contracts.message import Answer, Code, Command, Event, Id, Text
from contracts.topics import (
    NOTIFICATIONS_ANSWERS,
    NOTIFICATIONS_CODES,
    NOTIFICATIONS_COMMANDS,
    NOTIFICATIONS_EVENTS,
)

MessageChannel = Literal["sms", "email"]


# --- to identity: what became of a code -----------------------------------------------------------------------------
class OtpHandedOver(Event, service="notifications", topic=NOTIFICATIONS_CODES):
    """The gateway took the code. The broker's stamp of this message is the code's *sending* (I6)."""

    otp_id: Id
    asked_by: Id


class OtpNotHandedOver(Event, service="notifications", topic=NOTIFICATIONS_CODES):
    """The code was refused by the gateway, came too late to be handed over, or nobody knows (`unknown`): the customer may ask
    again without penalty (N10)."""

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
    since: datetime

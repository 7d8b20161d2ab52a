"""Whom a message is for, in words that several tables share."""

from typing import Any

from contracts.decision import Incoming


def the_message(incoming: Incoming[Any], _: object) -> str:
    """Wishes, results and receipts name the message they are about."""
    return f"delivery:{incoming.body.message_id}"


def the_recipient(incoming: Incoming[Any], _: object) -> str:
    """An event names the person it is about."""
    return f"recipient:{incoming.body.user_id}"

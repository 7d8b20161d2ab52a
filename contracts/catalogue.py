"""Importing this module fills `contracts.message.CATALOGUE` with every message."""

from contracts import (
    accounts,
    billing,
    identity,
    identity_internal,
    keys,
    metering,
    notifications,
    operations,
    registry,
    reports,
)
from contracts.message import CATALOGUE, Message

__all__ = [
    "CATALOGUE",
    "accounts",
    "billing",
    "identity",
    "identity_internal",
    "keys",
    "metering",
    "notifications",
    "operations",
    "published_messages",
    "registry",
    "reports",
]


def published_messages() -> dict[str, type[Message]]:
    """Every message of these contracts by its type, in order of the types. What a test declares is none of them."""
    return {
        name: message for name, message in sorted(CATALOGUE.items()) if message.__module__.split(".")[0] == __package__
    }

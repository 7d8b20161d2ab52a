"""Importing this module fills `contracts.message.CATALOGUE` with every message."""

from collections.abc import Mapping
from functools import cache

from contracts import (
    accounts,
    accounts_request_internal,
    accounts_supply_internal,
    accounts_transfer_internal,
    accounts_v1,
    back_office,
    billing,
    broadcasts,
    identity,
    identity_business,
    identity_business_internal,
    identity_internal,
    identity_sessions,
    identity_sessions_internal,
    keys,
    metering,
    notifications,
    notifications_broadcast_internal,
    operations,
    registry,
    reports,
    reports_internal,
    requests,
    transfers,
)
from contracts.message import CATALOGUE, Message, version_of
from contracts.schemas import description_of

__all__ = [
    "CATALOGUE",
    "about",
    "accounts",
    "accounts_request_internal",
    "accounts_supply_internal",
    "accounts_transfer_internal",
    "accounts_v1",
    "back_office",
    "billing",
    "broadcasts",
    "identity",
    "identity_business",
    "identity_business_internal",
    "identity_internal",
    "identity_sessions",
    "identity_sessions_internal",
    "keys",
    "metering",
    "newest_of",
    "notifications",
    "notifications_broadcast_internal",
    "operations",
    "published_messages",
    "registry",
    "reports",
    "reports_internal",
    "requests",
    "transfers",
]


def published_messages() -> dict[str, type[Message]]:
    """Every message of these contracts by its type, in order of the types. What a test declares is none of them."""
    return {
        name: message for name, message in sorted(CATALOGUE.items()) if message.__module__.split(".")[0] == __package__
    }


def newest_of(message: type[Message]) -> type[Message]:
    """The highest version of this message."""
    return _newest()[message.service, message.__name__]


@cache
def _newest() -> Mapping[tuple[str, str], type[Message]]:
    # Worked out once: the catalogue is whole when this module is there, and every page asks for each of its rows.
    by_version = sorted(published_messages().values(), key=version_of)
    return {(message.service, message.__name__): message for message in by_version}


def about(message: type[Message]) -> str:
    """What it says, on one line, and that a newer version has taken its place where one has."""
    newest = newest_of(message)
    superseded = "" if newest is message else f"Superseded by v{version_of(newest)}. "
    return superseded + description_of(message)

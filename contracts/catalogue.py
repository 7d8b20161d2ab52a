"""Importing this module fills `contracts.message.CATALOGUE` with every message."""

from contracts import (
    accounts,
    billing,
    identity,
    identity_internal,
    metering,
    notifications,
    operations,
    registry,
    reports,
)
from contracts.message import CATALOGUE

__all__ = [
    "CATALOGUE",
    "accounts",
    "billing",
    "identity",
    "identity_internal",
    "metering",
    "notifications",
    "operations",
    "registry",
    "reports",
]

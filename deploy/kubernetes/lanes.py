"""The lanes that the services really have."""

from collections.abc import Mapping, Sequence
from typing import Final

from services.accounts.service import LANES as ACCOUNTS
from services.chassis.service import Lane
from services.identity.service import LANES as IDENTITY
from services.notifications.service import LANES as NOTIFICATIONS
from services.reports.service import LANES as REPORTS

LANES: Final[Mapping[str, Sequence[Lane]]] = {
    "identity": IDENTITY,
    "accounts": ACCOUNTS,
    "notifications": NOTIFICATIONS,
    "reports": REPORTS,
}


def groups_of(service: str) -> list[str]:
    """The groups of a service's lanes (law 14), in order."""
    return sorted(f"{service}.{lane.name}" for lane in LANES[service])


def topics_of(service: str) -> dict[str, str]:
    """The names of a service's lanes and of what they read."""
    return {lane.name: lane.topic.name for lane in LANES[service]}

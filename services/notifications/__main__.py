"""Notifications as a process: `python -m services.notifications`."""

from collections.abc import Sequence

import structlog
from starlette.routing import BaseRoute

from contracts.message import Message
from services.chassis.keys import PrivateKeys
from services.chassis.process import run
from services.chassis.runtime import Runtime
from services.chassis.service import Service
from services.notifications.contact_desk import COMPANY
from services.notifications.effects import notifications_effects
from services.notifications.receipts_door import receipt_routes
from services.notifications.service import contact_desk, notifications_service
from services.notifications.settings import NotificationsSettings


def build(settings: NotificationsSettings, _: PrivateKeys) -> Service:
    """The service as tests build it, too."""
    return notifications_service(settings, notifications_effects(settings))


def doors(settings: NotificationsSettings, runtime: Runtime) -> Sequence[BaseRoute]:
    """The gateway's receipts come in here (N7)."""
    return receipt_routes(runtime.publish, settings.receipts_secret.get_secret_value(), structlog.get_logger())


def at_start(settings: NotificationsSettings) -> Sequence[tuple[Message, str]]:
    """Each start says what the contact channels are; they are published if they changed (N9)."""
    return [(contact_desk(settings).at_start(), COMPANY)]


if __name__ == "__main__":
    run(NotificationsSettings, build, doors, at_start)

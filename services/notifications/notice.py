"""What people are told, how long it is of use to them (N2), and of which event (N3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from contracts.accounts import AccountDefined, TransferRequested
from contracts.identity import UserActivated, UserSignedIn
from contracts.identity_sessions import PasswordChanged
from contracts.values.riyadh_day import riyadh_time
from services.notifications.templates import TemplateName

Channel = Literal["sms", "email"]
BOTH: Final[tuple[Channel, ...]] = ("sms", "email")

USE: Final[Mapping[TemplateName, timedelta]] = {
    "activation-link": timedelta(hours=1),
    "registration-success": timedelta(hours=24),
    "new-sign-in": timedelta(hours=6),
    "password-changed": timedelta(hours=24),
    "account-defined": timedelta(hours=24),
    "transfer-requested": timedelta(hours=24),
    "report-ready": timedelta(hours=6),
    "report-changed": timedelta(hours=24),
    "transfer-consent-wanted": timedelta(hours=24),
    "transfer-completed-incoming": timedelta(hours=24),
    "transfer-completed-outgoing": timedelta(hours=24),
    "transfer-ended": timedelta(hours=24),
    "beneficiary-disputed": timedelta(hours=24),
    "dispute-won": timedelta(hours=24),
    "dispute-lost": timedelta(hours=24),
    "instalments-agreed": timedelta(hours=24),
    "request-ended": timedelta(hours=24),
    "danger-received": timedelta(hours=1),
    "danger-ended": timedelta(hours=6),
    "business-registered": timedelta(hours=24),
    "authority-given": timedelta(hours=24),
    "authority-ended": timedelta(hours=24),
    "authorised-person-added": timedelta(hours=24),
    "authorised-person-removed": timedelta(hours=24),
}
"""How long after its event a notice is still of use (ours)."""

_DEFAULT_USE: Final = timedelta(hours=6)

TIME_TO_ARRIVE: Final = timedelta(minutes=10)
"""What is left of a message's use when it is handed over at the last moment (ours)."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell a person, by which channels, with the template's values."""

    template: str
    channels: tuple[Channel, ...]
    values: Mapping[str, str]


def use_of(template: str) -> timedelta:
    """How long a notice is of use."""
    return next((use for name, use in USE.items() if name == template), _DEFAULT_USE)


def use_within(template: TemplateName, told_at: datetime, begun: datetime, over: datetime) -> datetime:
    """When a notice told at `told_at` is of no use any more: what it tells of began at `begun` and is over at `over`.
    Of what lives shorter by a setting than a message may take to arrive, people are told until it is over."""
    last = over if over - begun > TIME_TO_ARRIVE else over + TIME_TO_ARRIVE
    return min(told_at + use_of(template), last)


def notice_of(event: UserActivated | UserSignedIn | PasswordChanged | AccountDefined | TransferRequested) -> Notice:
    """What a person is told of an event (N3)."""
    match event:
        case UserActivated():
            return Notice("registration-success", BOTH, {})
        case UserSignedIn():
            return Notice("new-sign-in", BOTH, {"when": riyadh_time(event.signed_in_at)})
        case PasswordChanged():
            return Notice("password-changed", BOTH, {"when": riyadh_time(event.changed_at)})
        case AccountDefined():
            return Notice("account-defined", BOTH, {"reference": event.reference})
        case TransferRequested():
            return Notice("transfer-requested", BOTH, {"reference": event.reference})

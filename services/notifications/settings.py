"""What an operator must say for notifications to work, besides what every service needs."""

import re
from datetime import time, timedelta
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from contracts.values.email_address import parse_email
from contracts.values.rejected import Rejected
from services.chassis.in_clear import is_this_machine, may_carry_secrets
from services.chassis.settings import ServiceSettings
from services.notifications.attempt import HELD_AT_MOST
from services.notifications.hand_over import CallLimits
from services.notifications.permitted_hours import PermittedHours
from services.notifications.template_lint import lint_sender
from services.notifications.templates import VALUE_RULES

_URL = r"^https?://[A-Za-z0-9._:\[\]-]+(/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-])?$"

CallSeconds = Annotated[float, Field(gt=0, le=60, allow_inf_nan=False)]


def _without_zone(at: time) -> time:
    if at.tzinfo is not None:
        raise PydanticCustomError("time", "has a time zone")
    return at


def _without_eavesdroppers(address: str) -> str:
    if not may_carry_secrets(address):
        raise PydanticCustomError("address", "in clear to another machine")
    return address


PrivateAddress = Annotated[str, Field(pattern=_URL), AfterValidator(_without_eavesdroppers)]
_PRIVATE: Final = "https, or http to localhost, 127.0.0.1 or [::1]"

RiyadhTime = Annotated[time, AfterValidator(_without_zone)]


def _address(text: str) -> str:
    address = parse_email(text)
    if isinstance(address, Rejected):
        raise PydanticCustomError("email", "not an e-mail address")
    return address.text


def _printable(address: str) -> str:
    if not VALUE_RULES["email"].permits(address):
        raise PydanticCustomError("email", "cannot stand in a message")
    return address


def _in_a_path(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9_-]{32,128}", secret.get_secret_value()):
        raise PydanticCustomError("secret", "not fit for a path")
    return secret


def _sender(text: str) -> str:
    if lint_sender(text):
        raise PydanticCustomError("sender", "not a sender's name")
    return text


class NotificationsSettings(ServiceSettings):
    """Gateway, relay, contact data, limits."""

    sms_url: PrivateAddress = Field(description=f"base address of the SMS gateway, without a final slash: {_PRIVATE}")
    sms_app_sid: SecretStr = Field(description="the gateway's AppSid", min_length=1, max_length=200)
    sms_sender: Annotated[str, AfterValidator(_sender)] = Field(
        description="name that an SMS comes from, at most 11 characters"  # N8
    )
    receipts_url: PrivateAddress = Field(
        description=f"address at which the gateway reaches this service, without a final slash: {_PRIVATE}"
    )
    receipts_secret: Annotated[SecretStr, AfterValidator(_in_a_path)] = Field(
        description="secret behind /receipts/unifonic/: 32 to 128 letters, digits, - or _"
    )
    smtp_host: str = Field(description="the mail relay's host", pattern=r"^[A-Za-z0-9.:-]{1,253}$")
    smtp_port: int = Field(description="the mail relay's port, 1 to 65535", ge=1, le=65_535)
    smtp_starttls: bool = Field(default=True, description="true, or false for a relay on this machine only")
    smtp_user: str = Field(default="", description="the relay's login, only with STARTTLS", max_length=200)
    smtp_password: SecretStr = Field(default=SecretStr(""), description="the relay's password")
    smtp_ca_file: str = Field(default="", description="file of the relay's CA certificates", max_length=1000)
    mail_from: Annotated[str, AfterValidator(_address)] = Field(description="address that e-mail comes from")
    contact_email: Annotated[str, AfterValidator(_address), AfterValidator(_printable)] = Field(
        description="the company's e-mail address for customers; there is no default"  # N9
    )
    pages_url: PrivateAddress = Field(
        description=f"base of the channel's pages, to which links in messages point, without a final slash: {_PRIVATE}"
    )  # N8
    sms_connect_s: CallSeconds = Field(default=3.0, description="seconds to connect to the SMS gateway")
    sms_read_s: CallSeconds = Field(default=8.0, description="seconds that the SMS gateway may stay silent")
    sms_total_s: CallSeconds = Field(default=10.0, description="seconds that a call of the SMS gateway may take")
    sms_held_s: float = Field(
        default=HELD_AT_MOST.total_seconds(),
        description="seconds that the SMS gateway may still work on a call given up; only then it is asked about it",
        gt=0,
        le=3600,
        allow_inf_nan=False,
    )
    smtp_total_s: CallSeconds = Field(default=10.0, description="seconds that handing over an e-mail may take")
    attempt_start_s: CallSeconds = Field(default=10.0, description="seconds that a call may stand in line")
    attempt_margin_s: CallSeconds = Field(
        default=3.0, description="seconds after which a call that never reported counts as unknown"
    )

    broadcast_opens: RiyadhTime = Field(
        default=time(9),  # N4
        description="when awareness and promotional messages begin to go out: HH:MM:SS in Riyadh",
    )
    broadcast_closes: RiyadhTime = Field(
        default=time(21),  # N4
        description="when they stop to go out; another time than the one they begin",
    )
    broadcast_per_second: int = Field(
        default=50, description="messages of one broadcast that begin to go out in a second, 1 to 2000", ge=1, le=2000
    )

    @model_validator(mode="after")
    def _broadcasts_have_hours(self) -> Self:
        if self.broadcast_opens == self.broadcast_closes:
            raise PydanticCustomError("whole", "HESABI_BROADCAST_CLOSES must differ from HESABI_BROADCAST_OPENS")
        return self

    @model_validator(mode="after")
    def _login_needs_starttls(self) -> Self:
        if self.smtp_user and not self.smtp_starttls:
            raise PydanticCustomError("whole", "HESABI_SMTP_USER needs HESABI_SMTP_STARTTLS")
        return self

    @model_validator(mode="after")
    def _mail_is_not_read_on_its_way(self) -> Self:
        if not self.smtp_starttls and not is_this_machine(self.smtp_host):
            raise PydanticCustomError(
                "whole", "HESABI_SMTP_STARTTLS may be false only where HESABI_SMTP_HOST is localhost, 127.0.0.1 or ::1"
            )
        return self

    @property
    def link_hosts(self) -> frozenset[str]:
        """The hosts that links in messages may point to (N8)."""
        return frozenset({urlsplit(self.pages_url).hostname or ""})

    @property
    def broadcast_hours(self) -> PermittedHours:
        """The hours of awareness and promotional messages (N4)."""
        return PermittedHours(self.broadcast_opens, self.broadcast_closes)

    @property
    def sms_limits(self) -> CallLimits:
        """Limits of a call of the SMS gateway."""
        return CallLimits(self.sms_connect_s, self.sms_read_s, self.sms_total_s)

    @property
    def mail_limits(self) -> CallLimits:
        """Limits of a hand-over to the relay."""
        return CallLimits(min(self.sms_connect_s, self.smtp_total_s), self.smtp_total_s, self.smtp_total_s)

    @property
    def longest_call(self) -> timedelta:
        """What the longest of these calls may take; a timer settles what never reported after it (law 8)."""
        return timedelta(seconds=max(self.sms_total_s, self.smtp_total_s))

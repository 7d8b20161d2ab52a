"""How to reach the broker: the same address, login and certificates for every client of a process."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from pydantic import SecretStr

from services.chassis.in_clear import are_on_this_machine

FROM_THE_BEGINNING: Final[Mapping[str, Any]] = {
    "group_id": None,
    "enable_auto_commit": False,
    "auto_offset_reset": "none",
}
"""Options of a consumer that reads topics whole, without a group. An offset that the log does not have is an error, and
it begins again; by itself the library would go on at the end, and nobody would learn what stands in between."""

RETRY_AFTER_MS: Final = 500
"""So long a client waits before it tries a broker again that it could not reach or that asked it to wait. A process
has a client for each lane and more; after the library's 100 ms they would crowd a broker that starts again, and burn
processor time as long as it is away."""

LOGIN_NEEDS_TLS: Final = (
    "HESABI_KAFKA_USER needs HESABI_KAFKA_CA_FILE where HESABI_KAFKA_BOOTSTRAP is not localhost, 127.0.0.1 or [::1]"
)


class Brokers(Protocol):
    """What of a program's settings says how its brokers are reached."""

    @property
    def kafka_bootstrap(self) -> str:
        """Addresses, separated by commas."""

    @property
    def kafka_user(self) -> str | None:
        """SASL user."""

    @property
    def kafka_password(self) -> SecretStr | None:
        """Given together with the user."""

    @property
    def kafka_ca_file(self) -> Path | None:
        """Given, Kafka is spoken over TLS."""

    @property
    def replica(self) -> str:
        """This process's name."""


def login_in_clear(settings: Brokers) -> bool:
    """Whether a login would go to another machine without TLS (law 11): SCRAM hides the password from those who listen,
    not from those who guess, and what follows the login is anybody's."""
    is_private = settings.kafka_ca_file is not None or are_on_this_machine(settings.kafka_bootstrap)
    return settings.kafka_user is not None and not is_private


def kafka_connection(settings: Brokers) -> dict[str, Any]:
    """Arguments of aiokafka's clients: SCRAM-SHA-512 where a user is given, TLS where a file of CAs is given.

    Raises:
        OSError: the file of CA certificates cannot be read.
    """
    connection: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap,
        "client_id": settings.replica,
        "retry_backoff_ms": RETRY_AFTER_MS,
    }
    context = _tls(settings)
    if context is not None:
        connection["ssl_context"] = context
    if settings.kafka_user is not None and settings.kafka_password is not None:
        connection["sasl_mechanism"] = "SCRAM-SHA-512"
        connection["sasl_plain_username"] = settings.kafka_user
        connection["sasl_plain_password"] = settings.kafka_password.get_secret_value()
    return connection | {"security_protocol": _protocol(settings)}


def _protocol(settings: Brokers) -> str:
    transport = "PLAINTEXT" if settings.kafka_ca_file is None else "SSL"
    return transport if settings.kafka_user is None else f"SASL_{transport}"


def _tls(settings: Brokers) -> ssl.SSLContext | None:
    return None if settings.kafka_ca_file is None else ssl.create_default_context(cafile=settings.kafka_ca_file)

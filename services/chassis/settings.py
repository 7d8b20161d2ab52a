"""Settings of every service, from environment variables that begin with `HESABI_`.

A wrong or missing one ends the process at once: one line that names the variable and what it wants, never the value.
"""

import json
import re
import socket
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AwareDatetime, BeforeValidator, Field, SecretStr, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from services.chassis.connection import LOGIN_NEEDS_TLS, login_in_clear
from services.chassis.in_clear import has_login_in_clear
from services.chassis.keys import Fingerprints

PREFIX: Final = "HESABI_"
WRONG_SETTING: Final = 2
"""Exit code of a process that was started with a wrong or missing setting."""

S = TypeVar("S", bound="ServiceSettings")

Seconds = Annotated[float, Field(gt=0, le=3_600, allow_inf_nan=False)]
LONGEST_CALL_S: Final = 5.5
"""A save that takes longer could end when its partitions are others' (decision 35; `membership`)."""


def _from_json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return TypeAdapter(dict[str, Fingerprints]).validate_python(json.loads(value))
    except (ValueError, TypeError, RecursionError):
        raise PydanticCustomError("fingerprints", "not a map of fingerprints") from None


class ServiceSettings(BaseSettings):
    """What the chassis needs. Services add their own in a subclass, each with a `description`: it is what an operator
    reads when the variable is wrong."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True, extra="ignore")

    kafka_bootstrap: str = Field(
        description="brokers as host:port, separated by commas",
        pattern=r"^[A-Za-z0-9._\[\]:-]+:[0-9]{1,5}(,[A-Za-z0-9._\[\]:-]+:[0-9]{1,5})*$",
    )
    kafka_user: str | None = Field(default=None, description="SASL user (SCRAM-SHA-512)", pattern=r"^[!-~]{1,200}$")
    kafka_password: SecretStr | None = Field(default=None, description="SASL password; given together with the user")
    kafka_ca_file: Path | None = Field(
        default=None,
        description="file of CA certificates; given, Kafka is spoken over TLS; a login to another machine needs it",
    )
    mongo_uri: SecretStr = Field(
        description="connection string, mongodb:// or mongodb+srv://; with a login to another machine, tls=true"
    )
    database: str = Field(description="name of this service's database", pattern=r"^[a-z][a-z0-9_-]{0,62}$")
    keys_folder: Path = Field(description="folder of this service's private keys")
    key_fingerprints: Annotated[Mapping[str, Fingerprints], NoDecode, BeforeValidator(_from_json)] = Field(
        description='JSON map of service to thumbprints of its keys: {"identity": {"seal": "...", "signing": "..."}}, '
        'and "next_seal" or "next_signing" while a key changes'
    )
    http_host: str = Field(
        default="127.0.0.1",
        description="address to listen on; 0.0.0.0 in a container",
        pattern=r"^[0-9A-Fa-f.:]{2,45}$",
    )
    http_port: int = Field(description="port to listen on, 0 to 65535; 0 takes a free one", ge=0, le=65_535)
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="debug, info, warning or error"
    )
    replica: str = Field(
        default_factory=socket.gethostname,
        description="name of this process, which no other of its service has meanwhile: letters, digits, . _ -",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
        validate_default=True,
    )
    call_timeout_s: Annotated[float, Field(gt=0, le=LONGEST_CALL_S, allow_inf_nan=False)] = Field(
        default=5.0, description="seconds that one call of Kafka or MongoDB may take, at most 5.5"
    )
    stop_timeout_s: Seconds = Field(
        default=10.0, description="seconds from the signal to stop to the end of the process"
    )
    stalled_after_s: Seconds = Field(
        default=60.0, description="seconds without progress after which the process ends itself"
    )
    unproven_letters_until: AwareDatetime | None = Field(
        default=None,
        description="instant up to which letters of release 0.1.0 are replayed: 2027-01-31T00:00:00Z; none: never",
    )
    traces_endpoint: str | None = Field(
        default=None,
        description="address of an OTLP/HTTP collector for traces: http://collector:4318/v1/traces; none: no traces",
        pattern=r"^https?://[A-Za-z0-9._\[\]:-]+(/[A-Za-z0-9._/-]*)?$",
    )

    @model_validator(mode="after")
    def _traces_can_be_sent(self) -> "ServiceSettings":
        if self.traces_endpoint is not None and find_spec("opentelemetry") is None:
            raise PydanticCustomError("whole", "HESABI_TRACES_ENDPOINT needs the packages of the extra `traces`")
        return self

    @model_validator(mode="after")
    def _kafka_login_is_whole(self) -> "ServiceSettings":
        if (self.kafka_user is None) != (self.kafka_password is None):
            raise PydanticCustomError(
                "whole", "HESABI_KAFKA_USER and HESABI_KAFKA_PASSWORD are given together or not at all"
            )
        return self

    @model_validator(mode="after")
    def _kafka_login_is_private(self) -> "ServiceSettings":
        if login_in_clear(self):
            raise PydanticCustomError("whole", LOGIN_NEEDS_TLS)
        return self

    @model_validator(mode="after")
    def _mongo_uri_is_one(self) -> "ServiceSettings":
        if not self.mongo_uri.get_secret_value().startswith(("mongodb://", "mongodb+srv://")):
            raise PydanticCustomError(
                "whole", "HESABI_MONGO_URI is wrong: connection string, mongodb:// or mongodb+srv://"
            )
        return self

    @model_validator(mode="after")
    def _mongo_login_is_private(self) -> "ServiceSettings":
        if has_login_in_clear(self.mongo_uri.get_secret_value()):
            raise PydanticCustomError(
                "whole",
                "HESABI_MONGO_URI is wrong: a login needs tls=true where a host is not localhost, 127.0.0.1 or [::1]",
            )
        return self

    @property
    def member(self) -> str | None:
        """The name under which the process is a member of its consumer groups. None where none was given: those on one
        machine share its name, and two members of one name would take each other's partitions away."""
        return self.replica if "replica" in self.model_fields_set else None


def read_settings(cls: type[S]) -> S:
    """The settings from the environment. If any is wrong or missing: one line on stderr, and exit with code 2."""
    try:
        return cls()
    except ValidationError as error:
        complaint = "; ".join(_complaints(cls, error))
    except SettingsError as error:
        # The library names the field in its text and nowhere else; the text itself may hold more.
        named = re.search(r'field "([a-z0-9_]+)"', str(error))
        complaint = _wrong(cls, named[1]) if named else "a setting cannot be read"
    sys.stderr.write(f"settings: {complaint}\n")
    raise SystemExit(WRONG_SETTING)


def _complaints(cls: type[ServiceSettings], error: ValidationError) -> list[str]:
    found: dict[str, None] = {}
    for detail in error.errors(include_input=False, include_url=False, include_context=False):
        if not detail["loc"]:
            # Only our own validators speak about settings as a whole, in fixed sentences.
            found[detail["msg"] if detail["type"] == "whole" else "the settings do not fit together"] = None
        elif detail["type"] == "missing":
            found[f"{_variable(str(detail['loc'][0]))} is missing: {_wish(cls, str(detail['loc'][0]))}"] = None
        else:
            found[_wrong(cls, str(detail["loc"][0]))] = None
    return list(found)


def _wrong(cls: type[ServiceSettings], name: str) -> str:
    return f"{_variable(name)} is wrong: {_wish(cls, name)}"


def _wish(cls: type[ServiceSettings], name: str) -> str:
    field = cls.model_fields.get(name)
    return (field.description if field else None) or "see the service's settings"


def _variable(name: str) -> str:
    return name.upper() if name.upper().startswith(PREFIX) else PREFIX + name.upper()

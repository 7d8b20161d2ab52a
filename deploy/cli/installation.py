"""Which system is meant: what `make up` announced, or what the environment and options say."""

import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from deploy.cli.outcome import NotReached, Wrong
from deploy.local.up.announcement import Announcement
from services.chassis.connection import LOGIN_NEEDS_TLS, login_in_clear

Fingerprints = Mapping[str, Mapping[str, str]]

KAFKA: Final = "HESABI_KAFKA_BOOTSTRAP"
FINGERPRINTS: Final = "HESABI_KEY_FINGERPRINTS"
USER: Final = "HESABI_KAFKA_USER"
PASSWORD: Final = "HESABI_KAFKA_PASSWORD"  # noqa: S105 - the name of a variable
CA_FILE: Final = "HESABI_KAFKA_CA_FILE"

_LABEL: Final = r"[A-Za-z0-9_-]{1,63}"
_ADDRESS: Final = re.compile(rf"({_LABEL}(\.{_LABEL}){{0,20}}\.?|\[[0-9A-Fa-f:.]{{2,45}}\]):(?P<port>[0-9]{{1,5}})")
"""A name, or an IPv4 or IPv6 address, and a port. Of longer labels Python's resolver raises."""


@dataclass(frozen=True, slots=True)
class Installation:
    """A system and how its brokers are reached. `up` is there if it is the one of `make up`."""

    kafka_bootstrap: str
    fingerprints: Fingerprints = field(repr=False, default_factory=dict)
    kafka_user: str | None = None
    kafka_password: SecretStr | None = None
    kafka_ca_file: Path | None = None
    up: Announcement | None = None
    replica: str = "hesabi-cli"

    def memory(self, local: Path) -> Path:
        """The folder of what is remembered of it: its own, else one called after its identity key, so that a new system
        begins afresh."""
        if self.up is not None:
            return Path(self.up.memory)
        mark = self.fingerprints.get("identity", {}).get("seal", self.kafka_bootstrap)
        return local / "cli" / "".join(letter if letter.isalnum() else "-" for letter in mark)[:40]


def installation(
    environment: Mapping[str, str], up: Announcement | None, kafka: str | None = None, fingerprints: Path | None = None
) -> Installation:
    """Options count more than the environment, that more than `make up`.

    Raises:
        NotReached: none of them says where Kafka is.
        Wrong: an address is none, a login is not whole or would go to another machine in clear, certificates cannot be
            read, or the fingerprints are no JSON map of them. Names the setting.
    """
    address = kafka or environment.get(KAFKA) or (up.kafka if up else None)
    if address is None:
        raise NotReached(f"no system is running: start one with `make up`, or name one with --kafka or {KAFKA}")
    if not all(_is_address(each) for each in address.split(",")):
        raise Wrong(f"{'--kafka' if kafka else KAFKA} is to be brokers as host:port, separated by commas")
    ours = up if up is not None and address == up.kafka else None
    user, password = environment.get(USER) or None, environment.get(PASSWORD) or None
    if (user is None) != (password is None):
        raise Wrong(f"{USER} and {PASSWORD} are given together or not at all")
    found = Installation(
        kafka_bootstrap=address,
        fingerprints=_fingerprints(environment, ours, fingerprints),
        kafka_user=user,
        kafka_password=SecretStr(password) if password else None,
        kafka_ca_file=_certificates(environment.get(CA_FILE)),
        up=ours,
    )
    if login_in_clear(found):
        raise Wrong(LOGIN_NEEDS_TLS)
    return found


def _is_address(text: str) -> bool:
    found = _ADDRESS.fullmatch(text)
    return found is not None and 0 < int(found["port"]) < 2**16


def _certificates(file: str | None) -> Path | None:
    if not file:
        return None
    try:
        ssl.create_default_context(cafile=file)
    except (OSError, ValueError):
        raise Wrong(f"{CA_FILE} is to be a file of CA certificates that can be read") from None
    return Path(file)


def _fingerprints(environment: Mapping[str, str], up: Announcement | None, file: Path | None) -> Fingerprints:
    try:
        text = file.read_text(encoding="utf-8") if file else environment.get(FINGERPRINTS)
        if text:
            return _read(json.loads(text))
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        raise Wrong(f"{file or FINGERPRINTS} is no JSON like {{'identity': {{'seal': '...'}}}}") from None
    return up.fingerprints if up else {}


def _read(found: Any) -> Fingerprints:
    return {str(service): {str(kind): str(mark) for kind, mark in marks.items()} for service, marks in found.items()}

"""Key folders for the local stack: what a production operator makes once per service and keeps in a secret store."""

import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from joserfc.jwk import OKPKey

SERVICES_WITH_KEYS: Final = ("identity", "accounts", "notifications", "reports", "registry", "billing", "back-office")
SIGNS_SESSIONS: Final = "identity"


def make_keys(folder: Path, service_names: Sequence[str] = SERVICES_WITH_KEYS) -> dict[str, dict[str, str]]:
    """Make `folder/<service>` with new private keys for each service; existing ones are never overwritten.

    Returns the fingerprints of all, in the shape of `HESABI_KEY_FINGERPRINTS` (give it as JSON).

    Raises:
        FileExistsError: there are keys in one of the folders already.
    """
    return {service: _make_one(folder / service, signs=service == SIGNS_SESSIONS) for service in service_names}


def _make_one(folder: Path, *, signs: bool) -> dict[str, str]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fingerprints = {"seal": _make_jwk(folder / "seal.jwk", OKPKey.generate_key("X25519"))}
    if signs:
        fingerprints["signing"] = _make_jwk(folder / "signing.jwk", OKPKey.generate_key("Ed25519"))
    _write(folder / "hash.key", secrets.token_hex(32))
    _write(folder / "state.key", secrets.token_hex(32))
    return fingerprints


def _make_jwk(file: Path, key: OKPKey) -> str:
    _write(file, json.dumps(key.as_dict(private=True)))
    return key.thumbprint()


def _write(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.write(text + "\n")

"""A service's private material: a folder of small files that only the service may read.

| file | what |
|---|---|
| `seal.jwk` | X25519 private key: what is sealed to this service opens with it |
| `seal-*.jwk` | seal keys from before a change, and one for the next: they open, and none of them is announced |
| `signing.jwk` | Ed25519 private key, identity only: signs sessions |
| `hash.key` | 32 bytes in hex: keyed hashes (I18). It is never changed: aggregates' names hang on it |
| `state.key` | 32 bytes in hex: wraps the documents' data keys |
| `state-*.key` | wrapping keys from before a change, and one for the next: they unwrap |
"""

import hashlib
import hmac
import json
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from services.chassis.sealing import thumbprint

KEY_BYTES: Final = 32
HASH_HEX_DIGITS: Final = 32
_PURPOSE: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_OPEN_TO_STRANGERS: Final = stat.S_IRWXO | stat.S_IWGRP  # a mounted secret is readable by the pod's group


class KeysUnusable(Exception):
    """A key file is missing, open to strangers, or not what its name says. Names the file, never its content."""


class KeyUnknown(LookupError):
    """A key that is needed is not known (yet): broken machinery. The lane pauses and tries again; nothing is parked."""


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """The RFC 7638 SHA-256 thumbprints that a service's published keys must have, pinned in settings. `next_...`: of
    a key to come, so that everybody knows it before its owner changes to it."""

    seal: str
    signing: str | None = None
    next_seal: str | None = None
    next_signing: str | None = None


@dataclass(frozen=True, slots=True)
class PrivateKeys:
    """A service's private keys. Never shown: every field stays out of reprs."""

    seal: OKPKey = field(repr=False)
    opening: Mapping[str, OKPKey] = field(repr=False)
    """By `kid`: the present seal key, those from before a change, and one for the next."""
    signing: OKPKey | None = field(repr=False)
    hash_key: bytes = field(repr=False)
    state_key: bytes = field(repr=False)
    earlier_state_keys: tuple[bytes, ...] = field(default=(), repr=False)

    @classmethod
    def load(cls, folder: Path) -> "PrivateKeys":
        """Read a service's folder of keys.

        Raises:
            KeysUnusable: names the first file that is no good, and why.
        """
        seal = _private_jwk(folder / "seal.jwk", "X25519")
        earlier = [_private_jwk(file, "X25519") for file in sorted(folder.glob("seal-*.jwk"))]
        signing = folder / "signing.jwk"
        return cls(
            seal=seal,
            opening=MappingProxyType({thumbprint(key): key for key in (*earlier, seal)}),
            signing=_private_jwk(signing, "Ed25519") if signing.exists() else None,
            hash_key=_secret_bytes(folder / "hash.key"),
            state_key=_secret_bytes(folder / "state.key"),
            earlier_state_keys=tuple(_secret_bytes(file) for file in sorted(folder.glob("state-*.key"))),
        )

    def keyed_hash(self, purpose: str, text: str) -> str:
        """32 lower-case hex digits of HMAC-SHA256 under this service's own secret (I18).

        Different purposes give unrelated hashes of the same text; a purpose is a constant of the code.
        """
        if _PURPOSE.fullmatch(purpose) is None:
            raise ValueError("the purpose of a keyed hash is a lower-case code")
        # A purpose has no NUL, so where it ends is never in doubt.
        digest = hmac.digest(self.hash_key, b"hesabi\x00" + purpose.encode() + b"\x00" + text.encode(), hashlib.sha256)
        return digest.hex()[:HASH_HEX_DIGITS]


def _private_jwk(file: Path, curve: str) -> OKPKey:
    text = _text(file)
    try:
        members = json.loads(text)
        parts = {name: members[name] for name in ("kty", "crv", "x", "d")}
        if (parts["kty"], parts["crv"]) == ("OKP", curve):
            given = OKPKey.import_key(parts)
            whole = OKPKey.import_key(given.private_key) if given.private_key is not None else given
            if whole.as_dict(private=False)["x"] == parts["x"]:
                return whole
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        pass  # what was read stays out of the error
    raise KeysUnusable(f"{file} is not a private {curve} key as JWK")


def _secret_bytes(file: Path) -> bytes:
    text = _text(file).strip()
    if re.fullmatch(rf"[0-9a-f]{{{2 * KEY_BYTES}}}", text) is None:
        raise KeysUnusable(f"{file} is not {KEY_BYTES} bytes in lower-case hex")
    return bytes.fromhex(text)


def _text(file: Path) -> str:
    try:
        mode = file.stat().st_mode
        if mode & _OPEN_TO_STRANGERS:
            raise KeysUnusable(f"{file} is open to others: its mode must be 0600")
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise KeysUnusable(f"{file} is missing") from None
    except (OSError, UnicodeDecodeError):
        raise KeysUnusable(f"{file} cannot be read") from None

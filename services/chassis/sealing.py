"""Sealed fields: texts that only their recipient can read (architecture, law 11).

A seal is a compact JWE: ECDH-ES on X25519 directly to A256GCM, never compressed (trap 32: a `zip` header turns 500
bytes into 200 kB). Its protected header has exactly `alg`, `enc`, `kid` (RFC 7638 thumbprint of the recipient's key),
`apu` (the binding, base64url) and `epk`. The binding names message type, subject and field, and the key to which the
message asks for its answer: a copy does not open, nor does a message that was sent again with another such key.

Every seal draws a fresh ephemeral key and nonce: with `effects.py`, this is where chance enters a service.
"""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry, decrypt_compact, encrypt_compact
from joserfc.jwk import GuestProtocol, OKPKey

from contracts.message import Message
from contracts.sealed import MAX_SEALED_CHARACTERS

MAX_PLAIN_BYTES: Final = 145 * 1024
"""Largest text in UTF-8 bytes: its seal with the largest header stays within `MAX_SEALED_CHARACTERS`. Messages but dead
letters meet their own 64 KiB first."""

MAX_BINDING_BYTES: Final = 300
"""Type, subject, field and thumbprint of any message; keeps the header below the 1,024 characters that are read at
all."""

MAX_KEY_CHARACTERS: Final = 300

ALGORITHM: Final = "ECDH-ES"
ENCRYPTION: Final = "A256GCM"
_HEADER: Final = {"alg", "enc", "kid", "apu", "epk"}
_EPHEMERAL: Final = {"kty", "crv", "x"}
_PROBE: Final = bytes(31) + b"\x40"

OpeningKeys = Mapping[str, OKPKey]
"""A service's private seal keys by `kid`: the present one and those it had before a rotation."""


class SealBroken(Exception):
    """A seal that does not open: changed, bound elsewhere, for another key, or none at all. Says no more."""

    def __init__(self) -> None:
        super().__init__("a seal does not open")


class NotSealable(ValueError):
    """A text that cannot be sealed: too long, or to a key that is no X25519 public key. Says nothing of its content."""


class _Limits(JWERegistry):
    max_ciphertext_length = MAX_SEALED_CHARACTERS


# Headers are checked here, before any key is touched; the library's own check would copy its registry each time.
_REGISTRY: Final = _Limits(algorithms=[ALGORITHM, ENCRYPTION], strict_check_header=False)


def binding_of(type_name: str, subject: str, field: str, answer_key: str | None = None) -> str:
    """What a seal is bound to: the message's type, the sending aggregate's or flow's id, the field's name. In a message
    that names an `answer_key` also that key's thumbprint, so that nobody else can ask for the answer (decision 22).

    Raises:
        NotSealable: the `answer_key` is no key to seal to.
    """
    place = f"{type_name}\n{subject}\n{field}"
    return place if answer_key is None else f"{place}\n{_recipient(answer_key)[1]}"


def binding_in(message: Message, subject: str, field: str) -> str:
    """The binding of a field of this message under this subject.

    Raises:
        NotSealable: it names an `answer_key` that is none.
    """
    # Asked of the type first: to look for a field that is not there takes pydantic microseconds.
    answer_key = getattr(message, "answer_key", None) if message.has_answer_key else None
    return binding_of(message.type_name, subject, field, answer_key)


def seal(plain: str, recipient_public_jwk: str, binding: str) -> str:
    """Seal a text to the owner of a key. About 200 microseconds.

    Raises:
        NotSealable: the text is over `MAX_PLAIN_BYTES`, the binding too long, or the key no good.
    """
    content, bound = plain.encode(), binding.encode()
    if len(content) > MAX_PLAIN_BYTES or len(bound) > MAX_BINDING_BYTES:
        raise NotSealable("a text is too long to be sealed")
    key, kid = _recipient(recipient_public_jwk)
    header = {"alg": ALGORITHM, "enc": ENCRYPTION, "kid": kid, "apu": _base64url(bound)}
    return encrypt_compact(header, content, key, registry=_REGISTRY)


def open_seal(jwe: str, private: OpeningKeys, binding: str) -> str:
    """The text of a seal, if it was sealed to one of `private` and bound to `binding`. About 200 microseconds.

    Raises:
        SealBroken: for whatever is wrong with it.
    """
    if len(jwe) > MAX_SEALED_CHARACTERS:
        raise SealBroken
    try:
        bound = _base64url(binding.encode())
        opened = decrypt_compact(jwe, lambda seal: _chosen(seal, private, bound), registry=_REGISTRY)
        if opened.plaintext is not None:
            return opened.plaintext.decode()
    except (JoseError, ValueError, TypeError, AssertionError, RecursionError):
        pass  # the library's texts may repeat what it read
    raise SealBroken


def validate_public_jwk(text: str) -> bool:
    """Whether a text is a public X25519 key to seal to: no private part, right length, no point of low order."""
    try:
        _recipient(text)
    except NotSealable:
        return False
    return True


def thumbprint(key: OKPKey) -> str:
    """The RFC 7638 SHA-256 thumbprint of a key: its `kid` and its pinned fingerprint."""
    return key.thumbprint()


def public_jwk(key: OKPKey) -> str:
    """The public half of a key as JWK text: `kty`, `crv` and `x`, nothing else."""
    members = key.as_dict(private=False)
    return json.dumps({name: members[name] for name in ("crv", "kty", "x")}, separators=(",", ":"))


def parse_public_jwk(text: str, curve: str) -> OKPKey | None:
    """A public key of this curve (`X25519`, `Ed25519`), or None. Members other than `kty`, `crv`, `x` are not looked
    at, except that a private part is refused."""
    if len(text) > MAX_KEY_CHARACTERS:
        return None
    try:
        members = json.loads(text)
        if not isinstance(members, dict) or "d" in members:
            return None
        if (members.get("kty"), members.get("crv")) != ("OKP", curve) or len(_raw(members.get("x"))) != 32:
            return None
        return OKPKey.import_key({"kty": "OKP", "crv": curve, "x": members["x"]})
    except (JoseError, ValueError, TypeError, RecursionError):
        return None


def _chosen(seal: GuestProtocol, private: OpeningKeys, bound: str) -> OKPKey:
    header: Any = seal.headers()
    if not isinstance(header, dict) or header.keys() != _HEADER:
        raise SealBroken
    if header["alg"] != ALGORITHM or header["enc"] != ENCRYPTION:
        raise SealBroken
    if not hmac.compare_digest(str(header["apu"]).encode(), bound.encode()):
        raise SealBroken
    ephemeral = header["epk"]
    if not isinstance(ephemeral, dict) or ephemeral.keys() != _EPHEMERAL:
        raise SealBroken
    if ephemeral["kty"] != "OKP" or ephemeral["crv"] != "X25519":
        raise SealBroken
    key = private.get(str(header["kid"]))
    if key is None:
        raise SealBroken
    return key


@lru_cache(maxsize=4096)  # services' keys and askers': importing one costs as much as a third of a seal
def _recipient(jwk: str) -> tuple[OKPKey, str]:
    key = parse_public_jwk(jwk, "X25519")
    if key is None or not isinstance(key.public_key, X25519PublicKey):
        raise NotSealable("a key to seal to is no public X25519 key")
    try:
        # A low-order point gives an all-zero secret with every scalar, which the exchange refuses.
        X25519PrivateKey.from_private_bytes(_PROBE).exchange(key.public_key)
    except ValueError:
        raise NotSealable("a key to seal to is a point of low order") from None
    return key, thumbprint(key)


def _raw(x: object) -> bytes:
    if not isinstance(x, str):
        raise TypeError("x is a text")
    raw = urlsafe_b64decode(x + "=" * (-len(x) % 4))
    if _base64url(raw) != x:
        raise ValueError("x is not in its one base64url form")
    return raw


def _base64url(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()

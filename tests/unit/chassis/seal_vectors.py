"""A second opinion on seals: RFC 7516, 7518 and 8037 by hand, with fixed keys and nonces, so that output never changes.

`python -m tests.unit.chassis.seal_vectors` writes contracts/published/vectors/seals.json, against which clients in
other languages test themselves. Nothing here uses the chassis or its JOSE library.
"""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VECTORS = Path(__file__).parents[3] / "contracts" / "published" / "vectors" / "seals.json"

# Anybody knows these private keys: they seal nothing but samples.
RECIPIENT = hashlib.sha256(b"hesabi seal vectors: recipient").digest()
EPHEMERAL = hashlib.sha256(b"hesabi seal vectors: ephemeral").digest()
NONCE = bytes(range(12))

SAMPLES = (
    ("hesabi.identity.ConfirmOtp.v1", "flow-1", "code", "1234"),
    ("hesabi.identity.StartRegistration.v1", "0b7e1a52-6f0c-4c5e-9a3d-2f1e8c7b6a59", "birth_date", "1410-05-12"),
    ("hesabi.identity.GiveContact.v1", "flow-1", "password", "كلمة السر ١٢٣ 🔑"),
    ("hesabi.identity.AddAddress.v1", "s:1", "address", '{"building_number":"1234","note":"\u0000"}'),
    ("hesabi.identity.LoggedIn.v1", "person:1", "token", "x" * 1_000),
    ("hesabi.identity.ConfirmOtp.v1", "flow-1", "code", ""),
)


def b64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def public_of(private: bytes) -> str:
    return b64(X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw())


def jwk_of(private: bytes) -> str:
    return json.dumps({"crv": "X25519", "kty": "OKP", "x": public_of(private)}, separators=(",", ":"))


def kid_of(private: bytes) -> str:
    # RFC 7638: the required members in the order of their names, without white space
    return b64(hashlib.sha256(jwk_of(private).encode()).digest())


def content_key(secret: bytes, encryption: str, apu: bytes) -> bytes:
    # RFC 7518, 4.6.2: one round of SHA-256 gives the 256 bits of A256GCM
    other = _sized(encryption.encode()) + _sized(apu) + _sized(b"") + (256).to_bytes(4, "big")
    return hashlib.sha256((1).to_bytes(4, "big") + secret + other).digest()


@dataclass
class Forge:
    """Seals by hand; each part can be set to what an attacker would."""

    recipient: bytes = RECIPIENT
    ephemeral: bytes = EPHEMERAL
    nonce: bytes = NONCE
    header: dict[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()

    def seal(self, binding: str, content: bytes) -> str:
        header: dict[str, Any] = {
            "alg": "ECDH-ES",
            "enc": "A256GCM",
            "kid": kid_of(self.recipient),
            "apu": b64(binding.encode()),
            "epk": {"kty": "OKP", "crv": "X25519", "x": public_of(self.ephemeral)},
        }
        header |= self.header
        header = {name: value for name, value in header.items() if name not in self.without}
        theirs = X25519PublicKey.from_public_bytes(unb64(public_of(self.recipient)))
        secret = X25519PrivateKey.from_private_bytes(self.ephemeral).exchange(theirs)
        protected = b64(json.dumps(header, separators=(",", ":")).encode())
        key = content_key(secret, "A256GCM", unb64(str(header.get("apu", ""))))
        sealed = AESGCM(key).encrypt(self.nonce, content, protected.encode())
        return ".".join((protected, "", b64(self.nonce), b64(sealed[:-16]), b64(sealed[-16:])))


def open_by_hand(jwe: str, private: bytes) -> tuple[dict[str, Any], str]:
    """The protected header and the text of a seal."""
    protected, _, nonce, content, tag = jwe.split(".")
    header = json.loads(unb64(protected))
    theirs = X25519PublicKey.from_public_bytes(unb64(header["epk"]["x"]))
    secret = X25519PrivateKey.from_private_bytes(private).exchange(theirs)
    key = content_key(secret, header["enc"], unb64(header["apu"]))
    return header, AESGCM(key).decrypt(unb64(nonce), unb64(content) + unb64(tag), protected.encode()).decode()


def vectors() -> str:
    """The published file."""
    samples = [
        {
            "type": type_name,
            "subject": subject,
            "field": name,
            "binding": f"{type_name}\n{subject}\n{name}",
            "plain": plain,
            "seal": Forge().seal(f"{type_name}\n{subject}\n{name}", plain.encode()),
        }
        for type_name, subject, name, plain in SAMPLES
    ]
    published = {
        "about": "Seals made with a fixed ephemeral key and nonce. Real seals draw both anew for every field.",
        "recipient_public_jwk": jwk_of(RECIPIENT),
        "recipient_private_jwk": json.dumps(
            {**json.loads(jwk_of(RECIPIENT)), "d": b64(RECIPIENT)}, separators=(",", ":")
        ),
        "recipient_kid": kid_of(RECIPIENT),
        "ephemeral_private": b64(EPHEMERAL),
        "nonce": b64(NONCE),
        "seals": samples,
    }
    return json.dumps(published, indent=2, ensure_ascii=False) + "\n"


def _sized(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


if __name__ == "__main__":
    VECTORS.parent.mkdir(parents=True, exist_ok=True)
    VECTORS.write_text(vectors(), encoding="utf-8")
    print(VECTORS)

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
STRANGER = hashlib.sha256(b"hesabi seal vectors: stranger").digest()
ASKER = hashlib.sha256(b"hesabi seal vectors: asker").digest()
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

TOKEN = "eyJhbGciOiJFZDI1NTE5In0.eyJub3RlIjoiYSBzZXNzaW9uJ3MgdG9rZW4gaXMgYW4gb3BhcXVlIHRleHQifQ.c2lnbmF0dXJl"
COMMAND = "5a3c8a0e-3f0b-4f0e-8d8f-6d1f5b1f4f57"
CUSTOMER_SAMPLES = (
    ("hesabi.accounts.StartDefinition.v1", "flow-2", "token", TOKEN),
    ("hesabi.accounts.ConfirmReview.v1", "flow-2", "token", TOKEN),
)
"""One token, sealed anew for each command with that command's binding."""

ASKING_SAMPLES = (
    ("hesabi.identity.LogIn.v1", "flow-3", "identity_number", "1087654321"),
    ("hesabi.identity.LogIn.v1", "flow-3", "password", "كلمة السر ١٢٣ 🔑"),
)
"""Commands that name an `answer_key`: bound to its thumbprint as well."""

ANSWER_SAMPLES = (
    ("hesabi.identity.LoggedIn.v1", COMMAND, "token", TOKEN),
    ("hesabi.accounts.DefinitionReviewed.v1", COMMAND, "review", '{"relation":"owner","identifier":"30012345678"}'),
)
"""Bound to the answer's type, the command's id and the answer's field."""

RFC_8037_KEY = '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'
RFC_8037_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"  # RFC 8037, A.3


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
    published = {
        "about": "Seals made with a fixed ephemeral key and nonce. Real seals draw both anew for every field.",
        "recipient_public_jwk": jwk_of(RECIPIENT),
        "recipient_private_jwk": private_jwk_of(RECIPIENT),
        "recipient_kid": kid_of(RECIPIENT),
        "ephemeral_private": b64(EPHEMERAL),
        "nonce": b64(NONCE),
        "seals": [
            *(_vector(Forge(), *sample) for sample in (*SAMPLES, *CUSTOMER_SAMPLES)),
            *_asking_vectors(),
        ],
        "thumbprints": _thumbprints(),
        "first_seal_step_by_step": _steps(*SAMPLES[0][:3]),
        "answers": {
            "about": "What a service seals to the answer_key that a command named; subject is the command's id.",
            "answer_key": jwk_of(ASKER),
            "answer_key_private": private_jwk_of(ASKER),
            "answer_key_kid": kid_of(ASKER),
            "seals": [_vector(Forge(recipient=ASKER), *sample) for sample in ANSWER_SAMPLES],
        },
        "must_not_open": _must_not_open(),
    }
    return json.dumps(published, indent=2, ensure_ascii=False) + "\n"


def private_jwk_of(private: bytes) -> str:
    return json.dumps({**json.loads(jwk_of(private)), "d": b64(private)}, separators=(",", ":"))


def _vector(forge: Forge, type_name: str, subject: str, name: str, plain: str) -> dict[str, str]:
    binding = f"{type_name}\n{subject}\n{name}"
    sealed = forge.seal(binding, plain.encode())
    return {"type": type_name, "subject": subject, "field": name, "binding": binding, "plain": plain, "seal": sealed}


def _asking_vectors() -> list[dict[str, str]]:
    """The last one writes its key as browsers do: the thumbprint, and so the binding, is the same."""
    review = ("hesabi.accounts.ReviewDefinition.v1", "flow-2", "token", TOKEN)
    spaced = f'{{ "x": "{public_of(ASKER)}", "kty": "OKP", "use": "enc", "crv": "X25519" }}'
    asked = [(*sample, jwk_of(ASKER)) for sample in ASKING_SAMPLES] + [(*review, spaced)]
    return [_asking_vector(*each) for each in asked]


def _asking_vector(type_name: str, subject: str, name: str, plain: str, answer_key: str) -> dict[str, str]:
    binding = f"{type_name}\n{subject}\n{name}\n{kid_of(ASKER)}"
    place = {"type": type_name, "subject": subject, "field": name, "answer_key": answer_key, "binding": binding}
    return {**place, "plain": plain, "seal": Forge().seal(binding, plain.encode())}


def _thumbprints() -> list[dict[str, str]]:
    spaced = f'{{ "x": "{public_of(RECIPIENT)}", "kty": "OKP", "use": "enc", "crv": "X25519" }}'
    hashed = {name: json.loads(RFC_8037_KEY)[name] for name in ("crv", "kty", "x")}
    return [
        {"about": "RFC 8037, A.3", "jwk": RFC_8037_KEY, "hashed": _compact(hashed), "thumbprint": RFC_8037_THUMBPRINT},
        {
            "about": "order, white space and further members do not count",
            "jwk": spaced,
            "hashed": jwk_of(RECIPIENT),
            "thumbprint": kid_of(RECIPIENT),
        },
    ]


def _steps(type_name: str, subject: str, name: str) -> dict[str, str]:
    """What stands between the keys and the first seal, in base64url."""
    binding = f"{type_name}\n{subject}\n{name}".encode()
    theirs = X25519PublicKey.from_public_bytes(unb64(public_of(RECIPIENT)))
    secret = X25519PrivateKey.from_private_bytes(EPHEMERAL).exchange(theirs)
    return {
        "apu": b64(binding),
        "shared_secret": b64(secret),
        "content_key": b64(content_key(secret, "A256GCM", binding)),
    }


def _must_not_open() -> list[dict[str, str]]:
    type_name, subject, name, plain = SAMPLES[0]
    bound, other = f"{type_name}\n{subject}\n{name}", f"{type_name}\nflow-2\n{name}"
    seal = Forge().seal(bound, plain.encode())
    cut = seal.rpartition(".")[0] + "." + b64(bytes(16))
    return [
        {"why": "it is bound to another key of the record", "binding": other, "seal": seal},
        {"why": "its tag was changed", "binding": bound, "seal": cut},
        {"why": "its header says zip", "binding": bound, "seal": Forge(header={"zip": "DEF"}).seal(bound, b"1234")},
        {"why": "it is for another key", "binding": bound, "seal": Forge(recipient=ASKER).seal(bound, b"1234")},
        *_must_not_open_for_others(),
    ]


def _must_not_open_for_others() -> list[dict[str, str]]:
    type_name, subject, name, plain = ASKING_SAMPLES[1]
    place = f"{type_name}\n{subject}\n{name}"
    bound, swapped = f"{place}\n{kid_of(ASKER)}", f"{place}\n{kid_of(STRANGER)}"
    stolen = {"why": "the command was sent again with another answer_key", "answer_key": jwk_of(STRANGER)}
    unbound = {"why": "it is not bound to the command's answer_key", "answer_key": jwk_of(ASKER)}
    return [
        {**stolen, "binding": swapped, "seal": Forge().seal(bound, plain.encode())},
        {**unbound, "binding": bound, "seal": Forge().seal(place, plain.encode())},
    ]


def _compact(members: dict[str, str]) -> str:
    return json.dumps(members, separators=(",", ":"))


def _sized(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


if __name__ == "__main__":
    VECTORS.parent.mkdir(parents=True, exist_ok=True)
    VECTORS.write_text(vectors(), encoding="utf-8")
    print(VECTORS)

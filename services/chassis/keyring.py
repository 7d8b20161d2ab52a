"""Whose key is whose: public keys of other services, learnt from their key topics and held against pinned fingerprints.

Sealing goes by the markers of a message's fields (contracts/sealed.py); each seal is bound to its place (law 11).
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal, assert_never

import structlog
from joserfc.jwk import OKPKey

from contracts.keys import SERVICE_KEYS_PUBLISHED, ServiceKeysPublished
from contracts.message import Message
from contracts.sealed import Sealed, SealedFor
from services.chassis.keys import Fingerprints, KeyUnknown, PrivateKeys
from services.chassis.sealing import (
    NotSealable,
    SealBroken,
    binding_in,
    open_seal,
    parse_public_jwk,
    public_jwk,
    seal,
    thumbprint,
    validate_public_jwk,
)
from services.chassis.tokens import ISSUER

log = structlog.get_logger()

KeyReason = Literal["not-pinned", "seal-key-mismatch", "signing-key-mismatch"]

_NO_JWK: Final = ""


class Keyring:
    """One service's own keys and what it knows of the others'."""

    def __init__(self, service: str, own: PrivateKeys, pinned: Mapping[str, Fingerprints]) -> None:
        self._service = service
        self._own = own
        self._pinned = pinned
        self._seal_keys = {service: public_jwk(own.seal)}
        self._signing_keys: dict[str, OKPKey] = {}
        if service == ISSUER and own.signing is not None:
            self._signing_keys[thumbprint(own.signing)] = own.signing

    def own_announcement(self) -> Message:
        """What this service publishes on its key topic at every start, with its name as key and subject."""
        signing = None if self._own.signing is None else public_jwk(self._own.signing)
        return SERVICE_KEYS_PUBLISHED[self._service](seal_key=public_jwk(self._own.seal), signing_key=signing)

    def learn(self, service: str, message: ServiceKeysPublished) -> bool:
        """Take in what `service` (the topic's permitted writer) published. False, and logged, if it is not what was
        pinned; what was known before then stays."""
        reason = self._judged(service, message)
        if reason is not None:
            log.error("key_refused", service_of_key=service, reason=reason)
            return False
        self._seal_keys[service] = message.seal_key
        signing = parse_public_jwk(message.signing_key or _NO_JWK, "Ed25519")
        if service == ISSUER and signing is not None:
            self._signing_keys[thumbprint(signing)] = signing
        return True

    def public_key(self, service: str) -> str:
        """The public seal key of a service, as JWK text.

        Raises:
            KeyUnknown: it has not been learnt yet.
        """
        key = self._seal_keys.get(service)
        if key is None:
            raise KeyUnknown(f"no seal key of {service} is known")
        return key

    def signing_key(self, kid: str) -> OKPKey | None:
        """Identity's signing key with this `kid`, for `SessionVerifier`; None if identity has no such key.

        Raises:
            KeyUnknown: none has been learnt yet.
        """
        if not self._signing_keys:
            raise KeyUnknown(f"no signing key of {ISSUER} is known")
        return self._signing_keys.get(kid)

    def seal_fields(self, message: Message, subject: str) -> Message:
        """The message with every field sealed that is not yet; `subject` is the sending aggregate's id.

        Raises:
            KeyUnknown: a recipient's key has not been learnt yet.
            NotSealable: a text is too long, or the key of an asker, or for an answer, is no good.
        """
        sealed = {}
        for name, marker in message.sealed_fields.items():
            value = getattr(message, name)
            if isinstance(value, Sealed) and value.jwe is None and value.plain is not None:
                recipient = self._recipient(message, marker, value)
                sealed[name] = Sealed(jwe=seal(value.plain.reveal(), recipient, binding_in(message, subject, name)))
        return message.model_copy(update=sealed) if sealed else message

    def opener(self, message: Message, subject: str) -> Callable[[str], str]:
        """Opens the sealed fields of a message by name, each at most once and only when asked for.

        What it returns raises `SealBroken` for a seal that does not open, and `KeyError` for a field that has no seal.
        """
        opened: dict[str, str] = {}

        def open_field(name: str) -> str:
            if name not in opened:
                value = getattr(message, name, None) if name in message.sealed_fields else None
                if not isinstance(value, Sealed) or value.jwe is None:
                    raise KeyError(name)
                opened[name] = self._opened(value.jwe, message, subject, name)
            return opened[name]

        return open_field

    def _opened(self, jwe: str, message: Message, subject: str, field: str) -> str:
        try:
            binding = binding_in(message, subject, field)
        except NotSealable:
            raise SealBroken from None  # nothing is bound to a key that is none
        return open_seal(jwe, self._own.opening, binding)

    def _judged(self, service: str, message: ServiceKeysPublished) -> KeyReason | None:
        pinned = self._pinned.get(service)
        if pinned is None:
            return "not-pinned"
        seal_key = parse_public_jwk(message.seal_key, "X25519")
        known = (pinned.seal, pinned.next_seal)
        if seal_key is None or thumbprint(seal_key) not in known or not validate_public_jwk(message.seal_key):
            return "seal-key-mismatch"
        signing_key = parse_public_jwk(message.signing_key or _NO_JWK, "Ed25519")
        if signing_key is None:
            return None if pinned.signing is None else "signing-key-mismatch"
        return None if thumbprint(signing_key) in (pinned.signing, pinned.next_signing) else "signing-key-mismatch"

    def _recipient(self, message: Message, marker: SealedFor, value: Sealed) -> str:
        match marker:
            case SealedFor.ASKER:
                if value.to is None:
                    raise NotSealable("a field for the asker was given no key of the asker")
                return value.to
            case SealedFor.THIS_SERVICE:
                return self.public_key(message.service)
            case (
                SealedFor.IDENTITY
                | SealedFor.ACCOUNTS
                | SealedFor.NOTIFICATIONS
                | SealedFor.REPORTS
                | SealedFor.REGISTRY
                | SealedFor.BILLING
                | SealedFor.BACK_OFFICE
            ):
                return self.public_key(marker.value)
            case _:
                assert_never(marker)

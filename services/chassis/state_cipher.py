"""Personal fields inside documents: each document has a data key of its own (architecture, law 11).

The data key is wrapped by the service's state key and kept in the document; destroying it erases what it encrypted.
In the *bound* form the wrapped key is good in its own document only, and each secret in its own field: whoever can
write the database, but has no key, cannot give one person's secrets to another. This release reads that form and goes
on with it where it finds it; the next one writes it (law 13).

`DocumentCipher` is the context with which a state's `Secret` fields are written and read (contracts/sealed.py).

Chance enters here: a data key is drawn for each new document, a nonce for each field written and each key wrapped. No
decision depends on it: what is decided is the same whichever is drawn.
"""

import hashlib
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.chassis.keys import KEY_BYTES, KeyUnknown

UNBOUND: Final = b"\x01"
BOUND: Final = b"\x02"
WRITTEN: Final = UNBOUND
"""The form of new documents' keys."""
FORM_BYTES: Final = 1
KEY_ID_BYTES: Final = 8
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
WRAPPED_BYTES: Final = FORM_BYTES + KEY_ID_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES
MAX_OPENED: Final = 10_000
"""Unwrapped data keys that a process remembers; about 5 MB."""

_random: Final[Callable[[int], bytes]] = os.urandom  # noqa: TID251  (see the module's docstring)


class SecretUnreadable(Exception):
    """A secret or a wrapped key that was changed, or belongs to another document. Says nothing of its content."""

    def __init__(self) -> None:
        super().__init__("a secret cannot be read")


class DocumentCipher:
    """Encrypts and decrypts the secrets of one document. Never shows its key."""

    __slots__ = ("_aead", "_is_bound")

    def __init__(self, data_key: bytes, *, is_bound: bool) -> None:
        self._aead, self._is_bound = AESGCM(data_key), is_bound

    def encrypt(self, text: str, field: str) -> str:
        """AES-256-GCM under a fresh nonce, base64url. One document's key serves 2^32 of these safely."""
        nonce = _random(NONCE_BYTES)
        return urlsafe_b64encode(nonce + self._aead.encrypt(nonce, text.encode(), self._place(field))).decode()

    def decrypt(self, text: str, field: str) -> str:
        """The text that was encrypted.

        Raises:
            SecretUnreadable: it was not encrypted with this document's key, or for another field.
        """
        try:
            raw = urlsafe_b64decode(text)
            return self._aead.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], self._place(field)).decode()
        except (InvalidTag, ValueError):
            raise SecretUnreadable from None

    def _place(self, field: str) -> bytes | None:
        return field.encode() if self._is_bound else None

    def __repr__(self) -> str:
        return "DocumentCipher(***)"


class StateCipher:
    """Draws, wraps and unwraps the data keys of a service's documents. Never shows a key."""

    def __init__(self, kek: bytes, earlier: tuple[bytes, ...] = ()) -> None:
        self._present = _key_id(kek)
        self._keks = {_key_id(key): AESGCM(key) for key in (*earlier, kek)}
        self._opened = lru_cache(maxsize=MAX_OPENED)(self._unwrap)

    def new(self, document_id: str, form: bytes = WRITTEN) -> tuple[bytes, DocumentCipher]:
        """A data key for a new document: wrapped, to be kept in the document, and as its cipher."""
        data_key, nonce = _random(KEY_BYTES), _random(NONCE_BYTES)
        head = form + self._present
        wrapped = head + nonce + self._keks[self._present].encrypt(nonce, data_key, _bound(head, document_id))
        return wrapped, DocumentCipher(data_key, is_bound=form == BOUND)

    def open(self, wrapped: bytes, document_id: str) -> DocumentCipher:
        """The cipher of a document from the wrapped key that it keeps.

        Raises:
            KeyUnknown: it was wrapped by a state key that this service does not have (broken machinery).
            SecretUnreadable: the wrapped key was changed, or is bound to another document.
        """
        return self._opened(wrapped, document_id)

    def _unwrap(self, wrapped: bytes, document_id: str) -> DocumentCipher:
        if len(wrapped) != WRAPPED_BYTES or not wrapped.startswith((UNBOUND, BOUND)):
            raise SecretUnreadable
        head, rest = wrapped[: FORM_BYTES + KEY_ID_BYTES], wrapped[FORM_BYTES + KEY_ID_BYTES :]
        kek = self._keks.get(head[FORM_BYTES:])
        if kek is None:
            raise KeyUnknown("a document's key was wrapped by a state key that is not in the keys' folder")
        try:
            data_key = kek.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], _bound(head, document_id))
            return DocumentCipher(data_key, is_bound=head.startswith(BOUND))
        except InvalidTag:
            raise SecretUnreadable from None

    def __repr__(self) -> str:
        return "StateCipher(***)"


def _bound(head: bytes, document_id: str) -> bytes:
    return head + document_id.encode() if head.startswith(BOUND) else head


def _key_id(kek: bytes) -> bytes:
    return hashlib.sha256(b"hesabi state key\x00" + kek).digest()[:KEY_ID_BYTES]

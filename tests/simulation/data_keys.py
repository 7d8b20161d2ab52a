"""Data keys of documents that cost nothing: the real cipher has tests of its own, and would slow every seed down."""

import itertools
from dataclasses import dataclass

from services.chassis.state_cipher import SecretUnreadable


@dataclass(frozen=True, slots=True)
class PlainCipher:
    """What one document's key has written, another's cannot read."""

    key: str

    def encrypt(self, text: str, field: str) -> str:
        """The text behind the key's name."""
        return f"{self.key} {text}"

    def decrypt(self, text: str, field: str) -> str:
        """The text.

        Raises:
            SecretUnreadable: another document's key wrote it.
        """
        key, _, plain = text.partition(" ")
        if key != self.key:
            raise SecretUnreadable
        return plain


class PlainKeys:
    """Numbers as keys; to wrap one is to write it down."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new(self, document_id: str) -> tuple[bytes, PlainCipher]:
        """The next number."""
        key = str(next(self._numbers))
        return key.encode(), PlainCipher(key)

    def open(self, wrapped: bytes, document_id: str) -> PlainCipher:
        """The number that was written down."""
        return PlainCipher(wrapped.decode())

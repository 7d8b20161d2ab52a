"""Fields that only the recipient service can read (architecture, law 11).

On the bus a sealed field is a compact JWE (ECDH-ES on X25519, A256GCM, no compression) bound to message type, subject
and field name, and to the message's `answer_key` where it has one, by its `apu` header. In a decision it is plain text
on its way out: the chassis seals it when the message is encoded.
"""

import hmac
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

JWE_PATTERN: Final = r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+$"
MAX_SEALED_CHARACTERS: Final = 200_000
"""Room for a whole record put aside as a dead letter; all other messages meet their 64 KiB first."""


class Secret:
    """A text that never shows itself: not in logs, not in exceptions, not in a debugger's line."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text. Every call of this is a place to look at in a review."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Inside states only: encrypted and decrypted by the cipher that the chassis gives as context, for the field in
        which it stands."""
        field = handler.field_name or ""
        return core_schema.with_info_plain_validator_function(
            partial(_decrypt, field),
            serialization=core_schema.plain_serializer_function_ser_schema(
                partial(_encrypt, field), info_arg=True, return_schema=core_schema.str_schema()
            ),
        )


def _decrypt(field: str, value: Any, info: core_schema.ValidationInfo) -> Secret:
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str) or not info.context:
        raise ValueError("a secret is read only with the cipher of its document")
    return Secret(info.context.decrypt(value, field))


def _encrypt(field: str, value: Secret, info: core_schema.SerializationInfo) -> str:
    if not info.context:
        raise ValueError("a secret is written only with the cipher of its document")
    text: str = info.context.encrypt(value.reveal(), field)
    return text


class SealedFor(Enum):
    """Who can open a sealed field: a service by name, the service whose topic the message is on, or the asker."""

    THIS_SERVICE = "this-service"
    ASKER = "asker"
    IDENTITY = "identity"
    ACCOUNTS = "accounts"
    NOTIFICATIONS = "notifications"
    REPORTS = "reports"
    REGISTRY = "registry"
    BILLING = "billing"
    BACK_OFFICE = "back-office"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed text: either `jwe` (as read from the bus) or `plain` (as decided, not yet sealed).

    `to` is the asker's public JWK and is given exactly for fields marked `SealedFor.ASKER`.
    """

    jwe: str | None = None
    plain: Secret | None = None
    to: str | None = None

    @classmethod
    def of(cls, plain: str, to: str | None = None) -> "Sealed":
        """A text that will be sealed when its message is encoded."""
        return cls(plain=Secret(plain), to=to)

    def __repr__(self) -> str:
        return "Sealed(***)"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from_text = core_schema.no_info_after_validator_function(
            lambda text: cls(jwe=text),
            core_schema.str_schema(pattern=JWE_PATTERN, max_length=MAX_SEALED_CHARACTERS),
        )
        return core_schema.json_or_python_schema(
            json_schema=from_text,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), from_text]),
            serialization=core_schema.plain_serializer_function_ser_schema(
                _jwe_text, return_schema=core_schema.str_schema()
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": JWE_PATTERN, "maxLength": MAX_SEALED_CHARACTERS, "format": "jwe"}


def _jwe_text(value: Sealed) -> str:
    if value.jwe is None:
        raise ValueError("a sealed field left the house unsealed")
    return value.jwe

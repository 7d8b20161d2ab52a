"""States as text: JSON of frozen dataclasses, secrets encrypted under the document's own key (architecture, laws 11
and 13)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from types import UnionType
from typing import Annotated, Any, Protocol, Union, get_origin

from pydantic import Discriminator, TypeAdapter, ValidationError

from services.chassis.document import FORMAT, Document, FormatTooNew
from services.chassis.encoding import MAX_STATE_BYTES, BudgetExceeded
from services.chassis.service import Kind


class Cipher(Protocol):
    """Encrypts and decrypts the secrets of one document."""

    def encrypt(self, text: str, field: str) -> str:
        """The text of a field to cipher text."""
        ...

    def decrypt(self, text: str, field: str) -> str:
        """Cipher text to the text of a field."""
        ...


class DataKeys(Protocol):
    """Draws and unwraps the data keys of documents."""

    def new(self, document_id: str) -> tuple[bytes, Cipher]:
        """A new key for this document, wrapped, and its cipher."""
        ...

    def open(self, wrapped: bytes, document_id: str) -> Cipher:
        """The cipher of this document's wrapped key."""
        ...


@dataclass(slots=True)
class StateCodec:
    """Reads and writes the states of one kind."""

    kind: Kind
    data_keys: DataKeys
    _adapter: TypeAdapter[Any] = field(init=False)

    def __post_init__(self) -> None:
        self._adapter = _adapter_of(self.kind.state)

    def read(self, document: Document) -> Any:
        """The document's state, None where there is none. Raises what pydantic raises on a state that does not fit, and
        `FormatTooNew` on a stage that only another release can have written."""
        if document.state is None:
            return None
        secrets = _Secrets(self.data_keys, document)
        try:
            return self._adapter.validator.validate_json(document.state, context=secrets)
        except ValidationError as error:
            if any(each["type"] == "union_tag_invalid" for each in error.errors(include_input=False)):
                raise FormatTooNew from None
            raise

    def write(self, document: Document, state: Any) -> None:
        """Put the state into the draft, with its `due_at`. Raises `BudgetExceeded` over 256 KiB."""
        secrets = _Secrets(self.data_keys, document)
        raw = self._adapter.serializer.to_json(state, context=secrets)
        if len(raw) > MAX_STATE_BYTES:
            raise BudgetExceeded("state")
        due: Callable[[Any], Any] | None = self.kind.due_at
        due_at = due(state) if due is not None else None
        # From here on nothing fails: a draft holds the whole of a decision or nothing of it.
        document.state, document.due_at, document.format = raw.decode(), due_at, FORMAT
        document.data_key = secrets.data_key


@cache
def _adapter_of(state: Any) -> TypeAdapter[Any]:
    # It takes milliseconds to make, and serves every process of a simulation.
    is_union = get_origin(state) in (Union, UnionType)
    return TypeAdapter[Any](Annotated[state, Discriminator("stage")] if is_union else state)  # type: ignore[arg-type,maybe-unrecognized-str-typeform]


class _Secrets:
    """The cipher of one document, made when a secret first asks for it: most documents have none, and need no key."""

    __slots__ = ("_cipher", "_data_keys", "_document_id", "data_key")

    def __init__(self, data_keys: DataKeys, document: Document) -> None:
        self._data_keys, self._document_id, self.data_key = data_keys, document.id, document.data_key
        self._cipher: Cipher | None = None

    def encrypt(self, text: str, field: str) -> str:
        return self._opened().encrypt(text, field)

    def decrypt(self, text: str, field: str) -> str:
        return self._opened().decrypt(text, field)

    def _opened(self) -> Cipher:
        if self._cipher is None:
            if self.data_key is None:
                self.data_key, self._cipher = self._data_keys.new(self._document_id)
            else:
                self._cipher = self._data_keys.open(self.data_key, self._document_id)
        return self._cipher

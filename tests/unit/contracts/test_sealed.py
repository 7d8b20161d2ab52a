"""Secrets and sealed fields do not show what they hold."""

import dataclasses
import json
import pickle
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from contracts.identity import LogIn
from contracts.message import Message
from contracts.samples import PUBLIC_KEY_SAMPLE, SEALED_SAMPLE
from contracts.sealed import Sealed, SealedFor, Secret

HIDDEN = "planted-4711"

TELLING: dict[str, Callable[[object], str]] = {
    "repr": repr,
    "str": str,
    "format": "{}".format,
    "f-string with repr": "{!r}".format,
    "percent": lambda value: "%s %r" % (value, value),  # noqa: UP031
    "inside a list": lambda value: str([value]),
    "inside an error": lambda value: "".join(traceback.format_exception(ValueError(value))),
}


class Reversing:
    """A cipher for tests: it turns texts round."""

    def encrypt(self, text: str, field: str) -> str:
        return text[::-1]

    def decrypt(self, text: str, field: str) -> str:
        return text[::-1]


@dataclass(frozen=True)
class Reachable:
    """A state with a personal field."""

    mobile: Secret


def log_in(**changes: Sealed) -> LogIn:
    """A login whose fields have been read from the bus, but for some."""
    fields: dict[str, Any] = {"identity_number": Sealed(SEALED_SAMPLE), "password": Sealed(SEALED_SAMPLE), **changes}
    return LogIn(identity_type="citizen", answer_key=PUBLIC_KEY_SAMPLE, **fields)


@pytest.mark.parametrize("way", TELLING)
@pytest.mark.parametrize("value", [Secret(HIDDEN), Sealed.of(HIDDEN), Sealed.of("x", to=HIDDEN), Sealed(jwe=HIDDEN)])
def test_no_way_of_telling_shows_it(way: str, value: object) -> None:
    assert HIDDEN not in TELLING[way](value)


def test_a_message_and_a_state_do_not_show_it() -> None:
    message = log_in(password=Sealed.of(HIDDEN))
    assert HIDDEN not in repr(message) + str(message) + repr(message.model_copy()) + repr(Reachable(Secret(HIDDEN)))


def test_an_unsealed_field_never_leaves_the_house() -> None:
    message = log_in(password=Sealed.of(HIDDEN))
    ways: list[Callable[[], object]] = [
        message.model_dump_json,
        lambda: message.model_dump(mode="json"),
        lambda: message.__pydantic_serializer__.to_json(message),
    ]
    for way in ways:
        with pytest.raises(PydanticSerializationError) as told:
            way()
        assert HIDDEN not in str(told.value)


def test_a_sealed_field_leaves_as_it_came() -> None:
    body = log_in().model_dump_json()
    assert json.loads(body)["password"] == SEALED_SAMPLE
    assert LogIn.model_validate_json(body) == log_in()


@pytest.mark.parametrize(
    "text", [HIDDEN, "", "a.b.c", "a.b.c.d.e.f", ".b.c.d.e", "a.b.c.d.", "a.b.c.d.é", "a b.b.c.d.e"]
)
def test_what_is_no_seal_is_refused_without_being_told(text: str) -> None:
    body = {"identity_type": "citizen", "identity_number": text, "password": SEALED_SAMPLE, "answer_key": "{}"}
    with pytest.raises(ValidationError) as told:
        LogIn.model_validate_json(json.dumps(body))
    assert text == "" or text not in str(told.value)


def test_a_secret_tells_its_cipher_in_which_field_it_stands() -> None:
    class ByField:
        def encrypt(self, text: str, field: str) -> str:
            return f"{field}:{text}"

        def decrypt(self, text: str, field: str) -> str:
            return text.removeprefix(f"{field}:")

    @dataclass(frozen=True)
    class Both:
        first: Reachable
        others: tuple[Secret, ...]
        perhaps: Secret | None = None

    adapter, state = TypeAdapter(Both), Both(Reachable(Secret("1")), (Secret("2"),), Secret("3"))
    written = json.loads(adapter.dump_json(state, context=ByField()))
    assert written == {"first": {"mobile": "mobile:1"}, "others": ["others:2"], "perhaps": "perhaps:3"}
    assert adapter.validate_python(written, context=ByField()) == state


def test_a_secret_is_written_and_read_only_with_its_cipher() -> None:
    adapter = TypeAdapter(Reachable)
    state = Reachable(Secret(HIDDEN))

    with pytest.raises(PydanticSerializationError) as unwritten:
        adapter.dump_json(state)
    with pytest.raises(ValidationError) as unread:
        adapter.validate_json(json.dumps({"mobile": 4711}), context=Reversing())

    assert HIDDEN not in str(unwritten.value)
    assert unread.value.error_count() == 1
    written = adapter.dump_json(state, context=Reversing())
    assert HIDDEN.encode() not in written
    assert adapter.validate_json(written, context=Reversing()) == state
    with pytest.raises(ValidationError):
        adapter.validate_json(written)


@given(st.text(), st.text())
def test_secrets_are_equal_as_their_texts_are(one: str, other: str) -> None:
    assert (Secret(one) == Secret(other)) == (one == other)
    assert Secret(one) != one
    assert (hash(Secret(one)) == hash(Secret(other))) >= (one == other)
    assert Secret(one).reveal() == one


def test_a_secret_has_no_dictionary_and_does_not_pickle_to_text() -> None:
    assert not hasattr(Secret(HIDDEN), "__dict__")
    assert not dataclasses.is_dataclass(Secret)
    with pytest.raises(TypeError):
        pickle.dumps(Secret(HIDDEN), protocol=0)


def test_a_message_knows_its_sealed_fields_and_who_opens_them() -> None:
    class Told(Message):
        """Not in the catalogue: it names no topic."""

        plain: str
        for_us: Annotated[Sealed, SealedFor.THIS_SERVICE]
        for_you: Annotated[Sealed, SealedFor.ASKER] | None = None

    assert Told.sealed_fields["for_us"] is SealedFor.THIS_SERVICE
    assert "plain" not in Told.sealed_fields

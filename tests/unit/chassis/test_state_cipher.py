import gc
from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from contracts.sealed import Secret
from services.chassis.keys import KeyUnknown
from services.chassis.state_cipher import WRAPPED_BYTES, SecretUnreadable, StateCipher

KEK, OTHER_KEK = b"k" * 32, b"o" * 32


@dataclass(frozen=True)
class Registered:
    mobile: Secret
    stage: Literal["registered"] = "registered"


ADAPTER = TypeAdapter(Registered)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_L11_a_secret_is_read_again_with_its_documents_key(text: str) -> None:
    wrapped, cipher = StateCipher(KEK).new()
    assert StateCipher(KEK).open(wrapped).decrypt(cipher.encrypt(text)) == text


def test_L11_a_state_is_written_and_read_with_the_documents_cipher() -> None:
    wrapped, cipher = StateCipher(KEK).new()
    stored = ADAPTER.dump_json(Registered(Secret("+966500000001")), context=cipher)
    assert b"966500000001" not in stored
    assert ADAPTER.validate_json(stored, context=StateCipher(KEK).open(wrapped)).mobile.reveal() == "+966500000001"


def test_L11_another_documents_key_reads_nothing() -> None:
    ciphers = StateCipher(KEK)
    (_, one), (_, other) = ciphers.new(), ciphers.new()
    with pytest.raises(SecretUnreadable):
        other.decrypt(one.encrypt("+966500000001"))


def test_L11_the_same_text_never_looks_the_same() -> None:
    _, cipher = StateCipher(KEK).new()
    assert len({cipher.encrypt("1234") for _ in range(50)}) == 50


@pytest.mark.parametrize("encrypted", ["", "A", "AAAA", "not base64 !", "ع", "A" * 64])
def test_L11_what_is_no_secret_of_this_document_is_unreadable(encrypted: str) -> None:
    _, cipher = StateCipher(KEK).new()
    with pytest.raises(SecretUnreadable) as caught:
        cipher.decrypt(encrypted)
    assert str(caught.value) == "a secret cannot be read"
    assert caught.value.__suppress_context__


def test_L11_every_changed_bit_of_a_wrapped_key_is_noticed() -> None:
    ciphers = StateCipher(KEK)
    wrapped, _ = ciphers.new()
    assert len(wrapped) == WRAPPED_BYTES
    for place in range(len(wrapped)):
        changed = wrapped[:place] + bytes([wrapped[place] ^ 1]) + wrapped[place + 1 :]
        with pytest.raises((SecretUnreadable, KeyUnknown)):
            ciphers.open(changed)


@pytest.mark.parametrize("wrapped", [b"", b"\x01", b"\x02" * WRAPPED_BYTES])
def test_L11_what_is_no_wrapped_key_is_unreadable(wrapped: bytes) -> None:
    with pytest.raises(SecretUnreadable):
        StateCipher(KEK).open(wrapped)


def test_L11_a_state_key_that_is_missing_is_broken_machinery_not_a_bad_document() -> None:
    wrapped, _ = StateCipher(KEK).new()
    with pytest.raises(KeyUnknown):
        StateCipher(OTHER_KEK).open(wrapped)


def test_L11_after_a_rotation_old_documents_open_and_new_ones_use_the_new_key() -> None:
    before, cipher = StateCipher(KEK).new()
    rotated = StateCipher(OTHER_KEK, earlier=(KEK,))
    assert rotated.open(before).decrypt(cipher.encrypt("x")) == "x"
    after, fresh = rotated.new()
    assert StateCipher(OTHER_KEK).open(after).decrypt(fresh.encrypt("x")) == "x"
    with pytest.raises(KeyUnknown):
        StateCipher(KEK).open(after)


def test_L11_an_opened_key_is_remembered() -> None:
    ciphers = StateCipher(KEK)
    wrapped, _ = ciphers.new()
    assert ciphers.open(wrapped) is ciphers.open(wrapped)


def test_L11_keys_do_not_show_themselves() -> None:
    ciphers = StateCipher(KEK)
    _, cipher = ciphers.new()
    assert (repr(ciphers), repr(cipher)) == ("StateCipher(***)", "DocumentCipher(***)")
    assert not [held for held in gc.get_referents(cipher) if isinstance(held, bytes)]

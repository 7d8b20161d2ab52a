import gc
from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from contracts.sealed import Secret
from services.chassis.keys import KeyUnknown
from services.chassis.state_cipher import BOUND, UNBOUND, WRAPPED_BYTES, SecretUnreadable, StateCipher

KEK, OTHER_KEK = b"k" * 32, b"o" * 32
ID = "user:1"


@dataclass(frozen=True)
class Registered:
    mobile: Secret
    stage: Literal["registered"] = "registered"


ADAPTER = TypeAdapter(Registered)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_L11_a_secret_is_read_again_with_its_documents_key(text: str) -> None:
    wrapped, cipher = StateCipher(KEK).new(ID)
    assert StateCipher(KEK).open(wrapped, ID).decrypt(cipher.encrypt(text, "mobile"), "mobile") == text


def test_L11_a_state_is_written_and_read_with_the_documents_cipher() -> None:
    wrapped, cipher = StateCipher(KEK).new(ID)
    stored = ADAPTER.dump_json(Registered(Secret("+966500000001")), context=cipher)
    assert b"966500000001" not in stored
    assert ADAPTER.validate_json(stored, context=StateCipher(KEK).open(wrapped, ID)).mobile.reveal() == "+966500000001"


def test_L11_another_documents_key_reads_nothing() -> None:
    ciphers = StateCipher(KEK)
    (_, one), (_, other) = ciphers.new(ID), ciphers.new(ID)
    with pytest.raises(SecretUnreadable):
        other.decrypt(one.encrypt("+966500000001", "mobile"), "mobile")


def test_L11_the_same_text_never_looks_the_same() -> None:
    _, cipher = StateCipher(KEK).new(ID)
    assert len({cipher.encrypt("1234", "mobile") for _ in range(50)}) == 50


@pytest.mark.parametrize("encrypted", ["", "A", "AAAA", "not base64 !", "ع", "A" * 64])
def test_L11_what_is_no_secret_of_this_document_is_unreadable(encrypted: str) -> None:
    _, cipher = StateCipher(KEK).new(ID)
    with pytest.raises(SecretUnreadable) as caught:
        cipher.decrypt(encrypted, "mobile")
    assert str(caught.value) == "a secret cannot be read"
    assert caught.value.__suppress_context__


def test_L11_a_bound_secret_is_read_in_its_own_field_of_its_own_document_only() -> None:
    ciphers = StateCipher(KEK)
    wrapped, cipher = ciphers.new(ID, BOUND)
    encrypted = cipher.encrypt("+966500000001", "mobile")
    assert StateCipher(KEK).open(wrapped, ID).decrypt(encrypted, "mobile") == "+966500000001"
    with pytest.raises(SecretUnreadable):
        cipher.decrypt(encrypted, "email")
    with pytest.raises(SecretUnreadable):
        ciphers.open(wrapped, "user:2")


def test_L11_a_bound_key_does_not_pass_for_an_unbound_one() -> None:
    ciphers = StateCipher(KEK)
    wrapped, _ = ciphers.new(ID, BOUND)
    with pytest.raises(SecretUnreadable):
        ciphers.open(UNBOUND + wrapped[1:], ID)


@pytest.mark.parametrize("form", [UNBOUND, BOUND])
def test_L11_every_changed_bit_of_a_wrapped_key_is_noticed(form: bytes) -> None:
    ciphers = StateCipher(KEK)
    wrapped, _ = ciphers.new(ID, form)
    assert len(wrapped) == WRAPPED_BYTES
    for place in range(len(wrapped)):
        changed = wrapped[:place] + bytes([wrapped[place] ^ 1]) + wrapped[place + 1 :]
        with pytest.raises((SecretUnreadable, KeyUnknown)):
            ciphers.open(changed, ID)


@pytest.mark.parametrize("wrapped", [b"", b"\x01", b"\x03" * WRAPPED_BYTES])
def test_L11_what_is_no_wrapped_key_is_unreadable(wrapped: bytes) -> None:
    with pytest.raises(SecretUnreadable):
        StateCipher(KEK).open(wrapped, ID)


def test_L11_a_state_key_that_is_missing_is_broken_machinery_not_a_bad_document() -> None:
    wrapped, _ = StateCipher(KEK).new(ID)
    with pytest.raises(KeyUnknown):
        StateCipher(OTHER_KEK).open(wrapped, ID)


def test_L11_after_a_rotation_old_documents_open_and_new_ones_use_the_new_key() -> None:
    before, cipher = StateCipher(KEK).new(ID)
    rotated = StateCipher(OTHER_KEK, earlier=(KEK,))
    assert rotated.open(before, ID).decrypt(cipher.encrypt("x", "mobile"), "mobile") == "x"
    after, fresh = rotated.new(ID)
    assert StateCipher(OTHER_KEK).open(after, ID).decrypt(fresh.encrypt("x", "mobile"), "mobile") == "x"
    with pytest.raises(KeyUnknown):
        StateCipher(KEK).open(after, ID)


def test_L11_an_opened_key_is_remembered() -> None:
    ciphers = StateCipher(KEK)
    wrapped, _ = ciphers.new(ID)
    assert ciphers.open(wrapped, ID) is ciphers.open(wrapped, ID)


def test_L11_keys_do_not_show_themselves() -> None:
    ciphers = StateCipher(KEK)
    _, cipher = ciphers.new(ID)
    assert (repr(ciphers), repr(cipher)) == ("StateCipher(***)", "DocumentCipher(***)")
    assert not [held for held in gc.get_referents(cipher) if isinstance(held, bytes)]

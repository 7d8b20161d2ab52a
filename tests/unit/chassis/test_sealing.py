import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from contracts.sealed import MAX_SEALED_CHARACTERS
from services.chassis.sealing import (
    MAX_BINDING_BYTES,
    MAX_PLAIN_BYTES,
    NotSealable,
    SealBroken,
    binding_of,
    open_seal,
    parse_public_jwk,
    public_jwk,
    seal,
    thumbprint,
    validate_public_jwk,
)
from tests.unit.chassis.seal_vectors import (
    EPHEMERAL,
    RECIPIENT,
    Forge,
    b64,
    jwk_of,
    kid_of,
    open_by_hand,
    unb64,
)

TYPE, SUBJECT, FIELD = "hesabi.identity.ConfirmOtp.v1", "flow-1", "code"
BINDING = binding_of(TYPE, SUBJECT, FIELD)
OURS = OKPKey.import_key({**json.loads(jwk_of(RECIPIENT)), "d": b64(RECIPIENT)})
KEYS = {thumbprint(OURS): OURS}
PUBLIC = jwk_of(RECIPIENT)
MARKED = "marked-7f3a"

# Points of small order as they may be written, some beyond the prime or with the unused bit set.
LOW_ORDER = (
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
)


def jwk(**members: Any) -> str:
    return json.dumps({**json.loads(PUBLIC), **members})


def refused(jwe: str, binding: str = BINDING) -> None:
    with pytest.raises(SealBroken) as caught:
        open_seal(jwe, KEYS, binding)
    assert str(caught.value) == "a seal does not open"
    assert caught.value.__context__ is None


def test_L11_the_second_opinion_opens_our_seals() -> None:
    header, text = open_by_hand(seal("1234", PUBLIC, BINDING), RECIPIENT)
    assert text == "1234"
    assert header.keys() == {"alg", "enc", "kid", "apu", "epk"}
    assert header["kid"] == kid_of(RECIPIENT) == thumbprint(OURS)
    assert header["epk"].keys() == {"kty", "crv", "x"}


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.text(max_size=60))
def test_L11_what_is_sealed_opens_again(plain: str, binding: str) -> None:
    assert open_seal(seal(plain, PUBLIC, binding), KEYS, binding) == plain


@pytest.mark.parametrize("plain", ["", "\x00", "a\x00b" * 100, "x" * 40_000, "ع" * 20_000, "x" * MAX_PLAIN_BYTES])
def test_L11_all_sizes_and_nul_open_again_within_the_limit_of_a_field(plain: str) -> None:
    binding = "b" * MAX_BINDING_BYTES
    sealed = seal(plain, PUBLIC, binding)
    assert len(sealed) <= MAX_SEALED_CHARACTERS
    assert open_seal(sealed, KEYS, binding) == plain


def test_L11_too_long_a_text_or_binding_is_not_sealed() -> None:
    with pytest.raises(NotSealable, match="too long"):
        seal("x" * (MAX_PLAIN_BYTES + 1), PUBLIC, BINDING)
    with pytest.raises(NotSealable, match="too long"):
        seal("1", PUBLIC, "b" * (MAX_BINDING_BYTES + 1))


def test_L11_no_two_seals_share_a_key_or_a_nonce() -> None:
    seals = [seal("1234", PUBLIC, BINDING) for _ in range(50)]
    for part in (0, 2, 3):
        assert len({each.split(".")[part] for each in seals}) == 50


@pytest.mark.parametrize(
    "elsewhere",
    [
        binding_of("hesabi.identity.ActivateUser.v1", SUBJECT, FIELD),
        binding_of(TYPE, "flow-2", FIELD),
        binding_of(TYPE, SUBJECT, "token"),
        BINDING + "\n",
        "",
    ],
)
def test_L11_a_seal_moved_to_another_type_subject_or_field_does_not_open(elsewhere: str) -> None:
    sealed = seal("1234", PUBLIC, BINDING)
    assert open_seal(sealed, KEYS, BINDING) == "1234"
    refused(sealed, elsewhere)


@pytest.mark.parametrize(
    "changed",
    [
        {"alg": "ECDH-ES+A256KW"},
        {"alg": "dir"},
        {"alg": "RSA1_5"},
        {"alg": ["ECDH-ES"]},
        {"enc": "A128GCM"},
        {"enc": "A256CBC-HS512"},
        {"zip": "DEF"},
        {"crit": ["zip"]},
        {"apv": "YQ"},
        {"typ": "JWT"},
        {"kid": "another"},
        {"kid": None},
        {"apu": ""},
        {"apu": b64(BINDING.encode()) + "="},
        {"epk": {"kty": "OKP", "crv": "X25519"}},
        {"epk": {"kty": "OKP", "crv": "X448", "x": "AA"}},
        {"epk": {"kty": "OKP", "crv": "Ed25519", "x": b64(bytes(32))}},
        {"epk": {"kty": "EC", "crv": "P-256", "x": "AA"}},
        {"epk": {"kty": "OKP", "crv": "X25519", "x": b64(bytes(31))}},
        {"epk": {"kty": "OKP", "crv": "X25519", "x": 7}},
        {"epk": {**json.loads(jwk_of(EPHEMERAL)), "d": b64(EPHEMERAL)}},
        {"epk": "X25519"},
        {"jwk": json.loads(PUBLIC)},
    ],
    ids=str,
)
def test_L11_trap_32_a_header_that_is_not_exactly_ours_is_refused(changed: dict[str, Any]) -> None:
    assert open_seal(Forge().seal(BINDING, MARKED.encode()), KEYS, BINDING) == MARKED
    refused(Forge(header=changed).seal(BINDING, MARKED.encode()))


@pytest.mark.parametrize("missing", ["alg", "enc", "kid", "apu", "epk"])
def test_L11_a_header_without_one_of_its_members_is_refused(missing: str) -> None:
    refused(Forge(without=(missing,)).seal(BINDING, MARKED.encode()))


@pytest.mark.parametrize("part", range(5))
def test_L11_any_changed_part_is_refused(part: int) -> None:
    parts = seal("1234567890", PUBLIC, BINDING).split(".")
    parts[part] = ("B" if parts[part].startswith("A") else "A") + parts[part][1:]
    refused(".".join(parts))


@pytest.mark.parametrize("length", [0, 4, 12, 15])
def test_L11_a_shortened_tag_is_refused(length: int) -> None:
    head, _, tag = seal("1234", PUBLIC, BINDING).rpartition(".")
    refused(f"{head}.{b64(unb64(tag)[:length])}")


def test_L11_content_that_is_no_text_is_refused() -> None:
    refused(Forge().seal(BINDING, b"\xff\xfe"))


@pytest.mark.parametrize("point", LOW_ORDER)
def test_L11_an_ephemeral_point_of_low_order_is_refused(point: str) -> None:
    epk = {"kty": "OKP", "crv": "X25519", "x": b64(bytes.fromhex(point))}
    refused(Forge(header={"epk": epk}).seal(BINDING, MARKED.encode()))


def test_L11_another_services_key_cannot_open() -> None:
    other = OKPKey.generate_key("X25519")
    sealed = seal("1234", PUBLIC, BINDING)
    with pytest.raises(SealBroken):
        open_seal(sealed, {thumbprint(other): other}, BINDING)
    with pytest.raises(SealBroken):  # nor when it is taken for the right one
        open_seal(sealed, {thumbprint(OURS): other}, BINDING)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=200), st.binary(max_size=90).map(lambda raw: b64(raw) + "..AA.AA.AA")))
def test_L11_garbage_is_refused_without_another_error(garbage: str) -> None:
    refused(garbage)


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["alg", "enc", "kid", "apu", "epk", "zip"]), inner, max_size=6)
        ),
        max_leaves=12,
    )
)
def test_L11_any_json_as_header_is_refused_without_another_error(header: Any) -> None:
    refused(f"{b64(json.dumps(header).encode())}..{b64(bytes(12))}.AA.{b64(bytes(16))}")


def test_L11_oversized_and_deep_seals_are_refused() -> None:
    refused("A" * (MAX_SEALED_CHARACTERS + 1))
    refused(f"{b64(b'[' * 700)}..AA.AA.AA")


def test_L11_a_good_public_key_is_accepted_with_members_that_browsers_add() -> None:
    assert validate_public_jwk(PUBLIC)
    assert validate_public_jwk(jwk(key_ops=[], ext=True, kid="mine", use="sig"))
    sealed = seal("1234", jwk(key_ops=[], ext=True, use="sig"), BINDING)
    assert open_seal(sealed, KEYS, BINDING) == "1234"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "[" * 250,
        jwk(d=b64(RECIPIENT)),
        jwk(d=None),
        jwk(kty="EC"),
        jwk(crv="Ed25519"),
        jwk(crv="X448"),
        jwk(x=""),
        jwk(x=None),
        jwk(x=b64(bytes(range(31)))),
        jwk(x=b64(bytes(range(33)))),
        jwk(x=json.loads(PUBLIC)["x"] + "="),
        jwk(x="!" * 43),
        jwk(pad="x" * 300),
    ],
)
def test_L11_a_key_that_is_not_public_x25519_is_refused(text: str) -> None:
    assert not validate_public_jwk(text)
    with pytest.raises(NotSealable):
        seal("1234", text, BINDING)


@pytest.mark.parametrize("point", LOW_ORDER)
def test_L11_a_public_key_of_low_order_is_refused(point: str) -> None:
    assert not validate_public_jwk(jwk(x=b64(bytes.fromhex(point))))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=320))
def test_L11_any_text_is_judged_as_a_key_without_an_error(text: str) -> None:
    assert validate_public_jwk(text) is False


def test_L11_the_public_half_shows_no_private_part() -> None:
    text = public_jwk(OURS)
    assert json.loads(text).keys() == {"crv", "kty", "x"}
    parsed = parse_public_jwk(text, "X25519")
    assert parsed is not None
    assert not parsed.is_private

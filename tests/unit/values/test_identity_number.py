import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from contracts.values.identity_number import IDENTITY_TYPES, IdentityNumber, judge_identity
from contracts.values.rejected import Rejected
from contracts.values.segment import Segment
from tests.unit.values.test_digits import ARABIC_INDIC, EXTENDED_ARABIC_INDIC

MALFORMED = Rejected("identity-number-malformed")
CHECKSUM = Rejected("identity-number-checksum")

eight_digits = st.from_regex(r"[0-9]{8}", fullmatch=True)
with_luhn = st.sampled_from([("citizen", "1"), ("resident", "2")])


def with_check_digit(number: str) -> str:
    return number + luhn.calc_check_digit(number)


def accepted(type_code: str, text: str) -> str:
    judged = judge_identity(type_code, text)
    assert isinstance(judged, IdentityNumber)
    return judged.text


@given(with_luhn, eight_digits)
def test_I3_citizens_and_residents_carry_a_luhn_check(kind: tuple[str, str], rest: str) -> None:
    type_code, first = kind
    number = with_check_digit(first + rest)
    assert judge_identity(type_code, number) == IdentityNumber(type_code, number)


@given(with_luhn, eight_digits, st.integers(1, 9), st.sampled_from(string.digits))
def test_I3_every_single_wrong_digit_is_caught(kind: tuple[str, str], rest: str, place: int, digit: str) -> None:
    type_code, first = kind
    number = with_check_digit(first + rest)
    changed = number[:place] + digit + number[place + 1 :]
    assert judge_identity(type_code, changed) == (IdentityNumber(type_code, number) if changed == number else CHECKSUM)


@given(with_luhn, eight_digits, st.sampled_from(string.digits))
def test_I3_a_citizen_starts_with_1_and_a_resident_with_2(kind: tuple[str, str], rest: str, first: str) -> None:
    type_code, right = kind
    judged = judge_identity(type_code, with_check_digit(first + rest))
    assert (judged == MALFORMED) is (first != right)


def test_I3_a_number_known_from_elsewhere() -> None:
    assert accepted("citizen", "1000000008") == "1000000008"
    assert judge_identity("citizen", "1000000009") == CHECKSUM
    assert judge_identity("citizen", "2000000006") == MALFORMED
    assert accepted("resident", "2000000006") == "2000000006"


@given(st.from_regex(r"7[0-9]{9}", fullmatch=True))
def test_I3_a_business_number_has_no_checksum(number: str) -> None:
    assert accepted("business", number) == number


@pytest.mark.parametrize("text", ["", "1000000008", "700000000", "70000000000", "7OOOOOOOOO"])
def test_I3_a_business_number_has_10_digits_and_starts_with_7(text: str) -> None:
    assert judge_identity("business", text) == MALFORMED


@pytest.mark.parametrize(
    ("type_code", "text"),
    [
        ("gcc-national", "784199012345678"),
        ("gcc-national", "00010203"),
        ("passport", "A1234567"),
        ("border-number", "4012345678"),
    ],
)
def test_I3_other_types_by_length_and_characters_only(type_code: str, text: str) -> None:
    assert accepted(type_code, text) == text


@pytest.mark.parametrize(
    ("type_code", "text"),
    [
        ("gcc-national", "1234567"),
        ("gcc-national", "1234567890123456"),
        ("gcc-national", "A2345678"),
        ("passport", "A123"),
        ("passport", "A123456789012"),
        ("passport", "A1234/67"),
        ("passport", "\u017f1234567"),  # a long s, which upper() makes an S
        ("passport", "1234ß"),
        ("border-number", "401234567"),
        ("border-number", "A012345678"),
    ],
)
def test_I3_other_types_refuse_other_lengths_and_characters(type_code: str, text: str) -> None:
    assert judge_identity(type_code, text) == MALFORMED


@given(with_luhn, eight_digits, st.sampled_from([ARABIC_INDIC, EXTENDED_ARABIC_INDIC]))
def test_I3_digits_of_either_script_are_the_same_number(
    kind: tuple[str, str], rest: str, script: dict[int, int]
) -> None:
    type_code, first = kind
    number = with_check_digit(first + rest)
    assert accepted(type_code, number.translate(script)) == number


def test_I3_a_passport_is_kept_in_capitals() -> None:
    assert accepted("passport", " a123-4567") == "A1234567"


def test_I3_an_unknown_type_is_refused() -> None:
    assert judge_identity("driving-licence", "1000000008") == Rejected("identity-type-unknown")


@pytest.mark.parametrize("type_code", IDENTITY_TYPES)
@pytest.mark.parametrize("segment", Segment)
def test_I1_a_type_is_for_one_segment(type_code: str, segment: Segment) -> None:
    judged = judge_identity(type_code, "", segment)
    fits = IDENTITY_TYPES[type_code].segment is segment
    assert judged == (MALFORMED if fits else Rejected("identity-type-not-for-segment"))


def test_I3_every_type_has_a_row_of_its_own() -> None:
    assert set(IDENTITY_TYPES) == {"citizen", "resident", "gcc-national", "passport", "border-number", "business"}


@given(st.sampled_from(sorted(IDENTITY_TYPES)), st.text())
def test_I3_whatever_is_typed_gets_a_number_or_a_reason(type_code: str, text: str) -> None:
    judged = judge_identity(type_code, text)
    if isinstance(judged, IdentityNumber):
        assert judge_identity(type_code, judged.text) == judged
    else:
        assert judged in (MALFORMED, CHECKSUM)


def test_I3_a_number_hides_in_its_repr() -> None:
    judged = judge_identity("citizen", "1000000008")
    assert "1000000008" not in f"{judged!r} {judged}"

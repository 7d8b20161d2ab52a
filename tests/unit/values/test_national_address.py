import unicodedata
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values.national_address import (
    NationalAddress,
    StatedAddress,
    judge_national_address,
)
from contracts.values.rejected import Rejected
from tests.combining_marks import MARKS, is_sorted_in

STATED = StatedAddress(
    building_number="2929",
    street="طريق الملك فهد",
    district="العليا",
    city="الرياض",
    postal_code="12313",
    additional_number="8118",
    unit="12أ",
    short_address="RHMA2929",
)

four_digits = st.from_regex(r"[0-9]{4}", fullmatch=True)


def test_I12_an_address_of_all_parts_is_accepted() -> None:
    judged = judge_national_address(STATED)
    assert isinstance(judged, NationalAddress)
    assert asdict(judged) == asdict(STATED)
    assert judged.region == 1


def test_I12_unit_and_short_address_may_be_left_out() -> None:
    judged = judge_national_address(replace(STATED, unit=None, short_address=" "))
    assert isinstance(judged, NationalAddress)
    assert (judged.unit, judged.short_address) == (None, None)


def test_I3_an_address_is_brought_to_its_canonical_form() -> None:
    typed = replace(
        STATED,
        building_number="٢٩٢٩",
        street="  \u202bطريق   الملك فهد\u202c ",
        postal_code=" ۱۲۳۱۳",
        additional_number="81-18",
        short_address="rhma ٢٩٢٩",
    )
    judged = judge_national_address(typed)
    assert isinstance(judged, NationalAddress)
    assert asdict(judged) == asdict(STATED)


@pytest.mark.parametrize(
    ("part", "text", "reason"),
    [
        ("building_number", "292", "building-number-malformed"),
        ("building_number", "29290", "building-number-malformed"),
        ("street", "", "street-malformed"),
        ("street", "-", "street-malformed"),
        ("street", "س" * 101, "street-malformed"),
        ("street", "شارع\x1b[2J", "street-malformed"),
        ("district", "حي\x00", "district-malformed"),
        ("city", " \u200f ", "city-malformed"),
        ("postal_code", "02313", "postal-code-malformed"),
        ("postal_code", "92313", "postal-code-malformed"),
        ("postal_code", "1231", "postal-code-malformed"),
        ("additional_number", "81180", "additional-number-malformed"),
        ("additional_number", "", "additional-number-malformed"),
        ("unit", "1" * 11, "unit-malformed"),
        ("unit", "#", "unit-malformed"),
        ("short_address", "RHM2929", "short-address-malformed"),
        ("short_address", "رحما2929", "short-address-malformed"),
        ("short_address", "RHM\u017f2929", "short-address-malformed"),
        ("short_address", "RHMA2928", "short-address-contradicts-building-number"),
    ],
)
def test_I12_each_part_is_refused_with_its_own_reason(part: str, text: str, reason: str) -> None:
    assert judge_national_address(replace(STATED, **{part: text})) == Rejected(reason)


@pytest.mark.parametrize("part", ["street", "district", "city", "unit"])
def test_I12_a_run_of_combining_marks_is_too_long_before_it_is_sorted(part: str) -> None:
    stated = replace(STATED, **{part: f"a{MARKS}"})
    assert judge_national_address(stated) == Rejected(f"{part}-malformed")
    assert not is_sorted_in(lambda: judge_national_address(stated))


def test_I12_a_line_counts_in_its_normal_form_without_stray_spaces() -> None:
    longest = "ᾂ" * 100
    typed = f"{' ' * 5_000}\u202b{unicodedata.normalize('NFD', longest)}\u202c\u2000\n"
    judged = judge_national_address(replace(STATED, street=typed))
    assert isinstance(judged, NationalAddress)
    assert judged.street == longest
    assert judge_national_address(replace(STATED, street=typed + "ᾂ")) == Rejected("street-malformed")


@pytest.mark.parametrize("first", "0123456789")
def test_I12_the_first_digit_of_the_postal_code_is_the_region(first: str) -> None:
    judged = judge_national_address(replace(STATED, postal_code=f"{first}2313"))
    if first in "12345678":
        assert isinstance(judged, NationalAddress)
        assert judged.region == int(first)
    else:
        assert judged == Rejected("postal-code-malformed")


@given(four_digits, four_digits)
def test_I12_the_short_address_checks_the_building_number(building: str, digits: str) -> None:
    judged = judge_national_address(replace(STATED, building_number=building, short_address=f"RHMA{digits}"))
    assert isinstance(judged, NationalAddress) is (building == digits)


@given(st.builds(StatedAddress, *[st.text()] * 6, st.none() | st.text(), st.none() | st.text()))
def test_I12_whatever_is_typed_gets_an_address_or_a_reason(stated: StatedAddress) -> None:
    assert isinstance(judge_national_address(stated), NationalAddress | Rejected)


@given(st.text())
def test_I12_an_accepted_address_is_accepted_unchanged_again(street: str) -> None:
    judged = judge_national_address(replace(STATED, street=street))
    assert judged == Rejected("street-malformed") or judge_national_address(judged) == judged  # type: ignore[arg-type]


def test_I12_an_address_hides_in_its_repr() -> None:
    judged = judge_national_address(STATED)
    assert not any(str(part) in f"{STATED!r} {judged!r} {judged}" for part in asdict(STATED).values())

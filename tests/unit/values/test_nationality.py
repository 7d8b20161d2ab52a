import importlib.resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values.nationality import COUNTRY_CODES, judge_nationality, parse_nationality
from contracts.values.rejected import Rejected
from contracts.values.segment import Segment


def test_I2_the_codes_are_those_of_iso_3166() -> None:
    listed = importlib.resources.files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text(encoding="utf-8")
    assert {line[:2] for line in listed.splitlines() if not line.startswith("#")} == COUNTRY_CODES
    assert len(COUNTRY_CODES) == 249


@given(st.sampled_from(sorted(COUNTRY_CODES)), st.booleans())
def test_I2_a_code_in_either_case_is_a_nationality(code: str, lower: bool) -> None:
    assert parse_nationality(f" {code.lower() if lower else code} ") == code


@given(st.text().filter(lambda text: text.strip().upper() not in COUNTRY_CODES))
def test_I2_anything_else_is_refused(text: str) -> None:
    assert parse_nationality(text) == Rejected("nationality-unknown")


@pytest.mark.parametrize("text", ["", "XK", "SAU", "682", "ıt", "ﬁ"])
def test_I2_what_only_looks_like_a_code_is_refused(text: str) -> None:
    assert parse_nationality(text) == Rejected("nationality-unknown")


def test_I2_an_individual_states_a_nationality() -> None:
    assert judge_nationality(Segment.INDIVIDUAL, "SA") == "SA"
    assert judge_nationality(Segment.INDIVIDUAL, "ZZ") == Rejected("nationality-unknown")
    assert judge_nationality(Segment.INDIVIDUAL, None) == Rejected("nationality-missing")


def test_I2_a_business_states_none() -> None:
    assert judge_nationality(Segment.BUSINESS, None) is None
    assert judge_nationality(Segment.BUSINESS, "SA") == Rejected("nationality-not-for-business")

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values.mobile import Mobile, parse_mobile
from contracts.values.rejected import Rejected
from tests.unit.values.test_digits import ARABIC_INDIC, EXTENDED_ARABIC_INDIC

subscribers = st.from_regex(r"[0-9]{8}", fullmatch=True)


@given(subscribers, st.sampled_from(["05", "9665", "+9665", "009665"]))
def test_I7_every_way_of_writing_a_mobile_is_one_number(subscriber: str, prefix: str) -> None:
    assert parse_mobile(prefix + subscriber) == Mobile(f"+9665{subscriber}")


@given(subscribers, st.sampled_from([ARABIC_INDIC, EXTENDED_ARABIC_INDIC]))
def test_I3_digits_of_either_script_are_the_same_mobile(subscriber: str, script: dict[int, int]) -> None:
    assert parse_mobile(f"\u202a05{subscriber}\u202c".translate(script)) == Mobile(f"+9665{subscriber}")


def test_I7_separators_are_ignored() -> None:
    assert parse_mobile(" +966 50-123 4567 ") == Mobile("+966501234567")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "501234567",
        "0412345678",
        "0112345678",
        "050123456",
        "05012345678",
        "+966 0501234567",
        "+971501234567",
        "++966501234567",
        "0501234567;0501234568",
        "05O1234567",
        "050123456²",
    ],
)
def test_I7_what_is_no_saudi_mobile_is_refused(text: str) -> None:
    assert parse_mobile(text) == Rejected("mobile-malformed")


@given(st.text())
def test_I7_whatever_is_typed_gets_a_mobile_or_a_reason(text: str) -> None:
    assert isinstance(parse_mobile(text), Mobile | Rejected)


@given(subscribers)
def test_I7_the_canonical_form_is_taken_back_and_gateways_get_theirs(subscriber: str) -> None:
    mobile = Mobile(f"+9665{subscriber}")
    assert parse_mobile(mobile.text) == mobile
    assert mobile.gateway_form == f"9665{subscriber}"
    assert parse_mobile(mobile.gateway_form) == mobile


def test_I7_a_mobile_hides_in_its_repr() -> None:
    mobile = Mobile("+966501234123")
    assert "1234" not in f"{mobile!r} {mobile}"

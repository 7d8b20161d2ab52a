import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values.account_number import ACCOUNT_IDENTIFIER_KINDS, AccountIdentifier, judge_account_identifier
from contracts.values.rejected import Rejected
from tests.unit.values.test_digits import ARABIC_INDIC, EXTENDED_ARABIC_INDIC

numbers = st.from_regex(r"[0-9]{11}", fullmatch=True)


@given(numbers)
def test_A2_an_account_number_has_11_digits(number: str) -> None:
    assert judge_account_identifier("account-number", number) == AccountIdentifier("account-number", number)


@given(numbers, st.sampled_from([ARABIC_INDIC, EXTENDED_ARABIC_INDIC]))
def test_A2_digits_of_either_script_are_the_same_account(number: str, script: dict[int, int]) -> None:
    typed = f" {number[:5]}-{number[5:]}".translate(script)
    assert judge_account_identifier("account-number", typed) == AccountIdentifier("account-number", number)


@pytest.mark.parametrize("text", ["", "3000123456", "300012345678", "3000123456A", "3000123456²"])
def test_A2_another_form_is_refused(text: str) -> None:
    assert judge_account_identifier("account-number", text) == Rejected("account-number-malformed")


def test_A2_the_account_number_is_the_one_kind_known() -> None:
    assert list(ACCOUNT_IDENTIFIER_KINDS) == ["account-number"]
    assert judge_account_identifier("meter-number", "30001234567") == Rejected("account-identifier-kind-unknown")


@given(st.text())
def test_A2_whatever_is_typed_gets_an_identifier_or_a_reason(text: str) -> None:
    judged = judge_account_identifier("account-number", text)
    assert isinstance(judged, AccountIdentifier | Rejected)


def test_A2_an_account_number_hides_in_its_repr() -> None:
    identifier = AccountIdentifier("account-number", "30001234567")
    assert "30001234567" not in f"{identifier!r} {identifier}"

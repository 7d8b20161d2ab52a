from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values.money import Halalas, riyals, round_half_up, vat_on

amounts = st.integers(-(10**12), 10**12).map(Halalas)


@pytest.mark.parametrize(
    ("amount", "written"), [(0, "0.00"), (5, "0.05"), (100_000, "1,000.00"), (123_456_789, "1,234,567.89")]
)
def test_money_is_written_in_riyals_with_two_places(amount: int, written: str) -> None:
    assert riyals(amount) == written


@given(st.integers(0, 10**12))
def test_written_money_is_the_amount_to_the_halala(amount: int) -> None:
    assert Fraction(riyals(amount).replace(",", "")) * 100 == amount


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_rounding_goes_to_the_nearest_and_a_half_away_from_zero(numerator: int, denominator: int) -> None:
    rounded = round_half_up(numerator, denominator)
    distance = abs(Fraction(numerator, denominator)) - abs(rounded)
    assert -Fraction(1, 2) <= distance < Fraction(1, 2)
    assert rounded == 0 or (rounded > 0) is (numerator > 0)


@pytest.mark.parametrize("denominator", [0, -2])
def test_a_fraction_is_rounded_over_a_positive_denominator(denominator: int) -> None:
    with pytest.raises(ValueError, match="positive denominator"):
        round_half_up(1, denominator)


@pytest.mark.parametrize(("net", "vat"), [(0, 0), (100, 15), (3, 0), (10, 2), (30, 5), (-10, -2), (123456, 18518)])
def test_R7_vat_of_15_percent_is_rounded_half_up_to_the_halala(net: int, vat: int) -> None:
    assert vat_on(Halalas(net), 1500) == vat


@given(amounts, st.integers(0, 10_000))
def test_R7_the_vat_of_a_credit_undoes_the_vat_of_its_charge(net: Halalas, rate: int) -> None:
    assert vat_on(Halalas(-net), rate) == -vat_on(net, rate)

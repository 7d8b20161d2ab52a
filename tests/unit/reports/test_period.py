from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reports.period import Period, month_period

days = st.dates(date(2000, 1, 1), date(2060, 12, 31))
periods = st.tuples(days, st.integers(0, 800)).map(lambda p: Period(p[0], p[0] + timedelta(days=p[1])))


@given(periods)
def test_months_and_years_cut_a_period_without_loss(period: Period) -> None:
    for parts in (period.months(), period.years()):
        assert [day for part in parts for day in part] == list(period)
        assert len(list(period)) == period.days


@pytest.mark.parametrize(
    ("period", "months", "earlier"),
    [
        (month_period(2026, 3), 1, month_period(2026, 2)),
        (month_period(2026, 2), 1, month_period(2026, 1)),
        (month_period(2028, 2), 12, month_period(2027, 2)),
        (month_period(2027, 2), 12, month_period(2026, 2)),
        (month_period(2029, 2), 12, month_period(2028, 2)),
        (Period(date(2026, 1, 1), date(2026, 12, 31)), 12, Period(date(2025, 1, 1), date(2025, 12, 31))),
        (Period(date(2026, 1, 5), date(2026, 1, 20)), 1, Period(date(2025, 12, 5), date(2025, 12, 20))),
        (Period(date(2026, 3, 30), date(2026, 3, 30)), 1, Period(date(2026, 2, 28), date(2026, 2, 28))),
        (Period(date(2028, 3, 29), date(2028, 3, 30)), 1, Period(date(2028, 2, 29), date(2028, 2, 29))),
        (Period(date(2026, 5, 30), date(2026, 5, 30)), 1, Period(date(2026, 4, 30), date(2026, 4, 30))),
    ],
)
def test_R1_the_same_period_before(period: Period, months: int, earlier: Period) -> None:
    assert period.earlier(months) == earlier


def test_a_period_that_ends_before_it_begins_is_a_bug() -> None:
    with pytest.raises(ValueError, match="ends before"):
        Period(date(2026, 1, 2), date(2026, 1, 1))

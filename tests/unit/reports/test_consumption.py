from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.values.riyadh_day import day_start
from services.reports.consumption import Comparison, ComparisonRefused, DayConsumption
from services.reports.period import SECONDS_A_DAY, Period, month_period
from services.reports.readings import IntervalReading
from services.reports.report import comparison_bases, periods_needed
from tests.unit.reports.situations import (
    APRIL,
    HOUR,
    april_report,
    april_with_two_days_missing,
    hours_of,
    hours_of_days,
    report_of,
)

FIRST = date(2026, 4, 1)
some_readings = st.lists(
    st.tuples(st.integers(0, 24 * 70), st.integers(0, 9_000)).map(
        lambda pair: IntervalReading(datetime(2026, 3, 20, tzinfo=UTC) + timedelta(hours=pair[0]), HOUR, pair[1], "raw")
    ),
    max_size=60,
)


@given(some_readings, st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_R1_days_add_up_to_months_years_and_total_in_any_order(given_: list[IntervalReading], shuffler: Random) -> None:
    period = Period(date(2026, 3, 25), date(2026, 5, 20))
    report = report_of(given_, period)
    days = sum(day.energy_wh or 0 for day in report.days)
    assert days == sum(month.energy_wh or 0 for month in report.months)
    assert days == sum(year.energy_wh or 0 for year in report.years)
    assert days == (report.total.energy_wh or 0) == sum(reading.energy_wh for reading in report.readings)
    shuffled = given_ * 2
    shuffler.shuffle(shuffled)
    assert report_of(shuffled, period) == report


def test_R1_energy_of_a_day_by_hand() -> None:
    report = report_of(hours_of(FIRST, 1_250))
    assert report.days[0].energy_wh == 30_000
    assert report.total.energy_wh == 30_000
    assert [month.period for month in report.months] == [APRIL]


def test_R5_a_gap_is_not_a_zero() -> None:
    report = report_of(hours_of(FIRST, 0))
    assert report.days[0].energy_wh == 0
    assert report.days[0].status == "measured"
    assert report.days[1].energy_wh is None
    assert report.days[1].status == "missing"
    assert report_of([]).total.energy_wh is None


def test_R5_28_of_30_days_are_measured() -> None:
    total = report_of(april_with_two_days_missing()).total
    assert (total.measured_days, total.period.days, total.missing_days) == (28, 30, 2)
    assert total.energy_wh == 28 * 24_000
    assert total.mean_measured_day_wh == 24_000


def test_R5_a_day_counts_as_measured_only_with_all_its_intervals_and_none_estimated() -> None:
    report = april_report()
    assert report.days[14].status == "partial"
    assert report.days[14].energy_wh == 20_000
    assert report.days[17].status == "estimated"
    assert DayConsumption(FIRST, 5, SECONDS_A_DAY, ("raw", "estimated")).status == "estimated"
    assert (report.total.measured_days, report.total.partial_days, report.total.estimated_days) == (26, 1, 1)


def test_R5_a_day_of_mixed_interval_lengths_is_measured() -> None:
    noon = day_start(FIRST) + timedelta(hours=12)
    quarters = [IntervalReading(noon + timedelta(minutes=15 * n), 900, 100, "raw") for n in range(48)]
    report = report_of(hours_of(FIRST, count=12) + quarters)
    assert report.days[0].status == "measured"
    assert report.interval_lengths_s == (900, 3_600)


def test_R5_a_corrected_reading_keeps_its_mark_beside_the_raw_ones() -> None:
    correction = IntervalReading(day_start(FIRST), HOUR, 1_500, "corrected", version=1)
    day = report_of([*hours_of(FIRST), correction]).days[0]
    assert day.qualities == ("raw", "corrected")
    assert day.energy_wh == 24_500


def test_R5_an_interval_across_midnight_is_not_split() -> None:
    late = IntervalReading(day_start(FIRST) + timedelta(hours=23, minutes=30), HOUR, 800, "raw")
    days = report_of([late]).days
    assert (days[0].energy_wh, days[0].covered_s) == (800, 1_800)
    assert (days[1].energy_wh, days[1].covered_s, days[1].status) == (None, 1_800, "missing")


def test_R7_readings_are_put_on_riyadh_days() -> None:
    just_before = IntervalReading(datetime(2026, 3, 31, 20, tzinfo=UTC), HOUR, 1, "raw")
    first_hour = IntervalReading(datetime(2026, 3, 31, 21, tzinfo=UTC), HOUR, 2, "raw")
    assert report_of([just_before, first_hour]).total.energy_wh == 2


def test_R1_comparison_by_the_average_measured_day() -> None:
    before = hours_of_days(month_period(2026, 3), 800)
    month, year = report_of(april_with_two_days_missing() + before).comparisons
    assert isinstance(month, Comparison)
    assert (month.mean_day_wh, month.earlier_mean_day_wh, month.change_permille) == (24_000, 19_200, 250)
    assert isinstance(year, ComparisonRefused)
    assert year.reason == "no-earlier-readings"


@pytest.mark.parametrize(
    ("now", "then", "permille"),
    [
        (900, 1_000, -100),
        (1_000, 1_000, 0),
        (1_001, 1_500, -333),
        (1_000, 1_500, -333),
        (2_001, 2_000, 1),  # a half goes away from zero
        (1_999, 2_000, -1),
    ],
)
def test_R1_change_in_tenths_of_a_percent(now: int, then: int, permille: int) -> None:
    month = report_of(hours_of_days(APRIL, now) + hours_of_days(month_period(2026, 3), then)).comparisons[0]
    assert isinstance(month, Comparison)
    assert month.change_permille == permille


def test_R1_R5_the_average_day_is_of_measured_days_only_and_rounded_half_up() -> None:
    estimated = hours_of(date(2026, 4, 3), 9_000, quality="estimated")
    partial = hours_of(date(2026, 4, 4), 9_000, count=3) + hours_of(date(2026, 4, 5), 9_000, count=2)
    odd = IntervalReading(day_start(FIRST), HOUR, 1_001, "raw")
    total = report_of([*hours_of(FIRST)[1:], odd, *hours_of(date(2026, 4, 2)), *estimated, *partial]).total
    assert (total.measured_days, total.partial_days, total.estimated_days, total.missing_days) == (2, 2, 1, 25)
    assert total.mean_measured_day_wh == 24_001  # 24,000.5
    assert total.energy_wh == 48_001 + 24 * 9_000 + 5 * 9_000


def test_R1_R5_one_measured_day_is_an_average_and_its_mark_is_kept() -> None:
    total = report_of(hours_of(FIRST, quality="measured")).total
    assert (total.mean_measured_day_wh, total.qualities) == (24_000, ("measured",))


def test_R1_no_change_is_given_from_zero() -> None:
    month = report_of(hours_of_days(APRIL) + hours_of_days(month_period(2026, 3), 0)).comparisons[0]
    assert isinstance(month, Comparison)
    assert month.change_permille is None


@pytest.mark.parametrize(
    ("days_now", "days_then", "reason"),
    [(27, 31, None), (26, 31, "cover-too-low"), (30, 28, None), (30, 27, "earlier-cover-too-low")],
)
def test_R1_comparison_is_refused_under_90_percent_cover(days_now: int, days_then: int, reason: str | None) -> None:
    now = hours_of_days(list(APRIL)[:days_now])
    then = hours_of_days(list(month_period(2026, 3))[:days_then])
    month = report_of(now + then).comparisons[0]
    assert (month.reason if isinstance(month, ComparisonRefused) else None) == reason


def test_R1_a_year_is_compared_with_the_year_before_only() -> None:
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    assert comparison_bases(year) == ("year-before",)
    assert periods_needed(year) == (year, Period(date(2025, 1, 1), date(2025, 12, 31)))
    assert periods_needed(APRIL) == (APRIL, month_period(2026, 3), month_period(2025, 4))


@pytest.mark.parametrize(
    ("first", "last", "bases"),
    [
        (date(2026, 2, 1), date(2026, 3, 3), ("year-before",)),  # 31 days; a month before: to 3 February
        (date(2026, 2, 1), date(2026, 3, 1), ("year-before",)),
        (date(2026, 1, 30), date(2026, 2, 28), ("year-before",)),  # 30 days; a month before: to 31 January
        (date(2026, 1, 15), date(2026, 2, 14), ("month-before", "year-before")),
        (date(2026, 2, 1), date(2026, 2, 28), ("month-before", "year-before")),
        (date(2026, 3, 1), date(2026, 3, 31), ("month-before", "year-before")),
        (date(2026, 1, 1), date(2026, 2, 1), ("year-before",)),
        (date(2024, 3, 1), date(2025, 2, 28), ("year-before",)),
        (date(2025, 1, 1), date(2026, 1, 1), ()),
        (date(2024, 2, 29), date(2025, 2, 28), ()),  # a year before: to 29 February
        (date(2024, 4, 1), date(2026, 3, 31), ()),
    ],
)
def test_R1_no_day_is_compared_with_itself(first: date, last: date, bases: tuple[str, ...]) -> None:
    period = Period(first, last)
    assert comparison_bases(period) == bases
    assert not any(day in period for needed in periods_needed(period)[1:] for day in needed)


def test_reprs_hold_nothing_personal() -> None:
    shown = repr(april_report().heading)
    assert "30012345678" not in shown
    assert "7K3M" not in shown

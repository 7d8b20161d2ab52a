from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.reports.chart import FULL_HEIGHT, Slot, chart_of, day_slots, span_slots
from tests.unit.reports.situations import (
    APRIL,
    april_report,
    april_with_two_days_missing,
    hours_of,
    hours_of_days,
    report_of,
)

slots = st.lists(st.builds(Slot, st.none() | st.integers(0, 10**9), st.booleans()), min_size=1, max_size=62)


def test_R5_a_day_without_readings_has_no_bar() -> None:
    chart = chart_of(day_slots(report_of(april_with_two_days_missing()).days))
    assert chart.gaps == (8, 21)
    assert {bar.slot for bar in chart.bars} == set(range(30)) - {8, 21}


def test_R5_a_reading_of_zero_has_a_bar_of_no_height() -> None:
    chart = chart_of([Slot(0, complete=True), Slot(None, complete=False), Slot(10, complete=True)])
    assert [(bar.slot, bar.height) for bar in chart.bars] == [(0, 0), (2, FULL_HEIGHT)]


def test_R5_partial_and_estimated_days_are_hatched() -> None:
    chart = chart_of(day_slots(april_report().days))
    assert {bar.slot for bar in chart.bars if bar.style == "hatched"} == {14, 17}


def test_R5_a_month_with_a_gap_is_hatched() -> None:
    assert chart_of(span_slots(report_of(april_with_two_days_missing()).months)).bars[0].style == "hatched"


def test_R5_a_month_without_a_gap_is_hatched_too_where_a_day_is_partial_or_estimated() -> None:
    days = [day for day in APRIL if day.day != 18]
    for short in (hours_of(date(2026, 4, 18), count=20), hours_of(date(2026, 4, 18), quality="estimated")):
        months = report_of([*hours_of_days(days), *short]).months
        assert chart_of(span_slots(months)).bars[0].style == "hatched"
    assert chart_of(span_slots(report_of(hours_of_days(APRIL)).months)).bars[0].style == "solid"


def test_R4_the_axis_has_round_steps_up_to_the_peak() -> None:
    chart = chart_of([Slot(70_430, complete=True)])
    assert [tick.energy_wh for tick in chart.ticks] == [0, 20_000, 40_000, 60_000, 80_000]
    assert chart.bars[0].height == 8_803


@given(slots)
def test_R5_bars_and_gaps_share_out_the_places_and_keep_inside_the_axis(given_: list[Slot]) -> None:
    chart = chart_of(given_)
    assert sorted([bar.slot for bar in chart.bars] + list(chart.gaps)) == list(range(len(given_)))
    assert all(0 <= bar.height <= FULL_HEIGHT for bar in chart.bars)
    assert 2 <= len(chart.ticks) <= 6
    assert chart.ticks[-1].height == FULL_HEIGHT

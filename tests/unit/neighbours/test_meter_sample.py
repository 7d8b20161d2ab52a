from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.metering import IntervalReadings
from deploy.local.neighbours.meter_sample import (
    CORRECTED_DAY,
    DROPPED_DAYS,
    as_sent,
    sample_days,
    shifted_sample,
    two_meters,
)

UNTIL = date(2026, 3, 14)
ACCOUNT, LARGE_ACCOUNT = "30012345678", "30087654321"
STEP_WH = 6_000_000  # R7: 6,000 kWh a month


@pytest.fixture(scope="module")
def blocks() -> list[IntervalReadings]:
    return shifted_sample(UNTIL, ACCOUNT)


def monthly_wh(blocks: list[IntervalReadings]) -> dict[tuple[str, str], int]:
    totals: defaultdict[tuple[str, str], int] = defaultdict(int)
    for block in blocks:
        totals[block.account_number, f"{block.day:%Y-%m}"] += sum(energy or 0 for energy in block.energy_wh)
    return dict(totals)


def test_R5_the_sample_is_read_whole_and_without_rounding() -> None:
    days = sample_days()
    assert (days[0][0], days[-1][0], len(days)) == (date(2015, 11, 22), date(2018, 2, 7), 809)
    assert days[0][1][:4] == (290, 1470, 580, 280)
    assert [later - earlier for (earlier, _), (later, _) in pairwise(days)] == [timedelta(days=1)] * 808


@settings(max_examples=25, deadline=None)
@given(st.dates(date(2019, 1, 1), date(2060, 12, 31)))
def test_R5_the_sample_is_moved_by_whole_weeks_to_the_last_day_of_last_month(until: date) -> None:
    moved = shifted_sample(until)
    assert moved[-1].day + timedelta(days=1) == until.replace(day=1)
    shift = moved[0].day - sample_days()[0][0]
    assert shift % timedelta(weeks=1) == timedelta(0)
    assert len(sample_days()) - len(moved) < 7
    assert [block.energy_wh for block in moved] == [hours for _, hours in sample_days()[: len(moved)]]


def test_R5_each_block_says_what_it_is(blocks: list[IntervalReadings]) -> None:
    assert {(b.account_number, b.version, b.interval_seconds, b.quality, b.source_note) for b in blocks} == {
        (ACCOUNT, 1, 3600, "raw", "public sample, shifted")
    }
    assert len({block.day for block in blocks}) == len(blocks)


def test_R5_two_days_of_last_month_never_come(blocks: list[IntervalReadings]) -> None:
    missing = {block.day for block in blocks} - {block.day for block in as_sent(blocks)}
    assert missing == {date(2026, 2, day) for day in DROPPED_DAYS}


def test_R5_a_corrected_day_comes_with_a_gap_first_and_whole_later(blocks: list[IntervalReadings]) -> None:
    whole = next(block for block in blocks if block.day == date(2026, 2, CORRECTED_DAY))
    first, correction = (block for block in as_sent(blocks) if block.day == whole.day)
    assert (first.version, first.quality, first.energy_wh.count(None)) == (1, "raw", 3)
    assert all(sent in (None, energy) for sent, energy in zip(first.energy_wh, whole.energy_wh, strict=True))
    assert (correction.version, correction.quality, correction.energy_wh) == (2, "corrected", whole.energy_wh)
    assert as_sent(blocks)[-1] == correction


def test_R7_the_large_meter_crosses_the_step_of_6000_kwh_and_the_small_one_does_not() -> None:
    totals = monthly_wh(two_meters(UNTIL, ACCOUNT, LARGE_ACCOUNT))
    small = [wh for (account, _), wh in totals.items() if account == ACCOUNT]
    large = [wh for (account, _), wh in totals.items() if account == LARGE_ACCOUNT]
    assert max(small) < STEP_WH < totals[LARGE_ACCOUNT, "2026-02"]
    assert min(large[1:]) < STEP_WH < max(large)
    assert sum(large) == 8 * sum(small) > 0


@pytest.mark.parametrize("until", [date(2026, 1, 1), date(2026, 1, 31)])
def test_R7_any_day_of_a_month_ends_the_sample_with_the_month_before(until: date) -> None:
    assert shifted_sample(until)[-1].day == date(2025, 12, 31)

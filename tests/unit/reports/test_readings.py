from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values.riyadh_day import day_start
from services.reports.readings import IntervalReading, current_readings
from tests.unit.reports.situations import HOUR

DAY = date(2026, 4, 1)
START = day_start(DAY)

readings = st.lists(
    st.builds(
        IntervalReading,
        start=st.integers(0, 40).map(lambda quarter: START + timedelta(minutes=15 * quarter)),
        length_s=st.sampled_from([900, 1_800, HOUR]),
        energy_wh=st.integers(0, 5_000),
        quality=st.sampled_from(["raw", "estimated", "corrected"]),
        version=st.integers(0, 3),
    ),
    max_size=30,
)


@given(readings, st.randoms(use_true_random=False))
def test_R5_neither_order_nor_repetition_of_readings_matters(given_: list[IntervalReading], shuffler: Random) -> None:
    shuffled = given_ + given_[: len(given_) // 2]
    shuffler.shuffle(shuffled)
    assert current_readings(shuffled) == current_readings(given_)


@given(readings)
def test_R5_no_instant_is_counted_twice(given_: list[IntervalReading]) -> None:
    current = current_readings(given_)
    assert all(one.end <= other.start for one, other in pairwise(current))


@given(readings)
def test_R5_every_reading_left_out_overlaps_one_that_counts_and_is_not_newer(given_: list[IntervalReading]) -> None:
    current = current_readings(given_)
    for reading in set(given_) - set(current):
        assert any(
            kept.start < reading.end and reading.start < kept.end and kept.version >= reading.version
            for kept in current
        )


def test_R5_the_latest_version_of_an_interval_wins() -> None:
    first = IntervalReading(START, HOUR, 1_000, "estimated", version=1)
    corrected = IntervalReading(START, HOUR, 1_400, "corrected", version=2)
    assert current_readings([corrected, first]) == (corrected,)


def test_R5_a_correction_of_a_quarter_leaves_the_rest_of_its_hour_a_gap() -> None:
    hour = IntervalReading(START, HOUR, 1_000, "raw", version=1)
    quarter = IntervalReading(START, 900, 300, "corrected", version=2)
    assert current_readings([hour, quarter]) == (quarter,)


@pytest.mark.parametrize(
    ("start", "length_s", "energy_wh"),
    [
        (datetime(2026, 4, 1), HOUR, 1),  # noqa: DTZ001
        (datetime(2026, 4, 1, tzinfo=timezone(timedelta(hours=3))), HOUR, 1),
        (datetime(2026, 4, 1, tzinfo=UTC), 0, 1),
        (datetime(2026, 4, 1, tzinfo=UTC), HOUR, -1),
    ],
)
def test_a_reading_without_sense_is_a_bug(start: datetime, length_s: int, energy_wh: int) -> None:
    with pytest.raises(ValueError, match="reading"):
        IntervalReading(start, length_s, energy_wh, "raw")

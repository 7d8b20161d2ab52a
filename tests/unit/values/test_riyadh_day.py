from datetime import UTC, date, datetime, timedelta

from contracts.values.riyadh_day import day_start, riyadh_day, riyadh_time


def test_R7_a_riyadh_day_begins_at_21_00_utc_of_the_day_before() -> None:
    assert day_start(date(2026, 4, 1)) == datetime(2026, 3, 31, 21, tzinfo=UTC)
    assert riyadh_day(datetime(2026, 3, 31, 20, 59, 59, tzinfo=UTC)) == date(2026, 3, 31)
    assert riyadh_day(datetime(2026, 3, 31, 21, tzinfo=UTC)) == date(2026, 4, 1)


def test_R7_riyadh_has_no_summer_time() -> None:
    assert day_start(date(2026, 7, 2)) - day_start(date(2026, 7, 1)) == timedelta(hours=24)
    assert day_start(date(2026, 7, 1)).hour == day_start(date(2026, 1, 1)).hour == 21


def test_R7_a_time_is_written_as_a_clock_in_riyadh_shows_it() -> None:
    assert riyadh_time(datetime(2026, 3, 31, 21, 5, 59, tzinfo=UTC)) == "2026-04-01 00:05"

from datetime import UTC, datetime, time, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.broadcasts import MessageClass
from contracts.values.riyadh_day import RIYADH
from services.notifications.permitted_hours import DAYTIME, Pace, PermittedHours, keeps_hours

DAYS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TIMES = st.times().map(lambda at: at.replace(microsecond=0))
WINDOWS = st.tuples(TIMES, TIMES).filter(lambda each: each[0] != each[1]).map(lambda each: PermittedHours(*each))


def riyadh(clock: str, day: int = 1) -> datetime:
    return datetime.combine(datetime(2026, 3, day, tzinfo=RIYADH).date(), time.fromisoformat(clock), RIYADH)


@pytest.mark.parametrize(
    ("asked", "opens"),
    [
        ("08:59:59", riyadh("09:00")),
        ("09:00:00", riyadh("09:00")),
        ("20:59:59", riyadh("20:59:59")),
        ("21:00:00", riyadh("09:00", day=2)),
        ("23:30:00", riyadh("09:00", day=2)),
        ("00:00:00", riyadh("09:00")),
    ],
)
def test_N4_awareness_goes_out_from_nine_until_twenty_one_in_riyadh(asked: str, opens: datetime) -> None:
    assert DAYTIME.opening(riyadh(asked).astimezone(UTC)) == opens


def test_N4_only_awareness_and_promotional_keep_hours() -> None:
    assert [each for each in get_args(MessageClass) if keeps_hours(each)] == ["awareness", "promotional"]


def test_N4_a_window_may_go_over_midnight() -> None:
    night = PermittedHours(time(22), time(2))
    assert night.opening(riyadh("01:59:59")) == riyadh("01:59:59")
    assert night.opening(riyadh("02:00:00")) == riyadh("22:00")
    assert night.closing(riyadh("23:00")) == riyadh("02:00", day=2)


@given(WINDOWS, DAYS)
def test_N4_what_is_delayed_goes_out_at_the_next_opening(hours: PermittedHours, instant: datetime) -> None:
    opening = hours.opening(instant)
    assert instant <= opening < instant + timedelta(days=1)
    assert hours.opening(opening) == opening
    if opening != instant:
        assert opening.astimezone(RIYADH).time() == hours.opens
    assert opening < hours.closing(instant) <= opening + hours.length


@settings(max_examples=50)
@given(WINDOWS, DAYS, st.integers(1, 2000), st.integers(1, 300))
def test_N4_a_broadcast_is_spread_over_permitted_time_only(
    hours: PermittedHours, started: datetime, per_second: int, recipients: int
) -> None:
    pace = Pace(hours, per_second)
    slots = [pace.slot("awareness", started, number) for number in range(recipients)]
    assert slots == sorted(slots)
    assert all(hours.opening(slot) == slot >= started for slot in slots)
    assert slots[0] == hours.opening(started)
    # No second has more than its share, but where one day's window ends and the next begins.
    for first, later in zip(slots, slots[per_second:], strict=False):
        assert later - first >= timedelta(seconds=1) - timedelta(microseconds=2)


def test_N4_what_has_no_room_today_goes_on_tomorrow() -> None:
    pace = Pace(PermittedHours(time(9), time(9, 0, 10)), per_second=1)
    assert pace.slot("promotional", riyadh("09:00:05"), 4) == riyadh("09:00:09")
    assert pace.slot("promotional", riyadh("09:00:05"), 5) == riyadh("09:00:00", day=2)
    assert pace.slot("promotional", riyadh("09:00:05"), 15) == riyadh("09:00:00", day=3)


def test_N4_a_warning_goes_out_at_any_hour() -> None:
    assert Pace(per_second=2).slot("warning", riyadh("23:00"), 3) == riyadh("23:00:01.5")

from datetime import UTC, datetime, timedelta

from services.chassis.clock import Clock
from services.chassis.instants import ms


def test_law9_the_present_is_the_broker_s_to_the_millisecond() -> None:
    wall = datetime(2026, 1, 31, 12, 0, 0, 123_456, tzinfo=UTC)
    clock = Clock(lambda: ms(wall))
    assert clock.present() == wall.replace(microsecond=123_000)
    clock.corrected_by(ms(wall + timedelta(seconds=30)))
    assert clock.present() == wall.replace(microsecond=123_000) + timedelta(seconds=30)
    assert round(clock.skew.total_seconds()) == 30

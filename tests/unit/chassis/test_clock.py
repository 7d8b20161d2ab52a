from datetime import UTC, datetime, timedelta

from services.chassis.clock import Clock
from services.chassis.instants import ms


def test_law9_the_present_is_the_broker_s_to_the_millisecond() -> None:
    wall = datetime(2026, 1, 31, 12, 0, 0, 123_456, tzinfo=UTC)
    clock = Clock(lambda: ms(wall), lambda: 5)
    assert clock.present() == wall.replace(microsecond=123_000)
    clock.corrected_by(ms(wall + timedelta(seconds=30)))
    assert clock.present() == wall.replace(microsecond=123_000) + timedelta(seconds=30)
    assert round(clock.skew.total_seconds()) == 30


def test_law9_a_late_acknowledgement_moves_the_clock_only_as_far_as_it_proves() -> None:
    wall = ms(datetime(2026, 1, 31, 12, tzinfo=UTC))
    clock = Clock(lambda: wall, lambda: 5)
    clock.corrected_by(wall - 15_000, waited_ms=20_000)
    assert clock.skew == timedelta(0), "stamped at any time of the wait: perhaps 15 s ago"
    clock.corrected_by(wall - 15_000, waited_ms=10_000)
    assert clock.skew == timedelta(seconds=-5), "10 s ago at most"
    clock.corrected_by(wall + 3_000, waited_ms=2_000)
    assert clock.skew == timedelta(seconds=3), "now at the latest"


def test_law9_a_topic_without_stamps_tells_no_time() -> None:
    clock = Clock(lambda: 1_700_000_000_000, lambda: 5)
    clock.corrected_by(-1)
    assert clock.skew == timedelta(0)


def test_law9_the_present_does_not_jump_with_the_machine_s_clock() -> None:
    """Between two acknowledgements nothing else would tell: a code would be called good 20 s after its end."""
    wall, steady = ms(datetime(2026, 1, 31, 12, tzinfo=UTC)), 5
    clock = Clock(lambda: wall, lambda: steady)
    clock.corrected_by(wall + 200)
    before = clock.present()
    wall, steady = wall - 21_000, steady + 1_000
    assert clock.present() == before + timedelta(seconds=1)
    assert clock.skew == timedelta(milliseconds=22_200), "it is told, and an alarm"


def test_law9_by_themselves_both_clocks_go_on() -> None:
    clock = Clock()
    before = clock.present()
    assert abs(datetime.now(UTC) - before) < timedelta(minutes=1)
    assert clock.present() >= before
    assert abs(clock.skew) < timedelta(minutes=1)

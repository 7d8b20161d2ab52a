from datetime import UTC, datetime, timedelta

from services.chassis.clock import Clock


def test_law9_the_present_is_the_broker_s_to_the_millisecond() -> None:
    clock = Clock()
    ahead = datetime.now(UTC) + timedelta(seconds=30)
    clock.corrected_by(round(ahead.timestamp() * 1000))
    present = clock.present()
    assert present.microsecond % 1000 == 0
    assert abs(present - ahead) < timedelta(seconds=5)
    assert clock.skew > timedelta(seconds=25)

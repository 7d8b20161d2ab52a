from datetime import date, timedelta

from contracts.metering import ClosingReadingAsked, ClosingReadingReleased
from deploy.local.neighbours.metering import ClosingReadings
from deploy.local.neighbours.register import register_wh

ACCOUNT, DAY = "30012345678", date(2026, 3, 2)
ASKED = ClosingReadingAsked(asked_by="transfer:1", account_number=ACCOUNT, day=DAY)
RELEASED = ClosingReadingReleased(asked_by="transfer:1", account_number=ACCOUNT, day=DAY)


def test_A9_a_closing_reading_is_the_register_of_that_day_and_the_same_when_asked_again() -> None:
    metering = ClosingReadings("nowhere:1")
    taken = metering.reads(ASKED)
    assert taken is not None
    assert (taken.asked_by, taken.account_number, taken.day) == ("transfer:1", ACCOUNT, DAY)
    assert taken.register_wh == register_wh(ACCOUNT, DAY)
    assert metering.reads(ASKED) == taken
    assert metering.kept == {(ACCOUNT, DAY): taken.register_wh}


def test_A9_a_meter_that_cannot_be_reached_gives_no_reading() -> None:
    metering = ClosingReadings("nowhere:1")
    metering.stay_silent(ACCOUNT)
    assert metering.reads(ASKED) is None
    assert metering.kept == {}


def test_A9_a_released_reading_is_kept_no_more_and_counts_once() -> None:
    metering = ClosingReadings("nowhere:1")
    metering.reads(ASKED)
    metering.releases(RELEASED)
    metering.releases(RELEASED)
    assert (metering.kept, metering.released) == ({}, 1)


def test_a_register_never_runs_backwards_and_differs_from_meter_to_meter() -> None:
    readings = [register_wh(ACCOUNT, DAY + timedelta(days=each)) for each in range(3)]
    assert readings == sorted(set(readings))
    assert register_wh("30087654321", DAY) != readings[0]

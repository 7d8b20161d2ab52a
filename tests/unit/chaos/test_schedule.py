"""Schedule and load plan follow from the seed."""

import itertools
import typing
from collections import Counter

import pytest

from contracts.topics import SERVICES
from tests.chaos.load_plan import FULL_RATE, RECORDS_OF, DeedKind, deeds_a_second, load_plan
from tests.chaos.schedule import FULL_S, KILLS, ON_SERVICES, OUTAGES, FaultKind, schedule

SHORT_S = 90
PASSWORDS = 5
"""A second, at most."""

KINDS = set(typing.get_args(FaultKind))


@pytest.mark.parametrize("seconds", [SHORT_S, FULL_S])
@pytest.mark.parametrize("seed", range(20))
def test_every_kind_of_fault_comes_and_is_over_before_the_load_ends(seed: int, seconds: int) -> None:
    faults = schedule(seed, seconds)
    missing = KINDS - {fault.kind for fault in faults}
    assert not missing if seconds == FULL_S else missing == {KILLS[seed % 2]}
    assert all(fault.at_s + fault.for_s < seconds for fault in faults)


@pytest.mark.parametrize("seed", range(20))
def test_one_outage_at_a_time_and_none_while_a_service_stands_still(seed: int) -> None:
    faults = [fault for fault in schedule(seed, SHORT_S) if fault.kind != "hostile" and fault.for_s]
    spans = sorted((fault.at_s, fault.at_s + fault.for_s) for fault in faults)
    assert all(earlier[1] < later[0] for earlier, later in itertools.pairwise(spans))


def test_in_a_full_run_every_service_meets_every_fault_and_outages_last_a_minute() -> None:
    faults = schedule(7, FULL_S)
    met = {("kill" if f.kind in KILLS else f.kind, f.service) for f in faults if f.service}
    assert met == {(kind, service) for kind in set(ON_SERVICES) - {"replace"} for service in SERVICES}
    assert Counter(f.kind for f in faults if f.kind in KILLS) == {"kill": 2, "replace": 2}
    assert [fault.for_s for fault in faults if fault.kind in OUTAGES] == [60.0] * 4


def test_the_same_seed_gives_the_same_and_another_another() -> None:
    assert schedule(1, SHORT_S) == schedule(1, SHORT_S) != schedule(2, SHORT_S)
    assert load_plan(1, 10, 100) == load_plan(1, 10, 100) != load_plan(2, 10, 100)


def test_a_longer_plan_begins_with_the_shorter_one() -> None:
    assert load_plan(5, 40, 100)[:500] == load_plan(5, 10, 100)[:500]


def test_too_short_a_run_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        schedule(1, 60)


@pytest.mark.parametrize("rate", [50, 100, FULL_RATE, 1000])
def test_the_load_has_its_rate_and_few_passwords(rate: int) -> None:
    records = sum(RECORDS_OF[deed.kind] for deed in load_plan(3, 60, rate))
    assert records == pytest.approx(rate * 60, rel=0.02)
    assert deeds_a_second(rate)["log-in"] <= PASSWORDS


def test_deeds_come_in_waves_of_a_second_every_kind_often_and_few_passwords_in_each() -> None:
    deeds = load_plan(3, SHORT_S, FULL_RATE)
    assert {deed.at_s % 1 for deed in deeds} == {0}
    assert max(Counter(deed.at_s for deed in deeds if deed.kind == "log-in").values()) <= PASSWORDS
    times = Counter(deed.kind for deed in deeds)
    assert min(times[kind] for kind in typing.get_args(DeedKind)) >= SHORT_S / 3

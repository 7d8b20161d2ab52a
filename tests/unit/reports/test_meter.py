from datetime import date

import pytest

from contracts.message import MAX_MESSAGE_BYTES
from contracts.metering import IntervalReadings, Quality
from contracts.reports_internal import ReadingsChanged, ReadingsGiven, ReadingsUsed, ReadingsWanted
from services.chassis.encoding import MAX_STATE_BYTES
from services.reports.meter import MOST_READERS, give_readings, note_use, take_in_day
from services.reports.period import month_period
from tests.scenario import NOON, arriving, given
from tests.unit.reports.orders import ACCOUNT, REPORT_ID, SAMPLE, day_block, metered, month_given, reread, written

DAY = date(2026, 2, 3)
TODAY = date(2026, 3, 1)  # NOON's Riyadh day
MOST_WH = 10**12  # the contract's largest energy of an interval


def test_R5_a_day_block_is_kept_with_gaps_and_quality_and_the_second_delivery_changes_nothing() -> None:
    block = day_block(DAY, [500, None, 0] + [100] * 21, quality="estimated")
    once = given().when(take_in_day, arriving(block)).then()
    again = once.when(take_in_day, arriving(block)).then().then_state(once.state)
    (kept,) = again.state.days
    assert (kept.energy_wh[:3], kept.quality, kept.source_note) == ((500, None, 0), "estimated", SAMPLE)


@pytest.mark.parametrize("versions", [(1, 2), (2, 1), (2, 1, 2, 1)])
def test_R5_of_several_versions_of_a_day_the_highest_counts_in_whatever_order_they_come(versions: tuple[int]) -> None:
    state = metered(*(day_block(DAY, [version * 1_000] * 24, version) for version in versions))
    assert state is not None
    assert [(block.version, block.energy_wh[0]) for block in state.days] == [(2, 2_000)]


def test_R5_a_second_content_under_the_same_version_is_ignored() -> None:
    state = metered(day_block(DAY, [1_000] * 24), day_block(DAY, [9_000] * 24))
    assert state is not None
    assert state.days[0].energy_wh[0] == 1_000


def test_R5_the_days_of_a_month_stand_in_order_whatever_order_they_come_in() -> None:
    state = metered(*(day_block(date(2026, 2, number)) for number in (9, 3, 28)))
    assert state is not None
    assert [block.day.day for block in state.days] == [3, 9, 28]


def _block(**changes: object) -> IntervalReadings:
    return day_block(DAY).model_copy(update=changes)


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (_block(account_number="nobody"), "account-number-malformed"),
        (_block(interval_seconds=60, energy_wh=(1,) * 1440), "interval-too-short"),
        (_block(interval_seconds=899, energy_wh=(1,) * 96), "interval-too-short"),
        (_block(energy_wh=(1,) * 23), "intervals-do-not-fill-the-day"),
        (_block(interval_seconds=86_399, energy_wh=(1,)), "intervals-do-not-fill-the-day"),
        (_block(day=date(2026, 3, 2)), "day-not-begun"),
    ],
)
def test_R5_a_bad_block_is_refused_for_the_audit_and_harms_nothing(block: IntervalReadings, reason: str) -> None:
    given().when(take_in_day, arriving(block)).then_refused("malformed", reason).then_state(None)
    before = metered(day_block(DAY, [7] * 24))
    refused = given(before).when(take_in_day, arriving(block)).then_refused("malformed", reason)
    refused.when(take_in_day, arriving(block)).then_refused("malformed", reason).then_state(before)


def test_R7_todays_block_in_riyadh_is_taken() -> None:
    assert metered(day_block(TODAY)) is not None


def test_R7_a_day_begins_at_riyadhs_midnight_and_not_before() -> None:
    before, midnight = (NOON.replace(month=2, day=28, hour=hour, minute=minute) for hour, minute in ((20, 59), (21, 0)))
    given().when(take_in_day, arriving(day_block(TODAY), now=before)).then_refused("malformed", "day-not-begun")
    assert len(given().when(take_in_day, arriving(day_block(TODAY), now=midnight)).then().state.days) == 1


def test_R5_what_a_month_gives_are_sums_of_readings_and_a_day_without_any_is_not_there() -> None:
    meter = metered(
        day_block(DAY, [500, None, 0] + [100] * 21),
        day_block(date(2026, 2, 4), [None] * 24),
        day_block(date(2026, 2, 5), [250] * 96, quality="measured", note="bench 7"),
    )
    answer = month_given("2026-02", meter)
    assert [(day.day.day, day.energy_wh, day.covered_seconds, day.interval_seconds) for day in answer.days] == [
        (3, 2_600, 23 * 3_600, 3_600),
        (5, 24_000, 86_400, 900),
    ]
    assert [day.quality for day in answer.days] == ["raw", "measured"]
    assert answer.source_notes == (SAMPLE, "bench 7")


@pytest.mark.parametrize("meter", [None, metered(day_block(DAY))])
def test_R1_a_month_answers_every_time_and_records_nothing(meter: object) -> None:
    wanted = ReadingsWanted(report_id=REPORT_ID, account_number=ACCOUNT, month="2026-02")
    once = given(meter).when(give_readings, arriving(wanted)).then(ReadingsGiven).then_state(meter)
    again = once.when(give_readings, arriving(wanted)).then(ReadingsGiven).then_state(meter)
    assert once.decision is not None
    assert not once.decision.recorded
    assert once.messages == again.messages


@pytest.mark.parametrize("count", [1, 24, 96])
def test_R1_the_largest_month_fits_its_document_and_its_message(count: int) -> None:
    days = list(month_period(2026, 1))
    meter = metered(*(day_block(day, [MOST_WH] * count, 1000, note=f"{day}" + "\u0639" * 190) for day in days))
    document = written("meter", meter)
    assert reread("meter", meter) == meter
    assert len((document.state or "").encode()) < MAX_STATE_BYTES / 3
    assert len(month_given("2026-01", meter).model_dump_json().encode()) < MAX_MESSAGE_BYTES / 2


def test_R6_a_month_remembers_each_report_by_its_latest_version_and_only_so_many() -> None:
    second = f"{REPORT_ID}.2"
    scenario = given(metered(day_block(DAY)))
    for report_id in (REPORT_ID, second, *(f"{number:032x}" for number in range(MOST_READERS))):
        used = ReadingsUsed(report_id=report_id, account_number=ACCOUNT, month="2026-02", edition=1)
        scenario = scenario.when(note_use, arriving(used))
        if report_id == second:
            assert scenario.state.used_by == (second,)
    assert len(scenario.state.used_by) == MOST_READERS
    assert second not in scenario.state.used_by


@pytest.mark.parametrize(("first", "late"), [(f"{REPORT_ID}.2", REPORT_ID), (f"{REPORT_ID}.10", f"{REPORT_ID}.9")])
def test_R6_a_version_that_is_heard_of_late_takes_no_later_ones_place(first: str, late: str) -> None:
    month = given(metered(day_block(DAY), day_block(DAY, [2_000] * 24, 2)))
    last, before = (
        arriving(ReadingsUsed(report_id=each, account_number=ACCOUNT, month="2026-02", edition=edition))
        for each, edition in ((first, 2), (late, 1))
    )
    kept = month.when(note_use, last).then()
    kept.when(note_use, before).then().then_state(kept.state)


@pytest.mark.parametrize(
    ("energies", "quality", "note", "is_change"),
    [
        ([1_000] * 24, "raw", SAMPLE, False),
        ([500] * 48, "raw", SAMPLE, True),  # another length of interval is printed
        ([1_000] * 23 + [1_001], "raw", SAMPLE, True),
        ([2_000] + [1_000] * 22 + [None], "raw", SAMPLE, True),
        ([1_000] * 24, "measured", SAMPLE, True),
        ([1_000] * 24, "raw", "bench 7", True),
    ],
)
def test_R6_a_day_said_again_in_a_higher_version_is_a_change_only_if_it_says_something_else(
    energies: list[int | None], quality: Quality, note: str, is_change: bool
) -> None:
    used = ReadingsUsed(report_id=REPORT_ID, account_number=ACCOUNT, month="2026-02", edition=1)
    before = given(metered(day_block(DAY))).when(note_use, arriving(used)).then()
    again = day_block(DAY, energies, 2, quality, note)
    after = before.when(take_in_day, arriving(again)).then(*[ReadingsChanged] * is_change)
    assert after.state.days[0].version == 2
    after.when(note_use, arriving(used)).then(*[ReadingsChanged] * is_change)


def test_R6_a_day_of_gaps_alone_changes_no_report() -> None:
    used = ReadingsUsed(report_id=REPORT_ID, account_number=ACCOUNT, month="2026-02", edition=0)
    gaps = day_block(DAY, [None] * 24)
    given().when(note_use, arriving(used)).when(take_in_day, arriving(gaps)).then().when(
        note_use, arriving(used)
    ).then()


def test_R6_a_version_that_used_the_month_is_told_of_exactly_the_days_that_changed_since() -> None:
    other = date(2026, 2, 4)
    said_again = day_block(DAY, version=2)
    month = metered(day_block(DAY), day_block(other), said_again)
    used = ReadingsUsed(report_id=f"{REPORT_ID}.2", account_number=ACCOUNT, month="2026-02", edition=1)
    told = given(month).when(note_use, arriving(used))
    told.then(ReadingsChanged(report_id=f"{REPORT_ID}.2", days=(other,)))
    given(month).when(note_use, arriving(used.model_copy(update={"edition": 2}))).then()

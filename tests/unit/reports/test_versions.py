from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.decision import Facts
from contracts.metering import IntervalReadings
from contracts.operations import TIMER_ELAPSED
from contracts.reports import ReportMade
from contracts.reports_internal import (
    MonthUsed,
    ReadingsChanged,
    ReadingsUsed,
    ReadingsWanted,
    VersionCompleted,
    VersionMade,
    VersionOrdered,
)
from contracts.values.language import Language
from services.chassis.encoding import MAX_STATE_BYTES
from services.reports.answering import tell_months
from services.reports.any_report import due_at, on_timer
from services.reports.consumption import DayConsumption
from services.reports.csv_report import render_csv
from services.reports.layout import document_of
from services.reports.meter import note_use, take_in_day
from services.reports.order import take_readings
from services.reports.order_states import Collecting, Made
from services.reports.period import Period
from services.reports.rendering import file_name, render
from services.reports.revision import (
    MOST_CHANGES,
    MOST_VERSIONS,
    day_as_text,
    days_from_texts,
    report_id_of,
    revision_of,
    version_id,
)
from services.reports.versions import LONGEST_QUIET, note_version, order_version, take_change
from tests.scenario import NOON, Given, arriving, given
from tests.unit.reports.orders import (
    ACCOUNT,
    FACTS,
    FEBRUARY,
    GIVE_UP_AT,
    KNOWN,
    NOURA,
    REPORT_ID,
    REVISE_AT,
    collected,
    day_block,
    metered,
    month_given,
    reread,
    written,
)

DAY = date(2026, 2, 3)
GAP = date(2026, 2, 9)
CHANGED = ReadingsChanged(report_id=REPORT_ID, days=(DAY,))
TIMER = TIMER_ELAPSED["reports"](aggregate=f"report:{REPORT_ID}")
SECOND = f"{REPORT_ID}.2"
FIRST_BLOCKS = [day_block(day) for day in FEBRUARY if day != GAP]
CORRECTION = day_block(DAY, [2_000] * 24, version=2, quality="corrected")
LATE = day_block(GAP, [500] * 24)


def first_version() -> Given:
    return collected(FEBRUARY, FIRST_BLOCKS)


def version_ordered() -> VersionOrdered:
    """What the first version says when it has been quiet."""
    made = first_version().when(take_change, arriving(CHANGED), FACTS)
    (order,) = made.when(on_timer, arriving(TIMER), Facts(REVISE_AT)).messages
    assert isinstance(order, VersionOrdered)
    return order


def second_version(*blocks: IntervalReadings) -> Given:
    later = replace(FACTS, present=NOON + timedelta(minutes=1))
    scenario = given().when(order_version, arriving(version_ordered()), later)
    for month in scenario.state.missing:
        meter = metered(*(each for each in (*FIRST_BLOCKS, *blocks) if f"{each.day:%Y-%m}" == month))
        body = month_given(month, meter).model_copy(update={"report_id": SECOND})
        scenario = scenario.when(take_readings, arriving(body), later)
    return scenario


def test_R6_a_higher_version_of_a_day_is_told_to_the_reports_that_used_its_month() -> None:
    used = ReadingsUsed(report_id=REPORT_ID, account_number=ACCOUNT, month="2026-02", edition=27)
    month = given(metered(*FIRST_BLOCKS)).when(note_use, arriving(used)).then()
    changed = month.when(take_in_day, arriving(CORRECTION)).then(CHANGED)
    changed.when(take_in_day, arriving(CORRECTION)).then().then_state(changed.state)
    month.when(take_in_day, arriving(LATE)).then(ReadingsChanged(report_id=REPORT_ID, days=(GAP,)))
    assert reread("meter", changed.state) == changed.state


def test_R6_a_change_between_giving_and_noting_the_use_is_told_at_once() -> None:
    late = metered(*FIRST_BLOCKS, CORRECTION)
    used = ReadingsUsed(report_id=REPORT_ID, account_number=ACCOUNT, month="2026-02", edition=27)
    given(late).when(note_use, arriving(used)).then(CHANGED)
    since = ReadingsUsed(report_id=REPORT_ID, account_number=ACCOUNT, month="2026-02", edition=28)
    given(late).when(note_use, arriving(since)).then()


def test_A18_R6_a_changed_day_that_the_owner_may_not_see_makes_no_version() -> None:
    january = arriving(ReadingsChanged(report_id=REPORT_ID, days=(date(2026, 1, 3),)))  # what February is compared with
    assert first_version().when(take_change, january, FACTS).state.revise_at == REVISE_AT
    made = collected(FEBRUARY, FIRST_BLOCKS, visible=(FEBRUARY,))
    made.when(take_change, january, FACTS).then().then_state(made.state)


def test_R6_a_month_that_had_no_reading_yet_remembers_who_looked_at_it() -> None:
    used = ReadingsUsed(report_id=REPORT_ID, account_number=ACCOUNT, month="2026-02", edition=0)
    given().when(note_use, arriving(used)).then().when(take_in_day, arriving(LATE)).then(ReadingsChanged)


def test_R6_many_days_that_come_at_once_make_one_version_after_a_quiet_time() -> None:
    made = first_version()
    waiting = made.when(take_change, arriving(CHANGED), FACTS).then()
    assert due_at(waiting.state) == REVISE_AT
    more = replace(FACTS, present=NOON + timedelta(seconds=4), revise_at=NOON + timedelta(seconds=9))
    waiting = waiting.when(take_change, arriving(CHANGED), more).then()
    assert due_at(waiting.state) == NOON + timedelta(seconds=9)
    waiting.when(on_timer, arriving(TIMER), Facts(REVISE_AT)).then().then_state(waiting.state)
    ordered = waiting.when(on_timer, arriving(TIMER), Facts(NOON + timedelta(seconds=9))).then(VersionOrdered)
    assert due_at(ordered.state) is None
    ordered.when(take_change, arriving(CHANGED), more).then().then_state(ordered.state)
    ordered.when(on_timer, arriving(TIMER), Facts(GIVE_UP_AT)).then().then_state(ordered.state)


def test_R6_a_meter_that_never_is_quiet_does_not_put_a_version_off_for_ever() -> None:
    waiting = first_version().when(take_change, arriving(CHANGED), FACTS)
    late = NOON + timedelta(hours=1)
    again = replace(FACTS, present=late, revise_at=late + timedelta(seconds=5))
    waiting = waiting.when(take_change, arriving(CHANGED), again)
    assert due_at(waiting.state) == NOON + LONGEST_QUIET * timedelta(seconds=5)


def test_R6_A18_days_that_the_report_does_not_use_make_no_version() -> None:
    made = first_version()
    for day in (date(2026, 3, 1), date(2025, 3, 1)):
        unused = ReadingsChanged(report_id=REPORT_ID, days=(day,))
        made.when(take_change, arriving(unused), FACTS).then().then_state(made.state)
    cut = collected(Period(GAP, FEBRUARY.last), FIRST_BLOCKS, visible=(Period(GAP, date.max),))
    cut.when(take_change, arriving(CHANGED), FACTS).then().then_state(cut.state)
    compared = ReadingsChanged(report_id=REPORT_ID, days=(date(2026, 1, 5),))
    assert due_at(made.when(take_change, arriving(compared), FACTS).state) == REVISE_AT


def test_R6_the_next_version_gathers_again_and_is_told_as_one() -> None:
    gathering = given().when(order_version, arriving(version_ordered()), FACTS)
    gathering.then(*[ReadingsWanted] * 3).then_state(Collecting)
    assert {message.report_id for message in gathering.messages if isinstance(message, ReadingsWanted)} == {SECOND}
    gathering.when(order_version, arriving(version_ordered()), FACTS).then().then_state(gathering.state)
    at = NOON + timedelta(minutes=1)
    made = second_version(CORRECTION, LATE).then(
        VersionMade(report_id=REPORT_ID, version=2),
        VersionCompleted(
            report_id=SECOND,
            user_id=NOURA.user_id,
            account_number=ACCOUNT,
            used=(
                MonthUsed(month="2025-02", edition=0),
                MonthUsed(month="2026-01", edition=0),
                MonthUsed(month="2026-02", edition=29),
            ),
        ),
        ReportMade(
            user_id=NOURA.user_id,
            report_id=REPORT_ID,
            kind="consumption",
            version=2,
            account_number=ACCOUNT,
            made_at=at,
        ),
    )
    made.then_state(Made)
    first = first_version().state.report
    assert made.state.report.heading.reference == first.heading.reference
    assert made.state.report.total.energy_wh == first.total.energy_wh + 24_000 + 12_000
    assert reread("report", made.state) == made.state


def test_R6_the_new_version_explains_which_days_differ_and_how() -> None:
    report = second_version(CORRECTION, LATE).state.report
    assert [(each.day, each.before.energy_wh, each.after.energy_wh) for each in report.revision.changes] == [
        (DAY, 24_000, 48_000),
        (GAP, None, 12_000),
    ]
    english = document_of(report, Language.ENGLISH)
    assert english.notices[0].startswith("Version \u20662\u2069")
    changes = english.tables[0]
    assert changes.title == "What has changed since the version before"
    assert changes.rows[0].cells[1:] == (
        "\u206624.000\u2069",
        "\u206648.000\u2069",
        "Measured (raw); now Measured (corrected)",
    )
    assert changes.rows[1].cells[1:] == ("\u2013", "\u206612.000\u2069", "No reading; now Measured (raw)")
    lines = render_csv(report, Language.ENGLISH).decode("utf-8-sig").splitlines()
    assert lines[0].endswith('"Before, kWh",Quality mark before,Account number,Source')
    assert ",24.000,raw," in lines[DAY.day]
    assert ",,No reading," in lines[GAP.day]
    assert file_name(report).endswith("-v2")


def test_R6_R4_the_older_version_renders_to_the_same_bytes_as_before() -> None:
    made = first_version()
    before = render(made.state.report, Language.ARABIC, "pdf")
    waiting = made.when(take_change, arriving(CHANGED), FACTS)
    after = waiting.when(on_timer, arriving(TIMER), Facts(REVISE_AT)).state
    assert render(reread("report", after).report, Language.ARABIC, "pdf") == before
    assert render(second_version(CORRECTION).state.report, Language.ARABIC, "pdf") != before


def test_R6_readings_that_changed_back_make_a_version_that_says_so() -> None:
    report = second_version().state.report
    assert report.revision.changed_days == 0
    paper = document_of(report, Language.ENGLISH)
    assert "no day of this period differs" in paper.notices[0]
    assert paper.tables[0].title != "What has changed since the version before"


def test_R6_a_version_without_any_reading_left_is_made_all_the_same() -> None:
    gaps = [day_block(day, [None] * 24, version=2) for day in FEBRUARY]
    report = second_version(*gaps).then_state(Made).state.report
    assert report.total.energy_wh is None
    assert render(report, Language.ENGLISH, "pdf").startswith(b"%PDF-")


def test_R6_a_version_whose_readings_do_not_come_asks_again_and_nobody_is_answered() -> None:
    gathering = given().when(order_version, arriving(version_ordered()), FACTS)
    timer = TIMER_ELAPSED["reports"](aggregate=f"report:{SECOND}")
    gathering.when(on_timer, arriving(timer), Facts(NOON)).then().then_state(gathering.state)
    again = gathering.when(on_timer, arriving(timer), Facts(GIVE_UP_AT)).then(*[ReadingsWanted] * 3)
    assert due_at(again.state) == GIVE_UP_AT + 2 * (GIVE_UP_AT - NOON)


def test_R6_the_first_version_knows_the_latest() -> None:
    made = first_version()
    third = made.when(note_version, arriving(VersionMade(report_id=REPORT_ID, version=3)))
    assert third.state.latest == 3
    third.when(note_version, arriving(VersionMade(report_id=REPORT_ID, version=2))).then().then_state(third.state)


def test_R6_the_months_hear_of_a_version_from_the_customer() -> None:
    completed = second_version(CORRECTION).messages[1]
    told = given(KNOWN).when(tell_months, arriving(completed)).then(*[ReadingsUsed] * 3).then_state(KNOWN)
    assert told.messages[-1] == ReadingsUsed(report_id=SECOND, account_number=ACCOUNT, month="2026-02", edition=28)


def test_R6_a_report_has_only_so_many_versions() -> None:
    second = second_version(CORRECTION).state
    revision = replace(second.report.revision, version=MOST_VERSIONS)
    last = replace(second, report=replace(second.report, revision=revision))
    given(last).when(take_change, arriving(CHANGED), FACTS).then().then_state(last)


def test_R6_a_version_is_named_by_its_report() -> None:
    assert (version_id(REPORT_ID, 1), version_id(REPORT_ID, 2)) == (REPORT_ID, SECOND)
    assert report_id_of(SECOND) == report_id_of(REPORT_ID) == REPORT_ID


@pytest.mark.parametrize(
    "day",
    [
        DayConsumption(DAY, None, 0, ()),
        DayConsumption(DAY, 0, 86_400, ("measured",)),
        DayConsumption(DAY, 10**14, 900, ("raw", "estimated")),
    ],
)
def test_R6_a_day_is_told_to_the_next_version_without_loss(day: DayConsumption) -> None:
    assert days_from_texts([day_as_text(day)], Period(DAY, DAY)) == (day,)


def test_R6_the_longest_report_fits_its_order_and_the_next_versions_document() -> None:
    two_years = Period(date(2024, 3, 1), date(2026, 2, 28))
    most: list[Any] = [10**12] * 96
    blocks = [day_block(day, most, quality="estimated", note="\u0639" * 200) for day in two_years]
    made = collected(two_years, blocks)
    waiting = made.when(take_change, arriving(CHANGED), FACTS)
    (order,) = waiting.when(on_timer, arriving(TIMER), Facts(REVISE_AT)).messages
    assert isinstance(order, VersionOrdered)
    assert len(order.model_dump_json().encode()) < 48 * 1024
    report = made.state.report
    other = [replace(day, energy_wh=0) for day in report.days]
    revised = replace(report, revision=revision_of(2, NOON, other, report.days))
    assert (len(revised.revision.changes), revised.revision.changed_days) == (MOST_CHANGES, two_years.days)
    state = replace(made.state, report=revised)
    assert len((written("report", state).state or "").encode()) < MAX_STATE_BYTES * 3 // 4
    paper = document_of(revised, Language.ENGLISH)
    assert paper.tables[0].notes == (f"\u2066{two_years.days - MOST_CHANGES}\u2069 more days have changed.",)
    lines = render_csv(revised, Language.ENGLISH).decode("utf-8-sig").splitlines()[1:]
    cells = [line.split(",")[6:8] for line in lines]  # none of them says that its day is as it was
    assert cells == [["0.000", "estimated"]] * MOST_CHANGES + [["", "not listed"]] * (two_years.days - MOST_CHANGES)

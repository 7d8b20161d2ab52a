"""What a report and its later versions hold on to: days asked for and seen, who acted, the version before (A18, R6)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from contracts.decision import Facts
from contracts.operations import TIMER_ELAPSED
from contracts.reports import ReportMade
from contracts.reports_internal import ReadingsChanged, ReportCompleted, VersionOrdered
from services.reports.any_report import due_at, on_timer
from services.reports.order import order_report, take_readings
from services.reports.order_states import Made
from services.reports.period import Period, month_period
from services.reports.versions import order_version, take_change
from tests.scenario import NOON, Given, arriving, given
from tests.unit.reports.orders import (
    EVER,
    FACTS,
    FEBRUARY,
    GIVE_UP_AT,
    REPORT_ID,
    REVISE_AT,
    SAMPLE,
    collected,
    day_block,
    gathered,
    metered,
    month_given,
    ordered,
    report_ordered,
)

OWN = Period(date(2026, 2, 10), date(2026, 2, 28))
TWO_STRETCHES = (Period(date(2026, 1, 1), date(2026, 1, 20)), Period(OWN.first, date.max))
BLOCKS = [day_block(day) for day in FEBRUARY]
CHANGED = ReadingsChanged(report_id=REPORT_ID, days=(date(2026, 2, 12),))
LATER = replace(FACTS, present=NOON + timedelta(minutes=1), reference="another-reference")


def acted(*, by: str | None) -> Given:
    """A report of February's last days that somebody ordered for a business."""
    order = report_ordered(OWN, TWO_STRETCHES, FEBRUARY).model_copy(update={"acted_by": by})
    return gathered(given().when(order_report, arriving(order), FACTS), BLOCKS).then_state(Made)


def next_ordered(made: Given, aggregate: str = REPORT_ID) -> VersionOrdered:
    """What the report says when days of it have changed and it has been quiet."""
    timer = TIMER_ELAPSED["reports"](aggregate=f"report:{aggregate}")
    waiting = made.when(take_change, arriving(CHANGED), FACTS)
    (order,) = waiting.when(on_timer, arriving(timer), Facts(REVISE_AT)).messages
    assert isinstance(order, VersionOrdered)
    return order


def second_of(order: VersionOrdered) -> Given:
    """The version that was ordered, made a minute later."""
    scenario = given().when(order_version, arriving(order), LATER)
    for month in scenario.state.missing:
        answer = month_given(month, metered(*(block for block in BLOCKS if f"{block.day:%Y-%m}" == month)))
        scenario = scenario.when(take_readings, arriving(answer), LATER)
    return scenario


@pytest.mark.parametrize("by", [None, "user-sara"])
def test_I17_R7_a_later_version_is_told_and_priced_for_whom_the_first_was(by: str | None) -> None:
    first = acted(by=by)
    second = second_of(next_ordered(first)).then_state(Made)
    told = [each for each in (*first.messages, *second.messages) if isinstance(each, ReportMade)]
    assert [(each.acted_by, each.version) for each in told] == [(by, 1), (by, 2)]
    assert second.state.report.tariff_kind == first.state.report.tariff_kind
    assert second.state.terms == first.state.terms


def test_A18_R6_a_later_version_keeps_what_was_asked_for_and_every_stretch_that_may_be_seen() -> None:
    order = next_ordered(acted(by=None))
    second = second_of(order).state
    assert (second.report.asked, second.terms.visible) == (FEBRUARY, TWO_STRETCHES)
    assert (second.report.period, second.report.restricted) == (OWN, True)


def test_R6_a_later_version_has_the_reference_of_the_first_and_the_instant_that_it_replaces() -> None:
    order = next_ordered(acted(by=None))
    assert (order.replaces_as_of, order.report_reference) == (NOON, FACTS.reference)
    report = second_of(order).state.report
    assert (report.heading.reference, report.heading.as_of) == (FACTS.reference, LATER.present)
    assert report.revision.replaces_as_of == NOON


def test_R6_the_third_version_is_ordered_of_the_report_and_not_of_its_second() -> None:
    second = second_of(next_ordered(acted(by=None)))
    third = next_ordered(second, f"{REPORT_ID}.2")
    assert (third.report_id, third.version, third.replaces_as_of) == (REPORT_ID, 3, LATER.present)


def test_R6_a_change_counts_where_one_of_its_days_is_used() -> None:
    made = collected(FEBRUARY, BLOCKS)
    changed = ReadingsChanged(report_id=REPORT_ID, days=(date(2026, 2, 28), date(2026, 3, 1)))
    assert due_at(made.when(take_change, arriving(changed), FACTS).state) == REVISE_AT


def test_R4_a_report_is_as_of_the_instant_at_which_its_last_month_answered() -> None:
    scenario = ordered()
    for minute, month in enumerate(scenario.state.missing, 1):
        meter = metered(*(block for block in BLOCKS if f"{block.day:%Y-%m}" == month))
        facts = replace(FACTS, present=NOON + timedelta(minutes=minute))
        scenario = scenario.when(take_readings, arriving(month_given(month, meter)), facts)
    assert scenario.state.report.heading.as_of == NOON + timedelta(minutes=3)
    assert [each.made_at for each in scenario.messages if isinstance(each, ReportMade)] == [NOON + timedelta(minutes=3)]


def test_R5_J3_a_partial_day_is_not_told_as_measured_and_lengths_are_those_of_the_period() -> None:
    blocks = [day_block(day) for day in FEBRUARY if day.day > 2]
    blocks += [day_block(date(2026, 2, 1), [100, None] + [100] * 22), day_block(date(2026, 2, 2), [25] * 96)]
    blocks += [day_block(day, [50] * 48) for day in month_period(2026, 1)]
    made = collected(FEBRUARY, blocks)
    completed = made.messages[0]
    assert isinstance(completed, ReportCompleted)
    assert (completed.days_measured, completed.days_in_period) == (27, 28)
    assert made.state.report.interval_lengths_s == (900, 3_600)


def test_A18_a_report_is_restricted_where_only_the_year_before_is_not_ones_own() -> None:
    since_january = (Period(date(2026, 1, 1), date.max),)
    assert collected(FEBRUARY, BLOCKS, visible=since_january).state.report.restricted
    assert not collected(FEBRUARY, BLOCKS, visible=EVER).state.report.restricted


def test_A18_R5_of_a_month_that_is_cut_a_day_without_words_adds_none() -> None:
    answer = month_given("2026-02", metered(*BLOCKS))
    silent = tuple(day.model_copy(update={"source_note": None}) for day in answer.days[:-1])
    answer = answer.model_copy(update={"days": (*silent, answer.days[-1])})
    cut = ordered(OWN, visible=(OWN,), asked=FEBRUARY).when(take_readings, arriving(answer), FACTS)
    assert cut.then_state(Made).state.report.heading.source_notes == (SAMPLE,)


def test_R6_a_version_that_was_woken_late_waits_from_then_on() -> None:
    gathering = given().when(order_version, arriving(next_ordered(acted(by=None))), FACTS)
    timer = TIMER_ELAPSED["reports"](aggregate=f"report:{REPORT_ID}.2")
    late = GIVE_UP_AT + timedelta(hours=2)
    again = gathering.when(on_timer, arriving(timer), Facts(late))
    assert due_at(again.state) == late + 2 * (GIVE_UP_AT - NOON)

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from contracts.decision import Facts, Outgoing
from contracts.operations import TIMER_ELAPSED
from contracts.reports import ReportFetched, ReportMade
from contracts.reports_internal import MonthUsed, ReadingsWanted, ReportCompleted, ReportDeclined
from contracts.values.language import Language
from contracts.values.riyadh_day import day_start
from services.chassis.encoding import MAX_MESSAGES, MAX_STATE_BYTES
from services.reports.any_report import count_fetch, due_at, on_timer
from services.reports.asked_period import months_needed
from services.reports.csv_report import render_csv
from services.reports.layout import document_of
from services.reports.order import MOST_SOURCE_NOTES, order_report, take_readings
from services.reports.order_states import Collecting, Declined, Former, Made
from services.reports.period import ONE_DAY, Period, month_period
from services.reports.readings import IntervalReading, Quality
from services.reports.rendering import render
from services.reports.report import ReportHeading, consumption_report
from services.reports.tariff import Price, TariffKind, price_of
from tests.scenario import NOON, arriving, given
from tests.unit.reports.orders import (
    ACCOUNT,
    EXPIRES_AT,
    FACTS,
    FEBRUARY,
    GIVE_UP_AT,
    NOURA,
    REPORT_ID,
    SAMPLE,
    SECRET,
    collected,
    day_block,
    gathered,
    metered,
    month_given,
    ordered,
    report_ordered,
    reread,
    written,
)

FEBRUARYS_MONTHS = ("2025-02", "2026-01", "2026-02")
TWO_YEARS = Period(date(2024, 3, 1), date(2026, 2, 28))
FETCHED = ReportFetched(report_id=REPORT_ID, language="ar", file_format="pdf", channel="web")
TIMER = TIMER_ELAPSED["reports"](aggregate=f"report:{REPORT_ID}")
DAYS_WITH_READINGS = [day for day in FEBRUARY if day.day not in {9, 22}]


def wanted_months(scenario_messages: object) -> list[str]:
    assert isinstance(scenario_messages, tuple)
    return [message.month for message in scenario_messages if isinstance(message, ReadingsWanted)]


def test_R1_a_month_is_compared_with_the_month_and_the_year_before_so_their_readings_are_asked_for_too() -> None:
    report = ordered()
    assert wanted_months(report.messages) == ["2025-02", "2026-01", "2026-02"]
    assert months_needed(Period(date(2025, 3, 1), date(2026, 2, 28)))[0] == "2024-03"
    assert months_needed(TWO_YEARS)[0] == "2024-03"
    assert len(months_needed(TWO_YEARS)) == 24 <= MAX_MESSAGES


def test_R1_an_order_delivered_twice_asks_once() -> None:
    once = ordered()
    once.when(order_report, arriving(report_ordered()), FACTS).then().then_state(once.state)


@pytest.mark.parametrize(
    ("acted_by", "kind", "named"), [(None, "residential", "Residential"), ("user-sara", "commercial", "Commercial")]
)
def test_R7_I17_a_business_is_priced_by_the_commercial_tariff_and_the_paper_says_so(
    acted_by: str | None, kind: TariffKind, named: str
) -> None:
    order = report_ordered().model_copy(update={"acted_by": acted_by})
    blocks = [day_block(day, (10_000,) * 24) for day in FEBRUARY]
    report = gathered(given().when(order_report, arriving(order), FACTS), blocks).state.report
    assert report.price == price_of(dict.fromkeys(FEBRUARY, 240000), FEBRUARY, kind)
    assert ("Tariff", named) in [(fact.label, fact.value) for fact in document_of(report, Language.ENGLISH).facts]


def test_R5_J3_the_report_is_made_with_the_last_month_and_says_so_to_its_customer_under_the_commands_id() -> None:
    blocks = [day_block(day) for day in DAYS_WITH_READINGS]
    made = collected(FEBRUARY, blocks).then(
        ReportCompleted(
            report_id=REPORT_ID,
            user_id=NOURA.user_id,
            account_number=ACCOUNT,
            expires_at=EXPIRES_AT,
            days_measured=26,
            days_in_period=28,
            used=tuple(MonthUsed(month=month, edition=26 * (month == "2026-02")) for month in FEBRUARYS_MONTHS),
        ),
        ReportMade(
            user_id=NOURA.user_id,
            report_id=REPORT_ID,
            kind="consumption",
            version=1,
            account_number=ACCOUNT,
            made_at=NOON,
        ),
    )
    assert made.decision is not None
    assert [out.correlation_id for out in made.decision.messages if isinstance(out, Outgoing)] == ["command-1"] * 2
    made.then_state(Made)
    assert made.state.expires_at == EXPIRES_AT
    assert SECRET not in (written("report", made.state).state or "")  # R8: stored hashed


def test_R1_a_month_that_answers_twice_counts_once_and_nothing_comes_after_the_end() -> None:
    february = month_given("2026-02", metered(*(day_block(day) for day in DAYS_WITH_READINGS)))
    once = ordered().when(take_readings, arriving(february), FACTS).then()
    twice = once.when(take_readings, arriving(february), FACTS).then().then_state(once.state)
    made = twice.when(take_readings, arriving(month_given("2026-01", None)), FACTS)
    made = made.when(take_readings, arriving(month_given("2025-02", None)), FACTS).then_state(Made)
    assert made.state.report.total.energy_wh == 26 * 24_000
    made.when(take_readings, arriving(february), FACTS).then().then_state(made.state)
    unasked = february.model_copy(update={"month": "2020-01"})
    once.when(take_readings, arriving(unasked), FACTS).then().then_state(once.state)


def test_R5_a_period_without_any_reading_has_no_report() -> None:
    year_before = [day_block(day) for day in month_period(2025, 2)]
    collected(FEBRUARY, year_before).then(
        ReportDeclined(report_id=REPORT_ID, user_id=NOURA.user_id, reason="no-readings")
    ).then_state(Declined(user_id=NOURA.user_id, reason="no-readings"))


def test_J3_a_report_whose_readings_do_not_come_is_given_up_in_time_and_not_before() -> None:
    waiting = ordered().when(take_readings, arriving(month_given("2026-02", None)), FACTS)
    assert due_at(waiting.state) == GIVE_UP_AT
    early = Facts(GIVE_UP_AT - timedelta(microseconds=1))
    waiting.when(on_timer, arriving(TIMER), early).then().then_state(waiting.state)
    given_up = waiting.when(on_timer, arriving(TIMER), Facts(GIVE_UP_AT)).then(
        ReportDeclined(report_id=REPORT_ID, user_id=NOURA.user_id, reason="readings-did-not-come")
    )
    assert due_at(given_up.state) is None
    given_up.when(on_timer, arriving(TIMER), Facts(GIVE_UP_AT)).then().then_state(given_up.state)
    late = month_given("2026-01", None)
    given_up.when(take_readings, arriving(late), FACTS).then().then_state(given_up.state)


def test_R8_a_fetch_is_counted_by_a_made_report_only() -> None:
    made = collected(FEBRUARY, [day_block(day) for day in DAYS_WITH_READINGS])
    fetched = made.when(count_fetch, arriving(FETCHED)).when(count_fetch, arriving(FETCHED)).then()
    assert fetched.state == replace(made.state, fetched=2)
    assert due_at(fetched.state) is None
    collecting = ordered()
    collecting.when(count_fetch, arriving(FETCHED)).then().then_state(collecting.state)


def test_R5_source_notes_and_quality_marks_reach_the_pdfs_words_and_the_csv() -> None:
    blocks = [day_block(day, quality="raw") for day in DAYS_WITH_READINGS]
    blocks += [day_block(date(2026, 2, 9), quality="corrected", note="bench 7")]
    made = reread("report", collected(FEBRUARY, blocks).state)
    document = str(document_of(made.report, Language.ENGLISH))
    for words in (SAMPLE, "bench 7", "corrected", "raw"):
        assert words in document
    csv = render_csv(made.report, Language.ENGLISH).decode("utf-8-sig")
    assert "public sample, shifted; bench 7" in csv
    assert "corrected" in csv


def test_A18_R5_a_new_tenants_paper_has_no_words_on_days_before_the_hand_over() -> None:
    own = Period(date(2026, 2, 15), date(2026, 2, 28))
    blocks = [day_block(day, note=SAMPLE if day in own else "opened by the one before") for day in FEBRUARY]
    assert collected(own, blocks, visible=(own,), asked=FEBRUARY).state.report.heading.source_notes == (SAMPLE,)


def test_R5_a_meter_that_changes_its_words_all_the_time_does_not_fill_the_report() -> None:
    blocks = [day_block(day, note=f"note {day}") for day in DAYS_WITH_READINGS]
    assert len(collected(FEBRUARY, blocks).state.report.heading.source_notes) == MOST_SOURCE_NOTES


@pytest.mark.parametrize("language", list(Language))
def test_R4_a_report_read_back_from_its_document_renders_to_the_very_same_bytes(language: Language) -> None:
    made = collected(FEBRUARY, [day_block(day) for day in (*month_period(2026, 1), *DAYS_WITH_READINGS)]).state
    later = reread("report", replace(made, fetched=3))
    assert later.report == made.report
    assert render(later.report, language, "pdf") == render(made.report, language, "pdf")
    assert render_csv(later.report, language) == render_csv(made.report, language)


QUALITIES: list[Quality] = ["measured", "raw", "corrected", "estimated"]
ENERGIES = st.sampled_from([24, 48, 96, 1]).flatmap(
    lambda count: st.lists(st.none() | st.integers(0, 10**6), min_size=count, max_size=count)
)
ANY_DAYS = st.dictionaries(st.integers(0, 58), st.tuples(ENERGIES, st.sampled_from(QUALITIES)), min_size=1, max_size=12)


@hypothesis_settings(max_examples=25, deadline=None)
@for_all(ANY_DAYS)
def test_R5_sums_of_days_say_exactly_what_the_intervals_themselves_would_say(
    days: dict[int, tuple[list[int | None], Quality]],
) -> None:
    blocks, readings = [], list[IntervalReading]()
    for offset, (energies, quality) in days.items():
        block = day_block(date(2026, 1, 1) + offset * ONE_DAY, energies, quality=quality)
        blocks.append(block)
        starts = (day_start(block.day) + timedelta(seconds=n * block.interval_seconds) for n in range(len(energies)))
        readings += [
            IntervalReading(start, block.interval_seconds, energy, quality)
            for start, energy in zip(starts, energies, strict=True)
            if energy is not None
        ]
    heading = ReportHeading(ACCOUNT, FACTS.reference, NOON, (SAMPLE,))
    direct = consumption_report(readings, FEBRUARY, "residential", heading)
    state = collected(FEBRUARY, blocks).state
    if direct.total.energy_wh is None:
        assert isinstance(state, Declined)
        return
    for language in Language:
        assert document_of(state.report, language) == document_of(direct, language)
        assert render_csv(state.report, language) == render_csv(direct, language)


def test_R1_the_longest_report_fits_its_document_at_every_stage() -> None:
    most = 10**12  # the contract's largest energy of an interval
    note = "\u0639" * 199
    months = months_needed(TWO_YEARS)
    last = scenario = ordered(TWO_YEARS).then(*[ReadingsWanted] * 24)
    for month in months:
        year, number = map(int, month.split("-"))
        blocks = [
            day_block(day, [most] * 96, quality="estimated", note=f"{day.day % 10}{note}")
            for day in month_period(year, number)
        ]
        last = scenario
        scenario = scenario.when(take_readings, arriving(month_given(month, metered(*blocks))), FACTS)
    assert isinstance(last.state, Collecting)
    collecting, made = (len((written("report", s.state).state or "").encode()) for s in (last, scenario))
    assert isinstance(scenario.state, Made)
    assert collecting < MAX_STATE_BYTES * 2 // 3
    assert made < MAX_STATE_BYTES * 2 // 3
    assert isinstance(scenario.state.report.price, Price)
    assert render(scenario.state.report, Language.ARABIC, "pdf").startswith(b"%PDF-")


def test_R6_a_version_asks_ever_more_rarely_and_at_least_once_a_day() -> None:
    """Each question to a month that is parked is a dead letter."""
    former = Former(version=1, reference="report", as_of=NOON, days=())
    scenario, asked = given(replace(ordered().state, former=former)), 0
    while (due := due_at(scenario.state)) is not None and due < NOON + timedelta(days=30):
        scenario = scenario.when(on_timer, arriving(TIMER), Facts(due))
        asked += 1
    assert 30 <= asked < 50

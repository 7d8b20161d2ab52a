"""What a consumption report says, cell by cell: its large numbers, its chart's words, its tables and notes (R1, R4)."""

from dataclasses import replace
from datetime import date
from functools import cache

import pytest

from contracts.values.language import Language
from services.reports.document import Document
from services.reports.layout import document_of, shows_days
from services.reports.period import Period, month_period
from services.reports.report import ConsumptionReport
from services.reports.revision import DayChange, revision_of
from services.reports.texts import END_ISOLATE, ISOLATE_LTR
from tests.scenario import NOON
from tests.unit.reports.situations import APRIL, april_report, hours_of_days, report_of

WINTER = Period(date(2025, 12, 20), date(2026, 2, 28))


def read(*texts: str) -> tuple[str, ...]:
    """The texts without their isolates."""
    return tuple(text.replace(ISOLATE_LTR, "").replace(END_ISOLATE, "") for text in texts)


@cache
def compared() -> ConsumptionReport:
    """An April of 24 kWh a day, after a March of 19.2 and an April of 48 the year before."""
    now = hours_of_days(APRIL) + hours_of_days(month_period(2026, 3), 800) + hours_of_days(month_period(2025, 4), 2_000)
    return report_of(now)


@cache
def winter() -> ConsumptionReport:
    """From 20 December to the end of February, one day missing."""
    return report_of(hours_of_days(day for day in WINTER if day != date(2025, 12, 25)), WINTER)


def english(report: ConsumptionReport) -> Document:
    return document_of(report, Language.ENGLISH)


def table_of(paper: Document, title: str) -> list[tuple[str, ...]]:
    (table,) = (table for table in paper.tables if table.title == title)
    return [read(*row.cells) for row in table.rows]


def test_R1_R5_the_large_numbers_are_all_the_energy_the_amount_with_tax_and_the_days_that_lack() -> None:
    headlines = english(april_report()).headlines
    assert [read(each.label, each.value, each.note) for each in headlines] == [
        ("Consumption", "668.0", "24.0 kWh on an average measured day"),
        ("Amount with VAT", "138.28", "SAR 120.24 before VAT; not a bill"),
        ("Days measured", "26 of 30", "without readings: 2, partial: 1, estimated: 1"),
        ("Same period a year before", "Not compared", "no readings then"),
    ]
    assert (headlines[2].tone, headlines[2].share) == ("warning", 866)
    whole = english(compared()).headlines
    assert read(whole[2].note, whole[2].tone) == ("No gaps", "good")
    assert read(whole[3].label, whole[3].value) == ("Same period a year before", "\u221250.0%")


def test_R1_a_comparison_names_its_period_and_stands_then_before_now() -> None:
    assert table_of(english(compared()), "Comparison") == [
        ("Same period a month before: 2026-03-01 to 2026-03-31", "19.2", "24.0", "+25.0%"),
        ("Same period a year before: 2025-04-01 to 2025-04-30", "48.0", "24.0", "\u221250.0%"),
    ]
    zero = report_of(hours_of_days(APRIL) + hours_of_days(month_period(2026, 3), 0))
    assert table_of(english(zero), "Comparison")[0][1:] == ("0.0", "24.0", "nothing was used then")


def test_R1_R7_the_working_names_the_days_the_block_and_what_the_tax_is_on() -> None:
    (working,) = (table for table in english(winter()).tables if table.title == "How the amount is worked out")
    assert [read(*row.cells) for row in working.rows] == [
        ("2025-12-20 to 2025-12-31", "up to 2,322.581 kWh", "264.000", "18", "47.52"),
        ("2026-01-01 to 2026-01-31", "up to 6,000 kWh", "744.000", "18", "133.92"),
        ("2026-02-01 to 2026-02-28", "up to 6,000 kWh", "672.000", "18", "120.96"),
    ]
    assert [read(each.label, each.value) for each in working.totals] == [
        ("Before VAT", "302.40"),
        ("VAT 15% of SAR 302.40", "45.36"),
        ("Total", "347.76"),
    ]
    assert [note.startswith("Monthly limits are prorated") for note in working.notes] == [True, False]
    (whole_month,) = (t for t in english(compared()).tables if t.title == "How the amount is worked out")
    assert len(whole_month.notes) == 1
    above = report_of(hours_of_days([APRIL.first], 300_000))
    assert [row[1] for row in table_of(english(above), "How the amount is worked out")] == [
        "up to 6,000 kWh",
        "above 6,000 kWh",
    ]


def test_R7_the_source_of_rates_is_named_in_the_readers_language() -> None:
    notes = {
        language: read(*(note for table in document_of(compared(), language).tables for note in table.notes))
        for language in Language
    }
    assert (
        "Source of rates: Hesabi rule R7; rates to be confirmed against the published tariff."
        in notes[Language.ENGLISH]
    )
    assert any("قاعدة حسابي R7" in note for note in notes[Language.ARABIC])


def test_R4_R5_months_and_years_have_their_own_energy_cover_and_hijri_days() -> None:
    paper = english(winter())
    december = ("29 Jumada al-Akhirah 1447 \u2013 11 Rajab 1447", "264.000", "11 of 12", "raw")
    assert table_of(paper, "Month by month") == [
        ("December 2025", *december),
        ("January 2026", "12 Rajab 1447 \u2013 12 Sha'ban 1447", "744.000", "31 of 31", "raw"),
        ("February 2026", "13 Sha'ban 1447 \u2013 11 Ramadan 1447", "672.000", "28 of 28", "raw"),
    ]
    assert table_of(paper, "Year by year") == [
        ("2025", *december),
        ("2026", "12 Rajab 1447 \u2013 11 Ramadan 1447", "1,416.000", "59 of 59", "raw"),
    ]
    two_months = Period(date(2026, 1, 1), date(2026, 2, 28))
    assert len(table_of(english(report_of(hours_of_days(two_months), two_months)), "Month by month")) == 2


def test_R4_R5_a_day_stands_with_its_weekday_and_the_sum_is_that_of_all_readings() -> None:
    paper = english(april_report())
    assert table_of(paper, "Day by day")[0] == ("2026-04-01 Wed", "13 Shawwal 1447", "24.000", "Measured", "raw")
    assert table_of(paper, "Day by day")[4][0] == "2026-04-05 Sun"
    tones = {row.tone: place for place, row in enumerate(paper.tables[-1].rows)}
    assert tones == {"plain": 29, "muted": 21, "warning": 17}
    (total,) = paper.tables[-1].totals
    assert read(total.label, total.value) == ("Sum of the readings, 26 of 30 days measured", "668.000")


def test_R4_the_chart_in_words_names_the_first_of_the_highest_bars_and_all_days_measured() -> None:
    by_day, by_month = english(april_report()).chart, english(winter()).chart
    assert by_day is not None
    assert by_month is not None
    assert read(by_day.alt, by_month.alt) == (
        "Bar chart, 28 bars in kWh. Highest: 24.0 kWh, 1 April 2026. 26 of 30 days measured.",
        "Bar chart, 3 bars in kWh. Highest: 744.0 kWh, January 2026. 70 of 71 days measured.",
    )
    higher = [*hours_of_days(day for day in APRIL if day.day not in {7, 9}), *hours_of_days([date(2026, 4, 7)], 2_000)]
    peak = english(report_of([*higher, *hours_of_days([date(2026, 4, 9)], 2_000)])).chart
    assert peak is not None
    assert "Highest: 48.0 kWh, 7 April 2026." in read(peak.alt)[0]
    assert read(*(label.text for label in by_day.axis[:3])) == ("1", "2", "3")
    assert read(*(label.text for label in by_month.axis)) == ("Dec", "Jan", "Feb")
    two_years = Period(date(2025, 1, 1), date(2026, 12, 31))
    long = english(report_of([], two_years)).chart
    assert long is not None
    assert [(label.slot, *read(label.text)) for label in long.axis][:3] == [
        (0, "2025-01"),
        (3, "2025-04"),
        (6, "2025-07"),
    ]


@pytest.mark.parametrize(("last", "by_day"), [(date(2026, 3, 3), True), (date(2026, 3, 4), False)])
def test_R4_sixty_two_days_are_shown_one_by_one_and_more_are_not(last: date, by_day: bool) -> None:
    assert shows_days(report_of([], Period(date(2026, 1, 1), last))) is by_day


def test_R1_R5_the_notes_say_that_it_is_no_bill_how_long_intervals_are_and_what_raw_means() -> None:
    notes = read(*english(compared()).notes)
    assert "The amount is for information, from the readings there are. It is not a bill." in notes
    assert "Interval length in minutes: 60." in notes
    assert any("have not been checked" in note for note in notes)
    assert read(english(compared()).facts[3].value) == ("2026-05-01 08:30 Riyadh time",)


def test_A18_the_notice_names_the_days_asked_for_and_the_note_stands_where_any_are_not_shown() -> None:
    said = "Days before or after your relation to this supply are not shown and not compared with."
    cut = replace(compared(), asked=Period(date(2026, 3, 1), APRIL.last))
    assert read(english(cut).notices[0])[0].startswith("You asked for 2026-03-01 to 2026-04-30.")
    assert said in english(cut).notes
    assert said in english(replace(compared(), restricted=True)).notes
    assert said not in english(compared()).notes
    assert english(compared()).notices == ()


def test_R6_the_notice_of_a_version_counts_its_days_and_names_the_riyadh_time_of_the_one_before() -> None:
    after = compared().days
    for count, words in ((1, "1 day"), (2, "2 days")):
        before = (*(replace(day, energy_wh=0) for day in after[:count]), *after[count:])
        revised = replace(compared(), revision=revision_of(2, NOON, before, after))
        (notice,) = read(*english(revised).notices)
        assert notice.startswith(f"Version 2: readings of {words} came late or were corrected.")
        assert "It replaces the version of 2026-03-01 12:00 Riyadh time" in notice


def test_R6_a_day_whose_readings_have_another_quality_has_changed() -> None:
    after = compared().days
    before = (*after[:3], replace(after[3], qualities=("estimated",)), *after[4:])
    revision = revision_of(2, NOON, before, after)
    assert (revision.changes, revision.changed_days) == ((DayChange(before[3], after[3]),), 1)

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from string import Formatter

import pytest

from contracts.values.language import Language
from services.reports.figures import signed_percent
from services.reports.layout import document_of
from services.reports.period import Period
from services.reports.report import ConsumptionReport
from services.reports.texts import END_ISOLATE, ISOLATE_LTR, PHRASES, isolate
from tests.unit.reports.situations import HEADING, april_report, april_with_two_days_missing, hours_of_days, report_of

both_languages = pytest.mark.parametrize("language", list(Language))
ISOLATED = re.compile(f"{ISOLATE_LTR}[^{ISOLATE_LTR}{END_ISOLATE}]*{END_ISOLATE}")
A_YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("permille", "text"), [(0, "0.0%"), (123, "+12.3%"), (-40, "−4.0%"), (7, "+0.7%"), (12_345_678, "+1,234,567.8%")]
)
def test_R1_a_change_is_printed_to_a_tenth_of_a_percent(permille: int, text: str) -> None:
    assert signed_percent(permille) == text


def texts_of(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from texts_of(inner)
        case list() | tuple():
            for inner in value:
                yield from texts_of(inner)
        case _:
            return


def words_of(report: ConsumptionReport, language: Language) -> str:
    """All texts with the isolates taken out, as a reader sees them."""
    joined = "\n".join(texts_of(document_of(report, language).data()))
    return joined.replace(ISOLATE_LTR, "").replace(END_ISOLATE, "")


@cache
def situations() -> list[ConsumptionReport]:
    shifted = replace(HEADING, source_notes=("public sample, shifted", "bench 7"))
    return [
        april_report(),
        report_of([], heading=shifted),
        report_of(hours_of_days(A_YEAR), A_YEAR, "commercial"),
        report_of(hours_of_days(A_YEAR), Period(date(2025, 11, 5), date(2026, 12, 20))),
        report_of(april_with_two_days_missing(), Period(date(2020, 6, 1), date(2020, 7, 2))),
        report_of(april_with_two_days_missing(), Period(date(2026, 4, 4), date(2026, 4, 4))),
    ]


@both_languages
@pytest.mark.parametrize("place", range(len(situations())))
def test_R4_every_number_is_isolated(place: int, language: Language) -> None:
    for text in texts_of(document_of(situations()[place], language).data()):
        rest = ISOLATED.sub("", text)
        assert not re.search(r"\d", rest), text
        assert ISOLATE_LTR not in rest
        assert END_ISOLATE not in rest


def test_R4_a_number_that_is_not_isolated_would_be_seen() -> None:
    assert re.search(r"\d", ISOLATED.sub("", f"{isolate(1)} 2026-01-31"))


@both_languages
def test_R4_hijri_and_gregorian_months_are_shown(language: Language) -> None:
    words = words_of(april_report(), language)
    names = ("April 2026", "Shawwal 1447") if language is Language.ENGLISH else ("أبريل 2026", "شوال 1447")
    assert all(name in words for name in names)


def test_R5_28_of_30_days_measured_is_printed() -> None:
    report = report_of(april_with_two_days_missing())
    assert "28 of 30 days measured" in words_of(report, Language.ENGLISH)
    assert "الأيام المقيسة: 28 من 30" in words_of(report, Language.ARABIC)


def test_R5_a_gap_has_a_dash_and_not_a_zero() -> None:
    rows = document_of(report_of(april_with_two_days_missing()), Language.ENGLISH).tables[-1].rows
    assert rows[8].cells[2:] == ("–", "No reading", "–")
    assert rows[7].cells[2:] == (isolate("24.000"), "Measured", "raw")


def test_R1_the_working_is_printed_with_its_blocks_and_total() -> None:
    report = report_of(hours_of_days([date(2026, 4, 1)], wh_an_hour=300_000))  # 7,200 kWh
    working = document_of(report, Language.ENGLISH).tables[0]
    assert [row.cells[2:] for row in working.rows] == [
        (isolate("6,000.000"), isolate(18), isolate("1,080.00")),
        (isolate("1,200.000"), isolate(30), isolate("360.00")),
    ]
    assert [total.value for total in working.totals] == [isolate("1,440.00"), isolate("216.00"), isolate("1,656.00")]


@both_languages
def test_R1_a_report_over_more_than_a_year_says_nothing_of_comparisons(language: Language) -> None:
    two_years = Period(date(2025, 1, 1), date(2026, 12, 31))
    document = document_of(report_of(hours_of_days(two_years), two_years), language)
    titles = [table.title for table in document.tables]
    assert not {PHRASES["comparison"].en, PHRASES["comparison"].ar} & {*titles}
    assert len(document.headlines) == 3
    percent = isolate("90%")
    assert not any(percent in note for note in document.notes)


def test_R1_a_refused_comparison_is_printed_with_its_reason() -> None:
    words = words_of(april_report(), Language.ENGLISH)
    assert "Not compared: 26 of 30 days measured now, 90% needed" in words
    assert "Not compared: no readings then" in words


def test_R4_a_long_report_shows_months_and_a_short_one_days() -> None:
    year = document_of(report_of(hours_of_days(A_YEAR), A_YEAR), Language.ENGLISH)
    assert year.chart is not None
    assert len(year.chart.chart.bars) == 12
    assert [table.title for table in year.tables] == ["Month by month", "How the amount is worked out", "Comparison"]
    assert document_of(april_report(), Language.ENGLISH).tables[-1].title == "Day by day"


def test_R5_shifted_public_data_are_named_as_such() -> None:
    report = report_of([], heading=replace(HEADING, source_notes=("public sample, shifted", "bench 7")))
    note = document_of(report, Language.ENGLISH).source_note
    assert note == f"Source of data: public sample, shifted (not readings of this account); {isolate('bench 7')}."
    assert "عيّنة عامة مُزاحة زمنيًا" in words_of(report, Language.ARABIC)
    assert document_of(april_report(), Language.ENGLISH).source_note is None


def test_R4_a_value_cannot_leave_its_isolate() -> None:
    assert isolate("1\u2069\u202e2\x00") == f"{ISOLATE_LTR}1??2?{END_ISOLATE}"


@pytest.mark.parametrize("key", sorted(PHRASES))
def test_R4_both_languages_have_the_same_placeholders(key: str) -> None:
    phrase = PHRASES[key]
    english, arabic = ({name for _, name, _, _ in Formatter().parse(text) if name} for text in (phrase.en, phrase.ar))
    assert english == arabic
    assert not re.search(r"\d", phrase.en)
    assert not re.search(r"\d", phrase.ar)

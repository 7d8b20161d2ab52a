"""Numbers, spans and refusals as a reader sees them (R1, R4)."""

from datetime import date

import pytest

from contracts.values.language import Language
from services.reports.consumption import ComparisonRefused
from services.reports.figures import date_span, refusal_text, rounded_kwh, short_kwh
from services.reports.period import Period, month_period
from services.reports.texts import END_ISOLATE, ISOLATE_LTR
from tests.unit.reports.situations import APRIL, hours_of_days, report_of


def read(text: str) -> str:
    """The text without its isolates."""
    return text.replace(ISOLATE_LTR, "").replace(END_ISOLATE, "")


@pytest.mark.parametrize(
    ("wh", "text"), [(49, "0.0"), (50, "0.1"), (1_249, "1.2"), (1_250, "1.3"), (999_950, "1,000.0")]
)
def test_R4_energy_is_rounded_half_up_to_a_tenth(wh: int, text: str) -> None:
    assert rounded_kwh(wh) == text


@pytest.mark.parametrize(("wh", "text"), [(0, "0"), (500, "0.5"), (6_000_000, "6,000"), (1_354_839, "1,354.839")])
def test_R7_a_limit_loses_needless_decimals_and_no_digit_before_the_point(wh: int, text: str) -> None:
    assert short_kwh(wh) == text


def test_R4_a_span_is_read_from_its_first_to_its_last_day_and_one_day_stands_alone() -> None:
    two_days = Period(date(2026, 4, 1), date(2026, 4, 2))
    assert read(date_span(two_days, Language.ENGLISH)) == "2026-04-01 to 2026-04-02"
    assert read(date_span(two_days, Language.ARABIC)) == "من 2026-04-01 إلى 2026-04-02"
    assert read(date_span(Period(two_days.first, two_days.first), Language.ENGLISH)) == "2026-04-01"


@pytest.mark.parametrize(
    ("days_now", "days_then", "text"),
    [
        (30, 27, "27 of 31 days measured then, 90% needed"),
        (26, 31, "26 of 30 days measured now, 90% needed"),
    ],
)
def test_R1_a_refused_comparison_names_the_days_of_the_period_that_lacks_them(
    days_now: int, days_then: int, text: str
) -> None:
    then = hours_of_days(list(month_period(2026, 3))[:days_then])
    report = report_of(hours_of_days(list(APRIL)[:days_now]) + then)
    refused = report.comparisons[0]
    assert isinstance(refused, ComparisonRefused)
    assert read(refusal_text(refused, report.total, Language.ENGLISH)) == text

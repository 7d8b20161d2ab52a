from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.values.hijri_date import (
    HijriDate,
    hijri_month_name,
    hijri_of,
    judge_hijri_date,
    parse_birth_date,
    parse_hijri_date,
)
from contracts.values.language import Language
from contracts.values.public_reasons import public_reason_of
from contracts.values.public_texts import text_for
from contracts.values.rejected import Rejected
from tests.unit.values.test_digits import ARABIC_INDIC, EXTENDED_ARABIC_INDIC

FIRST_DAY, LAST_DAY = date(1924, 8, 1), date(2077, 11, 16)
NO_SUCH_DAY = Rejected("hijri-day-does-not-exist")

days = st.dates(FIRST_DAY, LAST_DAY)


def accepted(text: str) -> HijriDate:
    judged = parse_hijri_date(text)
    assert isinstance(judged, HijriDate)
    return judged


@pytest.mark.parametrize(
    ("text", "gregorian"),
    [
        ("1343-01-01", FIRST_DAY),
        ("1500-12-30", LAST_DAY),
        ("1446-09-01", date(2025, 3, 1)),  # first day of Ramadan as announced
        ("1447-01-01", date(2025, 6, 26)),
    ],
)
def test_I4_known_days(text: str, gregorian: date) -> None:
    assert accepted(text).gregorian == gregorian


@given(days)
def test_I4_the_triple_and_the_gregorian_day_are_both_kept(day: date) -> None:
    hijri = hijri_of(day)
    assert hijri.gregorian == day
    assert judge_hijri_date(hijri.year, hijri.month, hijri.day) == hijri
    assert parse_hijri_date(hijri.text) == hijri


@given(st.dates(FIRST_DAY, LAST_DAY - timedelta(days=1)))
def test_I4_one_day_follows_another_in_both_calendars(day: date) -> None:
    today, tomorrow = hijri_of(day), hijri_of(day + timedelta(days=1))
    assert today.text < tomorrow.text
    assert tomorrow.day in (today.day + 1, 1)


def test_I4_a_day_that_does_not_exist_is_refused_with_a_text_in_both_languages() -> None:
    refused = parse_hijri_date("1447-02-30")
    assert refused == NO_SUCH_DAY
    text = text_for(public_reason_of("hijri-day-does-not-exist"))
    assert "غير موجود" in text.ar
    assert "does not exist" in text.en


# hijridate's table of the printed calendar has months of 28 and 31 days: a birth date in them must not be refused.
CORRECTED_MONTHS = {
    (1343, 9): 28,
    (1345, 5): 31,
    (1345, 8): 28,
    (1348, 11): 31,
    (1348, 12): 28,
    (1349, 10): 28,
    (1349, 11): 31,
    (1364, 8): 28,
}


@given(st.integers(1343, 1500), st.integers(1, 12))
@example(1345, 5)
@example(1364, 8)
def test_I4_a_month_has_29_or_30_days_but_for_eight_early_ones(year: int, month: int) -> None:
    exist = [day for day in range(33) if isinstance(judge_hijri_date(year, month, day), HijriDate)]
    lengths = {CORRECTED_MONTHS[year, month]} if (year, month) in CORRECTED_MONTHS else {29, 30}
    assert len(exist) in lengths
    assert exist == list(range(1, len(exist) + 1))


@pytest.mark.parametrize("year", [-1, 0, 1342, 1501, 2025, 10**30])
def test_I4_umm_al_qura_is_known_from_1343_to_1500(year: int) -> None:
    assert judge_hijri_date(year, 1, 1) == Rejected("hijri-year-out-of-range")


@given(st.integers(), st.integers())
def test_I4_months_and_days_outside_the_calendar_are_refused(month: int, day: int) -> None:
    judged = judge_hijri_date(1447, month, day)
    assert judged == NO_SUCH_DAY or (1 <= month <= 12 and 1 <= day <= 30)


@given(days, st.sampled_from([ARABIC_INDIC, EXTENDED_ARABIC_INDIC]))
def test_I4_digits_of_either_script_are_the_same_day(day: date, script: dict[int, int]) -> None:
    assert accepted(hijri_of(day).text.translate(script)).gregorian == day


def test_I4_slashes_and_short_numbers_are_understood() -> None:
    assert accepted(" \u20661447/2/9\u2069 ") == accepted("1447-02-09")


@pytest.mark.parametrize("text", ["", "1447", "47-02-09", "1447-02-09 ١", "09-02-1447", "1447-02-²9", "1447-02-09\x00"])
def test_I4_another_form_is_refused(text: str) -> None:
    assert parse_hijri_date(text) == Rejected("hijri-date-malformed")


@given(st.text())
def test_I4_whatever_is_typed_gets_a_day_or_a_reason(text: str) -> None:
    assert isinstance(parse_hijri_date(text), HijriDate | Rejected)


def test_I4_nobody_was_born_after_today_and_the_text_says_so_in_both_languages() -> None:
    today = date(2026, 3, 1)
    last, tomorrow = hijri_of(today), hijri_of(today + timedelta(days=1))
    assert parse_birth_date(last.text, today) == last
    assert parse_birth_date(tomorrow.text, today) == Rejected("birth-date-in-the-future")
    assert parse_birth_date("1447-02-30", today) == NO_SUCH_DAY
    text = text_for(public_reason_of("birth-date-in-the-future"))
    assert "لم يحن بعد" in text.ar
    assert "lies ahead" in text.en


def test_I4_a_birth_date_hides_in_its_repr() -> None:
    shown = f"{accepted('1410-05-17')!r} {accepted('1410-05-17')}"
    assert not any(part in shown for part in ("1410", "05", "17", "1989"))


def test_R4_month_names_in_both_languages() -> None:
    assert (hijri_month_name(1, Language.ARABIC), hijri_month_name(9, Language.ARABIC)) == ("محرم", "رمضان")
    assert (hijri_month_name(1, Language.ENGLISH), hijri_month_name(9, Language.ENGLISH)) == ("Muharram", "Ramadan")
    assert all(len({hijri_month_name(month, language) for month in range(1, 13)}) == 12 for language in Language)


@pytest.mark.parametrize("day", [FIRST_DAY - timedelta(days=1), LAST_DAY + timedelta(days=1)])
def test_R4_a_day_of_ours_outside_the_calendar_is_a_bug(day: date) -> None:
    with pytest.raises(OverflowError):
        hijri_of(day)

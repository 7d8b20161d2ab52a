"""Dates of the Umm al-Qura calendar, 1343-1500 AH (I4), and its month names for reports (R4)."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from hijridate import Gregorian, Hijri

from contracts.values.digits import fold_digits, without_unseen
from contracts.values.language import Language
from contracts.values.rejected import Rejected

HijriReason = Literal["hijri-date-malformed", "hijri-year-out-of-range", "hijri-day-does-not-exist"]
BirthDateReason = HijriReason | Literal["birth-date-in-the-future"]

FIRST_YEAR = 1343  # I4
LAST_YEAR = 1500  # I4
MONTHS = 12

_FORM = re.compile(r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})")


@dataclass(frozen=True, slots=True)
class HijriDate:
    """The triple as it was declared, and the Gregorian day it is (I4). Hidden in reprs, as it may be a birth date."""

    year: int = field(repr=False)
    month: int = field(repr=False)
    day: int = field(repr=False)
    gregorian: date = field(repr=False)

    @property
    def text(self) -> str:
        """Canonical form `1447-02-29`, which `parse_hijri_date` takes back."""
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"


def judge_hijri_date(year: int, month: int, day: int) -> HijriDate | Rejected[HijriReason]:
    """The day of this triple, if Umm al-Qura has it (I4)."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return Rejected("hijri-year-out-of-range")
    if not 1 <= month <= MONTHS or not 1 <= day <= Hijri(year, month, 1).month_length():
        return Rejected("hijri-day-does-not-exist")
    converted = Hijri(year, month, day).to_gregorian()
    return HijriDate(year, month, day, date(converted.year, converted.month, converted.day))


def parse_hijri_date(text: str) -> HijriDate | Rejected[HijriReason]:
    """The day written as year, month and day with `-` or `/` between them, digits of either script (I3, I4)."""
    form = _FORM.fullmatch(without_unseen(fold_digits(text)).strip())
    if form is None:
        return Rejected("hijri-date-malformed")
    return judge_hijri_date(int(form[1]), int(form[2]), int(form[3]))


def parse_birth_date(text: str, today: date) -> HijriDate | Rejected[BirthDateReason]:
    """The day written as a Hijri date, if somebody may have been born on it by `today`, the day in Riyadh (I4).

    The customer's text for all its reasons is `birth-date-not-accepted` in `public_texts`.
    """
    declared = parse_hijri_date(text)
    if isinstance(declared, HijriDate) and declared.gregorian > today:
        return Rejected("birth-date-in-the-future")
    return declared


def hijri_of(gregorian: date) -> HijriDate:
    """The Hijri date of a Gregorian day of our own. Raises OverflowError outside 1924-08-01 to 2077-11-16."""
    converted = Gregorian(gregorian.year, gregorian.month, gregorian.day).to_hijri()
    return HijriDate(
        converted.year, converted.month, converted.day, date(gregorian.year, gregorian.month, gregorian.day)
    )


def hijri_month_name(month: int, language: Language) -> str:
    """The name of month 1-12 (Muharram is 1). Raises ValueError for another number."""
    return Hijri(FIRST_YEAR, month, 1).month_name(language.value)

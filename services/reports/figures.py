"""Numbers and dates as a reader sees them. What these return goes into text through `say` or `isolate` only (R4)."""

from datetime import date
from typing import assert_never

from contracts.values.hijri_date import hijri_month_name, hijri_of
from contracts.values.language import Language
from contracts.values.money import round_half_up
from services.reports.consumption import MIN_COVER_PERCENT, ComparisonRefused, Consumption
from services.reports.period import Period
from services.reports.tariff import WH_A_KWH
from services.reports.texts import MONTHS, isolate, say

_MINUS = "\u2212"


def exact_kwh(energy_wh: int) -> str:
    """Kilowatt hours with all three decimals, so that printed lines add up."""
    return f"{energy_wh // WH_A_KWH:,}.{energy_wh % WH_A_KWH:03d}"


def rounded_kwh(energy_wh: int) -> str:
    """Kilowatt hours with one decimal, rounded half up."""
    tenths = round_half_up(energy_wh * 10, WH_A_KWH)
    return f"{tenths // 10:,}.{tenths % 10}"


def short_kwh(energy_wh: int) -> str:
    """Kilowatt hours without needless decimals, for limits and axes."""
    return exact_kwh(energy_wh).rstrip("0").rstrip(".")


def signed_percent(permille: int) -> str:
    """`+12.3%`, `−4.0%` or `0.0%`."""
    sign = "+" if permille > 0 else _MINUS if permille < 0 else ""
    return f"{sign}{abs(permille) // 10:,}.{abs(permille) % 10}%"


def percent_text(percent: int) -> str:
    """`15%`; the sign belongs to the number, so it is isolated with it."""
    return f"{percent}%"


def date_span(period: Period, language: Language) -> str:
    """`2026-10-01 to 2026-10-31`, or the one day; each date is isolated on its own, so Arabic reads them in order."""
    if period.days == 1:
        return isolate(period.first.isoformat())
    return say(language, "span", first=period.first.isoformat(), last=period.last.isoformat())


def cover_text(span: Consumption, language: Language) -> str:
    """`28 of 30 days measured` (R5)."""
    return say(language, "measured-days", measured=span.measured_days, days=span.period.days)


def refusal_text(refused: ComparisonRefused, current: Consumption, language: Language) -> str:
    """Why there is no comparison (R1)."""
    match refused.reason:
        case "no-earlier-readings":
            return say(language, refused.reason)
        case "earlier-cover-too-low":
            span = refused.earlier
        case "cover-too-low":
            span = current
        case _:
            assert_never(refused.reason)
    percent = percent_text(MIN_COVER_PERCENT)
    return say(language, refused.reason, measured=span.measured_days, days=span.period.days, percent=percent)


def month_text(day: date, language: Language) -> str:
    """The Gregorian month of a day, `October 2026`; its number is isolated."""
    return f"{MONTHS[language][day.month - 1]} {isolate(day.year)}"


def day_text(day: date, language: Language) -> str:
    """`1 October 2026`; its numbers are isolated."""
    return f"{isolate(day.day)} {month_text(day, language)}"


def hijri_text(day: date, language: Language) -> str:
    """The Umm al-Qura date of a day, `20 Rabi' II 1448`; its numbers are isolated (R4)."""
    hijri = hijri_of(day)
    return f"{isolate(hijri.day)} {hijri_month_name(hijri.month, language)} {isolate(hijri.year)}"

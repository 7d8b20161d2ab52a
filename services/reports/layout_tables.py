"""The tables and notes of a report in words (R1, R4, R5, R7)."""

import re
from collections.abc import Sequence
from typing import Literal

from contracts.values.language import Language
from contracts.values.money import riyals
from services.reports.consumption import MIN_COVER_PERCENT, Comparison, ComparisonRefused, Consumption, DayStatus
from services.reports.document import Column, Fact, Row, Table, Tone
from services.reports.figures import (
    cover_text,
    date_span,
    exact_kwh,
    hijri_text,
    month_text,
    percent_text,
    refusal_text,
    rounded_kwh,
    short_kwh,
    signed_percent,
)
from services.reports.period import Period, days_in_month
from services.reports.readings import Quality
from services.reports.report import ConsumptionReport
from services.reports.tariff import Price, PriceRefused, Source, WorkingLine
from services.reports.texts import WEEKDAYS, isolate, say

_TONES: dict[DayStatus, Tone] = {"measured": "plain", "estimated": "warning", "partial": "warning", "missing": "muted"}
_NOTHING = "\u2013"
_NUMBERED = re.compile(r"[0-9A-Za-z.,-]*[0-9]%?")


def working_table(price: Price | PriceRefused, language: Language) -> Table | None:
    """Each block with energy, rate and amount, then VAT and total (R1); None without a price."""
    if isinstance(price, PriceRefused):
        return None
    several_limits = any(_is_part_of_month(line.period) for line in price.lines)
    sources = dict.fromkeys([*(line.source for line in price.lines), *(line.source for line in price.vat)])
    return Table(
        title=say(language, "working"),
        columns=(
            Column(say(language, "days"), number=False, share=30),
            Column(say(language, "block"), number=False, share=25),
            Column(say(language, "energy-kwh"), number=True, share=16),
            Column(say(language, "rate"), number=True, share=16),
            Column(say(language, "amount-sar"), number=True, share=14),
        ),
        rows=tuple(
            Row(
                (
                    date_span(line.period, language),
                    _block(line, language),
                    isolate(exact_kwh(line.energy_wh)),
                    isolate(line.rate_halalas),
                    isolate(riyals(line.amount_halalas)),
                )
            )
            for line in price.lines
        ),
        totals=_working_totals(price, language),
        notes=(
            *([say(language, "prorated")] if several_limits else []),
            *(say(language, "tariff-source", inner={"source": _source(source, language)}) for source in sources),
        ),
    )


def _working_totals(price: Price, language: Language) -> tuple[Fact, ...]:
    vat = (
        Fact(
            say(language, "vat", percent=percent_text(line.percent), base=riyals(line.base_halalas)),
            isolate(riyals(line.amount_halalas)),
        )
        for line in price.vat
    )
    return (
        Fact(say(language, "subtotal"), isolate(riyals(price.subtotal_halalas))),
        *vat,
        Fact(say(language, "total"), isolate(riyals(price.total_halalas))),
    )


def comparison_table(report: ConsumptionReport, language: Language) -> Table | None:
    """The comparisons made, and those refused with their reason (R1); None of a period that is compared with none."""
    if not report.comparisons:
        return None
    return Table(
        title=say(language, "comparison"),
        columns=(
            Column(say(language, "period"), number=False, share=51),
            Column(say(language, "mean-day-earlier"), number=True, share=14),
            Column(say(language, "mean-day-now"), number=True, share=14),
            Column(say(language, "change"), number=True, share=28),
        ),
        rows=tuple(_comparison_row(comparison, report.total, language) for comparison in report.comparisons),
    )


def day_table(report: ConsumptionReport, language: Language) -> Table:
    """A line for each day, those without reading among them (R5)."""
    return Table(
        title=say(language, "by-day"),
        columns=(
            Column(say(language, "day"), number=False, share=24),
            Column(say(language, "hijri-day"), number=False, share=26),
            Column(say(language, "energy-kwh"), number=True, share=14),
            Column(say(language, "status"), number=False, share=16),
            Column(say(language, "quality"), number=False, share=20),
        ),
        rows=tuple(
            Row(
                (
                    f"{isolate(day.day.isoformat())} {WEEKDAYS[language][day.day.weekday()]}",
                    hijri_text(day.day, language),
                    _energy(day.energy_wh),
                    say(language, day.status),
                    _marks(day.qualities, language),
                ),
                _TONES[day.status],
            )
            for day in report.days
        ),
        totals=_sum(report.total, language),
    )


def span_table(
    spans: Sequence[Consumption], total: Consumption, key: Literal["by-month", "by-year"], language: Language
) -> Table:
    """A line for each month or year, and their sum."""
    by_month = key == "by-month"
    return Table(
        title=say(language, key),
        columns=(
            Column(say(language, "month" if by_month else "year"), number=False, share=15),
            Column(say(language, "hijri-months"), number=False, share=43),
            Column(say(language, "energy-kwh"), number=True, share=18),
            Column(say(language, "cover"), number=False, share=12),
            Column(say(language, "quality"), number=False, share=16),
        ),
        rows=tuple(
            Row(
                (
                    month_text(span.period.first, language) if by_month else isolate(span.period.first.year),
                    f"{hijri_text(span.period.first, language)} {_NOTHING} {hijri_text(span.period.last, language)}",
                    _energy(span.energy_wh),
                    say(language, "cover-value", measured=span.measured_days, days=span.period.days),
                    _marks(span.qualities, language),
                ),
                "plain" if span.measured_days == span.period.days else "warning" if span.measured_days else "muted",
            )
            for span in spans
        ),
        totals=_sum(total, language),
    )


def notes_of(report: ConsumptionReport, language: Language) -> tuple[str, ...]:
    """What a reader must know to read the numbers rightly."""
    minutes = ", ".join(f"{seconds / 60:g}" for seconds in report.interval_lengths_s)
    return (
        say(language, "note-measured", offset="UTC+3"),
        say(language, "note-gap"),
        *([say(language, "note-quality")] if {"raw", "corrected"} & set(report.total.qualities) else []),
        *([say(language, "note-interval", minutes=minutes)] if minutes else []),
        *([say(language, "note-comparison", percent=percent_text(MIN_COVER_PERCENT))] if report.comparisons else []),
        say(language, "note-amount"),
    )


def _comparison_row(comparison: Comparison | ComparisonRefused, current: Consumption, language: Language) -> Row:
    period = f"{say(language, comparison.basis)}: {date_span(comparison.earlier.period, language)}"
    if isinstance(comparison, ComparisonRefused):
        return Row(
            (
                period,
                _NOTHING,
                _NOTHING,
                f"{say(language, 'not-compared')}: {refusal_text(comparison, current, language)}",
            ),
            "muted",
        )
    change = comparison.change_permille
    return Row(
        (
            period,
            isolate(rounded_kwh(comparison.earlier_mean_day_wh)),
            isolate(rounded_kwh(comparison.mean_day_wh)),
            say(language, "no-change-from-zero") if change is None else isolate(signed_percent(change)),
        )
    )


def _source(source: Source, language: Language) -> str:
    """A table's own text, whose numbers are isolated here because its rows are data."""
    text = source.ar if language is Language.ARABIC else source.en
    return _NUMBERED.sub(lambda found: isolate(found[0]), text)


def _block(line: WorkingLine, language: Language) -> str:
    match line.from_wh, line.up_to_wh:
        case 0, None:
            return say(language, "block-all")
        case 0, int(limit):
            return say(language, "block-to", limit=short_kwh(limit))
        case floor, None:
            return say(language, "block-above", limit=short_kwh(floor))
        case floor, limit:
            return say(language, "block-between", floor=short_kwh(floor), limit=short_kwh(limit))


def _is_part_of_month(period: Period) -> bool:
    return period.days < days_in_month(period.first.year, period.first.month)


def _energy(energy_wh: int | None) -> str:
    return _NOTHING if energy_wh is None else isolate(exact_kwh(energy_wh))


def _sum(total: Consumption, language: Language) -> tuple[Fact, ...]:
    return (Fact(say(language, "sum", inner={"cover": cover_text(total, language)}), _energy(total.energy_wh)),)


def _marks(qualities: Sequence[Quality], language: Language) -> str:
    separator = "، " if language is Language.ARABIC else ", "
    return separator.join(say(language, f"quality-{mark}") for mark in qualities) or _NOTHING

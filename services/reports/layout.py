"""From the numbers of a report to the words on its page, in one language (R1, R4, R5)."""

from typing import assert_never

from contracts.values.language import Language
from contracts.values.money import riyals
from contracts.values.riyadh_day import riyadh_time
from services.reports.chart import Slot, chart_of, day_slots, span_slots
from services.reports.consumption import Comparison, ComparisonRefused, Consumption
from services.reports.document import AxisLabel, ChartText, Document, Fact, Headline, Table
from services.reports.figures import (
    cover_text,
    day_text,
    hijri_text,
    month_text,
    refusal_text,
    rounded_kwh,
    short_kwh,
    signed_percent,
)
from services.reports.layout_tables import comparison_table, day_table, notes_of, span_table, working_table
from services.reports.layout_versions import changes_table, notices_of, relation_notes
from services.reports.period import Period
from services.reports.report import ConsumptionReport, ReportHeading
from services.reports.tariff import Price, PriceRefused
from services.reports.texts import MONTHS, isolate, say, source_text

LONGEST_BY_DAY = 62  # days; a longer report shows months, and its days are in the CSV
_LABEL_EVERY_DAY_UP_TO = 31
_LABEL_EVERY_MONTH_UP_TO = 12
_SHORT_NAME = 3


def document_of(report: ConsumptionReport, language: Language) -> Document:
    """All texts of the report in `language`."""
    other = Language.ENGLISH if language is Language.ARABIC else Language.ARABIC
    title = say(language, "title")
    return Document(
        language=language.value,
        brand=say(language, "brand"),
        title=title,
        other_language=other.value,
        other_title=say(other, "title"),
        description=f"{title}, {span_text(report.period, language)}",
        period=span_text(report.period, language),
        period_hijri=hijri_span_text(report.period, language),
        source_note=_source_note(report.heading, language),
        notices=notices_of(report, language),
        facts=_facts(report, language),
        headlines=_headlines(report, language),
        chart=_chart(report, language),
        tables=_tables(report, language),
        notes_title=say(language, "notes"),
        notes=(*relation_notes(report, language), *notes_of(report, language)),
        footer=f"{say(language, 'reference')} {isolate(report.heading.reference)}",
    )


def shows_days(report: ConsumptionReport) -> bool:
    """Whether the report is short enough to show each day."""
    return report.period.days <= LONGEST_BY_DAY


def _source_note(heading: ReportHeading, language: Language) -> str | None:
    if not heading.source_notes:
        return None
    return say(language, "source-note", inner={"notes": source_text(language, heading.source_notes)})


def _facts(report: ConsumptionReport, language: Language) -> tuple[Fact, ...]:
    heading = report.heading
    return (
        Fact(say(language, "account"), isolate(heading.account_number)),
        Fact(say(language, "reference"), isolate(heading.reference)),
        Fact(say(language, "tariff"), say(language, report.tariff_kind)),
        Fact(say(language, "as-of"), say(language, "as-of-value", instant=riyadh_time(heading.as_of))),
    )


def _headlines(report: ConsumptionReport, language: Language) -> tuple[Headline, ...]:
    return (
        _energy_headline(report.total, language),
        _amount_headline(report.price, language),
        _cover_headline(report.total, language),
        *(_comparison_headline(comparison, report.total, language) for comparison in report.comparisons[-1:]),
    )


def _energy_headline(total: Consumption, language: Language) -> Headline:
    label = say(language, "consumption")
    mean = total.mean_measured_day_wh
    note = say(language, "no-mean-day") if mean is None else say(language, "mean-day", kwh=rounded_kwh(mean))
    if total.energy_wh is None:
        return Headline(label, say(language, "no-reading"), "", note, "muted")
    return Headline(label, isolate(rounded_kwh(total.energy_wh)), say(language, "kwh"), note, "plain")


def _amount_headline(price: Price | PriceRefused, language: Language) -> Headline:
    label = say(language, "amount")
    match price:
        case Price():
            note = say(language, "amount-note", net=riyals(price.subtotal_halalas))
            return Headline(label, isolate(riyals(price.total_halalas)), say(language, "sar"), note, "plain")
        case PriceRefused():
            note = say(language, price.reason, day=price.day.isoformat())
            return Headline(label, say(language, "no-amount"), "", note, "muted")
        case _:
            assert_never(price)


def _cover_headline(total: Consumption, language: Language) -> Headline:
    shortfalls = (
        ("cover-missing", total.missing_days),
        ("cover-partial", total.partial_days),
        ("cover-estimated", total.estimated_days),
    )
    separator = "، " if language is Language.ARABIC else ", "
    note = separator.join(say(language, key, n=number) for key, number in shortfalls if number)
    return Headline(
        label=say(language, "cover"),
        value=say(language, "cover-value", measured=total.measured_days, days=total.period.days),
        unit=say(language, "days-unit"),
        note=note or say(language, "cover-all"),
        tone="good" if total.cover_suffices else "warning",
        share=1000 * total.measured_days // total.period.days,
    )


def _comparison_headline(
    comparison: Comparison | ComparisonRefused, current: Consumption, language: Language
) -> Headline:
    label = say(language, comparison.basis)
    match comparison:
        case Comparison(change_permille=None):
            return Headline(label, say(language, "not-compared"), "", say(language, "no-change-from-zero"), "muted")
        case Comparison(change_permille=change):
            note = say(language, "change")
            return Headline(label, isolate(signed_percent(change or 0)), "", note, "plain")
        case ComparisonRefused():
            note = refusal_text(comparison, current, language)
            return Headline(label, say(language, "not-compared"), "", note, "muted")
        case _:
            assert_never(comparison)


def _chart(report: ConsumptionReport, language: Language) -> ChartText:
    by_day = shows_days(report)
    slots = day_slots(report.days) if by_day else span_slots(report.months)
    chart = chart_of(slots)
    styles = {bar.style for bar in chart.bars}
    return ChartText(
        title=say(language, "chart-days" if by_day else "chart-months"),
        unit=say(language, "chart-unit", inner={"cover": cover_text(report.total, language)}),
        alt=_alt(report, slots, language),
        chart=chart,
        tick_texts=tuple(isolate(short_kwh(tick.energy_wh)) for tick in chart.ticks),
        axis=_day_axis(report) if by_day else _month_axis(report, language),
        legend_full=say(language, "legend-full") if "solid" in styles else None,
        legend_incomplete=say(language, "legend-incomplete") if "hatched" in styles else None,
        legend_gap=say(language, "legend-gap") if chart.gaps else None,
    )


def _alt(report: ConsumptionReport, slots: tuple[Slot, ...], language: Language) -> str:
    """The chart in words, for those who hear it."""
    energies = [(slot.energy_wh, -place) for place, slot in enumerate(slots) if slot.energy_wh is not None]
    if not energies:
        return say(language, "chart-alt-empty")
    peak, place = max(energies)
    label = (
        day_text(report.days[-place].day, language)
        if shows_days(report)
        else month_text(report.months[-place].period.first, language)
    )
    cover = cover_text(report.total, language)
    return say(
        language, "chart-alt", inner={"peak_label": label, "cover": cover}, bars=len(energies), peak=rounded_kwh(peak)
    )


def _day_axis(report: ConsumptionReport) -> tuple[AxisLabel, ...]:
    every = 1 if len(report.days) <= _LABEL_EVERY_DAY_UP_TO else 5
    return tuple(AxisLabel(place, isolate(day.day.day)) for place, day in enumerate(report.days) if place % every == 0)


def _month_axis(report: ConsumptionReport, language: Language) -> tuple[AxisLabel, ...]:
    firsts = [month.period.first for month in report.months]
    if len(firsts) > _LABEL_EVERY_MONTH_UP_TO:
        return tuple(
            AxisLabel(place, isolate(f"{first.year}-{first.month:02d}"))
            for place, first in enumerate(firsts)
            if place % 3 == 0
        )
    names = MONTHS[language]
    short = _SHORT_NAME if language is Language.ENGLISH else None
    return tuple(AxisLabel(place, names[first.month - 1][:short]) for place, first in enumerate(firsts))


def _tables(report: ConsumptionReport, language: Language) -> tuple[Table, ...]:
    return tuple(
        table
        for table in (
            changes_table(report.revision, language),
            span_table(report.months, report.total, "by-month", language) if len(report.months) > 1 else None,
            span_table(report.years, report.total, "by-year", language) if len(report.years) > 1 else None,
            working_table(report.price, language),
            comparison_table(report, language),
            day_table(report, language) if shows_days(report) else None,
        )
        if table is not None
    )


def span_text(period: Period, language: Language) -> str:
    """The days of a period, `from 1 March 2026 to ...`."""
    return say(
        language, "span", inner={"first": day_text(period.first, language), "last": day_text(period.last, language)}
    )


def hijri_span_text(period: Period, language: Language) -> str:
    """The same days in the Umm al-Qura calendar."""
    return say(
        language,
        "hijri-span",
        inner={"first": hijri_text(period.first, language), "last": hijri_text(period.last, language)},
    )

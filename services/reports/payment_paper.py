"""The payment report on paper and as CSV: opening, bills and payments with the running balance, closing (R2, R4)."""

from collections.abc import Iterator
from datetime import date

from contracts.values.hijri_date import hijri_of
from contracts.values.language import Language
from contracts.values.money import HALALAS_A_RIYAL, riyals
from contracts.values.riyadh_day import riyadh_time
from services.reports.account_texts import WHAT_FOR
from services.reports.csv_report import csv_file, without_formula
from services.reports.document import Column, Document, Fact, Headline, Row, Table
from services.reports.figures import hijri_text
from services.reports.layout import hijri_span_text, span_text
from services.reports.payment import PaymentEntry, PaymentReport
from services.reports.texts import isolate, plain_name, say, shown_name

_MINUS = "\u2212"
_NOTHING = "\u2013"


def payment_document(report: PaymentReport, language: Language) -> Document:
    """All texts of the report in `language`."""
    other = Language.ENGLISH if language is Language.ARABIC else Language.ARABIC
    title = say(language, "payments-title")
    return Document(
        language=language.value,
        brand=say(language, "brand"),
        title=title,
        other_language=other.value,
        other_title=say(other, "payments-title"),
        description=f"{title}, {span_text(report.period, language)}",
        period=span_text(report.period, language),
        period_hijri=hijri_span_text(report.period, language),
        facts=(
            Fact(say(language, "account"), isolate(report.account_number)),
            Fact(say(language, "reference"), isolate(report.reference)),
            Fact(say(language, "billing-as-of"), say(language, "as-of-value", instant=riyadh_time(report.as_of))),
        ),
        headlines=_headlines(report, language),
        tables=(_entries(report, language),),
        notes_title=say(language, "notes"),
        notes=tuple(say(language, key) for key in ("note-reconciles", "note-own-entries", "note-balance")),
        footer=f"{say(language, 'reference')} {isolate(report.reference)}",
    )


def payment_csv(report: PaymentReport, language: Language) -> bytes:
    """A row for the opening balance, each entry and the closing balance; amounts in riyals with two decimals."""
    headings = ("day", "hijri-day", "kind", "what-for", "amount-sar", "balance-sar", "account")
    return csv_file([say(language, key) for key in headings], _rows(report, language))


def signed_riyals(amount_halalas: int) -> str:
    """Riyals with two decimals; below zero with a minus sign."""
    return f"{_MINUS if amount_halalas < 0 else ''}{riyals(abs(amount_halalas))}"


def _headlines(report: PaymentReport, language: Language) -> tuple[Headline, ...]:
    bills = sum(entry.kind == "bill" for entry in report.entries)
    sums = (
        ("opening", report.opening_halalas, _meaning(report.opening_halalas, language)),
        ("billed", report.billed_halalas, say(language, "bills-count", n=bills)),
        ("paid", report.paid_halalas, say(language, "payments-count", n=len(report.entries) - bills)),
        ("closing", report.closing_halalas, _meaning(report.closing_halalas, language)),
    )
    return tuple(
        Headline(say(language, key), isolate(signed_riyals(amount)), say(language, "sar"), note, "plain")
        for key, amount, note in sums
    )


def _meaning(balance_halalas: int, language: Language) -> str:
    key = "owed" if balance_halalas > 0 else "credit" if balance_halalas < 0 else "settled"
    return say(language, key)


def _entries(report: PaymentReport, language: Language) -> Table:
    opening = (_NOTHING, _NOTHING, say(language, "opening"), "", "", isolate(signed_riyals(report.opening_halalas)))
    return Table(
        title=say(language, "entries"),
        columns=(
            Column(say(language, "day"), number=False, share=14),
            Column(say(language, "hijri-day"), number=False, share=20),
            Column(say(language, "entry"), number=False, share=26),
            Column(say(language, "bill-sar"), number=True, share=14),
            Column(say(language, "payment-sar"), number=True, share=14),
            Column(say(language, "balance-sar"), number=True, share=15),
        ),
        rows=(Row(opening, "muted"), *(_row(entry, language) for entry in report.entries)),
        totals=(Fact(say(language, "closing"), isolate(signed_riyals(report.closing_halalas))),),
        notes=() if report.entries else (say(language, "no-entries"),),
    )


def _row(entry: PaymentEntry, language: Language) -> Row:
    amount = isolate(signed_riyals(entry.amount_halalas))
    name = shown_name(WHAT_FOR, entry.what_for, language)
    return Row(
        (
            isolate(entry.day.isoformat()),
            hijri_text(entry.day, language),
            say(language, f"entry-{entry.kind}", inner={"what": name}),
            amount if entry.kind == "bill" else "",
            amount if entry.kind == "payment" else "",
            isolate(signed_riyals(entry.balance_halalas)),
        ),
        "plain" if entry.kind == "bill" else "good",
    )


def _rows(report: PaymentReport, language: Language) -> Iterator[tuple[str, ...]]:
    account = without_formula(report.account_number)
    first, last = report.period.first, report.period.last
    yield (*_days(first), say(language, "opening"), "", "", _amount(report.opening_halalas), account)
    for entry in report.entries:
        name = without_formula(plain_name(WHAT_FOR, entry.what_for, language))
        amount, balance = _amount(entry.amount_halalas), _amount(entry.balance_halalas)
        yield (*_days(entry.day), say(language, entry.kind), name, amount, balance, account)
    yield (*_days(last), say(language, "closing"), "", "", _amount(report.closing_halalas), account)


def _days(day: date) -> tuple[str, str]:
    return day.isoformat(), hijri_of(day).text


def _amount(halalas: int) -> str:
    """A number for a spreadsheet: no separators, an ordinary minus."""
    return f"{'-' if halalas < 0 else ''}{abs(halalas) // HALALAS_A_RIYAL}.{abs(halalas) % HALALAS_A_RIYAL:02d}"

"""What a payment report says, cell by cell, on paper and as CSV (R2, R4)."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.values.language import Language
from services.reports.payment import PaymentReport
from services.reports.payment_paper import payment_csv, payment_document
from services.reports.texts import END_ISOLATE, ISOLATE_LTR
from tests.scenario import NOON
from tests.unit.reports.paying import AS_OF, found, made_payment_report


def read(cells: tuple[str, ...]) -> tuple[str, ...]:
    """The cells without their isolates."""
    return tuple(cell.replace(ISOLATE_LTR, "").replace(END_ISOLATE, "") for cell in cells)


def csv_rows(report: PaymentReport, language: Language = Language.ENGLISH) -> list[list[str]]:
    return list(csv.reader(io.StringIO(payment_csv(report, language).decode("utf-8-sig"))))


def test_R2_R4_each_bill_and_payment_stands_on_its_day_in_its_own_column() -> None:
    (table,) = payment_document(made_payment_report(), Language.ENGLISH).tables
    assert [read(row.cells) for row in table.rows] == [
        ("\u2013", "\u2013", "Opening balance", "", "", "120.50"),
        ("2026-02-01", "13 Sha'ban 1447", "Bill: Consumption", "431.25", "", "551.75"),
        ("2026-02-01", "13 Sha'ban 1447", "Bill: Meter service", "10.00", "", "561.75"),
        ("2026-02-15", "27 Sha'ban 1447", "Payment: Consumption", "", "600.00", "\u221238.25"),
        ("2026-02-20", "3 Ramadan 1447", "Bill: late-fee", "0.01", "", "\u221238.24"),
    ]
    assert [column.title for column in table.columns[3:]] == ["Bill, SAR", "Payment, SAR", "Balance, SAR"]


def test_R2_the_large_numbers_say_what_is_owed_and_how_many_bills_and_payments_there_were() -> None:
    headlines = payment_document(made_payment_report(), Language.ENGLISH).headlines
    assert [read((each.label, each.value, each.note)) for each in headlines] == [
        ("Opening balance", "120.50", "owed"),
        ("Billed", "441.26", "bills: 3"),
        ("Paid", "600.00", "payments: 1"),
        ("Closing balance", "\u221238.24", "in your favour"),
    ]


@pytest.mark.parametrize(
    ("balance", "meaning"), [(1, "owed"), (0, "nothing owed"), (-1, "in your favour"), (-(10**9), "in your favour")]
)
def test_R2_a_balance_is_owed_settled_or_in_favour(balance: int, meaning: str) -> None:
    report = replace(made_payment_report(), opening_halalas=balance, entries=(), closing_halalas=balance)
    paper = payment_document(report, Language.ENGLISH)
    assert [paper.headlines[place].note for place in (0, 3)] == [meaning, meaning]
    assert paper.tables[0].notes == ("There were no bills and no payments in this period.",)
    assert payment_document(made_payment_report(), Language.ENGLISH).tables[0].notes == ()


def test_R2_the_paper_is_as_of_billings_books_and_says_whose_entries_it_lists() -> None:
    report = replace(made_payment_report(), made_at=AS_OF + timedelta(hours=5))
    assert made_payment_report().as_of == found().as_of == AS_OF
    assert made_payment_report().made_at == NOON
    paper = payment_document(report, Language.ENGLISH)
    assert read((paper.facts[2].label, paper.facts[2].value)) == ("Books as of", "2026-03-01 11:59 Riyadh time")
    assert any(note.startswith("Only what was billed to and paid by you") for note in paper.notes)


def test_R4_R2_each_language_has_its_own_words_and_names_the_other() -> None:
    report = made_payment_report()
    english, arabic = payment_document(report, Language.ENGLISH), payment_document(report, Language.ARABIC)
    assert (english.title, english.other_title, english.other_language) == ("Payment report", arabic.title, "ar")
    assert (arabic.other_title, arabic.other_language) == ("Payment report", "en")
    assert read((english.period,)) == ("1 February 2026 to 28 February 2026",)
    assert read((arabic.period,)) == ("من 1 فبراير 2026 إلى 28 فبراير 2026",)
    words = [row.cells[2] for row in arabic.tables[0].rows]
    assert words[1:4] == ["فاتورة: استهلاك", "فاتورة: خدمة العداد", "دفعة: استهلاك"]


def test_R2_R4_the_large_numbers_say_the_same_in_arabic() -> None:
    headlines = payment_document(made_payment_report(), Language.ARABIC).headlines
    assert [read((each.label, each.value, each.note)) for each in headlines] == [
        ("الرصيد الافتتاحي", "120.50", "مستحق عليك"),
        ("الفواتير", "441.26", "عدد الفواتير: 3"),
        ("المدفوعات", "600.00", "عدد الدفعات: 1"),
        ("الرصيد الختامي", "\u221238.24", "رصيد لصالحك"),
    ]


def test_R2_R4_each_row_of_the_csv_has_its_day_kind_name_amount_and_balance() -> None:
    account = "30012345678"
    assert csv_rows(made_payment_report())[1:] == [
        ["2026-02-01", "1447-08-13", "Opening balance", "", "", "120.50", account],
        ["2026-02-01", "1447-08-13", "Bill", "Consumption", "431.25", "551.75", account],
        ["2026-02-01", "1447-08-13", "Bill", "Meter service", "10.00", "561.75", account],
        ["2026-02-15", "1447-08-27", "Payment", "Consumption", "600.00", "-38.25", account],
        ["2026-02-20", "1447-09-03", "Bill", "late-fee", "0.01", "-38.24", account],
        ["2026-02-28", "1447-09-11", "Closing balance", "", "", "-38.24", account],
    ]
    assert csv_rows(made_payment_report(), Language.ARABIC)[2][2:4] == ["فاتورة", "استهلاك"]


def test_R4_R2_no_text_from_elsewhere_starts_a_formula_in_the_csv() -> None:
    report = made_payment_report()
    hostile = tuple(replace(each, what_for="=1+1") for each in report.entries)
    rows = csv_rows(replace(report, account_number="@sum", entries=hostile))[1:]
    assert {row[6] for row in rows} == {"'@sum"}
    assert {row[3] for row in rows[1:-1]} == {"'=1+1"}

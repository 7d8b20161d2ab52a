"""What a statement of requests and relations says, cell by cell, on paper and as CSV (R3, R4)."""

import csv
import io
from dataclasses import replace

from contracts.values.language import Language
from services.reports.rendering import render
from services.reports.statement import KnownRequest, Statement
from services.reports.statement_paper import statement_csv, statement_document
from services.reports.texts import END_ISOLATE, ISOLATE_LTR
from tests.unit.reports.orders import ACCOUNT
from tests.unit.reports.test_statement import DEFINITION, OUTAGE, TRANSFER, at, moved, statement

FOREIGN = "30087654321"


def read(cells: tuple[str, ...]) -> tuple[str, ...]:
    """The cells without their isolates."""
    return tuple(cell.replace(ISOLATE_LTR, "").replace(END_ISOLATE, "") for cell in cells)


def csv_rows(report: Statement, language: Language = Language.ENGLISH) -> list[list[str]]:
    return list(csv.reader(io.StringIO(statement_csv(report, language).decode("utf-8-sig"))))


def one_open() -> Statement:
    """The transfer is over, the outage is not."""
    return statement(
        [
            moved(TRANSFER, "requested", at(1, 20, 22), kind="actual-account"),
            moved(TRANSFER, "completed", at(2, 3), final=True, kind="actual-account"),
            moved(OUTAGE, "received", at(2, 5)),
        ]
    )


def test_R3_each_request_stands_with_its_kind_account_present_state_and_first_riyadh_day() -> None:
    requests, history, _ = statement_document(one_open(), Language.ENGLISH).tables
    assert [(read(row.cells), row.tone) for row in requests.rows] == [
        ((TRANSFER, "Transfer of the actual account", ACCOUNT, "Completed", "2026-01-21"), "plain"),
        ((OUTAGE, "Power outage", ACCOUNT, "Received", "2026-02-05"), "warning"),
    ]
    assert [read(row.cells) for row in history.rows] == [
        (TRANSFER, "2026-01-21 01:00", "Requested"),
        ("", "2026-02-03 12:00", "Completed"),
        (OUTAGE, "2026-02-05 12:00", "Received"),
    ]


def test_R3_each_relation_stands_with_its_basis_and_its_first_and_last_day() -> None:
    relations = statement_document(one_open(), Language.ENGLISH).tables[-1]
    assert [(read(row.cells), row.tone) for row in relations.rows] == [
        ((ACCOUNT, "Owner", "Billing's books", "2023-01-01", "present"), "plain"),
        ((FOREIGN, "Tenant", "Transfer", "2024-01-01", "2026-02-01"), "muted"),
    ]
    arabic = statement_document(one_open(), Language.ARABIC).tables[-1]
    assert [read(row.cells)[1:3] for row in arabic.rows] == [("مالك", "سجلات الفوترة"), ("مستأجر", "نقل الحساب")]


def test_R3_the_large_numbers_count_what_is_open_and_what_goes_on() -> None:
    report = one_open()
    more = replace(report, relations=(*report.relations, report.relations[0]))
    headlines = statement_document(more, Language.ENGLISH).headlines
    assert [read((each.label, each.value, each.note)) for each in headlines] == [
        ("Requests", "2", "open: 1"),
        ("Relations to supplies", "3", "present: 2"),
    ]
    closed = tuple(replace(each, final=True) for each in report.requests)
    assert read((statement_document(replace(report, requests=closed), Language.ENGLISH).headlines[0].note,)) == (
        "open: 0",
    )


def test_R3_a_statement_of_nothing_says_so() -> None:
    nothing = replace(statement([]), relations=())
    requests, relations = statement_document(nothing, Language.ENGLISH).tables
    assert requests.notes == ("There are no requests in this period.",)
    assert relations.notes == ("There is no confirmed relation in this period.",)
    assert all(table.notes == () for table in statement_document(one_open(), Language.ENGLISH).tables)


def test_R4_R3_the_statement_is_made_at_a_riyadh_time_and_names_the_other_language() -> None:
    english, arabic = (statement_document(one_open(), language) for language in (Language.ENGLISH, Language.ARABIC))
    assert read((english.facts[1].label, english.facts[1].value)) == ("Made", "2026-03-01 12:00 Riyadh time")
    assert (english.other_title, english.other_language) == (arabic.title, "ar")
    assert (arabic.other_title, arabic.other_language) == ("Statement of requests", "en")


def test_R3_R4_each_row_of_the_csv_has_its_references_state_time_and_days() -> None:
    kind = "Transfer of the actual account"
    heading, *rows = csv_rows(one_open())
    assert heading == [
        *("Kind", "Reference", "Definition", "Account number", "State", "When, Riyadh time"),
        *("From", "To", "Shown by"),
    ]
    assert rows == [
        [kind, TRANSFER, DEFINITION, ACCOUNT, "Requested", "2026-01-21T01:00:00+03:00", "", "", ""],
        [kind, TRANSFER, DEFINITION, ACCOUNT, "Completed", "2026-02-03T12:00:00+03:00", "", "", ""],
        ["Power outage", OUTAGE, DEFINITION, ACCOUNT, "Received", "2026-02-05T12:00:00+03:00", "", "", ""],
        ["Owner", "", "", ACCOUNT, "", "", "2023-01-01", "", "Billing's books"],
        ["Tenant", "", "", FOREIGN, "", "", "2024-01-01", "2026-02-01", "Transfer"],
    ]
    english = render(one_open(), Language.ENGLISH, "csv")
    assert english == statement_csv(one_open(), Language.ENGLISH) != statement_csv(one_open(), Language.ARABIC)


def test_R4_R3_no_text_from_elsewhere_starts_a_formula_in_the_csv() -> None:
    report = one_open()
    hostile: tuple[KnownRequest, ...] = tuple(replace(each, kind="=1+1", reference="@r") for each in report.requests)
    rows = csv_rows(replace(report, requests=hostile, relations=()))[1:]
    assert {(row[0], row[1]) for row in rows} == {("'=1+1", "'@r")}

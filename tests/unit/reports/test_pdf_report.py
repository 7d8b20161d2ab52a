import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import mode
from typing import Any

import pytest
import typst

from contracts.values.language import Language
from services.reports import pdf_report
from services.reports.document import Document
from services.reports.payment import PaymentEntry
from services.reports.period import Period
from services.reports.rendering import document_of_any, render
from tests.unit.reports.paying import made_payment_report
from tests.unit.reports.situations import HEADING, april_report, hours_of_days, report_of

both_languages = pytest.mark.parametrize("language", list(Language))
HOSTILE = [
    '#panic("run")',
    '"); #panic("run") //',
    "*_`$<@[]{}\\",
    '#read("/etc/passwd")',
    "\x00\x1b\u2069\u202e\ud800\U0001f600 \u8bfb\u6570",
    "".join(map(chr, range(0x250))) + "".join(map(chr, range(0x600, 0x700))) + "".join(map(chr, range(0x2000, 0x2300))),
]
IN_A_NEW_PROCESS = """
import hashlib
from contracts.values.language import Language
from services.reports.rendering import render
from tests.unit.reports.situations import april_report
print(*(hashlib.sha256(render(april_report(), language, "pdf")).hexdigest() for language in Language))
"""

GROWTH_IN_A_NEW_PROCESS = """
from dataclasses import replace
from pathlib import Path
from contracts.values.language import Language
from services.reports.rendering import render
from tests.unit.reports.paying import made_payment_report

def resident_mib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4 // 1024

report = made_payment_report()
entries = [tuple(replace(report.entries[0], balance_halalas=n * 1_000 + at) for at in range(150)) for n in range(12)]
sizes = [
    resident_mib() for each in entries if render(replace(report, entries=each), Language.ENGLISH, "pdf")
]
print(sizes[-1] - sizes[0])
"""


def test_R4_what_a_large_report_took_in_memory_is_given_back() -> None:
    made = subprocess.run([sys.executable, "-c", GROWTH_IN_A_NEW_PROCESS], capture_output=True, text=True, check=True)
    assert int(made.stdout) < 50  # MiB; eleven of these took 100 and more


def test_R4_the_same_report_gives_the_same_bytes_in_this_and_in_another_process() -> None:
    here = [hashlib.sha256(render(april_report(), language, "pdf")).hexdigest() for language in Language]
    again = [hashlib.sha256(render(april_report(), language, "pdf")).hexdigest() for language in Language]
    made = subprocess.run([sys.executable, "-c", IN_A_NEW_PROCESS], capture_output=True, text=True, check=True)
    assert here == again == made.stdout.split()
    assert len(set(here)) == len(Language)


@both_languages
def test_R4_the_pdf_is_tagged_titled_and_in_its_language(language: Language) -> None:
    pdf = render(april_report(), language, "pdf")
    assert pdf.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in pdf
    assert b"pdfuaid:part" in pdf  # PDF/UA-1: typst refuses to claim it for a document that breaks it
    assert b"/Alt" in pdf
    assert b"/Lang(%s)" % language.value.encode() in pdf
    assert b"2026-05-01T05:30:00+00:00" in pdf


@both_languages
@pytest.mark.parametrize("hostile", HOSTILE)
def test_R4_no_text_of_a_report_is_run_as_template_code(hostile: str, language: Language) -> None:
    heading = replace(HEADING, account_number=hostile, source_notes=(hostile,), reference=hostile)
    assert render(report_of([], heading=heading), language, "pdf").startswith(b"%PDF-")


def test_R2_a_table_of_wrapped_rows_goes_on_on_the_next_page() -> None:
    """It can be higher than a page whatever the number of its rows; what does not fit is printed over the rest."""
    long_words = "adjustment-of-estimated-consumption-2026"
    bill = PaymentEntry(day=date(2026, 2, 1), kind="bill", what_for=long_words, amount_halalas=100, balance_halalas=100)
    bills = (bill,) * 40
    made = [replace(made_payment_report(), entries=bills[:rows]) for rows in (20, 33, 40)]
    pages = [len(re.findall(rb"/Type/Page\b", render(report, Language.ENGLISH, "pdf"))) for report in made]
    assert pages == [2, 2, 2]


def runs_of(document: Document, glyphs: int) -> list[float]:
    """Where the last glyph stands of each run of so many, in points from the run's beginning."""
    reports = Path(pdf_report.__file__).parent
    drawn: Any = typst.compile(  # a list of several pages
        reports / "templates" / "report.typ",
        font_paths=[reports / "fonts"],
        ignore_system_fonts=True,
        format="svg",
        sys_inputs={"document": json.dumps(document.data())},
    )
    pages = b"".join([drawn] if isinstance(drawn, bytes) else drawn).decode()
    runs = re.findall(r'<g transform="matrix[^>]*>((?:<use [^>]*>)+)', pages)
    places = [re.findall(r' x="([0-9.]+)"', run) for run in runs]
    return [float(run[-1]) for run in places if len(run) == glyphs]


@pytest.mark.parametrize("opening", [12_050, 10**9, 10**11, -(10**14)])
def test_R2_the_largest_balance_stays_within_its_card(opening: int) -> None:
    """A card has 119 points, and its number begins after 9 of them: the last digit would stand in the next card."""
    document = document_of_any(replace(made_payment_report(), opening_halalas=opening), Language.ARABIC)
    shown = len(document.headlines[0].value) - 2  # without its isolates
    assert 0 < max(runs_of(document, shown)) < 101


def test_R1_the_energy_of_a_large_business_does_not_run_into_the_days_beside_it() -> None:
    """Together they would read as one number of another size."""
    months = Period(date(2026, 1, 1), date(2026, 3, 31))
    document = document_of_any(report_of(hours_of_days(months, 10**8), months), Language.ARABIC)
    table = document.tables[0]
    column = 499 * table.columns[2].share / sum(each.share for each in table.columns)  # points
    shown = len(table.rows[0].cells[2]) - 2
    assert shown == len("74,400,000.000")
    assert mode(runs_of(document, shown)) < column - 10 - 5  # without both insets and the last digit

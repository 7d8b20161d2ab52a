import hashlib
import subprocess
import sys
from dataclasses import replace

import pytest

from contracts.values.language import Language
from services.reports.pdf_report import render_pdf
from tests.unit.reports.situations import HEADING, april_report, report_of

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
import hashlib, sys
from contracts.values.language import Language
from services.reports.pdf_report import render_pdf
from tests.unit.reports.situations import april_report
print(*(hashlib.sha256(render_pdf(april_report(), language)).hexdigest() for language in Language))
"""


def test_R4_the_same_report_gives_the_same_bytes_in_this_and_in_another_process() -> None:
    here = [hashlib.sha256(render_pdf(april_report(), language)).hexdigest() for language in Language]
    again = [hashlib.sha256(render_pdf(april_report(), language)).hexdigest() for language in Language]
    made = subprocess.run([sys.executable, "-c", IN_A_NEW_PROCESS], capture_output=True, text=True, check=True)
    assert here == again == made.stdout.split()
    assert len(set(here)) == len(Language)


@both_languages
def test_R4_the_pdf_is_tagged_titled_and_in_its_language(language: Language) -> None:
    pdf = render_pdf(april_report(), language)
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
    assert render_pdf(report_of([], heading=heading), language).startswith(b"%PDF-")

"""A report as PDF: tagged (PDF/UA-1), A4, the same bytes for the same report (R4).

The template is fixed and reads the document as JSON from its inputs, so that no text of a report is ever run as its
code. Only the fonts beside this module are used.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Final

import typst

from services.reports.document import Document

_HERE = Path(__file__).parent
_TEMPLATE = _HERE / "templates" / "report.typ"
_FONTS = _HERE / "fonts"

_CACHE_RUNS: Final = 10
"""Runs for which the typesetter keeps what none of them has used; of a large report that is some 50 MiB."""


def typeset(document: Document, created_at: int) -> bytes:
    """The document as PDF, stamped `created_at` (Unix seconds). Raises typst.TypstError for a broken template."""
    data = json.dumps(document.data(), ensure_ascii=False, sort_keys=True)
    try:
        return typst.compile(
            _TEMPLATE,
            root=_TEMPLATE.parent,
            font_paths=_fonts(),
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"document": data},
            pdf_standards=["ua-1"],
            timestamp=created_at,
        )
    finally:
        _forget()


def _forget() -> None:
    """Let what a report left in the typesetter's cache grow old: the cache is the process's and has no other bound."""
    for _ in range(_CACHE_RUNS):
        typst.compile(b"", font_paths=_fonts(), ignore_system_fonts=True, format="pdf")


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[_FONTS])

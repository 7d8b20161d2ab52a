"""A report as CSV: a row for each day (R4, R5).

UTF-8 with a byte order mark, because without one spreadsheets on Windows garble Arabic headings; CRLF and quoting as
in RFC 4180. Each cell holds one value, so nothing is isolated. A gap has an empty energy, never a zero.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from contracts.values.hijri_date import hijri_of
from contracts.values.language import Language
from services.reports.consumption import DayConsumption
from services.reports.readings import Quality
from services.reports.report import ConsumptionReport
from services.reports.revision import Revision
from services.reports.tariff import WH_A_KWH
from services.reports.texts import say

_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def render_csv(report: ConsumptionReport, language: Language) -> bytes:
    """The report's days with headings and words in `language`; energy in kWh with three decimals."""
    headings: tuple[str, ...] = ("day", "hijri-day", "energy-kwh", "status", "quality", "covered-s")
    lines: Iterable[tuple[str, ...]] = _days(report, language)
    if report.revision is not None:
        headings = (*headings, "before-kwh", "before-quality")
        lines = _with_before(report.revision, report.days, lines, language)
    whose = (report.heading.account_number, "; ".join(report.heading.source_notes))
    return csv_file(
        [say(language, key) for key in (*headings, "account", "source")],
        ([without_formula(cell) for cell in (*line, *whose)] for line in lines),
    )


def csv_file(headings: Iterable[str], rows: Iterable[Sequence[str]]) -> bytes:
    """The table as a file. Whatever comes from elsewhere must have gone through `without_formula`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def without_formula(cell: str) -> str:
    """The cell as a spreadsheet takes for text: one that would start a formula gets an apostrophe before it."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _days(report: ConsumptionReport, language: Language) -> Iterator[tuple[str, ...]]:
    for day in report.days:
        yield (
            day.day.isoformat(),
            hijri_of(day.day).text,
            _kwh(day.energy_wh),
            say(language, day.status),
            _marks(day.qualities, language),
            str(day.covered_s),
        )


def _with_before(
    revision: Revision, days: Iterable[DayConsumption], lines: Iterable[tuple[str, ...]], language: Language
) -> Iterator[tuple[str, ...]]:
    """The lines with what a changed day was before (R6); nothing where it is as it was. Behind the last change that a
    version lists a day may be as it was or not, and says so."""
    changed = {change.day: change.before for change in revision.changes}
    last_listed = date.max if len(changed) == revision.changed_days else max(changed)
    for day, line in zip(days, lines, strict=True):
        before = changed.get(day.day)
        if before is not None:
            yield (*line, _kwh(before.energy_wh), _before_marks(before, language))
        else:
            yield (*line, "", "" if day.day < last_listed else say(language, "not-listed"))


def _before_marks(before: DayConsumption, language: Language) -> str:
    """A gap says so: an empty energy alone would look like an unchanged day."""
    return _marks(before.qualities, language) or say(language, before.status)


def _kwh(energy_wh: int | None) -> str:
    return "" if energy_wh is None else f"{energy_wh // WH_A_KWH}.{energy_wh % WH_A_KWH:03d}"


def _marks(qualities: Sequence[Quality], language: Language) -> str:
    return " ".join(say(language, f"quality-{mark}") for mark in qualities)

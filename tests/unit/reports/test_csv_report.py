import csv
import io
from dataclasses import replace

import pytest

from contracts.values.language import Language
from services.reports.csv_report import render_csv, without_formula
from services.reports.report import ConsumptionReport
from services.reports.revision import revision_of
from tests.scenario import NOON
from tests.unit.reports.situations import HEADING, april_report, april_with_two_days_missing, report_of


def rows_of(report: ConsumptionReport, language: Language = Language.ENGLISH) -> list[list[str]]:
    return list(csv.reader(io.StringIO(render_csv(report, language).decode("utf-8-sig"), newline="")))


def test_R4_one_row_for_each_day_with_its_quality() -> None:
    heading, *days = rows_of(april_report())
    assert heading[:6] == ["Day", "Hijri day", "Energy, kWh", "Readings", "Quality mark", "Covered, seconds"]
    assert len(days) == 30
    assert days[0] == [
        "2026-04-01", "1447-10-13", "24.000", "Measured", "raw", "86400", "30012345678", "",
    ]  # fmt: skip
    assert [days[place][:2] for place in (14, 29)] == [["2026-04-15", "1447-10-27"], ["2026-04-30", "1447-11-13"]]
    assert days[14][2:6] == ["20.000", "Partial", "raw", "72000"]


def test_R5_a_gap_has_an_empty_energy() -> None:
    days = rows_of(report_of(april_with_two_days_missing()))[1:]
    assert days[8][2:6] == ["", "No reading", "", "0"]
    assert sum(float(day[2]) for day in days if day[2]) == 28 * 24


def test_R4_arabic_headings_with_a_byte_order_mark() -> None:
    raw = render_csv(april_report(), Language.ARABIC)
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == raw.count(b"\n") == 31
    assert rows_of(april_report(), Language.ARABIC)[0][0] == "اليوم"


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@x", "＝1＋1", "\t=1", "\r=1", "\n=1"])
def test_R4_no_cell_starts_a_formula(start: str) -> None:
    heading = replace(HEADING, account_number=start, source_notes=(start,))
    assert without_formula(start) == f"'{start}"
    assert all(row[6:8] == [f"'{start}"] * 2 for row in rows_of(report_of([], heading=heading))[1:])
    assert without_formula("2026-04-01") == "2026-04-01"


def test_R5_shifted_public_data_are_named_in_every_row() -> None:
    report = report_of([], heading=replace(HEADING, source_notes=("public sample, shifted",)))
    assert {row[7] for row in rows_of(report)[1:]} == {"public sample, shifted"}


def test_R6_a_version_says_what_each_changed_day_was_before_and_nothing_of_days_that_are_as_they_were() -> None:
    report = april_report()
    before = (*report.days[:2], replace(report.days[2], energy_wh=23_500, qualities=("estimated",)), *report.days[3:])
    heading, *days = rows_of(replace(report, revision=revision_of(2, NOON, before, report.days)))
    assert heading[6:8] == ["Before, kWh", "Quality mark before"]
    assert [day[6:8] for day in days] == [["", ""]] * 2 + [["23.500", "estimated"]] + [["", ""]] * 27


def test_R4_R5_status_and_quality_are_in_the_readers_language_and_energy_has_three_decimals() -> None:
    days = rows_of(april_report(), Language.ARABIC)[1:]
    assert [days[place][3:5] for place in (0, 8, 17)] == [["مقيس", "خام"], ["لا قراءة", ""], ["مقدّر", "مقدّرة"]]
    odd = replace(april_report(), days=(replace(april_report().days[0], energy_wh=24_005),))
    assert rows_of(odd)[1][2] == "24.005"

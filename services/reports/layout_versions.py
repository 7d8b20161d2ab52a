"""What a report says of days that it may not show, and of the version before it (A18, R6)."""

from contracts.values.language import Language
from contracts.values.riyadh_day import riyadh_time
from services.reports.consumption import DayConsumption
from services.reports.document import Column, Row, Table
from services.reports.figures import exact_kwh
from services.reports.report import ConsumptionReport
from services.reports.revision import Revision
from services.reports.texts import isolate, say

_NOTHING = "\u2013"


def notices_of(report: ConsumptionReport, language: Language) -> tuple[str, ...]:
    """What a reader must see before the numbers."""
    cut = report.asked
    return (
        *([say(language, "notice-cut", first=cut.first.isoformat(), last=cut.last.isoformat())] if cut else []),
        *([_version_notice(report.revision, language)] if report.revision else []),
    )


def relation_notes(report: ConsumptionReport, language: Language) -> tuple[str, ...]:
    """Why days are missing from the report or from its comparisons (A18)."""
    return (say(language, "note-restricted"),) if report.restricted or report.asked else ()


def changes_table(revision: Revision | None, language: Language) -> Table | None:
    """Each changed day with its energy and readings before and now (R6); None where nothing has changed."""
    if revision is None or not revision.changes:
        return None
    left = revision.changed_days - len(revision.changes)
    return Table(
        title=say(language, "changes"),
        columns=(
            Column(say(language, "day"), number=False, share=16),
            Column(say(language, "before-kwh"), number=True, share=16),
            Column(say(language, "after-kwh"), number=True, share=16),
            Column(say(language, "marks-change"), number=False, share=52),
        ),
        rows=tuple(
            Row(
                (
                    isolate(change.day.isoformat()),
                    _energy(change.before),
                    _energy(change.after),
                    say(
                        language,
                        "before-and-now",
                        inner={"before": _readings(change.before, language), "now": _readings(change.after, language)},
                    ),
                )
            )
            for change in revision.changes
        ),
        notes=(say(language, "more-changes", n=left),) if left else (),
    )


def _version_notice(revision: Revision, language: Language) -> str:
    replaced = riyadh_time(revision.replaces_as_of)
    if revision.changed_days == 0:
        return say(language, "notice-version-same", version=revision.version, instant=replaced)
    days = say(language, "changed-day" if revision.changed_days == 1 else "changed-days", n=revision.changed_days)
    return say(language, "notice-version", inner={"days": days}, version=revision.version, instant=replaced)


def _energy(day: DayConsumption) -> str:
    return _NOTHING if day.energy_wh is None else isolate(exact_kwh(day.energy_wh))


def _readings(day: DayConsumption, language: Language) -> str:
    """The day's status, and its quality marks where they say more."""
    status = say(language, day.status)
    marks = "/".join(say(language, f"quality-{mark}") for mark in day.qualities)
    return f"{status} ({marks})" if marks and marks.casefold() != status.casefold() else status

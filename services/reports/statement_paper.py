"""The statement of requests and relations on paper and as CSV (R3, R4)."""

from collections.abc import Iterator

from contracts.values.language import Language
from contracts.values.riyadh_day import RIYADH, riyadh_day, riyadh_time
from services.reports.account_texts import BASES, RELATIONS, REQUEST_KINDS, STATES
from services.reports.csv_report import csv_file, without_formula
from services.reports.document import Column, Document, Fact, Headline, Row, Table
from services.reports.layout import hijri_span_text, span_text
from services.reports.statement import Statement
from services.reports.texts import isolate, plain_name, say, shown_name


def statement_document(report: Statement, language: Language) -> Document:
    """All texts of the statement in `language`."""
    other = Language.ENGLISH if language is Language.ARABIC else Language.ARABIC
    title = say(language, "statement-title")
    left_out = [say(language, "note-left-out")] if report.left_out else []
    return Document(
        language=language.value,
        brand=say(language, "brand"),
        title=title,
        other_language=other.value,
        other_title=say(other, "statement-title"),
        description=f"{title}, {span_text(report.period, language)}",
        period=span_text(report.period, language),
        period_hijri=hijri_span_text(report.period, language),
        facts=(
            Fact(say(language, "reference"), isolate(report.reference)),
            Fact(say(language, "made-at"), say(language, "as-of-value", instant=riyadh_time(report.made_at))),
        ),
        headlines=_headlines(report, language),
        tables=(
            _requests(report, language),
            *((_history(report, language),) if report.requests else ()),
            _relations(report, language),
        ),
        notes_title=say(language, "notes"),
        notes=(say(language, "note-statement-period"), *left_out),
        footer=f"{say(language, 'reference')} {isolate(report.reference)}",
    )


def statement_csv(report: Statement, language: Language) -> bytes:
    """A row for each state of each request, then one for each relation."""
    headings = ("kind", "reference", "definition", "account", "state-now", "when", "from-day", "to-day", "basis")
    return csv_file([say(language, key) for key in headings], _rows(report, language))


def _headlines(report: Statement, language: Language) -> tuple[Headline, ...]:
    still_open = sum(not request.final for request in report.requests)
    present = sum(each.last_day is None for each in report.relations)
    return (
        Headline(
            say(language, "requests-number"),
            isolate(len(report.requests)),
            "",
            say(language, "requests-open", n=still_open),
            "plain",
        ),
        Headline(
            say(language, "relations-number"),
            isolate(len(report.relations)),
            "",
            say(language, "relations-present", n=present),
            "plain",
        ),
    )


def _requests(report: Statement, language: Language) -> Table:
    return Table(
        title=say(language, "requests"),
        columns=(
            Column(say(language, "reference"), number=False, share=22),
            Column(say(language, "request-kind"), number=False, share=30),
            Column(say(language, "account"), number=False, share=18),
            Column(say(language, "state-now"), number=False, share=24),
            Column(say(language, "opened-at"), number=False, share=14),
        ),
        rows=tuple(
            Row(
                (
                    isolate(request.reference),
                    shown_name(REQUEST_KINDS, request.kind, language),
                    isolate(request.account_number),
                    shown_name(STATES, request.states[-1].state, language),
                    isolate(riyadh_day(request.states[0].at).isoformat()),
                ),
                "plain" if request.final else "warning",
            )
            for request in report.requests
        ),
        notes=() if report.requests else (say(language, "no-requests"),),
    )


def _history(report: Statement, language: Language) -> Table:
    """Every state of every request; its reference stands at its first one only."""
    return Table(
        title=say(language, "history"),
        columns=(
            Column(say(language, "reference"), number=False, share=24),
            Column(say(language, "when"), number=False, share=24),
            Column(say(language, "state-now"), number=False, share=52),
        ),
        rows=tuple(
            Row(
                (
                    isolate(request.reference) if place == 0 else "",
                    isolate(riyadh_time(reached.at)),
                    shown_name(STATES, reached.state, language),
                )
            )
            for request in report.requests
            for place, reached in enumerate(request.states)
        ),
    )


def _relations(report: Statement, language: Language) -> Table:
    return Table(
        title=say(language, "relations"),
        columns=(
            Column(say(language, "account"), number=False, share=22),
            Column(say(language, "relation"), number=False, share=18),
            Column(say(language, "basis"), number=False, share=28),
            Column(say(language, "from-day"), number=False, share=16),
            Column(say(language, "to-day"), number=False, share=16),
        ),
        rows=tuple(
            Row(
                (
                    isolate(each.account_number),
                    shown_name(RELATIONS, each.relation, language),
                    shown_name(BASES, each.basis, language),
                    isolate(each.from_day.isoformat()),
                    isolate(each.last_day.isoformat()) if each.last_day else say(language, "goes-on"),
                ),
                "plain" if each.last_day is None else "muted",
            )
            for each in report.relations
        ),
        notes=() if report.relations else (say(language, "no-relations"),),
    )


def _rows(report: Statement, language: Language) -> Iterator[tuple[str, ...]]:
    for request in report.requests:
        whose = (
            plain_name(REQUEST_KINDS, request.kind, language),
            request.reference,
            request.definition_reference,
            request.account_number,
        )
        for reached in request.states:
            name = plain_name(STATES, reached.state, language)
            when = reached.at.astimezone(RIYADH).isoformat(timespec="seconds")
            yield tuple(map(without_formula, (*whose, name, when, "", "", "")))
    for each in report.relations:
        name = plain_name(RELATIONS, each.relation, language)
        last = each.last_day.isoformat() if each.last_day else ""
        basis = plain_name(BASES, each.basis, language)
        row = (name, "", "", each.account_number, "", "", each.from_day.isoformat(), last, basis)
        yield tuple(map(without_formula, row))

import csv
import io
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import structlog
from hypothesis import given as for_all
from hypothesis import strategies as st
from structlog.testing import capture_logs

from contracts.billing import StatementAsked, StatementEntry
from contracts.decision import Facts, Outgoing
from contracts.operations import TIMER_ELAPSED
from contracts.reports import PaymentReportReady, ReportMade, RequestPaymentReport
from contracts.reports_internal import DeclineReason, DocumentCompleted, MismatchAlarmed, ReportDeclined
from contracts.values.language import Language
from contracts.values.public_texts import text_for
from services.reports.alarm import raise_mismatch_alarm
from services.reports.answering import LinkFacts, answer_with_document, answer_with_refusal
from services.reports.any_report import due_at, on_timer
from services.reports.customer import Order
from services.reports.order_states import Declined
from services.reports.ordering import request_payment_report
from services.reports.payment import PaymentReport, ReconcileReason, running
from services.reports.payment_order import (
    TOLD_WITHIN,
    PaymentMade,
    RaiseMismatchAlarm,
    note_alarm,
    order_payment_report,
    take_statement,
)
from services.reports.payment_paper import payment_csv, payment_document, signed_riyals
from services.reports.rendering import file_name, render
from services.reports.texts import isolate
from tests.scenario import NOON, arriving, given
from tests.unit.reports.orders import (
    ACCOUNT,
    ASKER,
    EXPIRES_AT,
    FACTS,
    FEBRUARY,
    GIVE_UP_AT,
    KNOWN,
    NOURA,
    ORDER_FACTS,
    REPORT_ID,
    TOKEN,
    asking,
    reread,
    written,
)
from tests.unit.reports.paying import ENTRIES, ORDER, awaiting, entry, found, made_payment_report

TIMER = TIMER_ELAPSED["reports"](aggregate=f"report:{REPORT_ID}")
DECLINED = Declined(user_id=NOURA.user_id, reason="statement-does-not-add-up")
MISMATCHES: list[tuple[dict[str, Any], ReconcileReason]] = [
    ({"closing": -3_823}, "statement-does-not-add-up"),
    ({"opening": 12_051}, "statement-does-not-add-up"),
    ({"entries": ENTRIES[:-1]}, "statement-does-not-add-up"),
    ({"entries": (), "opening": 5, "closing": 6}, "statement-does-not-add-up"),
    (
        {"entries": (entry(1, "bill", 5),), "opening": 0, "closing": 5, "account_number": "39999999999"},
        "statement-of-another",
    ),
    ({"user_id": "user-fahad"}, "statement-of-another"),
]


def test_R2_billing_is_asked_for_this_partys_own_entries_once() -> None:
    once = awaiting().then(
        StatementAsked(
            asked_by=REPORT_ID,
            account_number=ACCOUNT,
            user_id=NOURA.user_id,
            first_day=FEBRUARY.first,
            last_day=FEBRUARY.last,
        )
    )
    once.when(order_payment_report, arriving(ORDER), FACTS).then().then_state(once.state)
    assert due_at(once.state) == GIVE_UP_AT


def test_R2_J3_I17_a_statement_that_reconciles_is_made_and_told_under_the_commands_id() -> None:
    made = awaiting().when(take_statement, arriving(found()), FACTS)
    made.then(
        DocumentCompleted(report_id=REPORT_ID, user_id=NOURA.user_id, expires_at=EXPIRES_AT),
        ReportMade(
            user_id=NOURA.user_id,
            acted_by="user-sara",
            report_id=REPORT_ID,
            kind="payment",
            version=1,
            account_number=ACCOUNT,
            made_at=NOON,
        ),
    ).then_state(PaymentMade)
    assert made.decision is not None
    assert {out.correlation_id for out in made.decision.messages if isinstance(out, Outgoing)} == {"command-1"}
    report = made.state.report
    assert (report.billed_halalas, report.paid_halalas, report.closing_halalas) == (44_126, 60_000, -3_824)
    assert [each.balance_halalas for each in report.entries] == [55_175, 56_175, -3_825, -3_824]
    assert reread("report", made.state) == made.state
    made.when(take_statement, arriving(found()), FACTS).then().then_state(made.state)


@pytest.mark.parametrize(("changes", "reason"), MISMATCHES)
def test_R2_what_does_not_reconcile_is_no_report_and_raises_an_alarm_once(
    changes: dict[str, Any], reason: ReconcileReason
) -> None:
    failed = awaiting().when(take_statement, arriving(found(**changes)), FACTS)
    failed.then(ReportDeclined(report_id=REPORT_ID, user_id=NOURA.user_id, reason=reason))
    failed.then_state(replace(DECLINED, reason=reason, alarm_by=NOON + TOLD_WITHIN))
    assert failed.effects == (RaiseMismatchAlarm(REPORT_ID, reason),)
    again = failed.when(take_statement, arriving(found()), FACTS).then().then_state(failed.state)
    assert again.effects == ()
    noted = failed.when(note_alarm, arriving(MismatchAlarmed(report_id=REPORT_ID))).then()
    noted.then_state(replace(DECLINED, reason=reason))
    noted.when(note_alarm, arriving(MismatchAlarmed(report_id=REPORT_ID))).then().then_state(noted.state)
    assert due_at(noted.state) is None


def test_R2_law8_an_alarm_that_nobody_says_was_raised_is_raised_again() -> None:
    """It died with its process: billing's answer is decided, and brings no second one."""
    failed = awaiting().when(take_statement, arriving(found(closing=1)), FACTS)
    assert due_at(failed.state) == NOON + TOLD_WITHIN
    failed.when(on_timer, arriving(TIMER), Facts(NOON)).then().then_state(failed.state)
    again = failed.when(on_timer, arriving(TIMER), Facts(NOON + TOLD_WITHIN)).then()
    assert again.effects == failed.effects
    assert due_at(again.state) == NOON + 2 * TOLD_WITHIN
    assert reread("report", again.state) == again.state


def test_R2_an_entry_outside_the_period_is_refused_even_where_the_sum_fits() -> None:
    early = ENTRIES[0].model_copy(update={"day": date(2026, 1, 31)})
    failed = awaiting().when(take_statement, arriving(found(entries=(early, *ENTRIES[1:]))), FACTS)
    failed.then_state(replace(DECLINED, reason="statement-entry-outside-period", alarm_by=NOON + TOLD_WITHIN))


async def test_R2_the_alarm_names_report_and_reason_and_nothing_else() -> None:
    with capture_logs() as lines:
        said = await raise_mismatch_alarm(
            structlog.get_logger(), RaiseMismatchAlarm(REPORT_ID, "statement-does-not-add-up")
        )
    assert said == MismatchAlarmed(report_id=REPORT_ID)
    assert lines == [
        {
            "event": "report_does_not_reconcile",
            "log_level": "error",
            "aggregate": f"report:{REPORT_ID}",
            "reason": "statement-does-not-add-up",
        }
    ]


def test_R2_J3_billing_that_is_silent_is_given_up_in_time() -> None:
    waiting = awaiting()
    waiting.when(on_timer, arriving(TIMER), Facts(NOON)).then().then_state(waiting.state)
    silent = waiting.when(on_timer, arriving(TIMER), Facts(GIVE_UP_AT))
    silent.then(ReportDeclined(report_id=REPORT_ID, user_id=NOURA.user_id, reason="billing-did-not-answer"))
    silent.when(take_statement, arriving(found()), FACTS).then().then_state(silent.state)
    silent.when(on_timer, arriving(TIMER), Facts(GIVE_UP_AT)).then().then_state(silent.state)


@pytest.mark.parametrize(
    ("reason", "public_reason"),
    [
        ("billing-did-not-answer", "not-available-now"),
        ("statement-does-not-add-up", "report-does-not-reconcile"),
        ("statement-entry-outside-period", "report-does-not-reconcile"),
        ("statement-of-another", "report-does-not-reconcile"),
    ],
)
def test_J4_R2_a_failed_payment_report_answers_its_command(reason: DeclineReason, public_reason: str) -> None:
    asked = _asked()
    declined = ReportDeclined(report_id=REPORT_ID, user_id=NOURA.user_id, reason=reason)
    refused = asked.when(answer_with_refusal, arriving(declined)).then_refused(public_reason, reason)
    assert refused.decision is not None
    assert refused.decision.refusal is not None
    assert refused.decision.refusal.command_type == RequestPaymentReport.type_name
    assert text_for(public_reason).en


def test_J3_R2_R8_a_made_payment_report_answers_with_its_link() -> None:
    completed = DocumentCompleted(report_id=REPORT_ID, user_id=NOURA.user_id, expires_at=EXPIRES_AT)
    link = LinkFacts(NOON, f"/reports/{REPORT_ID}.secret")
    answered = _asked().when(answer_with_document, arriving(completed), link).then(PaymentReportReady)
    assert answered.state.under_way == ()
    answered.when(answer_with_document, arriving(completed), link).then()


def _asked() -> Any:
    body = RequestPaymentReport(
        token=TOKEN, account_number=ACCOUNT, first_month="2026-02", last_month="2026-02", answer_key=ASKER
    )
    asked = given(KNOWN).when(request_payment_report, asking(body), ORDER_FACTS)
    assert asked.state.under_way == (
        Order(report_id=REPORT_ID, command_id="command-1", answer_key=ASKER, kind="payment"),
    )
    return asked


ANY_ENTRIES = st.lists(
    st.builds(entry, st.integers(1, 28), st.sampled_from(["bill", "payment"]), st.integers(0, 10**10)), max_size=30
)


@for_all(ANY_ENTRIES, st.integers(-(10**10), 10**10), st.integers(-3, 3))
def test_R2_a_report_is_made_exactly_when_opening_and_bills_less_payments_is_the_closing(
    entries: list[StatementEntry], opening: int, off: int
) -> None:
    bills = sum(each.amount_halalas for each in entries if each.kind == "bill")
    paid = sum(each.amount_halalas for each in entries if each.kind == "payment")
    closing = opening + bills - paid
    state = awaiting().when(take_statement, arriving(found(entries, opening, closing + off)), FACTS).state
    assert isinstance(state, PaymentMade) == (off == 0)
    if isinstance(state, PaymentMade):
        report: PaymentReport = state.report
        assert report.opening_halalas + report.billed_halalas - report.paid_halalas == report.closing_halalas
        assert [each.day for each in report.entries] == sorted(each.day for each in entries)


def test_R2_entries_of_one_day_stay_in_billings_order() -> None:
    lines = running(0, (entry(2, "bill", 3), entry(1, "bill", 1), entry(1, "payment", 2)))
    assert [(each.day.day, each.balance_halalas) for each in lines] == [(1, 1), (1, -1), (2, 2)]


def test_R2_R4_the_paper_has_opening_lines_with_balance_and_closing_in_riyals() -> None:
    paper = payment_document(made_payment_report(), Language.ENGLISH)
    (table,) = paper.tables
    assert [row.cells[-1] for row in table.rows] == list(
        map(isolate, ("120.50", "551.75", "561.75", "\u221238.25", "\u221238.24"))
    )
    assert table.totals[0].value == isolate("\u221238.24")
    assert [each.value for each in paper.headlines] == list(map(isolate, ("120.50", "441.26", "600.00", "\u221238.24")))
    assert signed_riyals(-5) == "\u22120.05"


@pytest.mark.parametrize("language", list(Language))
def test_R4_R2_the_payment_report_renders_to_the_same_bytes_with_every_value_isolated(language: Language) -> None:
    report = made_payment_report()
    stored = reread("report", awaiting().when(take_statement, arriving(found()), FACTS).state).report
    for file_format in ("pdf", "csv"):
        assert render(report, language, file_format) == render(stored, language, file_format)
    pdf = render(report, language, "pdf")
    assert b"/StructTreeRoot" in pdf
    assert b"pdfuaid:part" in pdf
    assert isolate("late-fee") in str(payment_document(report, language).data()).replace("\\u2066", "\u2066").replace(
        "\\u2069", "\u2069"
    )
    assert file_name(report) == "payments-2026-02-01-2026-02-28"


@pytest.mark.parametrize("language", list(Language))
def test_R4_R2_the_csv_has_plain_numbers_and_starts_no_formula(language: Language) -> None:
    text = payment_csv(made_payment_report(), language).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert [row[5] for row in rows[1:]] == ["120.50", "551.75", "561.75", "-38.25", "-38.24", "-38.24"]
    assert all(len(row) == 7 for row in rows)


def test_R2_the_largest_payment_report_fits_its_document() -> None:
    entries = [entry(1 + index % 28, "bill", 10**11, "x" * 64) for index in range(400)]
    made = awaiting().when(take_statement, arriving(found(entries, 0, 400 * 10**11)), FACTS)
    made.then_state(PaymentMade)
    assert len((written("report", made.state).state or "").encode()) < 128 * 1024
    assert render(made.state.report, Language.ARABIC, "pdf").startswith(b"%PDF-")

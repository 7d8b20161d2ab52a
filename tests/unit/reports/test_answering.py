"""Which command a finished report answers, and for whom its link is sealed (J3, R8)."""

from contracts.decision import Outgoing
from contracts.message import Message
from contracts.operations import TIMER_ELAPSED
from contracts.reports import (
    ConsumptionReportReady,
    PaymentReportReady,
    ReportFetched,
    RequestStatement,
    StatementReady,
)
from contracts.reports_internal import DocumentCompleted, MonthUsed, ReadingsUsed, ReportCompleted, ReportDeclined
from services.reports.answering import LinkFacts, answer_with_document, answer_with_link, answer_with_refusal
from services.reports.any_report import count_fetch, on_timer
from services.reports.customer import Order, OrderKind, ReportsCustomer
from services.reports.payment_order import take_statement
from tests.scenario import NOON, Given, arriving, given
from tests.unit.reports.orders import ACCOUNT, ASKER, EXPIRES_AT, FACTS, NOURA, REPORT_ID
from tests.unit.reports.paying import awaiting, found
from tests.unit.reports.test_statement import gathered

OTHER_ASKER = ASKER.replace('"x":"A', '"x":"B')
LINK = LinkFacts(NOON, f"/reports/{REPORT_ID}.secret")


def two_under_way(kind: OrderKind) -> ReportsCustomer:
    """Two orders of one kind, from two devices."""
    mine = Order(report_id=REPORT_ID, command_id="command-1", answer_key=ASKER, kind=kind)
    return ReportsCustomer(
        under_way=(mine, Order(report_id="b" * 32, command_id="command-2", answer_key=OTHER_ASKER, kind=kind))
    )


def answer_of(answered: Given) -> Outgoing:
    """The answer and the command that it is for."""
    assert answered.decision is not None
    out = answered.decision.messages[0]
    assert isinstance(out, Outgoing)
    return out


def test_J3_R8_a_payment_report_or_statement_answers_its_own_command_for_the_device_that_asked() -> None:
    completed = DocumentCompleted(report_id=REPORT_ID, user_id=NOURA.user_id, expires_at=EXPIRES_AT)
    kinds: list[tuple[OrderKind, type[Message]]] = [("payment", PaymentReportReady), ("statement", StatementReady)]
    for kind, ready in kinds:
        before = two_under_way(kind)
        answered = given(before).when(answer_with_document, arriving(completed), LINK).then(ready)
        out = answer_of(answered)
        assert isinstance(out.body, PaymentReportReady | StatementReady)
        assert (out.correlation_id, out.body.link.to) == ("command-1", ASKER)
        assert (out.body.report_id, out.body.expires_at) == (REPORT_ID, EXPIRES_AT)
        assert answered.state.under_way == before.under_way[1:]


def test_J3_R8_R6_a_consumption_report_answers_its_own_command_and_tells_each_month_the_edition_it_used() -> None:
    completed = ReportCompleted(
        report_id=REPORT_ID,
        user_id=NOURA.user_id,
        account_number=ACCOUNT,
        expires_at=EXPIRES_AT,
        days_measured=26,
        days_in_period=28,
        used=(MonthUsed(month="2026-01", edition=3), MonthUsed(month="2026-02", edition=28)),
    )
    before = two_under_way("consumption")
    answered = given(before).when(answer_with_link, arriving(completed), LINK)
    answered.then(
        ConsumptionReportReady,
        ReadingsUsed(report_id=REPORT_ID, account_number=ACCOUNT, month="2026-01", edition=3),
        ReadingsUsed(report_id=REPORT_ID, account_number=ACCOUNT, month="2026-02", edition=28),
    )
    out = answer_of(answered)
    assert isinstance(out.body, ConsumptionReportReady)
    assert (out.correlation_id, out.body.report_id, out.body.link.to) == ("command-1", REPORT_ID, ASKER)
    assert answered.state.under_way == before.under_way[1:]


def test_J3_J4_R3_a_statement_whose_months_are_silent_is_not_available_now() -> None:
    declined = ReportDeclined(report_id=REPORT_ID, user_id=NOURA.user_id, reason="requests-did-not-come")
    before = two_under_way("statement")
    refused = given(before).when(answer_with_refusal, arriving(declined))
    refused.then_refused("not-available-now", "requests-did-not-come")
    assert refused.decision is not None
    assert refused.decision.refusal is not None
    assert refused.decision.refusal.command_id == "command-1"
    assert refused.decision.refusal.command_type == RequestStatement.type_name
    assert refused.state.under_way == before.under_way[1:]


def test_R8_a_fetch_of_a_payment_report_or_statement_is_counted_and_no_timer_changes_one() -> None:
    fetched = ReportFetched(report_id=REPORT_ID, language="ar", file_format="pdf", channel="web")
    timer = TIMER_ELAPSED["reports"](aggregate=f"report:{REPORT_ID}")
    for made in (awaiting().when(take_statement, arriving(found()), FACTS), gathered()):
        twice = made.when(count_fetch, arriving(fetched)).when(count_fetch, arriving(fetched)).then()
        assert twice.state.fetched == 2
        twice.when(on_timer, arriving(timer)).then().then_state(twice.state)

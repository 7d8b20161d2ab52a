from dataclasses import replace
from datetime import date, timedelta

import pytest

from contracts.accounts import AccountDefined
from contracts.decision import Outgoing
from contracts.identity import NationalAddressSaved
from contracts.reports import ConsumptionReportReady, RequestConsumptionReport
from contracts.reports_internal import (
    DaySpan,
    DeclineReason,
    MonthUsed,
    ReadingsUsed,
    ReportCompleted,
    ReportDeclined,
    ReportOrdered,
)
from contracts.values.public_texts import text_for
from contracts.values.rejected import Rejected
from services.reports.answering import LinkFacts, answer_with_link, answer_with_refusal
from services.reports.asked_period import judge_period
from services.reports.customer import ABSENT, ReportsCustomer, note_account, note_address
from services.reports.ordering import MOST_A_DAY, OrderFacts, request_report
from services.reports.period import Period
from tests.scenario import NOON, Given, arriving, given
from tests.unit.reports.orders import (
    ACCOUNT,
    ASKER,
    DEFINED_ONLY,
    EFFECTS,
    EXPIRES_AT,
    FOREIGN,
    KNOWN,
    NOURA,
    ORDER_FACTS,
    REPORT_ID,
    SINCE,
    asking,
    request,
    reread,
    service,
    written,
)

DEFINED = AccountDefined(
    user_id=NOURA.user_id,
    account_number=ACCOUNT,
    relation="tenant",
    is_actual_beneficiary=True,
    reference="7K3M-0QXZ-91TC",
    defined_at=NOON,
)
SAVED = NationalAddressSaved(user_id=NOURA.user_id, region=1)
COMPLETED = ReportCompleted(
    report_id=REPORT_ID,
    user_id=NOURA.user_id,
    account_number=ACCOUNT,
    expires_at=EXPIRES_AT,
    days_measured=26,
    days_in_period=28,
    used=(MonthUsed(month="2026-02", edition=28),),
)
USED = ReadingsUsed(report_id=REPORT_ID, account_number=ACCOUNT, month="2026-02", edition=28)
LINK = LinkFacts(NOON, f"/reports/{REPORT_ID}.secret")


def test_A11_account_and_address_are_noted_in_either_order_and_only_once() -> None:
    account_first = given().when(note_account, arriving(DEFINED)).when(note_address, arriving(SAVED))
    address_first = given().when(note_address, arriving(SAVED)).when(note_account, arriving(DEFINED))
    account_first.then_state(DEFINED_ONLY)
    address_first.then_state(DEFINED_ONLY)
    again = account_first.when(note_account, arriving(DEFINED)).when(note_address, arriving(SAVED))
    again.then().then_state(DEFINED_ONLY)


@pytest.mark.parametrize(
    ("customer", "reason", "missing"),
    [
        (ReportsCustomer(), "address-not-saved", "choose-address"),
        (ReportsCustomer(accounts=(ACCOUNT,)), "address-not-saved", "choose-address"),
        (ReportsCustomer(has_address=True), "no-account-defined", "define-account"),
    ],
)
def test_A11_J2_a_report_asked_for_too_early_is_refused_with_the_missing_step(
    customer: ReportsCustomer, reason: str, missing: str
) -> None:
    asked = given(customer).when(request_report, asking(request()), ORDER_FACTS)
    asked.then_refused("step-missing", reason, missing).then_state(customer)


def test_J2_of_a_person_nothing_is_known_of_the_address_is_missing() -> None:
    (route,) = [r for r in service().routes if r.message is RequestConsumptionReport]
    assert not route.creates
    assert (route.absent, ABSENT.public_reason, ABSENT.missing_step) == (ABSENT, "step-missing", "choose-address")


def test_R1_a_report_is_ordered_under_an_id_and_the_command_stays_unanswered_until_it_is_made() -> None:
    asked = given(KNOWN).when(request_report, asking(request("2026-01", "2026-02")), ORDER_FACTS)
    asked.then(
        ReportOrdered(
            report_id=REPORT_ID,
            user_id=NOURA.user_id,
            account_number=ACCOUNT,
            first_day=date(2026, 1, 1),
            last_day=date(2026, 2, 28),
            asked=DaySpan(first=date(2026, 1, 1), last=date(2026, 2, 28)),
            visible=(DaySpan(first=SINCE, last=date.max),),
        )
    )
    assert [order.command_id for order in asked.state.under_way] == ["command-1"]
    assert reread("customer", asked.state) == asked.state


@pytest.mark.parametrize("typed", ["٣٠٠١٢٣٤٥٦٧٨", " 3001 234 5678 ", "300-1234-5678"])
def test_R1_an_account_number_is_taken_in_either_script_and_with_separators(typed: str) -> None:
    given(KNOWN).when(request_report, asking(request(account=typed)), ORDER_FACTS).then(ReportOrdered)


def test_R8_J4_a_foreign_account_is_refused_just_like_one_that_does_not_exist() -> None:
    foreign = given(KNOWN).when(request_report, asking(request(account=FOREIGN)), ORDER_FACTS)
    nobodys = given(KNOWN).when(request_report, asking(request(account="39999999999")), ORDER_FACTS)
    foreign.then_refused("not-found", "account-not-theirs").then_state(KNOWN)
    assert foreign.decision == nobodys.decision


def test_J4_what_is_no_account_number_is_refused_as_such() -> None:
    asked = given(KNOWN).when(request_report, asking(request(account="12")), ORDER_FACTS)
    asked.then_refused("account-number-not-accepted", "account-number-malformed")


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        ("2026-02", "2026-01", "period-reversed"),
        ("2024-01", "2026-01", "period-too-long"),
        ("2026-02", "2026-04", "period-in-the-future"),
        ("2026-03", "2026-03", "period-not-begun"),  # the 1st, Riyadh: no day of March is over
    ],
)
def test_R1_a_period_that_cannot_be_reported_on_is_refused(first: str, last: str, reason: str) -> None:
    asked = given(KNOWN).when(request_report, asking(request(first, last)), ORDER_FACTS)
    asked.then_refused("report-range-not-accepted", reason).then_state(KNOWN)


def test_R1_twenty_four_months_are_taken_and_of_the_present_one_the_days_that_are_over() -> None:
    assert judge_period("2024-03", "2026-02", date(2026, 3, 1)) == Period(date(2024, 3, 1), date(2026, 2, 28))
    assert judge_period("2026-02", "2026-03", date(2026, 3, 1)) == Period(date(2026, 2, 1), date(2026, 2, 28))
    assert judge_period("2026-03", "2026-03", date(2026, 3, 9)) == Period(date(2026, 3, 1), date(2026, 3, 8))
    first_day = date(2026, 3, 1)
    assert judge_period("2026-03", "2026-03", first_day, with_today=True) == Period(first_day, first_day)


def test_R7_the_present_day_is_riyadhs() -> None:
    evening = NOON.replace(month=2, day=28, hour=21, minute=30)  # 00:30 on 1 March in Riyadh
    asked = given(KNOWN).when(request_report, asking(request(), now=evening), ORDER_FACTS).then(ReportOrdered)
    (ordered,) = asked.messages
    assert isinstance(ordered, ReportOrdered)
    assert ordered.last_day == date(2026, 2, 28)
    assert isinstance(judge_period("2026-03", "2026-03", date(2026, 2, 28)), Rejected)


def _asked_often(times: int) -> Given:
    scenario = given(KNOWN)
    for index in range(times):
        facts = OrderFacts(NOON + timedelta(minutes=index), f"{index:032x}")
        scenario = scenario.when(request_report, asking(request(), id=f"command-{index}"), facts).then(ReportOrdered)
    return scenario


def test_R1_a_person_orders_so_many_reports_a_day_and_more_the_next_day() -> None:
    often = _asked_often(MOST_A_DAY)
    at_once = OrderFacts(NOON + timedelta(hours=23, minutes=59), REPORT_ID)
    often.when(request_report, asking(request(), id="late"), at_once).then_refused(
        "too-many-reports", "reports-of-the-day-used-up"
    )
    next_day = OrderFacts(NOON + timedelta(days=1), REPORT_ID)
    after = often.when(request_report, asking(request(), id="late"), next_day).then(ReportOrdered)
    assert len(after.state.under_way) == len(after.state.ordered_at) == MOST_A_DAY
    assert after.state.under_way[-1].command_id == "late"
    assert len(written("customer", after.state).state or "") < 16 * 1024


def test_J3_R8_a_made_report_answers_its_command_once_with_the_link_sealed_to_the_asker() -> None:
    asked = given(KNOWN).when(request_report, asking(request()), ORDER_FACTS)
    made = asked.when(answer_with_link, arriving(COMPLETED, correlation_id="other"), LINK)
    made.then(ConsumptionReportReady, USED)
    assert made.decision is not None
    out, _ = made.decision.messages
    assert isinstance(out, Outgoing)
    assert isinstance(out.body, ConsumptionReportReady)
    assert (out.correlation_id, out.body.link.to) == ("command-1", ASKER)
    assert out.body.link.plain is not None
    assert out.body.link.plain.reveal() == LINK.link
    assert (out.body.days_measured, out.body.days_in_period, out.body.expires_at) == (26, 28, EXPIRES_AT)
    made.when(answer_with_link, arriving(COMPLETED), LINK).then().then_state(made.state)


@pytest.mark.parametrize(
    ("reason", "public_reason"),
    [("readings-did-not-come", "not-available-now"), ("no-readings", "not-enough-readings")],
)
def test_J3_J4_a_declined_report_answers_its_command_once_with_a_refusal(
    reason: DeclineReason, public_reason: str
) -> None:
    declined = ReportDeclined(report_id=REPORT_ID, user_id=NOURA.user_id, reason=reason)
    asked = given(KNOWN).when(request_report, asking(request()), ORDER_FACTS)
    refused = asked.when(answer_with_refusal, arriving(declined)).then_refused(public_reason, reason)
    assert refused.decision is not None
    assert refused.decision.refusal is not None
    assert refused.decision.refusal.command_id == "command-1"
    assert refused.decision.refusal.command_type == RequestConsumptionReport.type_name
    refused.when(answer_with_refusal, arriving(declined)).then().then_state(refused.state)


def test_J3_each_of_two_reports_under_way_answers_its_own_command() -> None:
    first = given(KNOWN).when(request_report, asking(request(), id="command-1"), OrderFacts(NOON, "a" * 32))
    both = first.when(request_report, asking(request(), id="command-2"), OrderFacts(NOON, "b" * 32))
    second = COMPLETED.model_copy(update={"report_id": "b" * 32})
    answered = both.when(answer_with_link, arriving(second), LINK).then(ConsumptionReportReady, ReadingsUsed)
    assert [order.command_id for order in answered.state.under_way] == ["command-1"]


async def test_R8_the_reports_id_follows_from_the_command_and_from_nothing_that_another_person_can_repeat() -> None:
    command = asking(request())
    assert EFFECTS.report_id(command) == EFFECTS.report_id(command)
    others = [
        replace(command, customer=replace(NOURA, user_id="user-fahad")),
        replace(command, id="command-2"),
        replace(command, now=NOON + timedelta(milliseconds=1)),
    ]
    assert len({EFFECTS.report_id(other) for other in (command, *others)}) == 4


@pytest.mark.parametrize(
    "public_reason",
    [
        "step-missing",
        "not-found",
        "account-number-not-accepted",
        "report-range-not-accepted",
        "too-many-reports",
        "not-available-now",
        "not-enough-readings",
    ],
)
def test_J4_each_public_reason_of_a_report_has_its_texts(public_reason: str) -> None:
    assert text_for(public_reason).ar
    assert text_for(public_reason).en


def test_R8_a_link_never_shows_itself() -> None:
    assert "secret" not in repr(LINK)

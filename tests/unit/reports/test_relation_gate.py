from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from contracts.decision import Customer
from contracts.reports import RequestConsumptionReport, RequestPaymentReport, RequestStatement
from contracts.reports_internal import DaySpan, PaymentReportOrdered, ReportOrdered, StatementOrdered
from contracts.transfers import RelationConfirmed, RelationEnded
from contracts.values.language import Language
from contracts.values.public_texts import text_for
from services.reports.customer import ReportsCustomer, note_relation, note_relation_end
from services.reports.layout import document_of
from services.reports.ordering import OrderFacts, request_payment_report, request_report, request_statement
from services.reports.period import Period, month_period
from services.reports.relation_gate import MOST_RELATIONS, KnownRelation, cut, visible_days, with_confirmed, with_ended
from tests.scenario import NOON, Given, arriving, given
from tests.unit.reports.orders import (
    ACCOUNT,
    ASKER,
    DEFINED_ONLY,
    FEBRUARY,
    FOREIGN,
    KNOWN,
    NOURA,
    ORDER_FACTS,
    TOKEN,
    asking,
    collected,
    day_block,
    ordered,
    request,
    reread,
    written,
)

CONFIRMED = RelationConfirmed(
    user_id=NOURA.user_id, account_number=ACCOUNT, relation="tenant", basis="billing", from_day=date(2026, 2, 10)
)
ENDED = RelationEnded(user_id=NOURA.user_id, account_number=ACCOUNT, relation="tenant", last_day=date(2026, 2, 20))
PAYMENTS = RequestPaymentReport(
    token=TOKEN, account_number=ACCOUNT, first_month="2026-01", last_month="2026-02", answer_key=ASKER
)
STATEMENT = RequestStatement(token=TOKEN, first_month="2026-02", last_month="2026-02", answer_key=ASKER)


def asked(state: ReportsCustomer, first: str = "2026-02", last: str = "2026-02") -> Given:
    return given(state).when(request_report, asking(request(first, last)), ORDER_FACTS)


def confirmed(*said: RelationConfirmed | RelationEnded) -> ReportsCustomer:
    scenario = given(DEFINED_ONLY)
    for each in said:
        decide = note_relation if isinstance(each, RelationConfirmed) else note_relation_end
        scenario = scenario.when(decide, arriving(each)).then()
    state: ReportsCustomer = scenario.state
    return state


def test_A10_a_definition_alone_opens_no_readings() -> None:
    asked(DEFINED_ONLY).then_refused("relation-not-confirmed", "relation-not-confirmed").then_state(DEFINED_ONLY)
    assert text_for("relation-not-confirmed").ar


def test_A10_a_relation_to_another_account_opens_nothing_here() -> None:
    elsewhere = confirmed(CONFIRMED.model_copy(update={"account_number": FOREIGN}))
    asked(elsewhere).then_refused("relation-not-confirmed", "relation-not-confirmed")


def test_A18_only_days_within_the_relation_are_ordered_and_what_was_asked_is_kept() -> None:
    order = asked(confirmed(CONFIRMED), "2026-01", "2026-02").then(ReportOrdered).messages[0]
    assert isinstance(order, ReportOrdered)
    assert (order.first_day, order.last_day) == (date(2026, 2, 10), date(2026, 2, 28))
    assert order.asked == DaySpan(first=date(2026, 1, 1), last=date(2026, 2, 28))
    assert order.visible == (DaySpan(first=date(2026, 2, 10), last=date.max),)


def test_A18_months_wholly_outside_the_relation_are_refused_before_and_after_it() -> None:
    over = confirmed(CONFIRMED, ENDED)
    asked(over, "2026-01", "2026-01").then_refused("report-range-not-accepted", "period-outside-relation")
    later = replace(
        over, relations=(replace(over.relations[0], from_day=date(2025, 1, 1), last_day=date(2026, 1, 31)),)
    )
    asked(later).then_refused("report-range-not-accepted", "period-outside-relation")


def test_A18_who_has_left_still_sees_their_own_days() -> None:
    order = asked(confirmed(CONFIRMED, ENDED)).then(ReportOrdered).messages[0]
    assert isinstance(order, ReportOrdered)
    assert (order.first_day, order.last_day) == (date(2026, 2, 10), date(2026, 2, 20))


def test_A18_what_is_said_twice_changes_nothing_and_a_relation_that_never_began_is_gone() -> None:
    once = confirmed(CONFIRMED)
    assert confirmed(CONFIRMED, CONFIRMED) == once
    assert confirmed(CONFIRMED, ENDED, ENDED) == confirmed(CONFIRMED, ENDED)
    undone = ENDED.model_copy(update={"last_day": date(2026, 2, 9)})
    assert confirmed(CONFIRMED, undone).relations == ()
    assert confirmed(ENDED).relations == ()
    better = CONFIRMED.model_copy(update={"basis": "tenancy-contract"})
    assert [each.basis for each in confirmed(CONFIRMED, better).relations] == ["tenancy-contract"]
    assert reread("customer", confirmed(CONFIRMED, ENDED)) == confirmed(CONFIRMED, ENDED)


def test_A18_a_relation_that_ended_on_the_day_on_which_it_began_is_one_day() -> None:
    begun = confirmed(CONFIRMED, ENDED.model_copy(update={"last_day": CONFIRMED.from_day}))
    assert visible_days(begun.relations, ACCOUNT) == (Period(CONFIRMED.from_day, CONFIRMED.from_day),)


def test_A18_the_end_of_one_relation_leaves_the_other_to_the_same_supply() -> None:
    owner = CONFIRMED.model_copy(update={"relation": "owner", "from_day": date(2026, 2, 15)})
    both = confirmed(CONFIRMED, owner, ENDED)
    assert visible_days(both.relations, ACCOUNT) == (Period(date(2026, 2, 10), date.max),)


def test_A18_a_relation_that_is_over_is_not_stretched_by_a_later_word_of_its_end() -> None:
    over = confirmed(CONFIRMED, ENDED).relations
    assert with_ended(over, ACCOUNT, "tenant", date(2026, 3, 31)) == over


def test_A18_relations_that_follow_each_other_without_a_day_between_are_one_stretch() -> None:
    first = confirmed(CONFIRMED, ENDED).relations
    then = replace(first[0], from_day=date(2026, 2, 21), last_day=date(2026, 2, 25))
    assert visible_days((*first, then), ACCOUNT) == (Period(date(2026, 2, 10), date(2026, 2, 25)),)


def test_A18_of_an_interrupted_relation_the_latest_stretch_is_reported() -> None:
    back = CONFIRMED.model_copy(update={"from_day": date(2026, 2, 25)})
    order = asked(confirmed(CONFIRMED, ENDED, back)).then(ReportOrdered).messages[0]
    assert isinstance(order, ReportOrdered)
    assert (order.first_day, order.last_day) == (date(2026, 2, 25), date(2026, 2, 28))


DAYS = st.dates(date(2025, 1, 1), date(2026, 12, 31))
SPANS = st.tuples(DAYS, st.none() | DAYS).filter(lambda span: span[1] is None or span[0] <= span[1])


@for_all(st.lists(SPANS, max_size=6), SPANS.filter(lambda span: span[1] is not None))
def test_A18_no_day_outside_every_relation_is_ever_ordered(
    spans: list[tuple[date, date | None]], wanted: tuple[date, date]
) -> None:
    relations = tuple(
        KnownRelation(account_number=ACCOUNT, relation="owner", basis="billing", from_day=first, last_day=last)
        for first, last in spans
    )
    period = Period(*wanted)
    seen = cut(period, visible_days(relations, ACCOUNT))
    covered = {day for day in period if any(first <= day <= (last or date.max) for first, last in spans)}
    assert covered >= set(seen or ())
    assert (seen is None) == (not covered)


def test_A18_a_person_with_more_relations_than_fit_keeps_the_latest() -> None:
    relations: tuple[KnownRelation, ...] = ()
    for offset in range(MOST_RELATIONS + 5):
        one = KnownRelation(
            account_number=f"{offset:011d}", relation="owner", basis="billing", from_day=date(2020, 1, 1)
        )
        relations = with_confirmed(relations, one)
    assert len(relations) == MOST_RELATIONS
    assert relations[-1].account_number == f"{MOST_RELATIONS + 4:011d}"
    assert len((written("customer", replace(KNOWN, relations=relations)).state or "").encode()) < 64 * 1024
    assert with_ended(relations, relations[0].account_number, "owner", date(2019, 1, 1)) == relations[1:]


def test_A18_of_more_relations_than_fit_one_that_is_over_goes_before_one_that_goes_on() -> None:
    """A business with many supplies still sees each that is its own."""
    present = KnownRelation(account_number=ACCOUNT, relation="owner", basis="billing", from_day=date(2020, 1, 1))
    over = replace(present, account_number=FOREIGN, last_day=date(2020, 12, 31))
    later = tuple(replace(over, from_day=date(2020, 2, 1 + number % 28)) for number in range(MOST_RELATIONS - 2))
    relations = with_confirmed((present, over, *later), replace(present, account_number=FOREIGN))
    assert len(relations) == MOST_RELATIONS
    assert relations[:2] == (present, later[0])


def test_A18_the_days_of_those_before_are_neither_shown_nor_compared_with_and_the_report_says_so() -> None:
    begun = Period(date(2026, 2, 10), date(2026, 2, 28))
    blocks = [day_block(day) for month in (1, 2) for day in month_period(2026, month)]
    blocks += [day_block(day) for day in month_period(2025, 2)]
    report = collected(begun, blocks, visible=(Period(begun.first, date.max),), asked=FEBRUARY).state.report
    assert report.total.energy_wh == 19 * 24_000
    assert [each.earlier.energy_wh for each in report.comparisons] == [None, None]
    english, arabic = (document_of(report, language) for language in (Language.ENGLISH, Language.ARABIC))
    assert "2026-02-01" in english.notices[0]
    assert "2026-02-01" in arabic.notices[0]
    assert any("not compared with" in note for note in english.notes)


def test_A18_a_report_says_so_of_which_only_some_days_compared_with_are_ones_own() -> None:
    visible = (Period(date(2026, 1, 15), date.max),)
    report = collected(FEBRUARY, [day_block(day) for day in FEBRUARY], visible=visible).state.report
    assert report.restricted
    assert not collected(FEBRUARY, [day_block(day) for day in FEBRUARY]).state.report.restricted


def test_A18_a_month_of_which_nothing_may_be_seen_is_not_even_asked_for() -> None:
    visible = (Period(date(2026, 2, 10), date.max),)
    wanted = ordered(Period(date(2026, 2, 10), date(2026, 2, 28)), visible=visible)
    assert [message.month for message in wanted.messages if hasattr(message, "month")] == ["2026-02"]


def test_A18_R2_ones_own_debts_are_reported_without_a_relation_and_after_it() -> None:
    for state in (DEFINED_ONLY, confirmed(CONFIRMED, ENDED)):
        given(state).when(request_payment_report, asking(PAYMENTS), ORDER_FACTS).then(
            PaymentReportOrdered(
                report_id=ORDER_FACTS.report_id,
                user_id=NOURA.user_id,
                account_number=ACCOUNT,
                first_day=date(2026, 1, 1),
                last_day=date(2026, 2, 28),
            )
        )


def test_J4_R2_a_payment_report_of_a_foreign_account_or_a_wrong_period_is_refused() -> None:
    foreign = PAYMENTS.model_copy(update={"account_number": FOREIGN})
    given(KNOWN).when(request_payment_report, asking(foreign), ORDER_FACTS).then_refused(
        "not-found", "account-not-theirs"
    )
    ahead = PAYMENTS.model_copy(update={"last_month": "2026-04"})
    given(KNOWN).when(request_payment_report, asking(ahead), ORDER_FACTS).then_refused(
        "report-range-not-accepted", "period-in-the-future"
    )


def test_R3_a_statement_takes_the_relations_along_and_needs_the_same_steps() -> None:
    order = given(KNOWN).when(request_statement, asking(STATEMENT), ORDER_FACTS).then(StatementOrdered).messages[0]
    assert isinstance(order, StatementOrdered)
    assert [each.account_number for each in order.relations] == [ACCOUNT]
    given(ReportsCustomer(has_address=True)).when(request_statement, asking(STATEMENT), ORDER_FACTS).then_refused(
        "step-missing", "no-account-defined", "define-account"
    )
    reversed_ = STATEMENT.model_copy(update={"first_month": "2026-03"})
    given(KNOWN).when(request_statement, asking(reversed_), ORDER_FACTS).then_refused(
        "report-range-not-accepted", "period-reversed"
    )


@pytest.mark.parametrize(
    ("decide", "body"),
    [(request_report, request()), (request_payment_report, PAYMENTS), (request_statement, STATEMENT)],
)
def test_I17_an_order_says_who_acted_for_the_business(
    decide: object, body: RequestConsumptionReport | RequestPaymentReport | RequestStatement
) -> None:
    acting = Customer(NOURA.user_id, "session-1", "web", actor="user-sara")
    assert callable(decide)
    order = given(KNOWN).when(decide, asking(body, customer=acting), ORDER_FACTS).messages[0]
    assert isinstance(order, ReportOrdered | PaymentReportOrdered | StatementOrdered)
    assert (order.user_id, order.acted_by) == (NOURA.user_id, "user-sara")


def test_R2_R3_reports_of_all_kinds_share_the_days_number() -> None:
    scenario = given(KNOWN)
    for index in range(20):
        facts = OrderFacts(NOON + timedelta(seconds=index), f"{index:032x}")
        decide, body = (request_statement, STATEMENT) if index % 2 else (request_payment_report, PAYMENTS)
        scenario = scenario.when(decide, asking(body, id=f"command-{index}"), facts)
    scenario.when(request_report, asking(request(), id="one-more"), ORDER_FACTS).then_refused(
        "too-many-reports", "reports-of-the-day-used-up"
    )

"""What an order takes along: relations as they are, every stretch of days, the command it will answer (A18, J3)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from contracts.reports import RequestPaymentReport
from contracts.reports_internal import DaySpan, RelationSpan, ReportOrdered, StatementOrdered
from contracts.transfers import RelationConfirmed, RelationEnded
from services.reports.customer import Order, OrderKind, ReportsCustomer, note_account
from services.reports.ordering import request_payment_report, request_report, request_statement
from services.reports.period import Period
from services.reports.relation_gate import KnownRelation, visible_days
from tests.scenario import arriving, given
from tests.unit.reports.orders import (
    ACCOUNT,
    ASKER,
    FOREIGN,
    KNOWN,
    ORDER_FACTS,
    REPORT_ID,
    TENANT,
    asking,
    request,
)
from tests.unit.reports.test_customer import DEFINED
from tests.unit.reports.test_relation_gate import CONFIRMED, ENDED, PAYMENTS, STATEMENT, confirmed

OTHER_ASKER = ASKER.replace('"x":"A', '"x":"B')
OWNER_BEFORE = KnownRelation(
    account_number=FOREIGN,
    relation="owner",
    basis="ownership-deed",
    from_day=date(2024, 5, 1),
    last_day=date(2026, 2, 3),
)


OWNING = CONFIRMED.model_copy(update={"relation": "owner"})


def test_R3_a_statement_takes_along_every_relation_as_it_is() -> None:
    customer = replace(KNOWN, relations=(TENANT, OWNER_BEFORE))
    (order,) = given(customer).when(request_statement, asking(STATEMENT), ORDER_FACTS).then(StatementOrdered).messages
    assert isinstance(order, StatementOrdered)
    assert order.relations == (
        RelationSpan(account_number=ACCOUNT, relation="tenant", basis="billing", from_day=TENANT.from_day),
        RelationSpan(
            account_number=FOREIGN,
            relation="owner",
            basis="ownership-deed",
            from_day=date(2024, 5, 1),
            last_day=date(2026, 2, 3),
        ),
    )


@pytest.mark.parametrize(
    ("decide", "body", "kind"),
    [
        (request_report, request(), "consumption"),
        (request_payment_report, PAYMENTS, "payment"),
        (request_statement, STATEMENT, "statement"),
    ],
)
def test_J3_R8_an_order_keeps_its_own_command_kind_and_device(decide: Any, body: Any, kind: OrderKind) -> None:
    before = Order(report_id="b" * 32, command_id="command-0", answer_key=OTHER_ASKER, kind="payment")
    customer = replace(KNOWN, under_way=(before,))
    asked = given(customer).when(decide, asking(body), ORDER_FACTS)
    mine = Order(report_id=REPORT_ID, command_id="command-1", answer_key=ASKER, kind=kind)
    assert asked.state.under_way == (before, mine)


def test_A18_an_order_says_every_stretch_of_days_that_may_be_seen() -> None:
    back = CONFIRMED.model_copy(update={"from_day": date(2026, 2, 25)})
    customer = confirmed(CONFIRMED, ENDED, back)
    (order,) = given(customer).when(request_report, asking(request()), ORDER_FACTS).messages
    assert isinstance(order, ReportOrdered)
    assert order.visible == (
        DaySpan(first=date(2026, 2, 10), last=date(2026, 2, 20)),
        DaySpan(first=date(2026, 2, 25), last=date.max),
    )


def test_R3_R2_of_the_present_month_requests_are_stated_at_once_and_money_when_a_day_is_over() -> None:
    of_march = {"first_month": "2026-03", "last_month": "2026-03"}
    stated = given(KNOWN).when(request_statement, asking(STATEMENT.model_copy(update=of_march)), ORDER_FACTS)
    (order,) = stated.then(StatementOrdered).messages
    assert isinstance(order, StatementOrdered)
    assert (order.first_day, order.last_day) == (date(2026, 3, 1), date(2026, 3, 1))
    paid: RequestPaymentReport = PAYMENTS.model_copy(update=of_march)
    given(KNOWN).when(request_payment_report, asking(paid), ORDER_FACTS).then_refused(
        "report-range-not-accepted", "period-not-begun"
    )


def test_A11_every_account_that_a_person_has_defined_is_theirs() -> None:
    second = DEFINED.model_copy(update={"account_number": FOREIGN})
    both = given(ReportsCustomer(has_address=True)).when(note_account, arriving(DEFINED))
    both = both.when(note_account, arriving(second))
    for account in (ACCOUNT, FOREIGN):
        body = PAYMENTS.model_copy(update={"account_number": account})
        assert len(both.when(request_payment_report, asking(body), ORDER_FACTS).messages) == 1


@pytest.mark.parametrize(
    ("said", "days"),
    [
        # the end is corrected to an earlier day: what is somebody else's is not theirs
        (
            (CONFIRMED, ENDED, ENDED.model_copy(update={"last_day": date(2026, 2, 15)})),
            Period(date(2026, 2, 10), date(2026, 2, 15)),
        ),
        # the same relation is shown from a later day, too: the earlier days stay theirs
        (
            (CONFIRMED, CONFIRMED.model_copy(update={"from_day": date(2026, 2, 20)})),
            Period(date(2026, 2, 10), date.max),
        ),
        # owner and tenant from one day, and the tenancy ends
        ((CONFIRMED, OWNING, ENDED), Period(date(2026, 2, 10), date.max)),
        # and the other way round: the ownership ends, the tenancy goes on
        ((CONFIRMED, OWNING, ENDED.model_copy(update={"relation": "owner"})), Period(date(2026, 2, 10), date.max)),
    ],
)
def test_A18_the_days_that_may_be_seen_are_those_last_said(
    said: tuple[RelationConfirmed | RelationEnded, ...], days: Period
) -> None:
    assert visible_days(confirmed(*said).relations, ACCOUNT) == (days,)

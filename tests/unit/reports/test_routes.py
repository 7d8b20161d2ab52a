"""What a person or month may hear first, whose an order is, and how long each kind waits (A11, I17, J2, J3)."""

from datetime import timedelta

import pytest

from contracts import topics
from contracts.decision import Customer
from contracts.message import Message
from contracts.reports import RequestConsumptionReport, RequestPaymentReport, RequestStatement
from contracts.reports_internal import PaymentReportOrdered, ReadingsUsed, ReportOrdered, StatementOrdered
from services.reports.customer import ABSENT
from services.reports.order_states import ReportFacts
from services.reports.payment_order import RaiseMismatchAlarm
from services.reports.service import reports_service
from services.reports.settings import ReportsSettings
from tests.scenario import NOON, arriving
from tests.unit.reports.orders import (
    ACCOUNT,
    EFFECTS,
    NOURA,
    REPORT_ID,
    alarmed,
    asking,
    keyed_hash,
    report_ordered,
    request,
    service,
    settings,
)
from tests.unit.reports.paying import ORDER as PAYMENT_ORDERED
from tests.unit.reports.test_customer import DEFINED
from tests.unit.reports.test_relation_gate import CONFIRMED, ENDED, PAYMENTS, STATEMENT
from tests.unit.reports.test_service import Played
from tests.unit.reports.test_statement import ORDER as STATEMENT_ORDERED

USED = ReadingsUsed(report_id=REPORT_ID, account_number=ACCOUNT, month="2026-02", edition=0)


@pytest.mark.parametrize(
    ("first", "document"),
    [
        (DEFINED, f"customer:{NOURA.user_id}"),
        (CONFIRMED, f"customer:{NOURA.user_id}"),
        (ENDED, f"customer:{NOURA.user_id}"),
        (USED, f"meter:{ACCOUNT}:2026-02"),
    ],
)
async def test_A11_R6_what_is_heard_first_of_a_person_or_month_is_kept(first: Message, document: str) -> None:
    played = Played(1)
    await played.hear(arriving(first))
    assert list(played.documents) == [document]


def test_J2_whoever_nothing_is_known_of_hears_the_first_step_whatever_they_order() -> None:
    orders = (RequestConsumptionReport, RequestPaymentReport, RequestStatement)
    assert [route.absent for route in service().routes if route.message in orders] == [ABSENT] * 3


def test_I17_an_order_is_the_businesss_and_not_of_the_person_who_acts_for_it() -> None:
    acting = Customer("business-1", "session-3", "web", actor=NOURA.user_id)
    for body in (request(), PAYMENTS, STATEMENT):
        (route,) = (route for route in service().routes if route.message is type(body))
        assert route.aggregate_of(asking(body, customer=acting), keyed_hash) == "customer:business-1"


async def test_J3_each_kind_of_report_waits_as_long_as_its_setting_says() -> None:
    said = {**settings().model_dump(), "readings_wait_s": 90.0, "statement_wait_s": 30.0}
    table = reports_service(ReportsSettings.model_validate(said), EFFECTS, alarmed)
    orders = ((report_ordered(), ReportOrdered, 90), (PAYMENT_ORDERED, PaymentReportOrdered, 30))
    for body, kind, seconds in (*orders, (STATEMENT_ORDERED, StatementOrdered, 90)):
        (route,) = (route for route in table.routes if route.message is kind)
        assert route.prepare is not None
        facts = await route.prepare(None, arriving(body), EFFECTS, NOON)
        assert isinstance(facts, ReportFacts)
        assert facts.give_up_at == NOON + timedelta(seconds=seconds)


def test_R2_the_alarm_is_raised_by_the_service_and_what_was_parked_is_read_again() -> None:
    assert service().perform == {RaiseMismatchAlarm: alarmed}
    assert topics.REPLAY["reports"] in [lane.topic for lane in service().lanes]

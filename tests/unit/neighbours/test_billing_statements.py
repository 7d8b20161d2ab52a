from datetime import date, datetime, timedelta

import pytest

from contracts.billing import StatementAsked, StatementFound
from deploy.local.neighbours.billing import BillingSimulator
from tests.unit.accounts.situations import ACCOUNT, FAHAD, NOURA, due
from tests.unit.neighbours.test_billing import NOW, TODAY, dues, order, party, plan


@pytest.fixture
def billing() -> BillingSimulator:
    """Noura has asked about her account first."""
    simulator = BillingSimulator("localhost:1", [ACCOUNT])
    assert party(simulator).is_party
    return simulator


def statement(
    billing: BillingSimulator, first: date, last: date, user_id: str = NOURA.user_id, now: datetime = NOW
) -> StatementFound:
    body = StatementAsked(asked_by="report:R1", account_number=ACCOUNT, user_id=user_id, first_day=first, last_day=last)
    found = billing.says(body, now)
    assert isinstance(found, StatementFound)
    return found


def reconciles(found: StatementFound) -> bool:
    signed = (each.amount_halalas if each.kind == "bill" else -each.amount_halalas for each in found.entries)
    return found.opening_halalas + sum(signed) == found.closing_halalas


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2025, 1, 1), date(2025, 12, 31)),
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2020, 1, 1), date(2030, 1, 1)),
        (TODAY, TODAY),
    ],
    ids=["a-year", "a-month", "everything", "a-day"],
)
def test_R2_a_statement_reconciles(billing: BillingSimulator, first: date, last: date) -> None:
    found = statement(billing, first, last)
    assert reconciles(found)
    assert all(first <= each.day <= min(last, TODAY) for each in found.entries)
    assert [each.day for each in found.entries] == sorted(each.day for each in found.entries)


def test_R2_a_year_has_twelve_bills_and_payments_and_ends_with_what_is_due(billing: BillingSimulator) -> None:
    found = statement(billing, date(2025, 3, 2), TODAY)
    kinds = [(each.kind, each.what_for) for each in found.entries]
    assert kinds.count(("bill", "consumption")) == kinds.count(("payment", "consumption")) == 12
    assert found.closing_halalas == dues(billing).total_halalas
    assert found.opening_halalas > 0
    assert statement(billing, date(2020, 1, 1), TODAY).opening_halalas == 0


def test_R2_adjoining_statements_meet(billing: BillingSimulator) -> None:
    january = statement(billing, date(2026, 1, 1), date(2026, 1, 31))
    february = statement(billing, date(2026, 2, 1), date(2026, 2, 28))
    assert january.closing_halalas == february.opening_halalas


def test_R2_A18_a_statement_is_of_one_person_through_a_change(billing: BillingSimulator) -> None:
    billing.says(order(billing), NOW)
    later = NOW + timedelta(days=120)
    for user_id in (NOURA.user_id, FAHAD.user_id):
        found = statement(billing, date(2026, 1, 1), date(2026, 7, 1), user_id, later)
        assert reconciles(found)
        assert found.closing_halalas == dues(billing, user_id, later).total_halalas > 0
    nobody = statement(billing, date(2026, 1, 1), date(2026, 7, 1), "user-sara", later)
    assert (nobody.opening_halalas, nobody.entries, nobody.closing_halalas) == (0, (), 0)


def test_R2_given_dues_and_plans_are_in_the_statement(billing: BillingSimulator) -> None:
    billing.says(plan("plan-1", dues(billing).total_halalas), NOW)
    assert statement(billing, date(2026, 1, 1), TODAY).closing_halalas == dues(billing).total_halalas
    billing.owe(ACCOUNT, FAHAD.user_id, (due(12_345),))
    given_dues = statement(billing, date(2026, 1, 1), TODAY, FAHAD.user_id)
    assert reconciles(given_dues)
    assert given_dues.closing_halalas == 12_345


def test_R2_books_that_do_not_reconcile_can_be_had(billing: BillingSimulator) -> None:
    billing.misstate(ACCOUNT)
    assert not reconciles(statement(billing, date(2025, 1, 1), TODAY))

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from contracts.billing import (
    AccountUnknown,
    DuesAsked,
    DuesFound,
    HolderChanged,
    HolderChangeOrdered,
    HolderChangeRefused,
    HolderChangeUndone,
    HolderChangeWithdrawn,
    PartyAsked,
    PartyFound,
    PlanAgreed,
    PlanOrdered,
    PlanPart,
    PlanRefused,
    RunningBillAsked,
    RunningBillFound,
)
from deploy.local.neighbours.billing import BillingSimulator
from deploy.local.neighbours.register import register_wh
from services.accounts.definition import Informed
from services.accounts.dues import show_found_dues
from tests.scenario import given
from tests.unit.accounts.situations import ACCOUNT, AWAITING_DUES, FAHAD, NOURA, OTHER_ACCOUNT, due, from_billing

NOW = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
TODAY, SINCE = date(2026, 3, 14), date(2023, 3, 1)
DAY = date(2026, 3, 15)
ASKER = "transfer:T1"


@pytest.fixture
def billing() -> BillingSimulator:
    """Noura has asked about her account first."""
    simulator = BillingSimulator("localhost:1", [ACCOUNT])
    assert party(simulator).is_party
    return simulator


def asked(user_id: str = NOURA.user_id, account: str = ACCOUNT) -> DuesAsked:
    return DuesAsked(asked_by="definition:flow-1", account_number=account, user_id=user_id, relation="owner")


def dues(billing: BillingSimulator, user_id: str = NOURA.user_id, now: datetime = NOW) -> DuesFound:
    found = billing.says(asked(user_id), now)
    assert isinstance(found, DuesFound)
    assert found.total_halalas == sum(each.amount_halalas for each in found.dues)
    return found


def party(billing: BillingSimulator, user_id: str = NOURA.user_id, account: str = ACCOUNT) -> PartyFound:
    found = billing.says(PartyAsked(asked_by=ASKER, account_number=account, user_id=user_id), NOW)
    assert isinstance(found, PartyFound)
    return found


def running(billing: BillingSimulator, day: date = DAY) -> RunningBillFound:
    found = billing.says(RunningBillAsked(asked_by=ASKER, account_number=ACCOUNT, day=day), NOW)
    assert isinstance(found, RunningBillFound)
    return found


def order(billing: BillingSimulator, order_id: str = "order-1", **changes: Any) -> HolderChangeOrdered:
    amount = running(billing, changes.get("day", DAY)).amount_halalas
    body = {
        "asked_by": ASKER,
        "order_id": order_id,
        "account_number": ACCOUNT,
        "from_user_id": NOURA.user_id,
        "to_user_id": FAHAD.user_id,
        "day": DAY,
        "from_share_halalas": amount // 3,
        "to_share_halalas": amount - amount // 3,
    }
    return HolderChangeOrdered.model_validate(body | changes)


def withdrawn(order_id: str = "order-1") -> HolderChangeWithdrawn:
    return HolderChangeWithdrawn(asked_by=ASKER, order_id=order_id)


def plan(order_id: str, *parts: int, total: int | None = None) -> PlanOrdered:
    each = tuple(PlanPart(due_date=date(2026, 4 + n, 1), amount_halalas=part) for n, part in enumerate(parts))
    return PlanOrdered(
        asked_by="plan:P1",
        order_id=order_id,
        account_number=ACCOUNT,
        user_id=NOURA.user_id,
        parts=each,
        total_halalas=sum(parts) if total is None else total,
    )


# --- dues and parties -----------------------------------------------------------------------------------------------
def test_A5_billing_gives_each_their_own_dues_and_accounts_takes_them() -> None:
    billing = BillingSimulator("localhost:1", [ACCOUNT], {(ACCOUNT, NOURA.user_id): (due(12_345),)})
    found = dues(billing)
    assert (found.user_id, found.total_halalas, found.as_of) == (NOURA.user_id, 12_345, NOW)
    given(AWAITING_DUES).when(show_found_dues, from_billing(found)).then_state(Informed)
    assert dues(billing, FAHAD.user_id).dues == ()


def test_A5_the_party_owes_last_months_bill_and_it_is_always_the_same(billing: BillingSimulator) -> None:
    found = dues(billing)
    assert [each.what_for for each in found.dues] == ["consumption", "meter-service"]
    assert all(each.amount_halalas > 0 for each in found.dues)
    assert {(each.period_from, each.period_to) for each in found.dues} == {(date(2026, 2, 1), date(2026, 2, 28))}
    assert dues(billing) == found


def test_A5_a_month_costs_what_the_register_has_counted(billing: BillingSimulator) -> None:
    kilowatt_hours = (register_wh(ACCOUNT, date(2026, 3, 1)) - register_wh(ACCOUNT, date(2026, 2, 1))) / 1000
    assert dues(billing).dues[0].amount_halalas == int(kilowatt_hours * 18 * 1.15)


def test_A2_an_account_that_billing_does_not_have_is_unknown_until_somebody_owes_on_it() -> None:
    billing = BillingSimulator("localhost:1", [ACCOUNT])
    assert isinstance(billing.says(asked(account=OTHER_ACCOUNT), NOW), AccountUnknown)
    assert not party(billing, account=OTHER_ACCOUNT).is_party
    body = RunningBillAsked(asked_by=ASKER, account_number=OTHER_ACCOUNT, day=DAY)
    assert isinstance(billing.says(body, NOW), AccountUnknown)
    billing.know(OTHER_ACCOUNT)
    found = billing.says(asked(account=OTHER_ACCOUNT), NOW)
    assert isinstance(found, DuesFound)
    assert found.total_halalas > 0
    billing.owe(OTHER_ACCOUNT, NOURA.user_id, ())
    found = billing.says(asked(account=OTHER_ACCOUNT), NOW)
    assert isinstance(found, DuesFound)
    assert (found.dues, found.total_halalas) == ((), 0)


def test_A18_who_asks_first_is_the_party_and_nobody_else(billing: BillingSimulator) -> None:
    assert party(billing).since == SINCE
    assert party(billing) == party(billing)
    fahads = party(billing, FAHAD.user_id)
    assert (fahads.is_party, fahads.since) == (False, None)
    billing.let(ACCOUNT, FAHAD.user_id, date(2025, 1, 1))
    assert party(billing, FAHAD.user_id).since == date(2025, 1, 1)
    assert not party(billing).is_party


def test_A5_silence_about_an_account_ends_when_it_ends(billing: BillingSimulator) -> None:
    billing.stay_silent(ACCOUNT)
    assert billing.says(asked(), NOW) is None
    billing.speak_again(ACCOUNT)
    assert dues(billing).dues


# --- changes of holder ----------------------------------------------------------------------------------------------
def test_A9_the_running_bill_is_the_months_and_its_register_is_the_meters(billing: BillingSimulator) -> None:
    found = running(billing)
    assert (found.period_from, found.period_to) == (date(2026, 3, 1), date(2026, 3, 31))
    assert (found.opening_wh, found.latest_wh) == (
        register_wh(ACCOUNT, date(2026, 3, 1)),
        register_wh(ACCOUNT, date(2026, 4, 1)),
    )
    assert found.opening_wh < register_wh(ACCOUNT, DAY) < found.latest_wh
    assert found.amount_halalas > 0


def test_A18_a_change_leaves_each_with_their_own_debts(billing: BillingSimulator) -> None:
    before, change = dues(billing), order(billing)
    assert billing.says(change, NOW) == HolderChanged(asked_by=ASKER, order_id="order-1")
    assert not party(billing).is_party
    assert party(billing, FAHAD.user_id).since == DAY
    assert dues(billing, FAHAD.user_id).dues == ()
    april = NOW + timedelta(days=30)
    owed = dues(billing, now=april)
    assert owed.total_halalas == before.total_halalas + change.from_share_halalas
    assert [each.amount_halalas for each in dues(billing, FAHAD.user_id, april).dues] == [
        change.to_share_halalas,
        1_000,
    ]


def test_A9_an_order_told_again_is_done_once(billing: BillingSimulator) -> None:
    change = order(billing)
    first = billing.says(change, NOW)
    assert billing.says(change, NOW) == first
    assert billing.says(withdrawn(), NOW) == HolderChangeUndone(asked_by=ASKER, order_id="order-1")


def test_A9_an_undone_change_leaves_nothing_behind(billing: BillingSimulator) -> None:
    april = NOW + timedelta(days=30)
    never = dues(billing, now=april), running(billing)
    billing.says(order(billing), NOW)
    undone = HolderChangeUndone(asked_by=ASKER, order_id="order-1")
    assert billing.says(withdrawn(), NOW) == billing.says(withdrawn(), NOW) == undone
    assert (dues(billing, now=april), running(billing)) == never
    assert party(billing).is_party


def test_A9_what_was_withdrawn_first_is_never_done(billing: BillingSimulator) -> None:
    assert isinstance(billing.says(withdrawn(), NOW), HolderChangeUndone)
    refused = billing.says(order(billing), NOW)
    assert refused == HolderChangeRefused(asked_by=ASKER, order_id="order-1", reason="withdrawn")
    assert party(billing).is_party


def test_A9_a_change_that_another_has_followed_cannot_be_undone(billing: BillingSimulator) -> None:
    billing.says(order(billing), NOW)
    rest = running(billing, date(2026, 3, 20))
    assert rest.period_from == DAY
    back = {"from_user_id": FAHAD.user_id, "to_user_id": NOURA.user_id, "day": date(2026, 3, 20)}
    assert isinstance(billing.says(order(billing, "order-2", **back), NOW), HolderChanged)
    assert isinstance(billing.says(withdrawn(), NOW), HolderChanged)
    assert isinstance(billing.says(withdrawn("order-2"), NOW), HolderChangeUndone)
    assert isinstance(billing.says(withdrawn(), NOW), HolderChangeUndone)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"from_user_id": FAHAD.user_id, "to_user_id": NOURA.user_id}, "not-the-holder"),
        ({"day": SINCE}, "day-before-the-holder"),
        ({"to_share_halalas": 1}, "shares-do-not-add-up"),
        ({"account_number": OTHER_ACCOUNT}, "account-unknown"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_A9_billing_refuses_what_does_not_fit_its_books(
    billing: BillingSimulator, changes: dict[str, Any], reason: str
) -> None:
    refused = billing.says(order(billing, **changes), NOW)
    assert refused == HolderChangeRefused(asked_by=ASKER, order_id="order-1", reason=reason)
    assert party(billing).is_party


def test_A9_a_refusal_stays_one(billing: BillingSimulator) -> None:
    billing.refuse_orders(ACCOUNT, "meter-disputed")
    change = order(billing)
    refused = HolderChangeRefused(asked_by=ASKER, order_id="order-1", reason="meter-disputed")
    assert billing.says(change, NOW) == billing.says(change, NOW) == refused


# --- instalments ----------------------------------------------------------------------------------------------------
def test_A14_a_plan_of_exactly_what_is_due_is_agreed_and_takes_its_place(billing: BillingSimulator) -> None:
    total = dues(billing).total_halalas
    agreed = plan("plan-1", total - 100, 100)
    assert billing.says(agreed, NOW) == billing.says(agreed, NOW) == PlanAgreed(asked_by="plan:P1", order_id="plan-1")
    found = dues(billing)
    assert [(each.what_for, each.amount_halalas) for each in found.dues] == [
        ("instalment", total - 100),
        ("instalment", 100),
    ]
    assert found.total_halalas == total


def test_A14_billing_refuses_the_second_of_two_plans_for_one_debt(billing: BillingSimulator) -> None:
    total = dues(billing).total_halalas
    first, second = plan("plan-1", total - 100, 100), plan("plan-2", total - 200, 100, 100)
    assert isinstance(billing.says(first, NOW), PlanAgreed)
    refused = PlanRefused(asked_by="plan:P1", order_id="plan-2", reason="plan-in-force")
    assert billing.says(second, NOW) == billing.says(second, NOW) == refused
    assert isinstance(billing.says(first, NOW), PlanAgreed)
    assert [each.amount_halalas for each in dues(billing).dues] == [total - 100, 100]


def test_A14_billing_refuses_a_plan_that_does_not_fit(billing: BillingSimulator) -> None:
    def reason_of(ordered: PlanOrdered) -> str:
        refused = billing.says(ordered, NOW)
        assert isinstance(refused, PlanRefused)
        return refused.reason

    total = dues(billing).total_halalas
    changed = plan("plan-1", total, 1)
    assert reason_of(changed) == reason_of(changed) == "dues-changed"
    assert reason_of(plan("plan-2", total - 1, total=total)) == "parts-do-not-add-up"
    billing.refuse_orders(ACCOUNT, "too-late")
    assert reason_of(plan("plan-3", total)) == "too-late"
    billing.owe(ACCOUNT, NOURA.user_id, ())
    free = BillingSimulator("localhost:1", [ACCOUNT], {(ACCOUNT, NOURA.user_id): ()})
    nothing = free.says(plan("plan-4", 5), NOW)
    assert nothing == PlanRefused(asked_by="plan:P1", order_id="plan-4", reason="nothing-due")

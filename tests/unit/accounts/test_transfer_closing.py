"""Dues, closing reading, running bill (A9, A18)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.accounts_request_internal import RequestNoted
from contracts.accounts_supply_internal import SupplyReleased
from contracts.billing import AccountUnknown, DuesAsked, HolderChangeOrdered, RunningBillAsked
from contracts.metering import ClosingReadingAsked, ClosingReadingReleased
from contracts.requests import RequestMoved
from contracts.transfers import TransferCompleted, TransferEnded
from services.accounts.transfer_case import Closing
from services.accounts.transfer_closing import divide_bill, fail_for_unknown_account, note_debt, take_reading
from services.accounts.transfer_moving import complete_transfer
from services.accounts.transfer_states import AwaitingReading, Ended, Moving, Transfer, Undoing
from tests.scenario import NOON, given
from tests.unit.accounts.situations import ACCOUNT, FAHAD, NOURA, OTHER_ACCOUNT, due
from tests.unit.accounts.transfers import (
    AWAITING_BILL,
    AWAITING_READING,
    BILL,
    CHANGED,
    CHECKING_DUES,
    DAY,
    DUES,
    FACTS,
    MOVING,
    ORDER,
    OVER,
    READING,
    TRANSFER,
    UNDOING,
    WAITING,
    WAITS,
    told,
)

UNKNOWN = AccountUnknown(asked_by=TRANSFER, account_number=ACCOUNT, user_id=FAHAD.user_id)


def but(*stages: str) -> list[Transfer]:
    return [state for state in (*WAITING, *OVER) if state.stage not in stages]


def test_A18_the_debt_of_who_leaves_is_noted_and_hinders_nothing() -> None:
    asked = ClosingReadingAsked(asked_by=TRANSFER, account_number=ACCOUNT, day=DAY)
    scene = given(CHECKING_DUES).when(note_debt, told(DUES), FACTS).then(asked, RequestMoved, RequestNoted)
    scene.then_state(AWAITING_READING)
    assert scene.state.debt_halalas == 34_567


@pytest.mark.parametrize(
    "changes", [{"user_id": NOURA.user_id}, {"account_number": OTHER_ACCOUNT}], ids=["person", "account"]
)
def test_A18_dues_of_anybody_else_are_not_their_debt(changes: dict[str, Any]) -> None:
    others = told(DUES.model_copy(update=changes))
    given(CHECKING_DUES).when(note_debt, others, FACTS).then().then_state(CHECKING_DUES)


def test_A18_dues_that_do_not_add_up_end_the_transfer() -> None:
    scene = given(CHECKING_DUES).when(note_debt, told(DUES.model_copy(update={"total_halalas": 1})), FACTS)
    scene.then(SupplyReleased, TransferEnded, TransferEnded, RequestMoved, RequestNoted).then_state(Ended)
    assert (scene.state.outcome, scene.state.reason) == ("failed", "dues-do-not-add-up")


def test_A9_a_reading_is_waited_for_from_the_beginning_of_its_day_on() -> None:
    scene = given(CHECKING_DUES).when(note_debt, told(DUES), FACTS).then_state(AwaitingReading)
    assert scene.state.due_at == NOON.replace(hour=21) + WAITS.reading
    late = replace(FACTS, present=NOON + timedelta(days=9))
    scene = given(CHECKING_DUES).when(note_debt, told(DUES), late)
    assert scene.state.due_at == NOON + timedelta(days=9) + WAITS.reading


@pytest.mark.parametrize(
    ("state", "released"),
    [(CHECKING_DUES, (SupplyReleased,)), (AWAITING_BILL, (ClosingReadingReleased, SupplyReleased))],
    ids=["dues", "bill"],
)
def test_A9_an_account_that_billing_does_not_know_ends_the_transfer(state: Transfer, released: tuple[Any, ...]) -> None:
    scene = given(state).when(fail_for_unknown_account, told(UNKNOWN), FACTS)
    scene.then(*released, TransferEnded, TransferEnded, RequestMoved, RequestNoted).then_state(Ended)
    assert (scene.state.outcome, scene.state.reason) == ("failed", "account-unknown-to-billing")


def test_A9_a_measured_reading_asks_for_the_running_bill_and_again_for_the_debt() -> None:
    debt = DuesAsked(asked_by=TRANSFER, account_number=ACCOUNT, user_id=FAHAD.user_id, relation="outgoing")
    bill = RunningBillAsked(asked_by=TRANSFER, account_number=ACCOUNT, day=DAY)
    given(AWAITING_READING).when(take_reading, told(READING), FACTS).then(debt, bill).then_state(AWAITING_BILL)


def test_A18_who_leaves_is_told_what_they_owe_now_and_not_before_they_paid_or_were_billed_again() -> None:
    now = told(DUES.model_copy(update={"dues": (), "total_halalas": 0}))
    before = given(AWAITING_BILL).when(note_debt, now, FACTS).then().when(divide_bill, told(BILL), FACTS)
    after = given(AWAITING_BILL).when(divide_bill, told(BILL), FACTS).when(note_debt, now, FACTS).then()
    assert before.state == after.state
    news = after.when(complete_transfer, told(CHANGED), FACTS).messages
    assert [(each.role, each.debt_halalas) for each in news if isinstance(each, TransferCompleted)] == [
        ("incoming", 0),
        ("outgoing", 0),
    ]


@pytest.mark.parametrize("state", [CHECKING_DUES, AWAITING_BILL, MOVING], ids=lambda state: state.stage)
def test_A18_a_bill_of_the_days_that_are_divided_is_no_debt_besides(state: Transfer) -> None:
    """A reading of the month's last day comes in the next one, when billing has billed the whole month already."""
    before = due(100).model_copy(update={"period_to": DAY - timedelta(days=1)})
    divided = due(10_000).model_copy(update={"period_to": DAY})
    found = told(DUES.model_copy(update={"dues": (before, divided), "total_halalas": 10_100}))
    after = given(state).when(note_debt, found, FACTS).state
    assert (after.order if isinstance(after, Moving) else after).debt_halalas == 100


def test_A18_what_is_owed_by_now_is_told_though_the_order_was_withdrawn_meanwhile() -> None:
    now = told(DUES.model_copy(update={"dues": (), "total_halalas": 0}))
    undoing = given(UNDOING).when(note_debt, now, FACTS).then().then_state(Undoing)
    assert undoing.state.order.debt_halalas == 0


@pytest.mark.parametrize("state", [AWAITING_BILL, MOVING, UNDOING], ids=lambda state: state.stage)
@pytest.mark.parametrize(
    "changes",
    [{"total_halalas": 1}, {"user_id": NOURA.user_id}, {"account_number": OTHER_ACCOUNT}],
    ids=["sum", "person", "account"],
)
def test_A18_dues_that_are_wrong_leave_the_debt_as_it_was_noted(state: Transfer, changes: dict[str, Any]) -> None:
    wrong = told(DUES.model_copy(update={"dues": (due(2),), "total_halalas": 2} | changes))
    given(state).when(note_debt, wrong, FACTS).then().then_state(state)


@pytest.mark.parametrize(
    "changes", [{"day": date(2026, 3, 1)}, {"account_number": OTHER_ACCOUNT}], ids=["day", "account"]
)
def test_A9_a_reading_of_another_day_or_account_closes_nothing(changes: dict[str, Any]) -> None:
    other = told(READING.model_copy(update=changes))
    given(AWAITING_READING).when(take_reading, other, FACTS).then().then_state(AWAITING_READING)


def test_A9_the_measured_bill_is_split_by_energy_and_the_change_ordered() -> None:
    scene = given(AWAITING_BILL).when(divide_bill, told(BILL), FACTS)
    ordered = HolderChangeOrdered(
        asked_by=TRANSFER,
        order_id=ORDER.order_id,
        account_number=ACCOUNT,
        from_user_id=FAHAD.user_id,
        to_user_id=NOURA.user_id,
        day=DAY,
        from_share_halalas=5_001,
        to_share_halalas=5_000,
    )
    scene.then(ordered, RequestMoved, RequestNoted).then_state(Moving)
    shares = scene.state.order.shares
    assert shares.outgoing_halalas + shares.incoming_halalas == BILL.amount_halalas
    quarter = given(replace(AWAITING_BILL, closing=Closing(register_wh=125_000))).when(divide_bill, told(BILL), FACTS)
    order = quarter.state.order
    assert (order.closing.reading, order.shares.outgoing_halalas) == ("measured", 2_500)  # by days it would be half


def test_A9_without_a_reading_the_bill_is_split_by_days_and_marked_so() -> None:
    estimated = replace(AWAITING_BILL, closing=Closing(register_wh=None))
    scene = given(estimated).when(divide_bill, told(BILL), FACTS).then_state(Moving)
    assert scene.state.order.closing.reading == "estimated"
    shares = scene.state.order.shares
    assert (shares.outgoing_halalas, shares.incoming_halalas) == (5_001, 5_000)  # 15 of 30 days, half a halala up


def test_A9_the_reading_of_an_exchanged_meter_divides_no_bill_of_the_one_before() -> None:
    """A register below the bill's own first reading: the incoming party would pay the whole bill."""
    exchanged = replace(AWAITING_BILL, closing=Closing(register_wh=99_999))
    scene = given(exchanged).when(divide_bill, told(BILL), FACTS).then_state(Moving)
    estimated = given(replace(AWAITING_BILL, closing=Closing(register_wh=None))).when(divide_bill, told(BILL), FACTS)
    assert scene.state == estimated.state
    begun_later = BILL.model_copy(update={"period_from": DAY})
    order = given(exchanged).when(divide_bill, told(begun_later), FACTS).state.order
    assert (order.closing.reading, order.shares.outgoing_halalas) == ("measured", 0)  # nothing of it was theirs


@pytest.mark.parametrize("register_wh", [99_999, 100_000, 150_000, 200_001])
def test_A9_a_bill_over_which_the_meter_was_exchanged_or_began_anew_is_divided_by_days(register_wh: int) -> None:
    """Its register ends below its beginning: the amount and the days are right, and no reading divides it."""
    exchanged = told(BILL.model_copy(update={"latest_wh": 99_999}))
    read = replace(AWAITING_BILL, closing=Closing(register_wh=register_wh))
    scene = given(read).when(divide_bill, exchanged, FACTS).then_state(Moving)
    assert scene.state.order.closing.reading == "estimated"
    shares = scene.state.order.shares
    assert (shares.outgoing_halalas, shares.incoming_halalas) == (5_001, 5_000)


def test_A9_a_bill_of_the_incoming_partys_days_alone_is_theirs_though_the_reading_is_of_the_meter_before() -> None:
    """Exchanged as the account moved: the outgoing party would pay the whole bill of the new meter."""
    read = replace(AWAITING_BILL, closing=Closing(register_wh=200_001))
    begun_later = told(BILL.model_copy(update={"period_from": DAY}))
    order = given(read).when(divide_bill, begun_later, FACTS).then_state(Moving).state.order
    assert (order.closing.reading, order.shares.outgoing_halalas) == ("estimated", 0)


@pytest.mark.parametrize(
    ("period_from", "period_to"),
    [
        (date(2026, 2, 15), date(2026, 2, 14)),
        (date(2019, 1, 1), date(2019, 1, 31)),
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2026, 3, 3), date(2026, 3, 31)),
    ],
    ids=["backwards", "long-ago", "over-a-day-before", "begins-a-day-later"],
)
def test_A9_a_bill_that_does_not_run_on_the_transfers_day_ends_the_transfer(period_from: date, period_to: date) -> None:
    """Its whole amount would be one party's, and the bill that does run would be nobody's."""
    of_other_days = told(BILL.model_copy(update={"period_from": period_from, "period_to": period_to}))
    scene = given(AWAITING_BILL).when(divide_bill, of_other_days, FACTS)
    scene.then(ClosingReadingReleased, SupplyReleased, TransferEnded, TransferEnded, RequestMoved, RequestNoted)
    assert (scene.state.outcome, scene.state.reason) == ("failed", "bill-makes-no-sense")


@pytest.mark.parametrize(
    ("period_from", "period_to", "outgoing"),
    [(DAY, date(2026, 3, 31), 0), (date(2026, 2, 2), DAY - timedelta(days=1), 10_001)],
    ids=["begins-then", "ended-the-day-before"],
)
def test_A9_a_bill_that_begins_or_has_ended_as_the_account_moves_is_one_partys_alone(
    period_from: date, period_to: date, outgoing: int
) -> None:
    at_its_edge = told(BILL.model_copy(update={"period_from": period_from, "period_to": period_to}))
    estimated = replace(AWAITING_BILL, closing=Closing(register_wh=None))
    scene = given(estimated).when(divide_bill, at_its_edge, FACTS).then_state(Moving)
    assert scene.state.order.shares.outgoing_halalas == outgoing


def test_A9_the_bill_of_another_account_is_not_divided() -> None:
    other = told(BILL.model_copy(update={"account_number": OTHER_ACCOUNT}))
    given(AWAITING_BILL).when(divide_bill, other, FACTS).then().then_state(AWAITING_BILL)


@pytest.mark.parametrize("state", but("checking-dues"), ids=lambda state: state.stage)
def test_A18_dues_that_come_late_or_twice_change_nothing(state: Transfer) -> None:
    given(state).when(note_debt, told(DUES), FACTS).then().then_state(state)


@pytest.mark.parametrize("state", but("awaiting-reading"), ids=lambda state: state.stage)
def test_A9_a_reading_that_comes_late_or_twice_changes_nothing(state: Transfer) -> None:
    given(state).when(take_reading, told(READING), FACTS).then().then_state(state)


@pytest.mark.parametrize("state", but("awaiting-bill"), ids=lambda state: state.stage)
def test_A9_a_bill_that_comes_late_or_twice_changes_nothing(state: Transfer) -> None:
    given(state).when(divide_bill, told(BILL), FACTS).then().then_state(state)


@pytest.mark.parametrize("state", but("awaiting-bill", "checking-dues"), ids=lambda state: state.stage)
def test_A9_an_unknown_account_elsewhere_changes_nothing(state: Transfer) -> None:
    given(state).when(fail_for_unknown_account, told(UNKNOWN), FACTS).then().then_state(state)


@pytest.mark.parametrize("state", [CHECKING_DUES, AWAITING_BILL], ids=lambda state: state.stage)
def test_A9_what_billing_does_not_know_of_another_account_ends_nothing(state: Transfer) -> None:
    other = told(UNKNOWN.model_copy(update={"account_number": OTHER_ACCOUNT}))
    given(state).when(fail_for_unknown_account, other, FACTS).then().then_state(state)


def test_A18_the_debt_that_was_noted_goes_on_into_the_order() -> None:
    scene = given(AWAITING_BILL).when(divide_bill, told(BILL), FACTS).then_state(Moving)
    assert scene.state.order.debt_halalas == AWAITING_BILL.debt_halalas

"""Debt stays with the person (A18): who has moved out asks for and disputes the bills of their own time (A15)."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from contracts.accounts_request_internal import RequestFiled
from contracts.accounts_supply_internal import MOST_TIMES, RelationNoted
from contracts.requests import RequestAccepted
from contracts.sealed import Secret
from services.accounts.customer import KnownCustomer, note_relation
from services.accounts.relations import Relations
from services.accounts.supply import Supply, begin_use, end_use
from services.accounts.supply_moves import move_supply
from tests.scenario import arriving, given
from tests.unit.accounts.forms import GOOD
from tests.unit.accounts.situations import ACCOUNT, FAHAD, HOLDER, NOURA, OTHER_ACCOUNT
from tests.unit.accounts.supplies import FACTS, HELD, MOVING_DAY, NEW_SUPPLY, OTHER_TRANSFER, OWNER, SARA, moved
from tests.unit.accounts.test_submitting import decided_on, submission
from tests.unit.accounts.test_supply import use_begun, use_ended

STRANGER = replace(HOLDER, confirmed=())
OF_BILLS = ["bill-copy", "bill-correction"]


def of_month(kind: str, month: str) -> Any:
    return submission(kind, {**GOOD[kind], "bill_month": month})


def noted_by(messages: Any, user_id: str, state: KnownCustomer = STRANGER) -> KnownCustomer:
    """What this person's own document makes of what a supply has said."""
    for note in (each for each in messages if isinstance(each, RelationNoted) and each.user_id == user_id):
        state = given(state).when(note_relation, arriving(note, source="accounts")).state
    return state


def left() -> KnownCustomer:
    """Noura, billed since 2023-03-01, has handed the supply over to Fahad on 2026-03-02."""
    return noted_by(given(HELD).when(move_supply, moved()).messages, NOURA.user_id, HOLDER)


@pytest.mark.parametrize("kind", OF_BILLS)
@pytest.mark.parametrize("month", ["2023-03", "2026-02", "2026-03"])
async def test_A15_A18_who_has_moved_out_asks_for_the_bills_of_their_own_time(kind: str, month: str) -> None:
    """The month of the move is both parties': each has a bill of it, and the back office reads who asks."""
    (await decided_on(left(), of_month(kind, month))).then(RequestAccepted, RequestFiled)


@pytest.mark.parametrize("kind", OF_BILLS)
@pytest.mark.parametrize("month", ["2023-02", "2026-04"])
async def test_A3_A18_and_for_no_bill_of_another_partys_time(kind: str, month: str) -> None:
    refused = await decided_on(left(), of_month(kind, month))
    refused.then_refused("bill-not-theirs", "not-liable-in-that-month").then_state(left())


async def test_A3_A18_nor_for_a_bill_of_another_supply() -> None:
    elsewhere = replace(left(), was_liable=tuple(replace(e, account=Secret(OTHER_ACCOUNT)) for e in left().was_liable))
    refused = await decided_on(elsewhere, of_month("bill-copy", "2026-02"))
    refused.then_refused("relation-not-confirmed", "relation-not-confirmed")


@pytest.mark.parametrize("kind", ["bill-language", "smart-meter", "insulation"])
async def test_A18_what_changes_a_supply_is_for_who_is_there(kind: str) -> None:
    (await decided_on(left(), submission(kind))).then_refused("relation-not-confirmed", "relation-not-confirmed")


@pytest.mark.parametrize("kind", OF_BILLS)
async def test_A3_A10_who_has_used_the_power_and_was_never_billed_asks_for_no_bill_afterwards(kind: str) -> None:
    begun = given(NEW_SUPPLY).when(begin_use, use_begun(), FACTS)
    ended = given(begun.state).when(end_use, use_ended(date(2026, 1, 1)))
    user = noted_by((*begun.messages, *ended.messages), FAHAD.user_id)
    assert user == STRANGER
    (await decided_on(user, of_month(kind, "2025-12"))).then_refused("relation-not-confirmed", "relation-not-confirmed")


def handed_on(supply: Supply, transfer: str, to_user_id: str, day: date) -> Any:
    held = replace(HELD, relations=supply.relations, transfer=transfer)
    return given(held).when(move_supply, moved(transfer, to_user_id, day))


async def test_A18_who_came_back_and_left_again_has_two_times_and_not_the_one_between() -> None:
    first = given(HELD).when(move_supply, moved())
    back = handed_on(first.state, OTHER_TRANSFER, NOURA.user_id, date(2026, 6, 10))
    again = handed_on(back.state, "transfer:T3", SARA, date(2026, 8, 20))
    noura = noted_by((*first.messages, *back.messages, *again.messages), NOURA.user_id, HOLDER)
    accepted = [
        month
        for month in ("2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2026-08", "2026-09")
        if (await decided_on(noura, of_month("bill-copy", month))).decision.refusal is None  # type: ignore[union-attr]
    ]
    assert accepted == ["2026-02", "2026-03", "2026-06", "2026-08"]


def test_A18_a_supply_tells_of_a_persons_own_ended_times_and_of_nobody_elses() -> None:
    scene = given(HELD).when(move_supply, moved())
    notes = {each.user_id: each for each in scene.messages if isinstance(each, RelationNoted)}
    assert notes[FAHAD.user_id].was_liable == ()
    (days,) = notes[NOURA.user_id].was_liable
    assert (days.from_day, days.last_day) == (date(2023, 3, 1), MOVING_DAY.replace(day=1))


def test_A18_of_many_times_the_latest_are_told() -> None:
    day = [date(2024, 1, 1) + timedelta(days=30 * number) for number in range(MOST_TIMES + 2)]
    times = tuple(replace(OWNER, from_day=first, until=last) for first, last in pairwise(day))
    present = replace(OWNER, user_id=FAHAD.user_id, from_day=day[-1])
    supply = replace(HELD, relations=Relations(liable=(*times, present)))
    scene = given(supply).when(move_supply, moved(to_user_id=NOURA.user_id))
    (note,) = (each for each in scene.messages if isinstance(each, RelationNoted) and each.user_id == NOURA.user_id)
    assert [each.from_day for each in note.was_liable] == day[1:-1]


async def test_A15_a_form_without_a_month_is_refused_for_its_form() -> None:
    bad = submission("bill-copy", {"delivery": "email"})
    (await decided_on(left(), bad)).then_refused("form-not-accepted", "form-fields-wrong")


def test_A18_what_an_account_was_to_them_is_held_of_this_account_only() -> None:
    other = RelationNoted(user_id=NOURA.user_id, account_number=OTHER_ACCOUNT, holds=False)
    assert noted_by([other], NOURA.user_id, left()) == left()
    assert [each.account for each in left().was_liable] == [Secret(ACCOUNT)]


async def test_A18_who_is_there_again_asks_for_any_bill_as_whoever_is_there() -> None:
    first = given(HELD).when(move_supply, moved())
    back = handed_on(first.state, OTHER_TRANSFER, NOURA.user_id, date(2026, 6, 10))
    noura = noted_by((*first.messages, *back.messages), NOURA.user_id, HOLDER)
    (await decided_on(noura, of_month("bill-copy", "2026-04"))).then(RequestAccepted, RequestFiled)


async def test_A3_A18_a_time_at_another_supply_shows_no_bill_of_this_one() -> None:
    elsewhere = replace(
        left().was_liable[0], account=Secret(OTHER_ACCOUNT), from_day=date(2026, 5, 1), last_day=date(2026, 7, 31)
    )
    of_two = replace(left(), was_liable=(*left().was_liable, elsewhere))
    refused = await decided_on(of_two, of_month("bill-copy", "2026-06"))
    refused.then_refused("bill-not-theirs", "not-liable-in-that-month")


def test_A18_the_same_word_again_keeps_no_time_twice() -> None:
    said = given(HELD).when(move_supply, moved()).messages
    assert noted_by(said, NOURA.user_id, left()) == left()

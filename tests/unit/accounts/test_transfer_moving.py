"""Billing changes the holder, or does not (A9, A12, A13, A18)."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.accounts_request_internal import RequestNoted
from contracts.accounts_supply_internal import SupplyMoved, SupplyReleased
from contracts.metering import ClosingReadingReleased
from contracts.requests import RequestMoved
from contracts.transfers import TransferCompleted, TransferEnded
from services.accounts.transfer_case import Closing
from services.accounts.transfer_moving import complete_transfer, note_refused_change, note_undone_change
from services.accounts.transfer_questions import withdrawal_of
from services.accounts.transfer_states import Completed, Ended, Transfer
from tests.scenario import NOON, given
from tests.unit.accounts.situations import ACCOUNT, FAHAD, NOURA, TRANSFER_REFERENCE
from tests.unit.accounts.transfers import (
    CHANGE_REFUSED,
    CHANGED,
    COMPLETED,
    DAY,
    FACTS,
    MOVING,
    ORDER,
    OVER,
    TRANSFER,
    UNDOING,
    UNDONE,
    WAITING,
    told,
)

ENDING = (ClosingReadingReleased, SupplyReleased, TransferEnded, TransferEnded, RequestMoved, RequestNoted)
ELSEWHERE = [state for state in (*WAITING, *OVER) if state.stage not in ("moving", "undoing")]
SUPPLY_MOVED = SupplyMoved(
    account_number=ACCOUNT, transfer=TRANSFER, to_user_id=NOURA.user_id, relation="owner", day=DAY
)


def completed_for(role: Any) -> TransferCompleted:
    outgoing = role == "outgoing"
    return TransferCompleted(
        user_id=FAHAD.user_id if outgoing else NOURA.user_id,
        role=role,
        account_number=ACCOUNT,
        kind="actual-account",
        reference=TRANSFER_REFERENCE,
        day=DAY,
        reading="measured",
        bill_halalas=5_000 if outgoing else 5_001,
        share_halalas=5_000 if outgoing else 5_001,
        debt_halalas=34_567 if outgoing else 0,
    )


def test_A5_A9_A18_the_account_has_moved_and_each_party_is_told_their_own_part_and_debt() -> None:
    scene = given(MOVING).when(complete_transfer, told(CHANGED), FACTS)
    scene.then(SUPPLY_MOVED, completed_for("incoming"), completed_for("outgoing"), RequestMoved, RequestNoted)
    scene.then_state(COMPLETED)
    moved = scene.messages[3]
    assert isinstance(moved, RequestMoved)
    assert (moved.state, moved.final) == ("completed", True)


@pytest.mark.parametrize(
    ("kind", "relation"), [("ownership", "owner"), ("subscriber", "tenant"), ("subscription-end", "owner")]
)
def test_A12_A13_what_the_incoming_party_becomes_is_the_kinds_own(kind: Any, relation: Any) -> None:
    state = replace(MOVING, case=replace(MOVING.case, kind=kind, relation=relation))
    scene = given(state).when(complete_transfer, told(CHANGED), FACTS).then_state(Completed)
    moved = scene.messages[0]
    assert isinstance(moved, SupplyMoved)
    assert moved.relation == relation


def test_A9_a_change_that_billing_refuses_leaves_nothing_behind() -> None:
    scene = given(MOVING).when(note_refused_change, told(CHANGE_REFUSED), FACTS).then(*ENDING).then_state(Ended)
    assert (scene.state.outcome, scene.state.reason) == ("failed", "holder-change-refused")


@pytest.mark.parametrize(
    ("decide", "answer"), [(note_undone_change, UNDONE), (note_refused_change, CHANGE_REFUSED)], ids=["undone", "never"]
)
def test_A9_a_withdrawn_change_that_was_undone_or_never_done_is_cancelled(decide: Any, answer: Any) -> None:
    scene = given(UNDOING).when(decide, told(answer), FACTS).then(*ENDING).then_state(Ended)
    assert (scene.state.outcome, scene.state.reason) == ("cancelled", "cancelled-by-requester")


def test_A9_a_withdrawal_that_came_too_late_means_that_the_account_has_moved() -> None:
    scene = given(UNDOING).when(complete_transfer, told(CHANGED, withdrawal_of(ORDER)), FACTS)
    scene.then(SUPPLY_MOVED, completed_for("incoming"), completed_for("outgoing"), RequestMoved, RequestNoted)
    scene.then_state(COMPLETED)


def test_A9_while_it_is_withdrawn_the_news_that_the_order_was_done_decides_nothing() -> None:
    scene = given(UNDOING).when(complete_transfer, told(CHANGED), FACTS).then().then_state(UNDOING)
    scene.when(note_undone_change, told(UNDONE), FACTS).then(*ENDING)


@pytest.mark.parametrize("state", ELSEWHERE, ids=lambda state: state.stage)
def test_A9_what_billing_says_of_a_change_late_or_twice_changes_nothing(state: Transfer) -> None:
    for correlation in ("c-1", withdrawal_of(ORDER)):
        given(state).when(complete_transfer, told(CHANGED, correlation), FACTS).then().then_state(state)
        given(state).when(note_refused_change, told(CHANGE_REFUSED, correlation), FACTS).then().then_state(state)
        given(state).when(note_undone_change, told(UNDONE, correlation), FACTS).then().then_state(state)


@pytest.mark.parametrize("state", [MOVING, UNDOING], ids=["moving", "undoing"])
def test_A9_an_order_of_another_transfer_is_none_of_this_one(state: Transfer) -> None:
    for decide, body in (
        (complete_transfer, CHANGED),
        (note_refused_change, CHANGE_REFUSED),
        (note_undone_change, UNDONE),
    ):
        other = told(body.model_copy(update={"order_id": "holder-change:other"}))
        given(state).when(decide, other, FACTS).then().then_state(state)


def test_A9_an_undone_change_that_nobody_withdrew_changes_nothing() -> None:
    given(MOVING).when(note_undone_change, told(UNDONE), FACTS).then().then_state(MOVING)
    assert COMPLETED.completed_at == NOON


def test_A9_both_are_told_that_the_register_was_not_read() -> None:
    counted = replace(MOVING, order=replace(ORDER, closing=Closing(register_wh=None)))
    news = given(counted).when(complete_transfer, told(CHANGED), FACTS).messages
    assert [each.reading for each in news if isinstance(each, TransferCompleted)] == ["estimated", "estimated"]

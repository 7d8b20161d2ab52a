"""A transfer is taken back at each step, and what was half done is undone (A9)."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.accounts_request_internal import RequestNoted
from contracts.accounts_supply_internal import SupplyReleased
from contracts.billing import HolderChangeWithdrawn
from contracts.decision import Outgoing
from contracts.metering import ClosingReadingReleased
from contracts.requests import RequestMoved
from contracts.transfers import TransferCancelled, TransferEnded
from services.accounts.transfer_questions import withdrawal_of
from services.accounts.transfer_states import Ended, Transfer, Undoing
from services.accounts.transfer_undo import cancel_transfer
from tests.scenario import given
from tests.unit.accounts.situations import ACCOUNT, FAHAD, NOURA, TRANSFER_REFERENCE
from tests.unit.accounts.transfers import (
    AWAITING_BILL,
    AWAITING_CONSENTS,
    AWAITING_READING,
    CANCELLED,
    CHECKING_DUES,
    CHECKING_EVIDENCE,
    COMPLETED,
    DAY,
    FACTS,
    HALF_AGREED,
    HESSA,
    MOVING,
    ORDER,
    OVER,
    RESERVING,
    TIMED_OUT,
    TRANSFER,
    UNDOING,
    WAITING,
    cancelling,
)

SUPPLY = SupplyReleased(account_number=ACCOUNT, transfer=TRANSFER)
READING = ClosingReadingReleased(asked_by=TRANSFER, account_number=ACCOUNT, day=DAY)
TO_EACH = (TransferEnded, TransferEnded)
NEWS = (RequestMoved, RequestNoted)
CANCEL = TransferCancelled(reference=TRANSFER_REFERENCE, state="cancelled")
UNDER_WAY = TransferCancelled(reference=TRANSFER_REFERENCE, state="undoing")


@pytest.mark.parametrize(
    ("state", "follows"),
    [
        (CHECKING_EVIDENCE, (TransferEnded,)),
        (RESERVING, (SUPPLY, TransferEnded)),
        (AWAITING_CONSENTS, (SUPPLY, *TO_EACH)),
        (HALF_AGREED, (SUPPLY, *TO_EACH)),
        (CHECKING_DUES, (SUPPLY, *TO_EACH)),
        (AWAITING_READING, (READING, SUPPLY, *TO_EACH)),
        (AWAITING_BILL, (READING, SUPPLY, *TO_EACH)),
    ],
    ids=lambda each: getattr(each, "stage", ""),
)
def test_A9_the_requester_cancels_at_each_step_and_what_was_held_is_free(
    state: Transfer, follows: tuple[Any, ...]
) -> None:
    scene = given(state).when(cancel_transfer, cancelling(NOURA), FACTS).then(*follows, *NEWS, CANCEL)
    scene.then_state(Ended)
    assert (scene.state.outcome, scene.state.reason) == ("cancelled", "cancelled-by-requester")
    moved = scene.messages[-3]
    assert isinstance(moved, RequestMoved)
    assert (moved.state, moved.final) == ("cancelled", True)


@pytest.mark.parametrize("state", [CHECKING_DUES, MOVING], ids=["ended", "undoing"])
def test_I17_the_news_names_who_took_a_business_s_transfer_back(state: Any) -> None:
    asked_by_another = replace(state.case.record, acted_by="user-reem")
    of_business = replace(state, case=replace(state.case, record=asked_by_another))
    acting = replace(NOURA, actor="user-salma")
    scene = given(of_business).when(cancel_transfer, cancelling(acting), FACTS)
    (moved,) = [each for each in scene.messages if isinstance(each, RequestMoved)]
    assert moved.acted_by == "user-salma"


def test_A9_an_order_under_way_is_withdrawn_and_its_outcome_awaited() -> None:
    withdrawn = HolderChangeWithdrawn(asked_by=TRANSFER, order_id=ORDER.order_id)
    scene = given(MOVING).when(cancel_transfer, cancelling(NOURA), FACTS).then(withdrawn, *NEWS, UNDER_WAY)
    scene.then_state(UNDOING)
    assert scene.decision is not None
    assert scene.decision.messages[0] == Outgoing(withdrawn, withdrawal_of(ORDER))
    moved = scene.messages[1]
    assert isinstance(moved, RequestMoved)
    assert (moved.state, moved.final) == ("undoing", False)


@pytest.mark.parametrize(("state", "answer"), [(UNDOING, UNDER_WAY), (CANCELLED, CANCEL)], ids=["undoing", "cancelled"])
def test_A9_cancelling_again_says_how_far_it_is_and_does_nothing(state: Transfer, answer: TransferCancelled) -> None:
    given(state).when(cancel_transfer, cancelling(NOURA), FACTS).then(answer).then_state(state)


@pytest.mark.parametrize("state", [COMPLETED, TIMED_OUT], ids=["completed", "timed-out"])
def test_A9_what_is_over_cannot_be_cancelled(state: Transfer) -> None:
    scene = given(state).when(cancel_transfer, cancelling(NOURA), FACTS)
    scene.then_refused("transfer-is-over", "transfer-over").then_state(state)


def test_A9_the_other_party_declines_and_does_not_cancel() -> None:
    for state in (AWAITING_CONSENTS, MOVING):
        scene = given(state).when(cancel_transfer, cancelling(FAHAD), FACTS)
        scene.then_refused("transfer-step-not-open", "other-party-cancels").then_state(state)


@pytest.mark.parametrize("state", [*WAITING, *OVER], ids=lambda state: state.stage)
def test_A8_nobody_cancels_a_transfer_of_others(state: Transfer) -> None:
    scene = given(state).when(cancel_transfer, cancelling(HESSA), FACTS)
    scene.then_refused("reference-not-found", "transfer-of-others")
    assert scene.decision is not None
    assert not scene.decision.recorded


def test_A9_an_end_is_told_to_both_parties_once_each_with_the_reason() -> None:
    scene = given(CHECKING_DUES).when(cancel_transfer, cancelling(NOURA), FACTS)
    told = [each for each in scene.messages if isinstance(each, TransferEnded)]
    assert [(each.user_id, each.outcome, each.reason) for each in told] == [
        (who.user_id, "cancelled", "cancelled-by-requester") for who in (NOURA, FAHAD)
    ]
    assert isinstance(UNDOING, Undoing)

"""No transfer waits for ever (A9)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.accounts_request_internal import RequestNoted
from contracts.accounts_supply_internal import SupplyReleased, SupplyWanted
from contracts.billing import DuesAsked, HolderChangeOrdered, HolderChangeWithdrawn, RunningBillAsked
from contracts.metering import ClosingReadingReleased
from contracts.requests import RequestMoved
from contracts.transfers import TransferEnded
from services.accounts.transfer_case import Closing, TransferFacts
from services.accounts.transfer_questions import MOST_ASKED
from services.accounts.transfer_states import AwaitingBill, Ended, Transfer, Undoing, due_at
from services.accounts.transfer_timer import wake_transfer
from tests.scenario import Given, given
from tests.unit.accounts.transfers import (
    AWAITING_BILL,
    AWAITING_CONSENTS,
    AWAITING_READING,
    CHECKING_DUES,
    CHECKING_EVIDENCE,
    HALF_AGREED,
    MOVING,
    OVER,
    RESERVING,
    TIMER,
    UNDOING,
    WAITING,
    WAITS,
)

NEWS = (RequestMoved, RequestNoted)
TO_EACH = (TransferEnded, TransferEnded)


def woken(state: Transfer, late: timedelta = timedelta(0)) -> Given:
    due = due_at(state)
    assert due is not None
    return given(state).when(wake_transfer, TIMER, TransferFacts(due + late, WAITS))


@pytest.mark.parametrize("state", WAITING, ids=lambda state: state.stage)
def test_A9_every_waiting_state_has_its_time_and_nothing_happens_before_it(state: Transfer) -> None:
    woken(state, -timedelta(milliseconds=1)).then().then_state(state)
    assert woken(state).state != state


@pytest.mark.parametrize("state", OVER, ids=lambda state: state.stage)
def test_A9_what_is_over_is_never_woken(state: Transfer) -> None:
    assert due_at(state) is None
    far = TransferFacts(TIMER.now + timedelta(days=1000), WAITS)
    given(state).when(wake_transfer, TIMER, far).then().then_state(state)


def times_out(scene: Given, reason: str) -> None:
    scene.then_state(Ended)
    assert (scene.state.outcome, scene.state.reason) == ("timed-out", reason)


def test_A12_a_registry_that_stays_silent_ends_the_transfer() -> None:
    times_out(woken(CHECKING_EVIDENCE).then(TransferEnded, *NEWS), "registry-silent")


@pytest.mark.parametrize("state", [AWAITING_CONSENTS, HALF_AGREED], ids=["none", "one"])
def test_A9_a_consent_that_does_not_come_ends_the_transfer(state: Transfer) -> None:
    times_out(woken(state).then(SupplyReleased, *TO_EACH, *NEWS), "consent-missing")


@pytest.mark.parametrize(
    ("state", "question", "ending", "reason"),
    [
        (RESERVING, SupplyWanted, (SupplyReleased, TransferEnded), "supply-silent"),
        (CHECKING_DUES, DuesAsked, (SupplyReleased, *TO_EACH), "billing-silent"),
        (AWAITING_BILL, RunningBillAsked, (ClosingReadingReleased, SupplyReleased, *TO_EACH), "billing-silent"),
    ],
    ids=["supply", "dues", "bill"],
)
def test_A9_who_stays_silent_is_asked_again_and_in_the_end_given_up(
    state: Any, question: Any, ending: tuple[Any, ...], reason: str
) -> None:
    for asked in range(2, MOST_ASKED + 1):
        scene = woken(state).then(question)
        assert scene.state == replace(state, times_asked=asked, due_at=state.due_at + WAITS.answer)
        state = scene.state
    times_out(woken(state).then(*ending, *NEWS), reason)


def test_A9_a_reading_that_does_not_come_is_estimated_and_marked() -> None:
    scene = woken(AWAITING_READING).then(DuesAsked, RunningBillAsked).then_state(AwaitingBill)
    assert scene.state.closing == Closing(register_wh=None)
    assert scene.state.closing.reading == "estimated"


def test_A9_an_order_without_an_answer_is_repeated_then_withdrawn() -> None:
    state: Any = MOVING
    for _ in range(2, MOST_ASKED + 1):
        state = woken(state).then(HolderChangeOrdered).state
        assert state.order == MOVING.order
    scene = woken(state).then(HolderChangeWithdrawn, *NEWS).then_state(Undoing)
    assert (scene.state.outcome, scene.state.reason) == ("timed-out", "billing-silent")


def test_A9_a_withdrawal_is_repeated_until_billing_says_what_happened() -> None:
    state: Any = UNDOING
    for _ in range(3 * MOST_ASKED):
        scene = woken(state).then(HolderChangeWithdrawn).then_state(Undoing)
        assert scene.state == replace(state, due_at=state.due_at + WAITS.answer)
        state = scene.state

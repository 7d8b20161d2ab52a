"""The back office hears of a conflict again and again until it has decided it so that it counts."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.decision import Facts
from contracts.message import TimerElapsed
from contracts.transfers import DisputeSettled
from services.accounts.beneficiary import drop_party, settle_conflict, take_evidence, tell_again, tell_again_at
from services.accounts.beneficiary_states import Determined, Disputed, Undetermined
from services.accounts.cases import TELL_AGAIN_AFTER
from tests.scenario import NOON, arriving, given
from tests.unit.accounts.situations import FAHAD, NOURA
from tests.unit.accounts.supplies import SARA
from tests.unit.accounts.test_beneficiary import (
    BENEFICIARY,
    CASE_1,
    CASE_2,
    JULY,
    JUNE,
    left,
    one_claimant,
    raised,
    settled,
    shown,
    two_tenants,
    withdrawn,
)

WAKE_UP = arriving(TimerElapsed(aggregate=BENEFICIARY), source="accounts")
DUE = NOON + TELL_AGAIN_AFTER
TENANCY = ("tenant", "tenancy-contract")
THE_CASE = raised(CASE_1, (NOURA.user_id, *TENANCY, JUNE), (FAHAD.user_id, *TENANCY, JULY))


def test_A10_a_silent_back_office_is_told_again_of_a_conflict_by_the_same_case() -> None:
    conflict = two_tenants().state
    assert tell_again_at(conflict) == DUE
    given(conflict).when(tell_again, WAKE_UP, Facts(DUE - timedelta(seconds=1))).then().then_state(conflict)
    late = DUE + timedelta(hours=1)
    scene = given(conflict).when(tell_again, WAKE_UP, Facts(late)).then(THE_CASE)
    scene.then_state(replace(conflict, tell_again_at=late + TELL_AGAIN_AFTER))
    scene.when(tell_again, WAKE_UP, Facts(late)).then().then_state(scene.state)


def test_A10_a_refused_decision_leaves_a_conflict_to_be_told_again() -> None:
    conflict = two_tenants().state
    refused = given(conflict).when(settle_conflict, settled(NOURA.user_id, day=date(2027, 1, 1)))
    refused.then_refused("not-available-now", "not-yet-in-force").then_state(conflict)
    refused.when(tell_again, WAKE_UP, Facts(DUE)).then(THE_CASE)


def test_A10_a_claim_that_comes_meanwhile_puts_nothing_off_and_the_next_case_has_its_own_time() -> None:
    conflict = two_tenants().state
    later = replace(shown(NOURA.user_id, day=JULY), now=NOON + timedelta(days=6))
    assert tell_again_at(given(conflict).when(take_evidence, later).state) == DUE
    third = replace(shown(SARA), now=NOON + timedelta(days=6))
    scene = given(conflict).when(take_evidence, third)
    assert tell_again_at(scene.state) == DUE + timedelta(days=6)
    next_case = raised(CASE_2, *((c.user_id, c.relation, c.basis, c.from_day) for c in scene.state.over))
    assert {withdrawn(CASE_1), next_case} <= set(scene.messages)
    scene.when(tell_again, WAKE_UP, Facts(DUE)).then().then_state(scene.state)


@pytest.mark.parametrize(
    ("decide", "message", "stage"),
    [
        (settle_conflict, settled(NOURA.user_id), Determined),
        (settle_conflict, settled(None), Undetermined),
        (drop_party, left(NOURA.user_id), Determined),
    ],
    ids=["decided", "for-nobody", "one-left"],
)
def test_A10_a_conflict_that_is_over_is_told_no_more(decide: Any, message: Any, stage: type[Any]) -> None:
    scene = two_tenants().when(decide, message).then_state(stage)
    assert any(isinstance(each, DisputeSettled) for each in scene.messages)
    assert tell_again_at(scene.state) is None
    scene.when(tell_again, WAKE_UP, Facts(DUE)).then().then_state(scene.state)


def test_A10_who_is_determined_without_a_conflict_is_told_to_nobody_again() -> None:
    scene = one_claimant()
    assert tell_again_at(scene.state) is None
    scene.when(tell_again, WAKE_UP, Facts(DUE)).then().then_state(scene.state)


def test_A10_a_conflict_of_the_last_release_is_told_again_once_a_claim_has_come() -> None:
    stored = replace(two_tenants().state, tell_again_at=None)
    assert isinstance(stored, Disputed)
    given(stored).when(tell_again, WAKE_UP, Facts(DUE)).then().then_state(stored)
    assert tell_again_at(given(stored).when(take_evidence, shown(NOURA.user_id, day=JULY)).state) == DUE

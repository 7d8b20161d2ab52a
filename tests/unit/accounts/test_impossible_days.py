"""The ends of a neighbour's calendar, where it knows no day, are no days: nobody's supply is parked by them."""

from datetime import date
from typing import Any

import pytest

from services.accounts.beneficiary import settle_conflict
from services.accounts.evidence import take_confirmation
from services.accounts.possible_day import EARLIEST_DAY, LATEST_DAY, is_possible
from services.accounts.supply import take_party
from services.accounts.transfer import accept_evidence
from tests.scenario import Given, given
from tests.unit.accounts import transfers as moving
from tests.unit.accounts.supplies import NEW_SUPPLY, party_found
from tests.unit.accounts.test_beneficiary import settled, two_claimants
from tests.unit.accounts.test_evidence import CHECKING, confirmed
from tests.unit.accounts.test_supply import ASKING

ENDS = [date.min, date.max]


def refused(scene: Given, state: Any) -> None:
    scene.then_refused("not-available-now", "impossible-day")
    scene.then_state(state)


@pytest.mark.parametrize("day", ENDS)
def test_A10_the_back_office_decides_from_a_possible_day_on(day: date) -> None:
    scene = two_claimants()
    (claim, *_) = scene.state.over
    refused(scene.when(settle_conflict, settled(claim.user_id, day=day)), scene.state)
    refused(scene.when(settle_conflict, settled(None, day=day)), scene.state)


@pytest.mark.parametrize("day", ENDS)
def test_A18_billings_party_is_one_since_a_possible_day(day: date) -> None:
    refused(given(ASKING).when(take_party, party_found(since=day)), NEW_SUPPLY)


def test_A10_A12_A13_a_document_is_good_from_a_possible_day_on() -> None:
    refused(given(CHECKING).when(take_confirmation, confirmed(date.min)), CHECKING)
    told = moving.told(moving.CONFIRMED.model_copy(update={"valid_from": date.min}))
    state = moving.CHECKING_EVIDENCE
    refused(given(state).when(accept_evidence, told, moving.FACTS), state)


def test_A18_the_first_and_the_last_possible_day() -> None:
    assert is_possible(EARLIEST_DAY)
    assert is_possible(LATEST_DAY)
    assert not any(is_possible(each) for each in ENDS)

"""The ends of a neighbour's calendar, where it knows no day, are no days: nobody's supply is parked by them. Of a day
that has not come nothing is true yet: nobody's relation begins or ends before it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.values.riyadh_day import day_start, riyadh_day
from services.accounts.beneficiary import settle_conflict
from services.accounts.beneficiary_states import Determined, Undetermined
from services.accounts.evidence import take_confirmation
from services.accounts.possible_day import EARLIEST_DAY, LATEST_DAY, is_possible
from services.accounts.supply import AFTERWARDS, SupplyFacts, ask_again, take_party
from services.accounts.transfer import accept_evidence
from services.accounts.transfer_states import ReservingSupply
from tests.scenario import NOON, Given, given
from tests.unit.accounts import transfers as moving
from tests.unit.accounts.supplies import NEW_SUPPLY, OWNED, SINCE, WAIT, party_found, timer
from tests.unit.accounts.test_beneficiary import settled, two_claimants
from tests.unit.accounts.test_evidence import CHECKING, confirmed
from tests.unit.accounts.test_supply import ASKED, ASKING, QUESTION

ENDS = [date.min, date.max]
TOMORROW = riyadh_day(NOON) + timedelta(days=1)


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


def test_A10_A18_the_back_office_decides_from_no_day_that_has_not_come() -> None:
    scene = two_claimants()
    (claim, *_) = scene.state.over
    for user_id, decided in ((claim.user_id, Determined), (None, Undetermined)):
        early = scene.when(settle_conflict, settled(user_id, day=TOMORROW))
        early.then_refused("not-available-now", "not-yet-in-force")
        early.then_state(scene.state)
        last_moment = replace(settled(user_id, day=TOMORROW), now=day_start(TOMORROW) - timedelta(microseconds=1))
        scene.when(settle_conflict, last_moment).then_refused("not-available-now", "not-yet-in-force")
        in_time = replace(last_moment, now=day_start(TOMORROW))
        scene.when(settle_conflict, in_time).then_state(decided)


def test_A18_who_is_billings_party_from_a_later_day_on_is_asked_about_once_a_day_until_it_has_come() -> None:
    asked = replace(ASKED, tries=7)
    early = given(replace(ASKING, asked=(asked,))).when(take_party, party_found(since=TOMORROW))
    early.then_refused("not-available-now", "not-yet-in-force")
    early.then_state(replace(ASKING, asked=(replace(asked, tries=1, again_at=NOON + AFTERWARDS),)))
    again = given(early.state).when(ask_again, timer(), SupplyFacts(NOON + AFTERWARDS, WAIT)).then(QUESTION)
    come = replace(party_found(since=TOMORROW), now=day_start(TOMORROW))
    (liable,) = again.when(take_party, come).state.relations.liable
    assert (liable.from_day, liable.until) == (TOMORROW, None)
    assert given(ASKING).when(take_party, party_found(since=SINCE)).state == OWNED


def test_A10_A12_A13_a_document_may_be_good_from_the_first_possible_day_on() -> None:
    scene = given(CHECKING).when(take_confirmation, confirmed(EARLIEST_DAY))
    assert scene.state.outcome == "confirmed"
    told = moving.told(moving.CONFIRMED.model_copy(update={"valid_from": EARLIEST_DAY}))
    given(moving.CHECKING_EVIDENCE).when(accept_evidence, told, moving.FACTS).then_state(ReservingSupply)

"""The next tenant's contract, checked for their transfer, ends the tenancies of before it (A3, A10, A13, A18)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from contracts.accounts_supply_internal import PartyLeft, SupplyMoved, UseBegun
from contracts.back_office import ConflictRaised
from contracts.transfers import BeneficiaryDetermined, BeneficiaryDisputed, BeneficiaryUndetermined, RelationConfirmed
from services.accounts.beneficiary import drop_party, settle_conflict, take_declaration, take_evidence
from services.accounts.beneficiary_states import Determined, Disputed, Undetermined
from services.accounts.claims import MOST_CLAIMS
from services.accounts.supply import begin_use
from services.accounts.supply_moves import move_supply, reserve_supply
from services.accounts.transfer import accept_evidence
from services.accounts.transfer_moving import complete_transfer
from services.accounts.transfer_states import CheckingEvidence, Completed, Moving, ReservingSupply
from tests.scenario import Given, arriving, given
from tests.unit.accounts import transfers as moving
from tests.unit.accounts.situations import ACCOUNT, FAHAD, NOURA
from tests.unit.accounts.supplies import MOVING_DAY, OWNED, SARA, gone, moved, wanted
from tests.unit.accounts.test_beneficiary import (
    CASE_2,
    JULY,
    JUNE,
    TODAY,
    TWO_RESULTS,
    crowded,
    declared,
    determined,
    left,
    settled,
    shown,
    two_claimants,
    two_tenants,
    used,
    withdrawn,
)
from tests.unit.accounts.test_supply import noted, use_begun

SIGNED = date(2026, 2, 25)
CASE = replace(moving.CASE, kind="subscriber", relation="tenant")


def succeeded(day: date = SIGNED) -> Any:
    """NOURA, who owns the supply, has handed it over to FAHAD, whose contract is good from that day on."""
    return left(NOURA.user_id, to_user_id=FAHAD.user_id, contract_from=day)


def supply_of_saras() -> Given:
    """NOURA's, and SARA rents it."""
    return given(OWNED).when(begin_use, use_begun(SARA))


def moved_with_contract() -> Any:
    return replace(moved(), body=moved().body.model_copy(update={"contract_from": SIGNED}))


def test_A13_a_transfer_keeps_from_when_on_the_contract_is_good_and_says_so_when_it_is_done() -> None:
    checking = CheckingEvidence(case=CASE, due_at=moving.DUE)
    confirmed = moving.CONFIRMED.model_copy(update={"valid_from": SIGNED})
    reserving = given(checking).when(accept_evidence, moving.told(confirmed), moving.FACTS).then_state(ReservingSupply)
    last = Moving(case=reserving.state.case, order=moving.ORDER, due_at=moving.DUE)
    (supply_moved, *_) = given(last).when(complete_transfer, moving.told(moving.CHANGED), moving.FACTS).messages
    assert isinstance(supply_moved, SupplyMoved)
    assert supply_moved.contract_from == SIGNED


def test_A12_a_deed_is_nobodys_tenancy() -> None:
    scene = given(moving.CHECKING_EVIDENCE).when(accept_evidence, moving.told(moving.CONFIRMED), moving.FACTS)
    assert scene.state.case.contract_from is None


def test_A13_the_move_tells_who_weighs_the_claims_of_the_contract() -> None:
    held = supply_of_saras().when(reserve_supply, wanted(kind="subscriber"))
    told = [each for each in held.when(move_supply, moved_with_contract()).messages if isinstance(each, PartyLeft)]
    assert [(each.to_user_id, each.contract_from) for each in told] == [(FAHAD.user_id, SIGNED)]


def test_A3_A10_A18_a_tenant_who_has_moved_out_sees_nothing_of_the_next_ones_time() -> None:
    """Both aggregates, by what they say to each other."""
    claims = given(None).when(take_evidence, shown(SARA))
    supply = supply_of_saras().when(reserve_supply, wanted(kind="subscriber")).when(move_supply, moved_with_contract())
    (party_left,) = [each for each in supply.messages if isinstance(each, PartyLeft)]
    claims = claims.when(drop_party, arriving(party_left))
    claims.then(determined(FAHAD.user_id, "tenancy-contract"), used(FAHAD.user_id, day=SIGNED)).then_state(Determined)
    supply = supply.when(begin_use, use_begun(FAHAD.user_id, SIGNED))
    supply.then(*gone(SARA, SIGNED - timedelta(days=1)), RelationConfirmed, noted(SARA, False))
    assert supply.state.relations.standing == {FAHAD.user_id}
    assert supply.state.relations.present.from_day == MOVING_DAY


def test_A10_what_the_back_office_decided_of_the_time_before_ends_with_it_too() -> None:
    ruled = (
        two_claimants().when(settle_conflict, settled(FAHAD.user_id, day=JUNE)).when(take_declaration, declared(SARA))
    )
    next_one = left(NOURA.user_id, to_user_id="user-next", contract_from=SIGNED)
    scene = ruled.when(drop_party, next_one).then(BeneficiaryDetermined, UseBegun)
    assert scene.state.claims.ruling.winner is None
    assert scene.state.beneficiary.user_id == "user-next"


def test_A10_a_decision_for_nobody_is_of_no_time_and_stays() -> None:
    scene = two_claimants().when(settle_conflict, settled(None))
    ruling = scene.state.claims.ruling
    scene = scene.when(drop_party, succeeded()).then(BeneficiaryDetermined, UseBegun)
    assert scene.state.claims.ruling == ruling


def test_A10_a_conflict_of_tenants_who_have_gone_is_withdrawn_though_the_next_one_is_ruled_out() -> None:
    """SARA's claim is the last that the back office has not decided; she leaves to FAHAD, against whom it has."""
    ruled = two_tenants().when(settle_conflict, settled(None))
    scene = ruled.when(take_evidence, shown(SARA)).when(take_evidence, shown("user-hind"))
    to_fahad = left(SARA, to_user_id=FAHAD.user_id, contract_from=JULY)
    scene.when(drop_party, to_fahad).then(BeneficiaryUndetermined, withdrawn(CASE_2), *TWO_RESULTS).then_state(
        Undetermined
    )


def test_A10_a_later_contract_of_another_tenant_stands_against_it() -> None:
    """Who stood as the beneficiary goes on to, until the back office has decided."""
    rented = given(None).when(take_evidence, shown(SARA, day=JULY)).when(drop_party, succeeded(JUNE))
    rented.then(ConflictRaised, BeneficiaryDisputed, BeneficiaryDisputed).then_state(Disputed)


def test_A10_A13_a_contract_of_the_transfers_own_day_succeeds() -> None:
    scene = given(None).when(take_evidence, shown(SARA)).when(drop_party, succeeded(TODAY))
    scene.then(determined(FAHAD.user_id, "tenancy-contract"), used(FAHAD.user_id, day=TODAY)).then_state(Determined)


def test_A10_a_tenants_contract_leaves_the_owners_deed_standing() -> None:
    owned = given(None).when(take_evidence, shown(SARA, "ownership-deed")).when(drop_party, succeeded())
    owned.then(determined(FAHAD.user_id, "tenancy-contract"), used(FAHAD.user_id, day=SIGNED))
    assert [each.user_id for each in owned.state.claims.standing] == [SARA, FAHAD.user_id]


def test_A10_without_room_for_the_contract_who_leaves_still_leaves() -> None:
    full = crowded(*["tenancy-contract"] * MOST_CLAIMS)
    scene = given(full).when(drop_party, succeeded(date(2020, 1, 1)))
    assert [each.user_id for each in scene.state.claims.left] == [NOURA.user_id]
    assert len(scene.state.claims.standing) == MOST_CLAIMS


def test_A13_a_transfer_of_an_earlier_release_moves_without_its_contract() -> None:
    told = given(moving.MOVING).when(complete_transfer, moving.told(moving.CHANGED), moving.FACTS)
    told.then_state(Completed)
    (supply_moved, *_) = told.messages
    assert isinstance(supply_moved, SupplyMoved)
    assert (supply_moved.account_number, supply_moved.contract_from) == (ACCOUNT, None)

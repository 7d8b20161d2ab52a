"""What the back office's decision means to the claimants, and what becomes of it when a document beats it or its winner
leaves."""

from datetime import date

from contracts.accounts_supply_internal import UseBegun
from contracts.sealed import Secret
from contracts.transfers import BeneficiaryDetermined, BeneficiaryUndetermined, DisputeSettled
from services.accounts.beneficiary import drop_party, settle_conflict, take_declaration, take_evidence
from services.accounts.beneficiary_states import Determined, Disputed, Undetermined
from services.accounts.claims import MOST_RULED, NO_CLAIMS, Claim, Claims, Ruling, ruled
from tests.scenario import NOON, Given, given
from tests.unit.accounts.situations import ACCOUNT, FAHAD, NOURA
from tests.unit.accounts.supplies import SARA
from tests.unit.accounts.test_beneficiary import (
    CASE_2,
    JULY,
    JUNE,
    TODAY,
    declared,
    left,
    raised,
    settled,
    shown,
    told,
    two_claimants,
    two_tenants,
    used,
)


def test_A3_A10_A18_a_decision_that_a_document_has_beaten_does_not_come_back_when_its_holder_leaves() -> None:
    decided = two_claimants().when(settle_conflict, settled(FAHAD.user_id, day=date(2024, 1, 1)))
    scene = decided.when(take_evidence, shown(SARA)).then(BeneficiaryDetermined, UseBegun)
    scene = scene.when(drop_party, left(SARA)).then(BeneficiaryUndetermined).then_state(Undetermined)
    scene.when(take_evidence, shown(FAHAD.user_id, day=JULY)).then(BeneficiaryDetermined, used(FAHAD.user_id, day=JULY))


def test_A3_A10_a_decision_that_was_beaten_before_the_upgrade_does_not_come_back_either() -> None:
    contract = Claim(user_id=SARA, relation="tenant", basis="tenancy-contract", from_day=JUNE)
    winner = Claim(user_id=FAHAD.user_id, relation="tenant", basis="back-office", from_day=date(2024, 1, 1))
    stored = Determined(
        account_number=Secret(ACCOUNT),
        claims=Claims(standing=(contract,), ruling=Ruling(winner=winner, over=())),
        conflicts=1,
        beneficiary=contract,
    )
    given(stored).when(drop_party, left(SARA)).then(BeneficiaryUndetermined).then_state(Undetermined)


def test_A10_a_decision_on_declarations_is_no_stronger_for_documents_that_were_decided_before() -> None:
    """Two contracts were good for nobody. Long afterwards two others only declare, and the owner's deed is new."""
    before = two_tenants().when(settle_conflict, settled(None))
    two = before.when(take_declaration, declared(SARA)).when(take_declaration, declared("user-x"))
    decided = two.when(settle_conflict, settled(SARA, CASE_2)).then_state(Determined)
    deed = decided.when(take_evidence, shown("user-owner", "ownership-deed"))
    deed.then(BeneficiaryDetermined, used("user-owner", "ownership-deed", relation="owner"))


def test_A10_who_was_ruled_out_stays_so_when_the_winner_leaves() -> None:
    scene = two_tenants().when(settle_conflict, settled(FAHAD.user_id)).when(drop_party, left(FAHAD.user_id))
    scene.then(BeneficiaryUndetermined)
    scene.when(take_evidence, shown(NOURA.user_id)).then().then_state(scene.state)
    scene.when(take_evidence, shown(NOURA.user_id, day=JULY)).then(BeneficiaryDetermined, UseBegun)


def test_A10_an_owner_who_was_decided_for_and_lets_the_supply_may_give_the_deed_again() -> None:
    deeds = given(None).when(take_evidence, shown(NOURA.user_id, "ownership-deed"))
    deeds = deeds.when(take_evidence, shown(SARA, "ownership-deed")).when(settle_conflict, settled(NOURA.user_id))
    let = deeds.when(drop_party, left(NOURA.user_id)).then(BeneficiaryUndetermined)
    let.when(take_evidence, shown(SARA, "ownership-deed")).then()
    let.when(take_evidence, shown(NOURA.user_id, "ownership-deed")).then(BeneficiaryDetermined, UseBegun)


def results(scene: Given) -> list[tuple[str, bool]]:
    """Who is told that they are, or are not, the beneficiary."""
    said = [each for each in scene.messages if isinstance(each, DisputeSettled)]
    assert {(each.account_number, each.at) for each in said} <= {(ACCOUNT, NOON)}
    return [(each.user_id, each.is_beneficiary) for each in said]


def test_N3_A10_each_claimant_hears_the_back_offices_decision_once() -> None:
    two = two_claimants()
    assert results(two) == []
    decided = two.when(settle_conflict, settled(FAHAD.user_id))
    assert results(decided) == [(NOURA.user_id, False), (FAHAD.user_id, True)]
    assert results(decided.when(settle_conflict, settled(FAHAD.user_id))) == []
    assert results(two.when(settle_conflict, settled(None))) == [(NOURA.user_id, False), (FAHAD.user_id, False)]


def test_N3_A10_a_dispute_that_ends_without_the_back_office_has_a_result_too() -> None:
    assert results(two_claimants().when(take_evidence, shown(SARA))) == [(NOURA.user_id, False), (FAHAD.user_id, False)]
    leaving = two_claimants().when(drop_party, left(NOURA.user_id))
    assert results(leaving) == [(NOURA.user_id, False), (FAHAD.user_id, True)]


def test_N3_A10_who_still_stands_against_others_has_no_result_yet() -> None:
    three = two_tenants().when(take_evidence, shown(SARA))
    assert results(three) == []
    assert results(three.when(drop_party, left(SARA))) == [(SARA, False)]
    deeds = two_tenants().when(take_evidence, shown(SARA, "ownership-deed"))
    deeds = deeds.when(take_evidence, shown(NOURA.user_id, "ownership-deed"))
    assert results(deeds.when(settle_conflict, settled(None))) == [(FAHAD.user_id, False)]


def test_A10_law7_of_many_claims_that_were_decided_the_latest_are_known() -> None:
    claims = NO_CLAIMS
    for number in range(MOST_RULED + 1):
        over = Claim(user_id=f"user-{number}", relation="tenant", basis="tenancy-contract", from_day=JUNE)
        claims = ruled(claims, (over,), None)
    assert claims.ruling is not None
    assert [each.user_id for each in claims.ruling.over] == [f"user-{n}" for n in range(1, MOST_RULED + 1)]


def test_A10_one_document_after_the_other_of_the_same_claimant_does_not_keep_a_case_from_its_decision() -> None:
    case = two_tenants()
    for day in (TODAY, JUNE, TODAY):
        case = case.when(take_evidence, shown(NOURA.user_id, day=day)).then()
    unseen = case.when(settle_conflict, settled(FAHAD.user_id)).then_state(Disputed)
    against = ((NOURA.user_id, "tenant", "tenancy-contract", TODAY), (FAHAD.user_id, "tenant", "back-office", JULY))
    assert raised(CASE_2, *against) in unseen.messages
    for day in (JUNE, TODAY):
        unseen.when(take_evidence, shown(NOURA.user_id, day=day)).then()
    again = unseen.when(settle_conflict, settled(FAHAD.user_id, CASE_2)).then_state(Determined)
    for day in (JUNE, TODAY):
        again.when(take_evidence, shown(NOURA.user_id, day=day)).then().then_state(again.state)
    case.when(settle_conflict, settled(NOURA.user_id)).then_state(Determined)


def test_A10_a_conflict_names_the_winners_new_contract_too_so_that_none_of_the_claimants_means_none() -> None:
    new = date(2025, 9, 1)
    decided = two_tenants().when(settle_conflict, settled(FAHAD.user_id))
    renewed = decided.when(take_evidence, shown(FAHAD.user_id, day=new)).then()
    again = renewed.when(take_evidence, shown(SARA))
    theirs = ((FAHAD.user_id, "tenant", "tenancy-contract", new), (SARA, "tenant", "tenancy-contract", JUNE))
    case = raised(CASE_2, *theirs, (FAHAD.user_id, "tenant", "back-office", JULY))
    again.then(case, told(FAHAD.user_id), told(SARA))
    none = again.when(settle_conflict, settled(None, CASE_2)).then_state(Undetermined)
    assert results(none) == [(FAHAD.user_id, False), (SARA, False)]
    again.when(settle_conflict, settled(SARA, CASE_2)).then_state(Determined)
    again.when(drop_party, left(SARA)).then_state(Determined)
    again.when(drop_party, left(FAHAD.user_id)).then_state(Determined)

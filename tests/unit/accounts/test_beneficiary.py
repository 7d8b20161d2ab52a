from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.accounts_supply_internal import BeneficiaryLodged, EvidenceShown, PartyLeft, UseBegun, UseEnded
from contracts.back_office import CaseWithdrawn, ConflictRaised, ConflictSettled
from contracts.back_office import Claim as RaisedClaim
from contracts.message import Message
from contracts.sealed import Secret
from contracts.transfers import BeneficiaryDetermined, BeneficiaryDisputed, BeneficiaryUndetermined, DisputeSettled
from services.accounts.beneficiary import drop_party, settle_conflict, take_declaration, take_evidence
from services.accounts.beneficiary_states import Beneficiary, Determined, Disputed, Undetermined
from services.accounts.claims import MOST_CLAIMS, Claim, Claims
from tests.scenario import NOON, Given, arriving, given
from tests.unit.accounts.situations import ACCOUNT, FAHAD, NOURA, REFERENCE
from tests.unit.accounts.supplies import SARA

BENEFICIARY = f"beneficiary:{ACCOUNT}"
TODAY, JUNE, JULY = date(2026, 3, 1), date(2025, 6, 1), date(2025, 7, 1)
TWO_RESULTS = (DisputeSettled, DisputeSettled)
CASE_1, CASE_2 = f"conflict-{ACCOUNT}-1", f"conflict-{ACCOUNT}-2"


def declared(user_id: str = NOURA.user_id, relation: str = "owner", yes: bool = True) -> Any:
    body = {
        "account_number": ACCOUNT,
        "user_id": user_id,
        "relation": relation,
        "is_actual_beneficiary": yes,
        "reference": REFERENCE,
        "defined_at": NOON,
    }
    return arriving(BeneficiaryLodged.model_validate(body), source="accounts", subject=f"customer:{user_id}")


def shown(user_id: str, kind: str = "tenancy-contract", day: date = JUNE) -> Any:
    body = {"account_number": ACCOUNT, "user_id": user_id, "evidence_kind": kind, "valid_from": day}
    return arriving(EvidenceShown.model_validate(body), source="accounts", subject="evidence:E1")


def settled(user_id: str | None, case_id: str = CASE_1, day: date = JULY) -> Any:
    body = ConflictSettled(asked_by=BENEFICIARY, case_id=case_id, user_id=user_id, from_day=day, grounds="documents")
    return arriving(body, source="back-office", subject=case_id)


def left(user_id: str, day: date = TODAY, **more: Any) -> Any:
    body = PartyLeft(account_number=ACCOUNT, user_id=user_id, day=day, **more)
    return arriving(body, source="accounts", subject="supply:1")


def determined(user_id: str, basis: str) -> BeneficiaryDetermined:
    body = {"account_number": ACCOUNT, "user_id": user_id, "basis": basis, "determined_at": NOON}
    return BeneficiaryDetermined.model_validate(body)


def used(user_id: str, basis: str = "tenancy-contract", day: date = JUNE, relation: str = "tenant") -> UseBegun:
    body = {"account_number": ACCOUNT, "user_id": user_id, "relation": relation, "basis": basis, "from_day": day}
    return UseBegun.model_validate(body)


def told(user_id: str) -> BeneficiaryDisputed:
    return BeneficiaryDisputed(account_number=ACCOUNT, user_id=user_id, at=NOON)


def raised(case_id: str, *claims: tuple[str, str, str, date]) -> ConflictRaised:
    of = tuple(RaisedClaim(user_id=u, relation=r, basis=b, from_day=d) for u, r, b, d in claims)
    return ConflictRaised(asked_by=BENEFICIARY, case_id=case_id, account_number=ACCOUNT, claims=of)


def withdrawn(case_id: str) -> CaseWithdrawn:
    return CaseWithdrawn(asked_by=BENEFICIARY, case_id=case_id)


def one_claimant() -> Given:
    return given(None).when(take_declaration, declared())


def two_claimants() -> Given:
    return one_claimant().when(take_declaration, declared(FAHAD.user_id, "tenant"))


def two_tenants() -> Given:
    return given(None).when(take_evidence, shown(NOURA.user_id)).when(take_evidence, shown(FAHAD.user_id, day=JULY))


# --- one strongest claim --------------------------------------------------------------------------------------------
def test_A4_who_alone_declares_to_benefit_is_the_beneficiary() -> None:
    one_claimant().then(determined(NOURA.user_id, "declaration")).then_state(Determined)


def test_A4_who_declares_not_to_benefit_claims_nothing() -> None:
    given(None).when(take_declaration, declared(yes=False)).then().then_state(None)
    scene = one_claimant()
    scene.when(take_declaration, declared(FAHAD.user_id, yes=False)).then().then_state(scene.state)


def test_A10_the_same_claim_again_says_nothing_new() -> None:
    scene = one_claimant()
    scene.when(take_declaration, declared()).then().then_state(scene.state)
    tenant = given(None).when(take_evidence, shown(NOURA.user_id))
    tenant.when(take_evidence, shown(NOURA.user_id)).then().then_state(tenant.state)


@pytest.mark.parametrize(("kind", "relation"), [("tenancy-contract", "tenant"), ("ownership-deed", "owner")])
def test_A10_a_document_beats_a_declaration_and_opens_a_relation(kind: str, relation: str) -> None:
    scene = one_claimant().when(take_evidence, shown(FAHAD.user_id, kind))
    scene.then(determined(FAHAD.user_id, kind), used(FAHAD.user_id, kind, relation=relation))
    scene.when(take_declaration, declared(SARA)).then()


def test_A10_a_tenancy_contract_beats_a_deed_whichever_comes_first() -> None:
    deed, contract = shown(NOURA.user_id, "ownership-deed"), shown(FAHAD.user_id)
    first = given(None).when(take_evidence, deed).when(take_evidence, contract)
    first.then(determined(FAHAD.user_id, "tenancy-contract"), used(FAHAD.user_id))
    given(None).when(take_evidence, contract).when(take_evidence, deed).then()


def test_A10_evidence_for_who_has_declared_it_changes_the_basis() -> None:
    scene = one_claimant().when(take_evidence, shown(NOURA.user_id))
    scene.then(determined(NOURA.user_id, "tenancy-contract"), used(NOURA.user_id))


def test_A10_a_newer_contract_of_the_same_tenant_moves_their_use_only() -> None:
    scene = given(None).when(take_evidence, shown(NOURA.user_id)).when(take_evidence, shown(NOURA.user_id, day=JULY))
    scene.then(used(NOURA.user_id, day=JULY))


# --- conflicts ------------------------------------------------------------------------------------------------------
def test_A10_equal_claims_go_to_the_back_office_and_each_claimant_is_told() -> None:
    conflict = raised(
        CASE_1,
        (NOURA.user_id, "owner", "declaration", TODAY),
        (FAHAD.user_id, "tenant", "declaration", TODAY),
    )
    two_claimants().then(conflict, told(NOURA.user_id), told(FAHAD.user_id)).then_state(Disputed)
    conflict = raised(
        CASE_1,
        (NOURA.user_id, "tenant", "tenancy-contract", JUNE),
        (FAHAD.user_id, "tenant", "tenancy-contract", JULY),
    )
    two_tenants().then(conflict, told(NOURA.user_id), told(FAHAD.user_id))


def test_A10_weaker_claims_do_not_disturb_a_conflict() -> None:
    scene = two_tenants()
    after = scene.when(take_declaration, declared(SARA)).then()
    assert after.state.over == scene.state.over


def test_A10_a_third_claimant_makes_it_another_case_and_alone_is_told() -> None:
    scene = two_claimants().when(take_declaration, declared(SARA))
    scene.then(withdrawn(CASE_1), ConflictRaised, told(SARA))
    assert isinstance(scene.messages[1], ConflictRaised)
    assert scene.messages[1].case_id == CASE_2
    scene.when(settle_conflict, settled(NOURA.user_id)).then().then_state(scene.state)


def test_A10_a_document_ends_a_conflict_of_declarations() -> None:
    scene = two_claimants().when(take_evidence, shown(SARA))
    scene.then(withdrawn(CASE_1), determined(SARA, "tenancy-contract"), used(SARA), *TWO_RESULTS)
    scene.when(settle_conflict, settled(NOURA.user_id)).then().then_state(scene.state)


# --- the back office's decision -------------------------------------------------------------------------------------
def test_A10_the_back_offices_decision_is_the_result() -> None:
    scene = two_claimants().when(settle_conflict, settled(FAHAD.user_id))
    scene.then(determined(FAHAD.user_id, "back-office"), used(FAHAD.user_id, "back-office", JULY), *TWO_RESULTS)
    scene.when(settle_conflict, settled(FAHAD.user_id)).then().then_state(scene.state)


def test_A10_none_of_the_claimants_may_be_it() -> None:
    nobody = UseEnded(account_number=ACCOUNT, day=JULY)
    scene = two_claimants().when(settle_conflict, settled(None)).then(nobody, BeneficiaryUndetermined, *TWO_RESULTS)
    scene.then_state(Undetermined).when(take_declaration, declared()).then().then_state(scene.state)
    scene.when(take_declaration, declared(SARA)).then(determined(SARA, "declaration"))


def test_A10_a_weaker_document_that_stands_counts_when_the_stronger_ones_are_ruled_out() -> None:
    scene = two_tenants().when(take_evidence, shown(SARA, "ownership-deed")).when(settle_conflict, settled(None))
    nobody = UseEnded(account_number=ACCOUNT, day=JULY)
    scene.then(nobody, BeneficiaryDetermined, used(SARA, "ownership-deed", relation="owner"), *TWO_RESULTS)


def test_A10_a_stranger_to_the_conflict_is_refused() -> None:
    scene = two_claimants()
    refused = scene.when(settle_conflict, settled(SARA))
    refused.then_refused("not-available-now", "settled-for-a-stranger")
    refused.then_state(scene.state)


def test_A10_a_decision_on_another_case_or_on_none_means_nothing() -> None:
    scene = two_claimants()
    scene.when(settle_conflict, settled(FAHAD.user_id, CASE_2)).then().then_state(scene.state)
    calm = one_claimant()
    calm.when(settle_conflict, settled(NOURA.user_id)).then().then_state(calm.state)


def test_A10_no_declaration_opens_again_what_the_back_office_has_decided() -> None:
    scene = two_claimants().when(settle_conflict, settled(FAHAD.user_id))
    scene.when(take_declaration, declared()).then()
    scene.when(take_declaration, declared(SARA)).then()


def test_A10_a_document_opens_again_what_was_decided_on_declarations() -> None:
    scene = two_claimants().when(settle_conflict, settled(FAHAD.user_id))
    scene = scene.when(take_evidence, shown(SARA, "ownership-deed"))
    scene.then(determined(SARA, "ownership-deed"), used(SARA, "ownership-deed", relation="owner"))


def test_A10_a_document_that_the_back_office_has_not_seen_opens_its_decision_again() -> None:
    scene = two_tenants().when(settle_conflict, settled(FAHAD.user_id))
    scene.when(take_evidence, shown(NOURA.user_id)).then().then_state(scene.state)
    scene.when(take_evidence, shown(SARA, "ownership-deed")).then()
    again = scene.when(take_evidence, shown(SARA)).then(ConflictRaised, told(SARA), told(FAHAD.user_id))
    seen = again.when(settle_conflict, settled(FAHAD.user_id, CASE_2))
    seen.then(determined(FAHAD.user_id, "back-office"), UseBegun, *TWO_RESULTS)
    for user_id in (NOURA.user_id, SARA):
        seen.when(take_evidence, shown(user_id)).then().then_state(seen.state)


# --- who leaves -----------------------------------------------------------------------------------------------------
def test_A9_who_hands_the_supply_over_claims_it_no_more() -> None:
    scene = two_claimants().when(drop_party, left(NOURA.user_id))
    scene.then(withdrawn(CASE_1), determined(FAHAD.user_id, "declaration"), *TWO_RESULTS)
    scene = scene.when(drop_party, left(FAHAD.user_id)).then(BeneficiaryUndetermined).then_state(Undetermined)
    scene.when(drop_party, left(NOURA.user_id)).then()
    one_claimant().when(drop_party, left(SARA)).then()
    given(None).when(drop_party, left(SARA)).then().then_state(Undetermined)


def test_A9_while_others_dispute_it_who_has_left_does_not_stand_for_it() -> None:
    scene = given(None).when(take_evidence, shown(SARA))
    scene = scene.when(take_evidence, shown(NOURA.user_id, "ownership-deed"))
    scene = scene.when(take_evidence, shown(FAHAD.user_id, "ownership-deed"))
    scene = scene.when(drop_party, left(SARA))
    scene.then(BeneficiaryUndetermined, ConflictRaised, told(NOURA.user_id), told(FAHAD.user_id))
    scene.when(drop_party, left(SARA)).then()
    scene.when(drop_party, left(NOURA.user_id)).then(withdrawn(CASE_1), BeneficiaryDetermined, UseBegun, *TWO_RESULTS)


def test_A9_a_decision_for_who_has_left_is_void() -> None:
    scene = two_claimants().when(settle_conflict, settled(FAHAD.user_id)).when(drop_party, left(FAHAD.user_id))
    scene.then(BeneficiaryUndetermined).then_state(Undetermined)
    other = two_claimants().when(settle_conflict, settled(FAHAD.user_id)).when(drop_party, left(NOURA.user_id))
    other.then().then_state(Determined)


# --- bounds ---------------------------------------------------------------------------------------------------------
def crowded(*bases: str) -> Beneficiary:
    claims = tuple(
        Claim(user_id=f"user-{n}", relation="tenant", basis=basis, from_day=JUNE)  # type: ignore[arg-type]
        for n, basis in enumerate(bases)
    )
    return Undetermined(account_number=Secret(ACCOUNT), claims=Claims(standing=claims))


def test_A10_a_supply_has_a_bounded_number_of_claims_and_documents_come_first() -> None:
    full = crowded(*["declaration"] * MOST_CLAIMS)
    given(full).when(take_declaration, declared()).then_refused("not-available-now", "too-many-claims")
    scene = given(full).when(take_evidence, shown(NOURA.user_id)).then(BeneficiaryDetermined, UseBegun)
    assert len(scene.state.claims.standing) == MOST_CLAIMS
    documents = crowded(*["tenancy-contract"] * MOST_CLAIMS)
    given(documents).when(take_evidence, shown(NOURA.user_id)).then_refused("not-available-now", "too-many-claims")
    room = crowded(*["tenancy-contract"] * (MOST_CLAIMS - 1))
    (conflict, *_rest) = given(room).when(take_evidence, shown(NOURA.user_id)).messages
    assert isinstance(conflict, ConflictRaised)
    assert len(conflict.claims) == MOST_CLAIMS


def test_A10_a_conflict_with_a_former_decision_still_fits_its_message() -> None:
    most = crowded(*["tenancy-contract"] * (MOST_CLAIMS - 2))
    scene = given(most).when(take_evidence, shown(NOURA.user_id)).when(settle_conflict, settled(NOURA.user_id))
    messages: tuple[Message, ...] = ()
    for n in range(MOST_CLAIMS):
        scene = scene.when(take_evidence, shown(f"next-{n}"))
        messages = scene.messages
    (conflict,) = [each for each in messages if isinstance(each, ConflictRaised)]
    assert len(conflict.claims) == MOST_CLAIMS + 1 == 20


def test_A4_a_declaration_is_of_its_day_in_riyadh() -> None:
    late = declared()
    late = replace(late, body=late.body.model_copy(update={"defined_at": NOON + timedelta(hours=12)}))
    scene = given(None).when(take_declaration, late)
    assert scene.state.beneficiary.from_day == TODAY + timedelta(days=1)

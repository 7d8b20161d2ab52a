"""A transfer begins: evidence and supply (A9, A12, A13)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.accounts_request_internal import RequestNoted
from contracts.accounts_supply_internal import SupplyDenied, SupplyReleased, SupplyWanted
from contracts.accounts_transfer_internal import TransferFiled
from contracts.registry import EvidenceAsked
from contracts.requests import RequestMoved
from contracts.sealed import Sealed
from contracts.transfers import TransferConsentWanted, TransferEnded
from services.accounts.transfer import (
    accept_evidence,
    do_without_supply,
    open_transfer,
    reject_evidence,
    take_supply,
)
from services.accounts.transfer_case import Parties
from services.accounts.transfer_states import AwaitingConsents, Ended, Transfer
from tests.scenario import NOON, arriving, given
from tests.unit.accounts.situations import ACCOUNT, FAHAD, NOURA, TRANSFER_REFERENCE
from tests.unit.accounts.transfers import (
    AWAITING_CONSENTS,
    CHECKING_EVIDENCE,
    CONFIRMED,
    CONTRACT,
    DEED,
    FACTS,
    FILED,
    GRANTED,
    HESSA,
    LEAVING,
    NOT_CONFIRMED,
    OVER,
    RESERVING,
    TRANSFER,
    WAITING,
    WAITS,
    told,
)

WANTED = SupplyWanted(account_number=ACCOUNT, transfer=TRANSFER, user_id=NOURA.user_id, kind="actual-account")
RELEASED = SupplyReleased(account_number=ACCOUNT, transfer=TRANSFER)


def filed(body: TransferFiled) -> Any:
    return arriving(body, subject="customer:user-noura", source="accounts", opened={"document_number": "310101234567"})


def ended(state: Any, outcome: str, reason: str) -> None:
    assert isinstance(state, Ended)
    assert (state.outcome, state.reason) == (outcome, reason)


@pytest.mark.parametrize("body", [FILED, LEAVING], ids=["actual-account", "subscription-end"])
def test_A9_a_transfer_without_evidence_asks_for_the_supply_at_once(body: TransferFiled) -> None:
    wanted = WANTED.model_copy(update={"kind": body.kind})
    scene = given().when(open_transfer, filed(body), FACTS).then(wanted, RequestMoved, RequestNoted)
    moved = scene.messages[1]
    assert isinstance(moved, RequestMoved)
    assert (moved.state, moved.kind, moved.reference, moved.final) == (
        "requested",
        body.kind,
        TRANSFER_REFERENCE,
        False,
    )


@pytest.mark.parametrize(
    ("body", "kind"), [(DEED, "ownership-deed"), (CONTRACT, "tenancy-contract")], ids=["ownership", "subscriber"]
)
def test_A12_A13_each_has_its_own_evidence_checked_by_the_registry(body: TransferFiled, kind: Any) -> None:
    asked = EvidenceAsked(
        asked_by=TRANSFER,
        evidence_kind=kind,
        document_number=Sealed.of("310101234567"),
        account_number=ACCOUNT,
        user_id=NOURA.user_id,
    )
    scene = given().when(open_transfer, filed(body), FACTS).then(asked, RequestMoved, RequestNoted)
    assert scene.state.due_at == NOON + WAITS.evidence
    assert "310101234567" not in repr(scene.state)


def test_A12_a_deed_is_registered_for_the_new_owner() -> None:
    scene = given().when(open_transfer, filed(DEED), FACTS).when(accept_evidence, told(CONFIRMED), FACTS)
    scene.then(WANTED.model_copy(update={"kind": "ownership"}))
    assert scene.state.case.relation == "owner"
    assert scene.state.due_at == NOON + WAITS.answer


def test_A13_a_contract_makes_the_tenant_the_subscriber() -> None:
    scene = given().when(open_transfer, filed(CONTRACT), FACTS).when(accept_evidence, told(CONFIRMED), FACTS)
    scene.then(WANTED.model_copy(update={"kind": "subscriber"}))
    assert scene.state.case.relation == "tenant"


def test_A12_evidence_that_the_registry_does_not_confirm_ends_the_transfer() -> None:
    scene = given(CHECKING_EVIDENCE).when(reject_evidence, told(NOT_CONFIRMED), FACTS)
    scene.then(TransferEnded, RequestMoved, RequestNoted)
    ended(scene.state, "failed", "evidence-not-confirmed")


def test_A13_evidence_counts_from_its_day_on_in_riyadh() -> None:
    tomorrow = CONFIRMED.model_copy(update={"valid_from": date(2026, 3, 2)})
    scene = given(CHECKING_EVIDENCE).when(accept_evidence, told(tomorrow), FACTS)
    ended(scene.state, "failed", "evidence-not-yet-valid")
    night = replace(FACTS, present=NOON.replace(hour=21))  # midnight in Riyadh
    given(CHECKING_EVIDENCE).when(accept_evidence, told(tomorrow), night).then(SupplyWanted)


def test_A9_the_same_filing_again_opens_nothing() -> None:
    for state in (*WAITING, *OVER):
        given(state).when(open_transfer, filed(FILED), FACTS).then().then_state(state)


def test_A9_the_supply_names_the_present_party_and_both_are_asked() -> None:
    wanted = [
        TransferConsentWanted(
            user_id=who.user_id,
            account_number=ACCOUNT,
            kind="actual-account",
            reference=TRANSFER_REFERENCE,
            until=NOON + WAITS.consents,
        )
        for who in (NOURA, FAHAD)
    ]
    scene = given(RESERVING).when(take_supply, told(GRANTED), FACTS)
    scene.then(*wanted, RequestMoved, RequestNoted).then_state(AWAITING_CONSENTS)


def test_A13_the_subscriber_who_leaves_hands_over_to_the_owner() -> None:
    leaving = replace(RESERVING, case=replace(RESERVING.case, kind="subscription-end"))
    scene = given(leaving).when(take_supply, told(GRANTED), FACTS).then_state(AwaitingConsents)
    assert scene.state.parties == Parties(incoming=HESSA.user_id, outgoing=NOURA.user_id)


@pytest.mark.parametrize("owner", [None, NOURA.user_id], ids=["nobody", "themselves"])
def test_A13_without_an_owner_on_the_other_side_nobody_leaves(owner: str | None) -> None:
    leaving = replace(RESERVING, case=replace(RESERVING.case, kind="subscription-end"))
    granted = GRANTED.model_copy(update={"owner_user_id": owner})
    scene = given(leaving).when(take_supply, told(granted), FACTS)
    scene.then(RELEASED, TransferEnded, RequestMoved, RequestNoted)
    ended(scene.state, "failed", "other-party-unknown")


@pytest.mark.parametrize("reason", ["busy", "already-theirs", "not-theirs", "other-party-unknown", "asked-too-often"])
def test_A9_a_supply_that_is_not_to_be_had_ends_the_transfer(reason: Any) -> None:
    denied = told(SupplyDenied(transfer=TRANSFER, reason=reason))
    scene = given(RESERVING).when(do_without_supply, denied, FACTS)
    scene.then(RELEASED, TransferEnded, RequestMoved, RequestNoted)
    ended(scene.state, "failed", reason)
    told_to = [each.user_id for each in scene.messages if isinstance(each, TransferEnded)]
    assert told_to == [NOURA.user_id]


NOT_RESERVING = [state for state in (*WAITING, *OVER) if state is not RESERVING]
NOT_CHECKING = [state for state in (*WAITING, *OVER) if state is not CHECKING_EVIDENCE]


@pytest.mark.parametrize("state", NOT_RESERVING, ids=lambda state: state.stage)
def test_A9_what_the_supply_says_twice_or_late_changes_nothing(state: Transfer) -> None:
    given(state).when(take_supply, told(GRANTED), FACTS).then().then_state(state)
    denied = told(SupplyDenied(transfer=TRANSFER, reason="busy"))
    given(state).when(do_without_supply, denied, FACTS).then().then_state(state)


@pytest.mark.parametrize("state", NOT_CHECKING, ids=lambda state: state.stage)
def test_A12_what_the_registry_says_twice_or_late_changes_nothing(state: Transfer) -> None:
    given(state).when(accept_evidence, told(CONFIRMED), FACTS).then().then_state(state)
    given(state).when(reject_evidence, told(NOT_CONFIRMED), FACTS).then().then_state(state)


def test_I17_who_acted_for_a_business_stands_in_the_news() -> None:
    business = FILED.model_copy(update={"user_id": "business-1", "acted_by": NOURA.user_id})
    scene = given().when(open_transfer, filed(business), FACTS)
    moved = scene.messages[1]
    assert isinstance(moved, RequestMoved)
    assert (moved.user_id, moved.acted_by) == ("business-1", NOURA.user_id)


def test_A18_a_supply_moves_on_a_day_after_its_present_party_came() -> None:
    today = GRANTED.model_copy(update={"present_from_day": date(2026, 3, 9)})
    scene = given(RESERVING).when(take_supply, told(today), FACTS)
    assert scene.state.earliest_day == date(2026, 3, 9) + timedelta(days=1)

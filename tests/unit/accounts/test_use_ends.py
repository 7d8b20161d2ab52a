"""Whose claim has fallen uses the supply no more, however the messages about it crossed (A3, A10, A18)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from contracts.accounts import TransferKind
from contracts.accounts_supply_internal import PartyLeft, UseBegun, UseEnded
from contracts.message import Message
from contracts.transfers import RelationEnded
from services.accounts.beneficiary import drop_party, settle_conflict, take_declaration, take_evidence
from services.accounts.beneficiary_states import Determined, Undetermined
from services.accounts.supply import Supply, begin_use, end_use
from services.accounts.supply_moves import move_supply
from tests.scenario import Given, arriving, given
from tests.unit.accounts.situations import ACCOUNT, FAHAD, NOURA
from tests.unit.accounts.supplies import FACTS, HELD, MOVING_DAY, SARA, gone, moved
from tests.unit.accounts.test_beneficiary import JUNE, declared, settled, shown
from tests.unit.accounts.test_supply import USER, use_begun

SIGNED = date(2026, 1, 1)


def heard(supply: Supply, said: Iterable[object]) -> Supply:
    """The supply when it has heard what the beneficiary says of its use."""
    for message in said:
        if isinstance(message, UseBegun | UseEnded):
            step = begin_use if isinstance(message, UseBegun) else end_use
            supply = given(supply).when(step, arriving(message)).state
    return supply


def left_by(move: Given) -> Message:
    (left,) = (message for message in move.messages if isinstance(message, PartyLeft))
    return left


@pytest.mark.parametrize("declares", [False, True])
def test_A18_who_used_a_supply_by_a_decision_does_not_see_the_use_of_the_next_tenant(declares: bool) -> None:
    """Two contracts, decided for SARA; then NOURA, who is liable, hands the supply over by FAHAD's, which stands in the
    decision and is no new claim. Even where he has declared to benefit, no use begins by that."""
    first = given(None).when(take_declaration, declared(FAHAD.user_id, "tenant")) if declares else given(None)
    one = first.when(take_evidence, shown(SARA, day=JUNE))
    two = one.when(take_evidence, shown(FAHAD.user_id, day=SIGNED))
    decided = two.when(settle_conflict, settled(SARA, day=JUNE))
    supply = heard(HELD, [*one.messages, *two.messages, *decided.messages])
    assert supply.relations.user is not None
    assert supply.relations.user.user_id == SARA
    body = moved().body.model_copy(update={"contract_from": SIGNED})
    move = given(supply).when(move_supply, arriving(body))
    gone = decided.when(drop_party, arriving(left_by(move)))
    gone.then_state(Determined if declares else Undetermined)
    assert heard(move.state, gone.messages).relations.user is None


@pytest.mark.parametrize("crossed", [False, True])
def test_A10_a_use_that_is_refused_ends_the_use_before_it_all_the_same(crossed: bool) -> None:
    """The older contract of NOURA, who is liable, beats the decision for SARA while her transfer moves the supply."""
    claimed = given(None).when(take_declaration, declared(SARA)).when(take_declaration, declared("user-x"))
    decided = claimed.when(settle_conflict, settled(SARA, day=JUNE))
    beaten = decided.when(take_evidence, shown(NOURA.user_id, day=JUNE))
    supply = heard(HELD, decided.messages)
    supply = supply if crossed else heard(supply, beaten.messages)
    move = given(supply).when(move_supply, moved())
    supply = heard(move.state, beaten.messages) if crossed else move.state
    gone = beaten.when(drop_party, arriving(left_by(move)))
    assert heard(supply, gone.messages).relations.user is None


@pytest.mark.parametrize(("kind", "basis"), [("ownership", "declaration"), ("actual-account", "ownership-deed")])
def test_A10_who_has_sold_is_not_the_beneficiary_by_a_deed_of_before(kind: TransferKind, basis: str) -> None:
    claimed = given(None).when(take_declaration, declared(FAHAD.user_id))
    move = given(replace(HELD, kind=kind)).when(move_supply, moved())
    gone = claimed.when(drop_party, arriving(left_by(move)))
    late = gone.when(take_evidence, shown(NOURA.user_id, "ownership-deed", JUNE)).then_state(Determined)
    assert late.state.beneficiary.basis == basis


def test_A10_a_hand_over_ends_no_use_that_no_claim_has_begun() -> None:
    """NOURA has only declared to benefit: who uses the supply it has heard from somebody else."""
    one = given(None).when(take_evidence, shown(SARA, day=JUNE))
    two = one.when(take_evidence, shown(FAHAD.user_id, day=SIGNED))
    nobody = two.when(settle_conflict, settled(None, day=JUNE))
    declares = nobody.when(take_declaration, declared()).then_state(Determined)
    left = PartyLeft(
        account_number=ACCOUNT, user_id=NOURA.user_id, day=MOVING_DAY, to_user_id=FAHAD.user_id, contract_from=SIGNED
    )
    gone = declares.when(drop_party, arriving(left)).then_state(Undetermined)
    assert not any(isinstance(message, UseEnded) for message in gone.messages)


@pytest.mark.parametrize("crossed", [False, True])
def test_A3_A18_a_use_that_is_refused_takes_nothing_of_a_time_that_was_over(crossed: bool) -> None:
    """SARA used the supply until JUNE, another by a decision since. The contract of NOURA, who is liable, is older."""
    contract = use_begun(NOURA.user_id, date(2024, 6, 1))
    over = replace(USER, user_id=SARA, from_day=date(2024, 1, 1), until=JUNE)
    since = replace(USER, user_id="user-x", basis="back-office")
    supply = replace(HELD, relations=replace(HELD.relations, of_use=(over, since)))
    if crossed:
        late = given(supply).when(move_supply, moved()).when(begin_use, contract, FACTS)
        late.then_refused("not-available-now", "use-of-who-has-left")
        assert late.messages[:2] == gone("user-x", JUNE - timedelta(days=1))
        assert late.state.relations.of_use == (over,)
    else:
        began = given(supply).when(begin_use, contract, FACTS)
        assert began.state.relations.of_use[0] == over
        assert not any(each.user_id == SARA for each in began.messages if isinstance(each, RelationEnded))

from datetime import date

import pytest

from contracts.back_office import Claim, ConflictRaised
from deploy.local.neighbours.back_office import STEPS, settled, steps_of
from tests.unit.accounts.situations import KINDS


@pytest.mark.parametrize("kind", sorted(KINDS.offered))
def test_A16_what_the_back_office_does_by_itself_is_a_whole_way_through_the_kinds_steps(kind: str) -> None:
    offered = KINDS.offered[kind]
    state = offered.first
    for step in STEPS[kind]:
        assert offered.allows(state, step)
        state = step
    assert offered.is_final(state)


def test_A10_a_conflict_is_settled_for_the_oldest_claim() -> None:
    claims = tuple(
        Claim(user_id=user, relation="owner", basis="ownership-deed", from_day=day)
        for user, day in (("u-1", date(2026, 2, 1)), ("u-2", date(2025, 7, 1)), ("u-3", date(2025, 7, 1)))
    )
    raised = ConflictRaised(asked_by="beneficiary:3", case_id="c-1", account_number="30012345678", claims=claims)
    decision = settled(raised)
    assert (decision.user_id, decision.from_day, decision.case_id) == ("u-2", date(2025, 7, 1), "c-1")


def test_A16_steps_are_given_by_kind() -> None:
    assert steps_of("complaint=assigned,answered") == ("complaint", ("assigned", "answered"))
    assert steps_of("complaint=") == ("complaint", ())
    with pytest.raises(ValueError, match="KIND"):
        steps_of("complaint")

"""Which claims to a supply stand beside each other, and which give way (A10)."""

from datetime import date, timedelta

from services.accounts.claims import MOST_CLAIMS, Claim, ClaimBasis, Claims, Ruling, strongest, succeeded, with_claim
from tests.unit.accounts.situations import FAHAD, NOURA
from tests.unit.accounts.supplies import SARA

JUNE = date(2025, 6, 1)
DAY = timedelta(days=1)


def claim(user_id: str, basis: ClaimBasis = "tenancy-contract", day: date = JUNE) -> Claim:
    return Claim(user_id=user_id, relation="tenant", basis=basis, from_day=day)


def ruled_for(user_id: str, day: date) -> Claims:
    """The back office has decided a conflict of declarations for this person."""
    over = (claim(user_id, "declaration"), claim(NOURA.user_id, "declaration"))
    return Claims(ruling=Ruling(winner=claim(user_id, "back-office", day), over=over))


def test_A10_a_contract_of_the_very_day_stands_against_the_next_tenants() -> None:
    next_one = claim(FAHAD.user_id)
    assert strongest(succeeded(Claims(standing=(claim(SARA),)), next_one)) == (claim(SARA), next_one)
    assert strongest(succeeded(Claims(standing=(claim(SARA, day=JUNE - DAY),)), next_one)) == (next_one,)


def test_A10_a_decision_of_no_earlier_time_than_the_next_tenants_stands() -> None:
    for day in (JUNE, JUNE + DAY):
        assert succeeded(ruled_for(SARA, day), claim(FAHAD.user_id)).ruling == ruled_for(SARA, day).ruling
    before = succeeded(ruled_for(SARA, JUNE - DAY), claim(FAHAD.user_id)).ruling
    assert before is not None
    assert before.winner is None


def test_A10_a_decision_for_the_next_tenant_themselves_stands() -> None:
    decided = ruled_for(FAHAD.user_id, JUNE - DAY)
    assert succeeded(decided, claim(FAHAD.user_id)).ruling == decided.ruling


def test_A10_where_there_is_no_room_a_document_takes_the_oldest_declarations_place() -> None:
    declared = tuple(claim(f"user-{number}", "declaration") for number in range(MOST_CLAIMS))
    deed = claim(SARA, "ownership-deed")
    assert with_claim(Claims(standing=declared), deed) == Claims(standing=(*declared[1:], deed))

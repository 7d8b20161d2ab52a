"""What a supply believes of whom: a tenant is no owner, a deed names the owner, a contract outlives a sale."""

from dataclasses import replace
from datetime import date

from contracts.transfers import RelationConfirmed
from services.accounts.relations import Interval, Relations
from services.accounts.supply import Reservation, begin_use, end_use, take_party
from services.accounts.supply_moves import MOST_RESERVATIONS, reserve_supply
from tests.scenario import NOON, given
from tests.unit.accounts.situations import FAHAD, NOURA
from tests.unit.accounts.supplies import (
    FACTS,
    MOVING_DAY,
    NEW_SUPPLY,
    OWNED,
    OWNER,
    SARA,
    SINCE,
    TENANT,
    ended,
    party_found,
    wanted,
)
from tests.unit.accounts.test_supply import ASKED, ASKING, CONFIRMED, JUNE, USER, noted, use_begun, use_ended

DEED = Interval(user_id=NOURA.user_id, relation="owner", basis="ownership-deed", from_day=date(2020, 1, 1))


def test_A13_A18_billings_party_is_what_they_have_said_to_be_and_a_tenant_is_no_owner() -> None:
    asking = replace(NEW_SUPPLY, asked=(replace(ASKED, relation="tenant"),))
    scene = given(asking).when(take_party, party_found())
    scene.then(CONFIRMED.model_copy(update={"relation": "tenant"}), noted(NOURA.user_id, True))
    assert scene.state.relations == Relations(liable=(replace(OWNER, relation="tenant"),))


def test_A10_A18_a_deed_goes_on_showing_whose_it_is_where_billing_says_the_same() -> None:
    shown = replace(ASKING, relations=Relations(of_use=(DEED,), owner_user_id=NOURA.user_id, owner_by_deed=True))
    scene = given(shown).when(take_party, party_found())
    assert scene.state.relations.of_use == (DEED,)
    assert scene.state.relations.liable == (OWNER,)


def test_A12_A13_the_deed_of_who_has_handed_over_to_a_tenant_names_the_owner() -> None:
    let = replace(NEW_SUPPLY, relations=Relations(liable=(replace(OWNER, until=MOVING_DAY), TENANT)))
    scene = given(let).when(begin_use, use_begun(NOURA.user_id, SINCE, "ownership-deed"), FACTS).then()
    relations = scene.state.relations
    assert (relations.owner_user_id, relations.owner_by_deed, relations.owner_since) == (NOURA.user_id, True, SINCE)
    assert relations.of_use == ()


def test_A10_A18_a_tenants_contract_from_before_a_sale_holds_after_it() -> None:
    buyer = replace(OWNER, user_id=SARA, basis="transfer", from_day=date(2026, 1, 1))
    bought = Relations(liable=(buyer,), owner_user_id=SARA, owner_by_deed=True, owner_since=date(2026, 1, 1))
    scene = given(replace(NEW_SUPPLY, relations=bought)).when(begin_use, use_begun(FAHAD.user_id, JUNE), FACTS)
    scene.then(RelationConfirmed, noted(FAHAD.user_id, True))
    assert scene.state.relations.user == USER


def test_A3_A18_of_what_is_confirmed_anew_what_goes_on_is_said_last() -> None:
    """An end reaches into all that goes on: said behind it, the relation that goes on would be over for others."""
    first = replace(OWNER, relation="tenant", from_day=date(2023, 1, 1), until=date(2024, 1, 1))
    between = replace(OWNER, user_id=FAHAD.user_id, from_day=date(2024, 1, 1), until=date(2025, 1, 1))
    again = replace(first, from_day=date(2025, 1, 1), until=None)
    used = replace(USER, user_id=NOURA.user_id, from_day=date(2022, 1, 1))
    relations = Relations(liable=(first, between, again), of_use=(used,))
    scene = given(replace(NEW_SUPPLY, relations=relations)).when(end_use, use_ended(date(2022, 6, 1)))
    over, news = ended(NOURA.user_id, "tenant", date(2023, 12, 31)), scene.messages
    from_day = [each.from_day for each in news if isinstance(each, RelationConfirmed)]
    assert from_day == [first.from_day, again.from_day]
    assert news[-2:] == (over, CONFIRMED.model_copy(update={"relation": "tenant", "from_day": again.from_day}))


def test_A9_of_many_transfers_a_supply_remembers_the_latest() -> None:
    many = tuple(Reservation(user_id=f"user-{number}", at=NOON) for number in range(MOST_RESERVATIONS))
    reserved = given(replace(OWNED, reserved=many)).when(reserve_supply, wanted()).state.reserved
    assert reserved == (*many[1:], Reservation(user_id=FAHAD.user_id, at=NOON))


def test_A10_A18_a_persons_own_time_before_does_not_shorten_what_a_document_shows() -> None:
    used = replace(NEW_SUPPLY, relations=Relations(of_use=(replace(USER, until=date(2025, 12, 1)),)))
    scene = given(used).when(begin_use, use_begun(FAHAD.user_id, date(2025, 9, 1)), FACTS)
    assert scene.state.relations.user.from_day == date(2025, 9, 1)

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.accounts_supply_internal import LiableDays, RelationNoted, UseBegun, UseEnded
from contracts.billing import PartyAsked
from contracts.sealed import Secret
from contracts.transfers import RelationConfirmed
from contracts.values.riyadh_day import riyadh_day
from services.accounts.relations import Interval, Relations
from services.accounts.supply import (
    AFTERWARDS,
    LONGEST_WAIT,
    MOST_ASKED,
    MOST_TRIES,
    Asked,
    FreeSupply,
    SupplyFacts,
    ask_again,
    ask_for_party,
    begin_use,
    due_at,
    end_use,
    take_party,
)
from tests.scenario import NOON, arriving, given
from tests.unit.accounts.situations import ACCOUNT, FAHAD, NOURA, OTHER_ACCOUNT
from tests.unit.accounts.supplies import (
    FACTS,
    HELD,
    NEW_SUPPLY,
    OWNED,
    OWNER,
    SARA,
    SINCE,
    SUPPLY,
    WAIT,
    gone,
    lodged,
    party_found,
    timer,
)

ASKED = Asked(user_id=NOURA.user_id, relation="owner", tries=1, again_at=NOON + WAIT)
ASKING = replace(NEW_SUPPLY, asked=(ASKED,))
QUESTION = PartyAsked(asked_by=SUPPLY, account_number=ACCOUNT, user_id=NOURA.user_id)
CONFIRMED = RelationConfirmed(
    user_id=NOURA.user_id, account_number=ACCOUNT, relation="owner", basis="billing", from_day=SINCE
)
JUNE = date(2025, 6, 1)
USER = Interval(user_id=FAHAD.user_id, relation="tenant", basis="tenancy-contract", from_day=JUNE)

LET = replace(OWNED, relations=Relations(liable=(replace(OWNER, user_id=FAHAD.user_id, relation="tenant"),)))


def use_begun(
    user_id: str = FAHAD.user_id, day: date = JUNE, basis: str = "tenancy-contract", relation: str | None = None
) -> Any:
    relation = relation or ("owner" if basis == "ownership-deed" else "tenant")
    body = {"account_number": ACCOUNT, "user_id": user_id, "relation": relation, "basis": basis, "from_day": day}
    return arriving(UseBegun.model_validate(body), source="accounts", subject=f"beneficiary:{ACCOUNT}")


def use_ended(day: date) -> Any:
    return arriving(UseEnded(account_number=ACCOUNT, day=day), source="accounts", subject=f"beneficiary:{ACCOUNT}")


def noted(user_id: str, holds: bool, *was_liable: tuple[date, date]) -> RelationNoted:
    times = tuple(LiableDays(from_day=first, last_day=last) for first, last in was_liable)
    return RelationNoted(user_id=user_id, account_number=ACCOUNT, holds=holds, was_liable=times)


# --- billing says who the party is ----------------------------------------------------------------------------------
def test_A18_a_new_definition_makes_the_supply_ask_billing() -> None:
    given(None).when(ask_for_party, lodged(), FACTS).then(QUESTION).then_state(ASKING)


def test_A18_billings_yes_confirms_the_relation_since_its_first_day() -> None:
    given(ASKING).when(take_party, party_found()).then(CONFIRMED, noted(NOURA.user_id, True)).then_state(OWNED)


def test_A10_billings_no_confirms_nothing() -> None:
    given(ASKING).when(take_party, party_found(is_party=False, since=None)).then().then_state(NEW_SUPPLY)


def test_A18_what_is_asked_or_known_already_is_not_asked_again() -> None:
    given(ASKING).when(ask_for_party, lodged(), FACTS).then().then_state(ASKING)
    given(OWNED).when(ask_for_party, lodged(), FACTS).then().then_state(OWNED)


def test_A18_an_answer_to_no_open_question_means_nothing() -> None:
    given(NEW_SUPPLY).when(take_party, party_found()).then().then_state(NEW_SUPPLY)
    given(OWNED).when(take_party, party_found()).then().then_state(OWNED)
    given(ASKING).when(take_party, party_found(SARA)).then().then_state(ASKING)


@pytest.mark.parametrize("supply", [OWNED, HELD], ids=["free", "held"])
def test_A18_a_second_party_is_refused_and_seen_by_operators(supply: FreeSupply) -> None:
    asked = replace(ASKED, user_id=FAHAD.user_id)
    scene = given(replace(supply, asked=(asked,))).when(take_party, party_found(FAHAD.user_id))
    scene.then_refused("not-available-now", "another-party-liable")
    scene.then_state(supply)


def test_A18_the_time_of_somebody_before_is_not_taken_from_them() -> None:
    left = replace(OWNER, until=JUNE)
    before = replace(NEW_SUPPLY, relations=Relations(liable=(left,)), asked=(replace(ASKED, user_id=SARA),))
    scene = given(before).when(take_party, party_found(SARA, since=JUNE - timedelta(days=1)))
    scene.then_refused("not-available-now", "another-party-liable")
    given(before).when(take_party, party_found(SARA, since=JUNE)).then(RelationConfirmed, noted(SARA, True))


def test_A18_who_became_the_party_meanwhile_stays_it() -> None:
    given(replace(OWNED, asked=(ASKED,))).when(take_party, party_found()).then().then_state(OWNED)


@pytest.mark.parametrize(
    ("found", "reason", "left"),
    [
        (party_found(account_number=OTHER_ACCOUNT), "party-of-another-account", ASKING),
        (party_found(since=None), "party-without-first-day", NEW_SUPPLY),
    ],
    ids=["another-account", "no-first-day"],
)
def test_A18_what_billing_cannot_mean_is_refused(found: Any, reason: str, left: FreeSupply) -> None:
    given(ASKING).when(take_party, found).then_refused("not-available-now", reason)
    assert given(ASKING).when(take_party, found).state == left


def test_A18_billing_is_asked_about_fifty_people_at_most_at_a_time() -> None:
    full = replace(NEW_SUPPLY, asked=tuple(replace(ASKED, user_id=f"u-{n}") for n in range(MOST_ASKED)))
    given(full).when(ask_for_party, lodged(), FACTS).then_refused("not-available-now", "too-many-parties-asked")
    room = replace(full, asked=full.asked[1:])
    given(room).when(ask_for_party, lodged(), FACTS).then(QUESTION)


def test_A18_billing_is_asked_again_after_twice_the_time() -> None:
    early = SupplyFacts(ASKED.again_at - timedelta(microseconds=1), WAIT)
    given(ASKING).when(ask_again, timer(), early).then().then_state(ASKING)
    late = SupplyFacts(ASKED.again_at, WAIT)
    again = replace(ASKED, tries=2, again_at=ASKED.again_at + 2 * WAIT)
    given(ASKING).when(ask_again, timer(), late).then(QUESTION).then_state(replace(ASKING, asked=(again,)))


def test_A18_only_who_is_due_is_asked_about_again() -> None:
    later = replace(ASKED, user_id=SARA, again_at=NOON + timedelta(hours=1))
    both = replace(ASKING, asked=(ASKED, later))
    scene = given(both).when(ask_again, timer(), SupplyFacts(ASKED.again_at, WAIT)).then(QUESTION)
    assert scene.state.asked[1] == later
    assert due_at(both) == ASKED.again_at
    assert due_at(OWNED) is None


def test_A18_of_a_silent_billing_operators_hear_after_some_days_and_it_is_asked_once_a_day() -> None:
    scene, present, tries, waited = given(ASKING), ASKED.again_at, 1, timedelta(0)
    while tries < MOST_TRIES:
        scene = scene.when(ask_again, timer(), SupplyFacts(present, WAIT))
        assert scene.messages == (QUESTION,)
        (asked,) = scene.state.asked
        assert asked.again_at - present <= (LONGEST_WAIT if asked.tries < MOST_TRIES else AFTERWARDS)
        waited, present, tries = present - NOON, asked.again_at, asked.tries
    assert timedelta(days=2) < waited < timedelta(days=4)
    scene.then_refused("not-available-now", "party-not-told")
    both = replace(ASKING, asked=(replace(ASKED, tries=MOST_TRIES - 1), replace(ASKED, user_id=SARA)))
    told = given(both).when(ask_again, timer(), SupplyFacts(ASKED.again_at, WAIT))
    told.then_refused("not-available-now", "party-not-told")
    for _ in range(3):
        scene = scene.when(ask_again, timer(), SupplyFacts(present, WAIT)).then(QUESTION)
        assert scene.state.asked[0].again_at - present == AFTERWARDS
        present = scene.state.asked[0].again_at
    scene.when(take_party, party_found(NOURA.user_id)).then(RelationConfirmed, noted(NOURA.user_id, True))


NOW_SARAS = (noted(FAHAD.user_id, False), noted(SARA, True))


# --- somebody else confirms who uses the power ----------------------------------------------------------------------
def test_A10_a_confirmed_user_who_is_not_liable_has_a_relation_and_no_debts() -> None:
    confirmed = RelationConfirmed(
        user_id=FAHAD.user_id, account_number=ACCOUNT, relation="tenant", basis="tenancy-contract", from_day=JUNE
    )
    scene = given(OWNED).when(begin_use, use_begun()).then(confirmed, noted(FAHAD.user_id, True))
    assert scene.state.relations == replace(OWNED.relations, of_use=(USER,))
    scene.when(begin_use, use_begun()).then().then_state(scene.state)


def test_A10_the_next_user_ends_the_time_of_the_one_before() -> None:
    scene = given(None).when(begin_use, use_begun()).then(RelationConfirmed, noted(FAHAD.user_id, True))
    scene = scene.when(begin_use, use_begun(SARA, date(2026, 1, 1)))
    scene.then(*gone(FAHAD.user_id, date(2025, 12, 31)), RelationConfirmed, *NOW_SARAS)
    assert scene.state.relations.of_use[0] == replace(USER, until=date(2026, 1, 1))


def test_A10_who_used_it_only_after_that_day_never_did() -> None:
    scene = given(None).when(begin_use, use_begun()).when(begin_use, use_begun(SARA, date(2025, 5, 1)))
    scene.then(*gone(FAHAD.user_id, date(2025, 4, 30)), RelationConfirmed, *NOW_SARAS)
    assert [each.user_id for each in scene.state.relations.of_use] == [SARA]


def test_A3_A18_an_old_document_takes_no_time_from_who_used_the_power_before() -> None:
    """A tenant comes, is confirmed and leaves; then the landlord's deed of 2010 is the strongest claim that is left."""
    left_on = date(2026, 1, 1)
    tenancy = replace(USER, until=left_on)
    scene = given(replace(OWNED, relations=Relations(of_use=(tenancy,))))
    scene = scene.when(begin_use, use_begun(SARA, date(2010, 1, 1), "ownership-deed"))
    scene.then(
        RelationConfirmed(
            user_id=SARA, account_number=ACCOUNT, relation="owner", basis="ownership-deed", from_day=left_on
        ),
        noted(SARA, True),
    )
    assert scene.state.relations.of_use[0] == tenancy
    other = given(replace(OWNED, relations=Relations(of_use=(tenancy,)))).when(
        begin_use, use_begun(SARA, date(2025, 5, 1))
    )
    assert [(each.from_day, each.until) for each in other.state.relations.of_use] == [(JUNE, left_on), (left_on, None)]


def test_A3_A18_a_deed_shows_nothing_of_the_time_of_those_who_were_or_are_liable() -> None:
    left_on = date(2026, 1, 1)
    was_liable = replace(OWNED, relations=Relations(liable=(replace(OWNER, until=left_on),)))
    deed = use_begun(SARA, date(2010, 1, 1), "ownership-deed")
    assert given(was_liable).when(begin_use, deed).state.relations.user.from_day == left_on
    contract = use_begun(SARA, date(2024, 1, 1))
    assert given(OWNED).when(begin_use, contract).state.relations.user.from_day == date(2024, 1, 1)


def test_A3_A12_A13_a_landlords_deed_names_the_owner_and_shows_nothing_of_a_present_tenant() -> None:
    deed = use_begun(SARA, date(2010, 1, 1), "ownership-deed")
    scene = given(LET).when(begin_use, deed).then()
    assert scene.state.relations == replace(
        LET.relations, owner_user_id=SARA, owner_by_deed=True, owner_since=date(2010, 1, 1)
    )
    scene.when(begin_use, deed).then().then_state(scene.state)
    using = replace(LET, relations=replace(LET.relations, of_use=(replace(USER, user_id=NOURA.user_id),)))
    yesterday = riyadh_day(NOON) - timedelta(days=1)
    scene = given(using).when(begin_use, deed)
    scene.then(*gone(NOURA.user_id, yesterday), noted(NOURA.user_id, False))


@pytest.mark.parametrize(("deed_from", "until"), [(date(2010, 1, 1), SINCE), (JUNE, None)], ids=["before", "within"])
def test_A3_A18_a_deed_given_before_the_tenant_is_known_ends_with_the_tenants_first_day(
    deed_from: date, until: date | None
) -> None:
    asked = replace(NEW_SUPPLY, asked=(replace(ASKED, user_id=FAHAD.user_id, relation="tenant"),))
    scene = given(asked).when(begin_use, use_begun(SARA, deed_from, "ownership-deed"))
    scene = scene.then(RelationConfirmed, noted(SARA, True)).when(take_party, party_found(FAHAD.user_id))
    last_day = SINCE - timedelta(days=1)
    scene.then(*gone(SARA, last_day), RelationConfirmed, noted(FAHAD.user_id, True), noted(SARA, False))
    assert [each.until for each in scene.state.relations.of_use] == ([] if until is None else [until])
    assert scene.state.relations.owner_user_id == SARA


def test_A13_only_a_deed_or_billings_party_says_who_the_owner_is() -> None:
    says = replace(ASKED, user_id=FAHAD.user_id)
    known = replace(NEW_SUPPLY, relations=Relations(owner_user_id=SARA, owner_by_deed=True), asked=(says,))
    scene = given(known).when(take_party, party_found(FAHAD.user_id))
    assert (scene.state.relations.owner_user_id, scene.state.relations.owner_by_deed) == (SARA, True)
    unknown = given(replace(NEW_SUPPLY, asked=(says,))).when(take_party, party_found(FAHAD.user_id))
    assert (unknown.state.relations.owner_user_id, unknown.state.relations.owner_by_deed) == (FAHAD.user_id, False)
    assert unknown.when(begin_use, use_begun(SARA, basis="ownership-deed")).state.relations.owner_user_id == SARA
    ruled = use_begun(SARA, basis="back-office", relation="owner")
    assert unknown.when(begin_use, ruled).state.relations.owner_user_id == FAHAD.user_id


def test_A10_what_the_back_office_says_reaches_into_anybodys_time() -> None:
    using = replace(OWNED, relations=Relations(of_use=(replace(USER, until=date(2026, 1, 1)),)))
    said = use_begun(SARA, date(2025, 7, 1), "back-office")
    assert given(using).when(begin_use, said).state.relations.user.from_day == date(2025, 7, 1)


def test_A10_a_liable_party_keeps_its_relation_though_another_uses_the_power() -> None:
    scene = given(OWNED).when(begin_use, use_begun(NOURA.user_id, basis="ownership-deed")).then(RelationConfirmed)
    scene.when(begin_use, use_begun(day=date(2026, 1, 1))).then(RelationConfirmed, noted(FAHAD.user_id, True))


def test_A10_a_newer_document_of_the_same_person_ends_nothing() -> None:
    scene = given(None).when(begin_use, use_begun()).when(begin_use, use_begun(day=date(2026, 1, 1)))
    scene.then(RelationConfirmed)
    assert scene.state.relations.of_use[0].until == date(2026, 1, 1)


def test_A10_a_deed_names_the_owner() -> None:
    scene = given(None).when(begin_use, use_begun(SARA, basis="ownership-deed"))
    assert scene.state.relations.owner_user_id == SARA
    assert scene.state.account_number == Secret(ACCOUNT)
    assert scene.when(begin_use, use_begun()).state.relations.owner_user_id == SARA


def test_A10_the_back_offices_nobody_ends_the_use_and_no_liability() -> None:
    using = replace(OWNED, relations=replace(OWNED.relations, of_use=(USER,)))
    scene = given(using).when(end_use, use_ended(date(2026, 1, 1)))
    scene.then(*gone(FAHAD.user_id, date(2025, 12, 31)), noted(FAHAD.user_id, False))
    assert scene.state.relations.liable == OWNED.relations.liable
    given(OWNED).when(end_use, use_ended(JUNE)).then().then_state(OWNED)
    given(None).when(end_use, use_ended(JUNE)).then().then_state(None)

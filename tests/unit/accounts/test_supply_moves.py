import itertools
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from contracts.accounts_supply_internal import PartyLeft, SupplyDenied, SupplyGranted, SupplyMoved, SupplyReleased
from contracts.transfers import RelationConfirmed, RelationEnded
from services.accounts.relations import Interval, Relations, liable_on
from services.accounts.supply import FreeSupply, Reservation, Supply, begin_use, take_party
from services.accounts.supply_moves import (
    MOST_RESERVATIONS,
    RESERVATIONS_A_MONTH,
    move_supply,
    release_supply,
    reserve_supply,
)
from tests.scenario import NOON, arriving, given
from tests.unit.accounts.situations import ACCOUNT, FAHAD, NOURA
from tests.unit.accounts.supplies import (
    FACTS,
    HELD,
    MOVING_DAY,
    NEW_SUPPLY,
    OTHER_TRANSFER,
    OWNED,
    OWNER,
    RESERVED,
    SARA,
    SINCE,
    TENANT,
    TRANSFER,
    moved,
    party_found,
    wanted,
)
from tests.unit.accounts.test_supply import ASKED, noted, use_begun

MOVED = replace(
    OWNED,
    relations=Relations(liable=(replace(OWNER, until=MOVING_DAY), TENANT), owner_user_id=NOURA.user_id),
    reserved=RESERVED,
)
LAST_DAY = MOVING_DAY - timedelta(days=1)
NOW_FAHADS = (noted(FAHAD.user_id, True), noted(NOURA.user_id, False, (SINCE, LAST_DAY)))


def released(transfer: str = TRANSFER) -> Any:
    return arriving(SupplyReleased(account_number=ACCOUNT, transfer=transfer), source="accounts", subject=transfer)


def denied(reason: str, transfer: str = TRANSFER) -> SupplyDenied:
    return SupplyDenied.model_validate({"transfer": transfer, "reason": reason})


# --- the reservation ------------------------------------------------------------------------------------------------
def test_A9_a_transfer_gets_the_supply_and_learns_who_is_on_the_other_side() -> None:
    granted = SupplyGranted(
        transfer=TRANSFER, present_user_id=NOURA.user_id, present_from_day=SINCE, owner_user_id=NOURA.user_id
    )
    given(OWNED).when(reserve_supply, wanted()).then(granted).then_state(HELD)
    given(HELD).when(reserve_supply, wanted()).then(granted).then_state(HELD)


@pytest.mark.parametrize(
    ("supply", "want", "reason"),
    [
        (HELD, wanted(OTHER_TRANSFER, SARA), "busy"),
        (OWNED, wanted(user_id=NOURA.user_id), "already-theirs"),
        (NEW_SUPPLY, wanted(), "other-party-unknown"),
        (OWNED, wanted(kind="subscription-end"), "not-theirs"),
        (NEW_SUPPLY, wanted(kind="subscription-end"), "not-theirs"),
        (OWNED, wanted(user_id=NOURA.user_id, kind="subscription-end"), "other-party-unknown"),
        (
            replace(MOVED, relations=replace(MOVED.relations, owner_user_id=None)),
            wanted(OTHER_TRANSFER, kind="subscription-end"),
            "other-party-unknown",
        ),
    ],
    ids=["busy", "theirs", "nobody-known", "not-theirs", "nobodys", "they-are-the-owner", "no-owner-known"],
)
def test_A9_a_transfer_that_cannot_be_is_denied(supply: Supply, want: Any, reason: str) -> None:
    given(supply).when(reserve_supply, want).then(denied(reason, want.subject)).then_state(supply)


def test_A9_nobody_is_known_of_a_supply_that_nobody_has_defined() -> None:
    given(None).when(reserve_supply, wanted()).then(denied("other-party-unknown")).then_state(NEW_SUPPLY)


def test_A13_a_subscriber_who_leaves_hands_the_supply_back_to_the_owner() -> None:
    scene = given(MOVED).when(reserve_supply, wanted(OTHER_TRANSFER, kind="subscription-end"))
    (granted,) = scene.then(SupplyGranted).messages
    assert isinstance(granted, SupplyGranted)
    assert (granted.present_user_id, granted.owner_user_id) == (FAHAD.user_id, NOURA.user_id)
    assert granted.present_from_day == MOVING_DAY


def test_A9_a_released_supply_is_free_for_the_next_transfer() -> None:
    free = replace(OWNED, reserved=RESERVED)
    scene = given(HELD).when(release_supply, released()).then().then_state(free)
    scene.when(release_supply, released()).then().then_state(free)
    scene.when(reserve_supply, wanted(OTHER_TRANSFER)).then(SupplyGranted)


def test_A9_nobody_gets_a_supply_again_and_again_but_others_do() -> None:
    """Somebody who merely says to live there asks, is declined, asks again: three times in a month, and no more."""
    supply: Supply = OWNED
    for n in range(RESERVATIONS_A_MONTH):
        again = given(supply).when(reserve_supply, wanted(f"transfer:N{n}")).then(SupplyGranted)
        supply = again.when(release_supply, released(f"transfer:N{n}")).state
    scene = given(supply).when(reserve_supply, wanted(OTHER_TRANSFER))
    scene.then(denied("asked-too-often", OTHER_TRANSFER)).then_state(supply)
    given(supply).when(reserve_supply, wanted(OTHER_TRANSFER, SARA)).then(SupplyGranted)
    later = replace(FACTS, present=NOON + timedelta(days=30))
    assert given(supply).when(reserve_supply, wanted(OTHER_TRANSFER), later).then(SupplyGranted).state.reserved == (
        Reservation(user_id=FAHAD.user_id, at=later.present),
    )


def test_A9_what_a_supply_remembers_of_transfers_is_bounded() -> None:
    crowd = tuple(Reservation(user_id=f"user-{n}", at=NOON) for n in range(MOST_RESERVATIONS))
    scene = given(replace(OWNED, reserved=crowd)).when(reserve_supply, wanted())
    assert len(scene.state.reserved) == MOST_RESERVATIONS


def test_A9_nobody_releases_what_another_transfer_holds() -> None:
    given(HELD).when(release_supply, released(OTHER_TRANSFER)).then().then_state(HELD)
    given(None).when(release_supply, released()).then().then_state(None)


def test_A9_an_open_question_to_billing_outlives_a_transfer() -> None:
    asked = replace(OWNED, asked=(ASKED,))
    held = given(asked).when(reserve_supply, wanted())
    assert held.when(release_supply, released()).state == replace(asked, reserved=RESERVED)
    assert held.when(move_supply, moved()).state.asked == asked.asked


# --- the move -------------------------------------------------------------------------------------------------------
def test_A18_the_outgoing_partys_last_day_is_the_one_before_the_incoming_ones_first() -> None:
    ended = [
        RelationEnded.model_validate(
            {"user_id": NOURA.user_id, "account_number": ACCOUNT, "relation": each, "last_day": LAST_DAY}
        )
        for each in ("owner", "tenant")
    ]
    confirmed = RelationConfirmed(
        user_id=FAHAD.user_id, account_number=ACCOUNT, relation="tenant", basis="transfer", from_day=MOVING_DAY
    )
    left = PartyLeft(account_number=ACCOUNT, user_id=NOURA.user_id, day=MOVING_DAY, to_user_id=FAHAD.user_id)
    given(HELD).when(move_supply, moved()).then(*ended, confirmed, left, *NOW_FAHADS).then_state(MOVED)


def test_A18_a_move_told_again_changes_nothing() -> None:
    given(MOVED).when(move_supply, moved()).then().then_state(MOVED)
    given(MOVED).when(reserve_supply, wanted()).then().then_state(MOVED)
    given(MOVED).when(release_supply, released()).then().then_state(MOVED)


@pytest.mark.parametrize(
    ("supply", "move", "reason"),
    [
        (OWNED, moved(), "move-without-reservation"),
        (HELD, moved(OTHER_TRANSFER), "move-without-reservation"),
        (NEW_SUPPLY, moved(), "move-without-reservation"),
        (HELD, moved(day=SINCE), "move-before-present-party"),
        (HELD, moved(day=SINCE - timedelta(days=1)), "move-before-present-party"),
        (HELD, moved(to_user_id=NOURA.user_id), "move-to-present-party"),
    ],
    ids=["free", "another-transfers", "unknown", "first-day", "before", "to-the-same"],
)
def test_A18_a_move_that_contradicts_what_is_known_is_refused(supply: Supply, move: Any, reason: str) -> None:
    scene = given(supply).when(move_supply, move)
    scene.then_refused("not-available-now", reason)
    scene.then_state(supply)


def test_A18_a_supply_moves_on_the_day_after_its_partys_first_at_the_earliest() -> None:
    day = SINCE + timedelta(days=1)
    scene = given(HELD).when(move_supply, moved(day=day))
    left = noted(NOURA.user_id, False, (SINCE, SINCE))
    scene.then(RelationEnded, RelationEnded, RelationConfirmed, PartyLeft, NOW_FAHADS[0], left)
    assert scene.state.relations.liable[0].until == day


def test_A10_who_leaves_uses_the_power_no_more_and_a_confirmed_user_stays() -> None:
    for basis in ("ownership-deed", "tenancy-contract", "back-office"):
        owner_uses = given(HELD).when(begin_use, use_begun(NOURA.user_id, basis=basis)).when(move_supply, moved())
        assert [each.until for each in owner_uses.state.relations.of_use] == [MOVING_DAY]
    sara_uses = given(HELD).when(begin_use, use_begun(SARA)).when(move_supply, moved())
    assert sara_uses.state.relations.user.user_id == SARA


@pytest.mark.parametrize(("kind", "owner"), [("ownership", FAHAD.user_id), ("actual-account", NOURA.user_id)])
def test_A12_A13_a_transfer_of_ownership_makes_an_owner_and_a_mere_takeover_none(kind: str, owner: str) -> None:
    body = moved().body.model_copy(update={"relation": "owner"})
    scene = given(OWNED).when(reserve_supply, wanted(kind=kind)).when(move_supply, replace(moved(), body=body))
    assert scene.state.relations.present.user_id == FAHAD.user_id
    assert scene.state.relations.owner_user_id == owner
    assert scene.state.relations.owner_by_deed is (kind == "ownership")
    old_deed = scene.when(begin_use, use_begun(SARA, SINCE, "ownership-deed"))
    assert old_deed.state.relations.owner_user_id == (FAHAD.user_id if kind == "ownership" else SARA)


def test_A3_A18_a_deeds_sight_and_another_relation_of_who_leaves_end_with_the_move() -> None:
    as_tenant = replace(OWNER, relation="tenant")
    deed = Interval(user_id=NOURA.user_id, relation="owner", basis="ownership-deed", from_day=SINCE)
    held = replace(HELD, relations=Relations(liable=(as_tenant,), of_use=(deed,), owner_user_id=NOURA.user_id))
    scene = given(held).when(move_supply, moved())
    ends = [each.relation for each in scene.messages if isinstance(each, RelationEnded)]
    assert sorted(ends) == ["owner", "tenant"]
    assert all(each.until == MOVING_DAY for each in scene.state.relations.of_use)


# --- any day has one answer -----------------------------------------------------------------------------------------
def test_A18_who_was_liable_on_a_day_has_one_answer() -> None:
    liable = MOVED.relations.liable
    assert liable_on(liable, SINCE - timedelta(days=1)) is None
    assert liable_on(liable, SINCE) == liable_on(liable, LAST_DAY) == liable[0]
    assert liable_on(liable, MOVING_DAY) == liable_on(liable, date(2040, 1, 1)) == TENANT


PEOPLE = st.sampled_from(["user-a", "user-b", "user-c"])
DAYS = st.integers(0, 40).map(lambda n: SINCE + timedelta(days=n))
TRANSFERS = st.sampled_from([f"transfer:T{n}" for n in range(3)])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("billing"), PEOPLE, DAYS),
        st.tuples(st.just("want"), PEOPLE, TRANSFERS),
        st.tuples(st.just("move"), PEOPLE, DAYS, TRANSFERS),
        st.tuples(st.just("release"), TRANSFERS),
        st.tuples(st.just("use"), PEOPLE, DAYS),
        st.tuples(st.just("deed"), PEOPLE, DAYS),
    ),
    max_size=25,
)


def _step(supply: Supply, step: tuple[Any, ...]) -> Supply:
    match step:
        case ("billing", person, day):
            asking = replace(supply, asked=(replace(ASKED, user_id=person),))
            state = take_party(asking, party_found(person, since=day), _NO_FACTS).state
        case ("want", person, transfer):
            state = reserve_supply(supply, wanted(transfer, person), FACTS).state
        case ("move", person, day, transfer):
            body = SupplyMoved(account_number=ACCOUNT, transfer=transfer, to_user_id=person, relation="tenant", day=day)
            state = move_supply(supply, arriving(body), _NO_FACTS).state
        case ("release", transfer):
            state = release_supply(supply, released(transfer), _NO_FACTS).state
        case ("use", person, day):
            state = begin_use(supply, use_begun(person, day), FACTS).state
        case ("deed", person, day):
            state = begin_use(supply, use_begun(person, day, "ownership-deed"), FACTS).state
        case _:
            raise AssertionError(step)
    assert state is not None
    return state


_NO_FACTS: Any = None


@for_all(STEPS)
def test_A18_never_two_liable_parties_on_a_day_and_none_lost_between_moves(steps: list[tuple[Any, ...]]) -> None:
    supply: Supply = NEW_SUPPLY
    for step in steps:
        before = supply.relations.liable
        supply = _step(supply, step)
        liable = supply.relations.liable
        for n in range(-1, 45):
            day = SINCE + timedelta(days=n)
            assert len(_on(liable, day)) <= 1
            assert len(_on(supply.relations.of_use, day)) <= 1
            by_deed = [each for each in supply.relations.of_use if each.basis == "ownership-deed"]
            assert not _on(liable, day) or _on(by_deed, day) in ([], _on(liable, day))
            if _on(before, day) and step[0] != "move":
                assert _on(before, day) == _on(liable, day)
        if liable:
            assert liable[-1].until is None
            assert all(one.until == next_one.from_day for one, next_one in itertools.pairwise(liable))


def _on(intervals: Iterable[Interval], day: date) -> list[str]:
    return [each.user_id for each in intervals if each.holds_on(day)]


def test_A18_the_property_meets_moves() -> None:
    steps = [("billing", "user-a", SINCE), ("want", "user-b", TRANSFER), ("move", "user-b", MOVING_DAY, TRANSFER)]
    supply: Supply = NEW_SUPPLY
    for step in steps:
        supply = _step(supply, step)
    assert isinstance(supply, FreeSupply)
    assert _on(supply.relations.liable, LAST_DAY) == ["user-a"]
    assert _on(supply.relations.liable, MOVING_DAY) == ["user-b"]

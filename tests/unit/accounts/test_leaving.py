"""Who has left a supply sees no more of it and claims it no more, however late what was so before is heard of."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from contracts.accounts_supply_internal import PartyLeft, UseBegun, UseEnded
from contracts.back_office import CaseWithdrawn, ConflictRaised
from contracts.transfers import (
    BeneficiaryDetermined,
    BeneficiaryUndetermined,
    DisputeSettled,
    RelationConfirmed,
    RelationEnded,
)
from services.accounts.beneficiary import drop_party, settle_conflict, take_evidence
from services.accounts.claims import MOST_LEFT
from services.accounts.relations import Interval, Relations
from services.accounts.supply import begin_use, end_use
from services.accounts.supply_moves import move_supply, reserve_supply
from tests.scenario import Given, arriving, given
from tests.unit.accounts.situations import ACCOUNT, FAHAD, NOURA
from tests.unit.accounts.supplies import (
    MOVING_DAY,
    OTHER_TRANSFER,
    OWNED,
    OWNER,
    SARA,
    SINCE,
    TENANT,
    ended,
    gone,
    moved,
    wanted,
)
from tests.unit.accounts.test_beneficiary import TODAY, TWO_RESULTS, left, one_claimant, settled, shown, used
from tests.unit.accounts.test_supply import JUNE, noted, use_begun, use_ended

NOBODY_FROM_THEN_ON = UseEnded(account_number=ACCOUNT, day=MOVING_DAY)


def test_A3_A18_who_goes_sees_nothing_more_by_a_relation_that_was_over_while_another_lasted() -> None:
    """The liable tenant has bought the home and let it; then the new tenant's transfer makes them liable, too."""
    tenant = replace(OWNER, relation="tenant")
    scene = given(replace(OWNED, relations=Relations(liable=(tenant,))))
    scene = scene.when(begin_use, use_begun(NOURA.user_id, date(2025, 1, 1), "ownership-deed"))
    scene = scene.when(begin_use, use_begun(day=date(2026, 1, 1))).then(RelationConfirmed, noted(FAHAD.user_id, True))
    held = given(scene.state).when(reserve_supply, wanted())
    moved_on = held.when(move_supply, moved())
    last_days = {each.relation: each.last_day for each in moved_on.messages if isinstance(each, RelationEnded)}
    assert last_days == {"owner": date(2025, 12, 31), "tenant": MOVING_DAY - timedelta(days=1)}


def test_A3_A18_a_persons_own_other_relation_ends_with_them() -> None:
    scene = given(None).when(begin_use, use_begun(SARA, date(2025, 7, 1), "ownership-deed"))
    scene = scene.when(begin_use, use_begun(SARA, date(2025, 6, 1))).then(RelationConfirmed)
    scene.when(begin_use, use_begun(day=date(2026, 1, 1))).then(
        *gone(SARA, date(2025, 12, 31)), RelationConfirmed, noted(FAHAD.user_id, True), noted(SARA, False)
    )


def test_A3_A18_who_was_liable_still_sees_those_days_though_somebody_else_is_found_to_have_used_the_power() -> None:
    """A subscriber has moved out; later the back office decides that a lodger used the power since June."""
    out = date(2026, 1, 1)
    subscriber = replace(TENANT, from_day=SINCE, until=out)
    using = replace(subscriber, basis="tenancy-contract", transfer=None)
    liable = (subscriber, replace(OWNER, from_day=out))
    for also_liable, news in ((liable, ()), (liable[1:], gone(FAHAD.user_id, date(2025, 5, 31)))):
        scene = given(replace(OWNED, relations=Relations(liable=also_liable, of_use=(using,))))
        scene = scene.when(begin_use, use_begun(SARA, JUNE, "back-office"))
        scene.then(*news, RelationConfirmed, noted(SARA, True))


def test_A3_A18_a_tenant_who_became_the_subscriber_later_sees_nothing_of_the_days_that_were_anothers() -> None:
    using = replace(TENANT, basis="tenancy-contract", from_day=SINCE, transfer=None)
    let = Relations(liable=(replace(OWNER, until=MOVING_DAY), TENANT), of_use=(using,))
    scene = given(replace(OWNED, relations=let)).when(begin_use, use_begun(SARA, JUNE, "back-office"))
    again = RelationConfirmed(
        user_id=FAHAD.user_id, account_number=ACCOUNT, relation="tenant", basis="transfer", from_day=MOVING_DAY
    )
    scene.then(*gone(FAHAD.user_id, date(2025, 5, 31)), again, RelationConfirmed, noted(SARA, True))


def test_A3_A18_a_later_time_that_is_over_as_well_is_confirmed_anew_and_ended() -> None:
    """SARA's use of the first year is found to have been nobody's; she was the subscriber for a month after it."""
    using = Interval(user_id=SARA, relation="tenant", basis="tenancy-contract", from_day=SINCE, until=date(2024, 3, 1))
    came, went = date(2025, 1, 1), date(2025, 2, 1)
    liable = (replace(using, basis="billing", from_day=came, until=went),)
    scene = given(replace(OWNED, relations=Relations(liable=liable, of_use=(using,))))
    scene = scene.when(end_use, use_ended(date(2023, 6, 1)))
    again = RelationConfirmed(user_id=SARA, account_number=ACCOUNT, relation="tenant", basis="billing", from_day=came)
    scene.then(*gone(SARA, date(2023, 5, 31)), again, ended(SARA, "tenant", date(2025, 1, 31)))


def test_A12_a_deed_that_the_registry_confirms_late_does_not_supersede_a_later_one() -> None:
    scene = given(OWNED).when(begin_use, use_begun(SARA, JUNE, "ownership-deed"))
    late = scene.when(begin_use, use_begun(FAHAD.user_id, date(2020, 1, 1), "ownership-deed"))
    late.then_refused("not-available-now", "later-deed-known")
    late.then_state(scene.state)
    own_older = scene.when(begin_use, use_begun(SARA, date(2020, 1, 1), "ownership-deed"))
    assert own_older.decision is not None
    assert own_older.decision.refusal is None
    newer = scene.when(begin_use, use_begun(FAHAD.user_id, date(2026, 1, 1), "ownership-deed"))
    assert newer.state.relations.owner_user_id == FAHAD.user_id


@pytest.mark.parametrize("scene", [given(None), one_claimant()], ids=["of nobody's", "of another's"])
def test_A9_A10_a_contract_that_the_registry_confirms_after_the_hand_over_gives_nothing_back(scene: Given) -> None:
    gone = scene.when(drop_party, left(SARA)).then()
    late = gone.when(take_evidence, shown(SARA)).then()
    assert late.state == gone.state
    late.when(take_evidence, shown(SARA, day=TODAY)).then(BeneficiaryDetermined, UseBegun)
    gone.when(take_evidence, shown(SARA, "ownership-deed")).then(BeneficiaryDetermined, UseBegun)


def test_A9_a_supply_remembers_so_many_who_have_left() -> None:
    scene = given(None)
    for number in range(MOST_LEFT + 1):
        scene = scene.when(drop_party, left(f"user-{number}"))
    assert [each.user_id for each in scene.state.claims.left] == [f"user-{n}" for n in range(1, MOST_LEFT + 1)]
    assert len(scene.when(drop_party, left("user-9")).state.claims.left) == MOST_LEFT


@pytest.mark.parametrize("basis", ["tenancy-contract", "back-office"])
def test_A3_A9_A18_a_use_that_crosses_the_hand_over_of_who_had_it_begins_no_more(basis: str) -> None:
    """The beneficiary hears of the hand-over only after it has said that the outgoing party uses the power."""
    gone = given(OWNED).when(reserve_supply, wanted()).when(move_supply, moved())
    late = gone.when(begin_use, use_begun(NOURA.user_id, JUNE, basis))
    late.then_refused("not-available-now", "use-of-who-has-left")
    late.then_state(gone.state)
    again = gone.when(begin_use, use_begun(NOURA.user_id, MOVING_DAY, basis))
    again.then(RelationConfirmed, noted(NOURA.user_id, True, (SINCE, MOVING_DAY - timedelta(days=1))))


def test_A9_A10_who_has_taken_the_supply_over_again_uses_it_by_what_was_so_before() -> None:
    gone = given(OWNED).when(reserve_supply, wanted()).when(move_supply, moved())
    back = gone.when(reserve_supply, wanted(OTHER_TRANSFER, NOURA.user_id))
    back = back.when(move_supply, moved(OTHER_TRANSFER, NOURA.user_id, MOVING_DAY + timedelta(days=7)))
    back.when(begin_use, use_begun(NOURA.user_id, JUNE)).then(RelationConfirmed)


def test_A9_A10_who_has_left_is_decided_for_from_then_on_only() -> None:
    """As the supply takes it: what was theirs before is over."""
    scene = given(None).when(drop_party, left(NOURA.user_id))
    for user_id in (NOURA.user_id, SARA):
        scene = scene.when(take_evidence, shown(user_id, "ownership-deed"))
    scene.when(settle_conflict, settled(NOURA.user_id, day=JUNE)).then(
        BeneficiaryDetermined, used(NOURA.user_id, "back-office", TODAY, "owner"), *TWO_RESULTS
    )


def test_A10_who_takes_the_supply_over_again_may_claim_it_by_what_was_so_before() -> None:
    """A transfer by mistake, and the one that puts it right: the contract is in force all the time."""
    gone = given(None).when(drop_party, left(SARA))
    back = gone.when(drop_party, left(FAHAD.user_id, to_user_id=SARA))
    assert [each.user_id for each in back.state.claims.left] == [FAHAD.user_id]
    back.when(take_evidence, shown(SARA)).then(BeneficiaryDetermined, UseBegun)


def test_A3_A10_A18_a_use_from_the_hand_over_on_that_crosses_it_ends_with_who_has_left() -> None:
    """Both aggregates, by what they say to each other: NOURA's contract is good from the day on which she hands over;
    that she uses the power is on its way when the supply moves."""
    claims = given(None).when(take_evidence, shown(NOURA.user_id, day=MOVING_DAY))
    (use,) = [each for each in claims.messages if isinstance(each, UseBegun)]
    supply = given(OWNED).when(reserve_supply, wanted()).when(move_supply, moved())
    (party_left,) = [each for each in supply.messages if isinstance(each, PartyLeft)]
    own_time = (OWNER.from_day, MOVING_DAY - timedelta(days=1))
    crossed = supply.when(begin_use, arriving(use)).then(RelationConfirmed, noted(NOURA.user_id, True, own_time))
    dropped = claims.when(drop_party, arriving(party_left)).then(NOBODY_FROM_THEN_ON, BeneficiaryUndetermined)
    crossed = crossed.when(end_use, arriving(NOBODY_FROM_THEN_ON))
    crossed.then(*gone(NOURA.user_id, own_time[1]), noted(NOURA.user_id, False, own_time))
    assert crossed.state == supply.state
    dropped.when(take_evidence, shown(NOURA.user_id, day=MOVING_DAY)).then(BeneficiaryDetermined, use)


def test_A3_A10_who_stands_against_others_when_they_leave_may_be_known_to_use_it_too() -> None:
    """NOURA was determined before the others' contracts came; those of them who are left begin anew."""
    scene = given(None).when(take_evidence, shown(NOURA.user_id, day=MOVING_DAY))
    two = scene.when(take_evidence, shown(SARA))
    two.when(drop_party, left(NOURA.user_id, day=MOVING_DAY)).then(
        NOBODY_FROM_THEN_ON, CaseWithdrawn, BeneficiaryDetermined, used(SARA), *TWO_RESULTS
    )
    three = two.when(take_evidence, shown(FAHAD.user_id))
    three.when(drop_party, left(NOURA.user_id, day=MOVING_DAY)).then(
        NOBODY_FROM_THEN_ON, BeneficiaryUndetermined, CaseWithdrawn, ConflictRaised, DisputeSettled
    )


@pytest.mark.parametrize(
    "scene",
    [
        given(None).when(take_evidence, shown(NOURA.user_id, day=MOVING_DAY - timedelta(days=1))),
        given(None).when(take_evidence, shown(NOURA.user_id, "ownership-deed", MOVING_DAY)),
        given(None)
        .when(take_evidence, shown(NOURA.user_id, "ownership-deed", MOVING_DAY))
        .when(take_evidence, shown(SARA)),
    ],
    ids=["from before", "a deed, which shows no use of a let supply", "another's"],
)
def test_A10_a_hand_over_ends_no_use_that_the_supply_ends_or_keeps_by_itself(scene: Given) -> None:
    after = scene.when(drop_party, left(NOURA.user_id, day=MOVING_DAY))
    assert not any(isinstance(each, UseEnded) for each in after.messages)


def test_A10_A18_who_leaves_ends_nobody_elses_use() -> None:
    rented = given(None).when(take_evidence, shown(SARA, day=TODAY))
    gone_noura = rented.when(drop_party, left(NOURA.user_id)).then()
    assert gone_noura.state.beneficiary == rented.state.beneficiary

"""One transfer at a time has the supply to itself and moves it, or gives it back (A9, A12, A13, A18)."""

from dataclasses import replace
from datetime import datetime, timedelta

from contracts.accounts_supply_internal import (
    PartyLeft,
    SupplyDenialReason,
    SupplyDenied,
    SupplyGranted,
    SupplyMoved,
    SupplyReleased,
    SupplyWanted,
)
from contracts.decision import Decision, Facts, Incoming, decided, ignored, refused
from contracts.sealed import Secret
from services.accounts.relations import Interval, Relations, begun_liable, cut_at
from services.accounts.supply import FreeSupply, HeldSupply, Reservation, Supply, confirmed, ends, standing_news

RESERVATIONS_A_MONTH = 3
"""Transfers for which one person gets one supply within 30 days (ours): each asks the other party for consent by SMS
and e-mail, and keeps everybody else out for days."""

MOST_RESERVATIONS = 100
"""Reservations that a supply remembers; the latest ones (ours)."""

_MONTH = timedelta(days=30)


def reserve_supply(state: Supply | None, incoming: Incoming[SupplyWanted], facts: Facts) -> Decision[Supply]:
    """A9: the first transfer that asks gets the supply; asking again, it gets the same answer."""
    want = incoming.body
    supply = state or FreeSupply(account_number=Secret(want.account_number))
    present = supply.relations.present
    if any(each.transfer == want.transfer for each in supply.relations.liable):
        return ignored(state)  # it has moved the supply already
    denial = _denial(supply, want, facts.present)
    if denial is not None or present is None:
        return decided(supply, SupplyDenied(transfer=want.transfer, reason=denial or "other-party-unknown"))
    held = HeldSupply(
        account_number=supply.account_number,
        relations=supply.relations,
        asked=supply.asked,
        reserved=_with_reservation(supply, want, facts.present),
        transfer=want.transfer,
        kind=want.kind,
    )
    granted = SupplyGranted(
        transfer=want.transfer,
        present_user_id=present.user_id,
        present_from_day=present.from_day,
        owner_user_id=supply.relations.owner_user_id,
    )
    return decided(held, granted)


def move_supply(state: Supply, incoming: Incoming[SupplyMoved], _: Facts) -> Decision[Supply]:
    """A18: the present party's time ends the day before, the incoming one's begins; no day has two, none is lost."""
    moved, present = incoming.body, state.relations.present
    if any(each.transfer == moved.transfer for each in state.relations.liable):
        return ignored(state)
    if not isinstance(state, HeldSupply) or state.transfer != moved.transfer or present is None:
        return refused(state, "not-available-now", "move-without-reservation")
    if moved.day <= present.from_day:
        return refused(state, "not-available-now", "move-before-present-party")
    if moved.to_user_id == present.user_id:
        return refused(state, "not-available-now", "move-to-present-party")
    incoming_party = Interval(
        user_id=moved.to_user_id,
        relation=moved.relation,
        basis="transfer",
        from_day=moved.day,
        transfer=moved.transfer,
    )
    relations = handed_over(state.relations, incoming_party, by_deed=state.kind == "ownership")  # A12
    left = PartyLeft(
        account_number=moved.account_number,
        user_id=present.user_id,
        day=moved.day,
        to_user_id=moved.to_user_id,
        contract_from=moved.contract_from,
        is_sold=state.kind == "ownership",
    )
    freed = _freed(state, relations)
    over = ends(state, freed, moved.day)
    return decided(freed, *over, confirmed(state, incoming_party), left, *standing_news(state, freed))


def release_supply(state: Supply | None, incoming: Incoming[SupplyReleased], _: Facts) -> Decision[Supply]:
    """A9: the transfer will not happen."""
    match state:
        case HeldSupply() if state.transfer == incoming.body.transfer:
            return decided(_freed(state, state.relations))
        case _:
            return ignored(state)


def handed_over(relations: Relations, incoming_party: Interval, *, by_deed: bool) -> Relations:
    """The liable line moves to the incoming party. The outgoing one does not use the power any more either; somebody
    else who is confirmed to use it goes on, unless only a deed says so."""
    day, outgoing, of_use = incoming_party.from_day, relations.present, relations.of_use
    if outgoing is not None and relations.user is not None and relations.user.user_id == outgoing.user_id:
        of_use = cut_at(of_use, day)
    moved = replace(relations, liable=cut_at(relations.liable, day), of_use=of_use)
    return begun_liable(moved, incoming_party, by_deed=by_deed)


def _denial(supply: Supply, want: SupplyWanted, at: datetime) -> SupplyDenialReason | None:
    if isinstance(supply, HeldSupply):
        return None if supply.transfer == want.transfer else "busy"
    present, owner = supply.relations.present, supply.relations.owner_user_id
    if want.kind == "subscription-end":
        if present is None or present.user_id != want.user_id:
            return "not-theirs"  # whether it is anybody's is no stranger's business (A8)
        if owner is None or owner == present.user_id:
            return "other-party-unknown"
    elif present is None:
        return "other-party-unknown"
    elif present.user_id == want.user_id:
        return "already-theirs"
    lately = sum(each.user_id == want.user_id and each.at > at - _MONTH for each in supply.reserved)
    return "asked-too-often" if lately >= RESERVATIONS_A_MONTH else None


def _with_reservation(supply: Supply, want: SupplyWanted, at: datetime) -> tuple[Reservation, ...]:
    if isinstance(supply, HeldSupply):
        return supply.reserved  # this transfer's, counted when it first got the supply
    lately = tuple(each for each in supply.reserved if each.at > at - _MONTH)
    return (*lately, Reservation(user_id=want.user_id, at=at))[-MOST_RESERVATIONS:]


def _freed(state: Supply, relations: Relations) -> FreeSupply:
    return FreeSupply(
        account_number=state.account_number, relations=relations, asked=state.asked, reserved=state.reserved
    )

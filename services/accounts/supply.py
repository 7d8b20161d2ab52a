"""Who stands where to a supply, and who says so (A10, A18).

A person declares a relation; it holds once somebody else confirms it: billing for the party whom it bills, a transfer
for the one who takes over, the registry or the back office for the one who uses the power. What contradicts the
relations already known is refused for operators to see, so that there are never two liable parties.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from contracts.accounts import Relation, TransferKind
from contracts.accounts_supply_internal import MOST_TIMES, LiableDays, RelationNoted, SupplyLodged, UseBegun, UseEnded
from contracts.billing import PartyAsked, PartyFound
from contracts.decision import Decision, Facts, Incoming, Refusal, decided, ignored, refused
from contracts.message import TimerElapsed
from contracts.sealed import Secret
from contracts.transfers import RelationConfirmed, RelationEnded
from contracts.values.riyadh_day import riyadh_day
from services.accounts.possible_day import is_possible
from services.accounts.relations import (
    NOBODY,
    Interval,
    Relations,
    begun_liable,
    begun_use,
    cut_at,
    fenced_use,
    has_room_from,
)

MOST_ASKED = 50
"""People about whom billing is being asked at one time (ours); keeps the document small."""

MOST_TRIES = 20
"""Times that billing is asked about one person before operators hear of its silence, some three days in all (ours)."""

LONGEST_WAIT = timedelta(hours=6)
"""The longest time between two of these questions about one person (ours)."""

AFTERWARDS = timedelta(days=1)
"""The time between two questions after that, and about who is the party from a later day on (ours): whoever is not
asked about any more is never confirmed."""

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Billing has been asked `tries` times whether this person is the party, and is asked again at `again_at`."""

    user_id: str
    relation: Relation
    tries: int
    again_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """This person's transfer got the supply to itself at this instant, whatever became of it."""

    user_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeSupply:
    """No transfer is under way."""

    stage: Literal["free"] = "free"
    account_number: Secret
    relations: Relations = NOBODY
    asked: tuple[Asked, ...] = ()
    reserved: tuple[Reservation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSupply:
    """One transfer has the supply to itself (A9). There is no time limit here: a transfer has its own and ends by
    `SupplyMoved` or `SupplyReleased`; a reservation that vanished under a living one would let two move the supply."""

    stage: Literal["held"] = "held"
    account_number: Secret
    relations: Relations
    asked: tuple[Asked, ...] = ()
    reserved: tuple[Reservation, ...] = ()
    transfer: str
    kind: TransferKind


Supply = FreeSupply | HeldSupply


@dataclass(frozen=True, slots=True)
class SupplyFacts(Facts):
    """`wait`: how long billing's first answer is waited for; each further wait is twice the one before."""

    wait: timedelta


def supply_id(account_number: str) -> str:
    """The id of the aggregate, which is `asked_by` in its questions."""
    return f"supply:{account_number}"


# --- billing says who the party is ----------------------------------------------------------------------------------
def ask_for_party(state: Supply | None, incoming: Incoming[SupplyLodged], facts: SupplyFacts) -> Decision[Supply]:
    """A18: somebody says to stand in a relation to the supply; billing is asked whether they are its party."""
    lodged = incoming.body
    supply = state or FreeSupply(account_number=Secret(lodged.account_number))
    present = supply.relations.present
    known = {each.user_id for each in supply.asked} | ({present.user_id} if present else set())
    if lodged.user_id in known:
        return ignored(state)
    if len(supply.asked) >= MOST_ASKED:
        return refused(state, "not-available-now", "too-many-parties-asked")
    asked = Asked(
        user_id=lodged.user_id, relation=lodged.relation, tries=1, again_at=facts.present + _wait(facts.wait, 1)
    )
    return decided(replace(supply, asked=(*supply.asked, asked)), _question(supply, asked))


def take_party(state: Supply, incoming: Incoming[PartyFound], _: Facts) -> Decision[Supply]:
    """A18: billing has answered. Only a person about whom it was asked can become the party, and only where that
    contradicts nothing; about who is it from a later day on it is asked again until then."""
    found = incoming.body
    asked = next((each for each in state.asked if each.user_id == found.user_id), None)
    if asked is None:
        return ignored(state)
    if found.account_number != state.account_number.reveal():
        return refused(state, "not-available-now", "party-of-another-account")
    answered = replace(state, asked=tuple(each for each in state.asked if each is not asked))
    present = state.relations.present
    if not found.is_party or (present is not None and present.user_id == found.user_id):
        return decided(answered)
    if found.since is None:
        return refused(answered, "not-available-now", "party-without-first-day")
    if not is_possible(found.since):
        return refused(answered, "not-available-now", "impossible-day")
    if found.since > riyadh_day(incoming.now):
        later = replace(asked, tries=1, again_at=incoming.now + AFTERWARDS)
        return refused(replace(answered, asked=(*answered.asked, later)), "not-available-now", "not-yet-in-force")
    if not has_room_from(state.relations.liable, found.since):
        return refused(answered, "not-available-now", "another-party-liable")
    party = Interval(user_id=found.user_id, relation=asked.relation, basis="billing", from_day=found.since)
    changed = replace(answered, relations=begun_liable(state.relations, party))
    over = ends(state, changed, party.from_day)
    return decided(changed, *over, confirmed(state, party), *standing_news(state, changed))


def ask_again(state: Supply, _: Incoming[TimerElapsed], facts: SupplyFacts) -> Decision[Supply]:
    """Billing has not answered: it is asked again, each time after twice the time, at last once a day."""
    again = {each.user_id: _again(each, facts) for each in state.asked if facts.present >= each.again_at}
    if not again:
        return ignored(state)
    asked = tuple(again.get(each.user_id, each) for each in state.asked)
    questions = tuple(_question(state, each) for each in again.values())
    silent = any(each.tries == MOST_TRIES for each in again.values())
    refusal = Refusal("not-available-now", "party-not-told") if silent else None
    return Decision(replace(state, asked=asked), questions, refusal=refusal)


def due_at(state: Supply) -> datetime | None:
    """When a supply wants to be woken."""
    return min((each.again_at for each in state.asked), default=None)


# --- somebody else confirms who uses the power ----------------------------------------------------------------------
def begin_use(state: Supply | None, incoming: Incoming[UseBegun], facts: Facts) -> Decision[Supply]:
    """A10, A18: this person uses the power from that day on, or from where others' time is over. Who is liable stays as
    it is, and an owner who has let the supply is known as its owner only."""
    use = incoming.body
    supply = state or FreeSupply(account_number=Secret(use.account_number))
    if use.basis == "ownership-deed" and supply.relations.is_sold(use.user_id, use.from_day):
        return refused(state, "not-available-now", "later-deed-known")
    stated = Interval(user_id=use.user_id, relation=use.relation, basis=use.basis, from_day=use.from_day)
    interval = fenced_use(supply.relations, stated, riyadh_day(facts.present))
    if use.basis != "ownership-deed" and supply.relations.has_left(use.user_id, use.from_day):
        # Their claim has crossed `PartyLeft`. It has ended the use of whoever used the supply before all the same, and
        # no more of it than if it had come in time.
        ended = _used_until(supply, interval.from_day)
        refusal = Refusal("not-available-now", "use-of-who-has-left")
        return replace(ended, refusal=refusal, state=ended.state if ended.messages else state)
    relations = begun_use(supply.relations, interval)
    if use.basis == "ownership-deed":
        relations = replace(relations, owner_since=use.from_day)
    if relations == supply.relations:
        return ignored(state)
    changed = replace(supply, relations=relations)
    over = ends(supply, changed, interval.from_day)
    begun = (confirmed(supply, interval),) if relations.user == interval else ()
    return decided(changed, *over, *begun, *standing_news(supply, changed))


def end_use(state: Supply | None, incoming: Incoming[UseEnded], _: Facts) -> Decision[Supply]:
    """A10: from that day on nobody is known to use the power."""
    return ignored(state) if state is None else _used_until(state, incoming.body.day)


def _used_until(state: Supply, day: date) -> Decision[Supply]:
    changed = replace(state, relations=replace(state.relations, of_use=cut_at(state.relations.of_use, day)))
    over = ends(state, changed, day)
    return decided(changed, *over, *standing_news(state, changed))


# --- what is said about relations -----------------------------------------------------------------------------------
def confirmed(state: Supply, interval: Interval) -> RelationConfirmed:
    """This relation is true, and what shows it."""
    return RelationConfirmed(
        user_id=interval.user_id,
        account_number=state.account_number.reveal(),
        relation=interval.relation,
        basis=interval.basis,
        from_day=interval.from_day,
    )


def ends(before: Supply, after: Supply, day: date) -> tuple[RelationEnded | RelationConfirmed, ...]:
    """Who sees days of the supply no more, now that a line was cut at `day` (A3, A18). Whoever is liable, or was, keeps
    the sight of those days, though somebody else uses the power. Both kinds of relation end: whoever loses days has
    perhaps stood in both."""
    relations = before.relations
    news: list[RelationEnded | RelationConfirmed] = []
    for user_id in sorted({each.user_id for each in (*relations.liable, *relations.of_use)}):
        lost = relations.first_day_lost(user_id, after.relations)
        if lost is not None:
            news += (each for kind in get_args(Relation) for each in _ends_of(user_id, kind, after, day, lost))
    return tuple(news)


def _ends_of(
    user_id: str, kind: Relation, after: Supply, day: date, lost: date
) -> Iterable[RelationEnded | RelationConfirmed]:
    """The relation ends where the last of it before the first day `lost` did. What is theirs of the time after that is
    confirmed anew, what goes on last of all: an end reaches into all that goes on."""
    times = [each for each in after.relations.times_of(user_id) if each.relation == kind]
    before = [each.until for each in times if each.until is not None and each.until <= lost]
    yield _ended(after, user_id, kind, max(before, default=min(day, lost)))
    later = (each for each in times if each.from_day > lost)
    for each in sorted(later, key=lambda each: each.until or date.max):
        yield confirmed(after, each)
        if each.until is not None:
            yield _ended(after, user_id, kind, each.until)


def _ended(supply: Supply, user_id: str, kind: Relation, until: date) -> RelationEnded:
    number = supply.account_number.reveal()
    return RelationEnded(user_id=user_id, account_number=number, relation=kind, last_day=until - ONE_DAY)


def standing_news(before: Supply, after: Supply) -> tuple[RelationNoted, ...]:
    """Who has a confirmed relation now and had none before, and whose has ended: for those people's own documents."""
    account_number, now = after.account_number.reveal(), after.relations.standing
    changed = sorted(now ^ before.relations.standing)
    return tuple(
        RelationNoted(
            user_id=each, account_number=account_number, holds=each in now, was_liable=_liable_days(after, each)
        )
        for each in changed
    )


def _liable_days(supply: Supply, user_id: str) -> tuple[LiableDays, ...]:
    times = tuple(
        LiableDays(from_day=each.from_day, last_day=each.until - ONE_DAY)
        for each in supply.relations.liable
        if each.user_id == user_id and each.until is not None
    )
    return times[-MOST_TIMES:]


def _question(state: Supply, asked: Asked) -> PartyAsked:
    account_number = state.account_number.reveal()
    return PartyAsked(asked_by=supply_id(account_number), account_number=account_number, user_id=asked.user_id)


def _again(asked: Asked, facts: SupplyFacts) -> Asked:
    tries = asked.tries + 1
    return replace(asked, tries=tries, again_at=facts.present + _wait(facts.wait, tries))


def _wait(first: timedelta, tries: int) -> timedelta:
    if tries >= MOST_TRIES:
        return AFTERWARDS
    doubled: timedelta = first * (1 << (tries - 1))
    return min(doubled, LONGEST_WAIT)

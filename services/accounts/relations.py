"""Relations of people to one supply as intervals in time (A18): who is liable on a day, and who uses the power.

Intervals are half-open days in Riyadh: `from_day` belongs to an interval, `until` does not. Two lines stand side by
side. The *liable* line says who is billed; it moves by billing's word or by a transfer, never by a claim. The line *of
use* says who benefits, where somebody other than that person has confirmed it (A10). Neither line ever overlaps itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from contracts.accounts import Relation
from contracts.transfers import Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One person's time in one relation. `until` None: it goes on. `transfer`: the one that began it."""

    user_id: str
    relation: Relation
    basis: Basis
    from_day: date
    until: date | None = None
    transfer: str | None = None

    def holds_on(self, day: date) -> bool:
        """Whether `day` belongs to this interval."""
        return self.from_day <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relations:
    """Both lines of one supply, each in order of its days. `owner_user_id`: the owner as last confirmed, who may have
    handed the account over to a tenant since. `owner_by_deed`: the registry has confirmed their deed, which no mere
    word of somebody else's supersedes (A12, A13), nor an older deed; `owner_since`: from when on it names them."""

    liable: tuple[Interval, ...] = ()
    of_use: tuple[Interval, ...] = ()
    owner_user_id: str | None = None
    owner_by_deed: bool = False
    owner_since: date | None = None

    @property
    def present(self) -> Interval | None:
        """The liable party whose time goes on."""
        return _open(self.liable)

    @property
    def user(self) -> Interval | None:
        """The confirmed user whose time goes on."""
        return _open(self.of_use)

    @property
    def standing(self) -> frozenset[str]:
        """Everybody whose confirmed relation goes on."""
        return frozenset(each.user_id for each in (self.present, self.user) if each is not None)

    def is_sold(self, user_id: str, day: date) -> bool:
        """Whether a deed of this person that is good from `day` on is superseded: a later one names another owner."""
        return self.owner_user_id != user_id and self.owner_since is not None and day < self.owner_since

    def has_left(self, user_id: str, day: date) -> bool:
        """Whether this person, who is not liable now, has handed the supply over after `day` (A9)."""
        present = self.present
        if present is not None and present.user_id == user_id:
            return False
        return any(each.user_id == user_id and each.until is not None and day < each.until for each in self.liable)

    def times_of(self, user_id: str) -> tuple[Interval, ...]:
        """This person's times in both lines: the days of the supply that they may see (A3)."""
        return tuple(each for each in (*self.liable, *self.of_use) if each.user_id == user_id)

    def first_day_lost(self, user_id: str, later: "Relations") -> date | None:
        """The first day that is this person's here and is not in `later`; None: they have lost none."""
        had, has = self.times_of(user_id), later.times_of(user_id)
        borders = {*(each.from_day for each in had), *(each.until for each in has if each.until is not None)}
        lost = [day for day in borders if liable_on(had, day) is not None and liable_on(has, day) is None]
        return min(lost, default=None)


NOBODY = Relations()
"""Nothing is known of the supply yet."""


def liable_on(intervals: Iterable[Interval], day: date) -> Interval | None:
    """Who was liable on `day`? One answer for any day (A18); None: nobody whom Hesabi knows."""
    return next((each for each in intervals if each.holds_on(day)), None)


def has_room_from(intervals: Iterable[Interval], day: date) -> bool:
    """Whether nobody's interval reaches into the time from `day` on."""
    return all(each.until is not None and each.until <= day for each in intervals)


def cut_at(intervals: Iterable[Interval], day: date) -> tuple[Interval, ...]:
    """The line ends at `day`: what goes on is ended there, what began later never was."""
    kept = (each if each.until is not None and each.until <= day else replace(each, until=day) for each in intervals)
    return tuple(each for each in kept if each.until is not None and each.from_day < each.until)


def begun_liable(relations: Relations, interval: Interval, *, by_deed: bool = False) -> Relations:
    """The liable line goes on with this interval; there must be room for it. Others' use that only a deed shows ends
    with it. `by_deed`: the interval's person took over with a deed (A12).

    Of who merely says to be the owner, billing's party is believed as long as nobody is known by a deed; taking the
    account over makes nobody its owner (A13).
    """
    of_use = _without_deeds(relations.of_use, interval)
    begun = replace(relations, liable=(*relations.liable, interval), of_use=of_use)
    says_owner = interval.basis == "billing" and interval.relation == "owner" and not relations.owner_by_deed
    if by_deed or says_owner:
        since = interval.from_day if by_deed else None
        begun = replace(begun, owner_user_id=interval.user_id, owner_by_deed=by_deed, owner_since=since)
    return begun


def begun_use(relations: Relations, interval: Interval) -> Relations:
    """From the interval's first day on this person uses the power and nobody else does.

    A deed names the owner, and no more than that while somebody else is liable: the owner has let the supply, and what
    it consumes is the tenant's affair (A3, A12, A13)."""
    kept = cut_at(relations.of_use, interval.from_day)
    if interval.basis != "ownership-deed":
        return replace(relations, of_use=(*kept, interval))
    let = relations.present is not None and relations.present.user_id != interval.user_id
    of_use = kept if let else (*kept, interval)
    return replace(relations, of_use=of_use, owner_user_id=interval.user_id, owner_by_deed=True)


def fenced_use(relations: Relations, interval: Interval, today: date) -> Interval:
    """The use as far as it takes no time from others: with it comes the sight of what the supply consumed (A3, A18).

    A document may be older than its holder's use: a deed is from before the tenants who have come and gone. So the time
    of others that is over stays theirs; against who is liable now a deed, which shows no use, ends others' use from
    `today` on and shows its holder nothing (`begun_use`).
    The back office has seen everybody's claims, and its day stands.
    """
    if interval.basis == "back-office":
        return interval
    is_deed = interval.basis == "ownership-deed"
    others = (*relations.of_use, *(relations.liable if is_deed else ()))
    over = [each.until for each in others if each.user_id != interval.user_id and each.until is not None]
    present = relations.present
    if is_deed and present is not None and present.user_id != interval.user_id:
        over.append(today)
    return replace(interval, from_day=max(interval.from_day, *over)) if over else interval


def _open(intervals: tuple[Interval, ...]) -> Interval | None:
    return intervals[-1] if intervals and intervals[-1].until is None else None


def _without_deeds(of_use: tuple[Interval, ...], party: Interval) -> tuple[Interval, ...]:
    """The line of use without what only a deed shows of the party's days."""
    kept: list[Interval] = []
    for each in of_use:
        is_theirs = each.basis != "ownership-deed" or each.user_id == party.user_id
        kept.extend((each,) if is_theirs else cut_at((each,), party.from_day))
    return tuple(kept)

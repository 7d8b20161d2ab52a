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

    def end_of(self, user_id: str, relation: Relation) -> date | None:
        """When the last time of this person in this relation ended; None: none is known, or it goes on."""
        times = [each for each in (*self.liable, *self.of_use) if (each.user_id, each.relation) == (user_id, relation)]
        ends = [each.until for each in times if each.until is not None]
        return max(ends) if ends and len(ends) == len(times) else None


NOBODY = Relations()
"""Nothing is known of the supply yet."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A line up to a day, and what was cut off: those intervals as they were before."""

    kept: tuple[Interval, ...]
    ended: tuple[Interval, ...]


def liable_on(intervals: Iterable[Interval], day: date) -> Interval | None:
    """Who was liable on `day`? One answer for any day (A18); None: nobody whom Hesabi knows."""
    return next((each for each in intervals if each.holds_on(day)), None)


def has_room_from(intervals: Iterable[Interval], day: date) -> bool:
    """Whether nobody's interval reaches into the time from `day` on."""
    return all(each.until is not None and each.until <= day for each in intervals)


def cut_at(intervals: Iterable[Interval], day: date) -> Cut:
    """The line ends at `day`: what goes on is ended there, what began later never was."""
    kept, ended = [], []
    for each in intervals:
        if each.until is not None and each.until <= day:
            kept.append(each)
            continue
        ended.append(each)
        if each.from_day < day:
            kept.append(replace(each, until=day))
    return Cut(tuple(kept), tuple(ended))


def begun_liable(
    relations: Relations, interval: Interval, *, by_deed: bool = False
) -> tuple[Relations, tuple[Interval, ...]]:
    """The liable line goes on with this interval; there must be room for it. Others' use that only a deed shows ends
    with it: whose it was. `by_deed`: the interval's person took over with a deed (A12).

    Of who merely says to be the owner, billing's party is believed as long as nobody is known by a deed; taking the
    account over makes nobody its owner (A13).
    """
    kept, ended = _without_deeds(relations.of_use, interval)
    begun = replace(relations, liable=(*relations.liable, interval), of_use=kept)
    says_owner = interval.basis == "billing" and interval.relation == "owner" and not relations.owner_by_deed
    if by_deed or says_owner:
        since = interval.from_day if by_deed else None
        begun = replace(begun, owner_user_id=interval.user_id, owner_by_deed=by_deed, owner_since=since)
    return begun, ended


def begun_use(relations: Relations, interval: Interval) -> tuple[Relations, tuple[Interval, ...]]:
    """From the interval's first day on this person uses the power and nobody else does; whose time of use that ends.

    A deed names the owner, and no more than that while somebody else is liable: the owner has let the supply, and what
    it consumes is the tenant's affair (A3, A12, A13)."""
    cut = cut_at(relations.of_use, interval.from_day)
    others = tuple(each for each in cut.ended if each.user_id != interval.user_id)
    if interval.basis != "ownership-deed":
        return replace(relations, of_use=(*cut.kept, interval)), others
    let = relations.present is not None and relations.present.user_id != interval.user_id
    of_use = cut.kept if let else (*cut.kept, interval)
    return replace(relations, of_use=of_use, owner_user_id=interval.user_id, owner_by_deed=True), others


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


def _without_deeds(of_use: tuple[Interval, ...], party: Interval) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
    """The line of use without what only a deed shows of the party's days, and what was cut off."""
    kept: list[Interval] = []
    ended: list[Interval] = []
    for each in of_use:
        if each.basis != "ownership-deed" or each.user_id == party.user_id:
            kept.append(each)
            continue
        cut = cut_at((each,), party.from_day)
        kept.extend(cut.kept)
        ended.extend(cut.ended)
    return tuple(kept), tuple(ended)

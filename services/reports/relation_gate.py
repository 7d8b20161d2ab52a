"""Which days of which supply a person may see: those of their confirmed relations, and no other (A10, A18).

A definition alone opens nothing: it is what the person says of themselves. A relation is an interval of days; several
may follow each other or overlap.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from contracts.accounts import Relation
from contracts.transfers import Basis
from services.reports.period import ONE_DAY, Period

MOST_RELATIONS: Final = 100
"""Relations kept of one person (ours): what fits a message. The oldest that is over goes first, else the oldest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRelation:
    """One relation to a supply; `last_day` None: it goes on."""

    account_number: str
    relation: Relation
    basis: Basis
    from_day: date
    last_day: date | None = None


Relations = tuple[KnownRelation, ...]


def with_confirmed(relations: Relations, confirmed: KnownRelation) -> Relations:
    """With one more; the same one again may only have got a better basis."""
    same = [each for each in relations if _is_same_begin(each, confirmed) and each.last_day is None]
    if same:
        return tuple(confirmed if each in same else each for each in relations)
    if len(relations) < MOST_RELATIONS:
        return (*relations, confirmed)
    oldest = next((each for each in relations if each.last_day is not None), relations[0])
    return (*(each for each in relations if each is not oldest), confirmed)


def with_ended(relations: Relations, account_number: str, relation: Relation, last_day: date) -> Relations:
    """No relation of this kind to the supply reaches past `last_day`; one that would begin after it never was."""
    kept = []
    for each in relations:
        if (each.account_number, each.relation) != (account_number, relation):
            kept.append(each)
        elif each.from_day <= last_day:
            goes_past = each.last_day is None or each.last_day > last_day
            kept.append(replace(each, last_day=last_day) if goes_past else each)
    return tuple(kept)


def visible_days(relations: Relations, account_number: str) -> tuple[Period, ...]:
    """The stretches of days that a person may see of this supply, in order, none touching another."""
    spans = sorted(
        Period(each.from_day, each.last_day or date.max) for each in relations if each.account_number == account_number
    )
    joined: list[Period] = []
    for span in spans:
        if joined and (joined[-1].last == date.max or span.first <= joined[-1].last + ONE_DAY):
            joined[-1] = Period(joined[-1].first, max(joined[-1].last, span.last))
        else:
            joined.append(span)
    return tuple(joined)


def cut(asked: Period, visible: Iterable[Period]) -> Period | None:
    """What may be seen of the period asked for, None if nothing. If the relation was interrupted within it, the latest
    stretch (ours): a report has no holes of other people's days."""
    inside = [
        Period(max(asked.first, span.first), min(asked.last, span.last))
        for span in visible
        if span.first <= asked.last and asked.first <= span.last
    ]
    return max(inside, default=None)


def _is_same_begin(one: KnownRelation, other: KnownRelation) -> bool:
    return (one.account_number, one.relation, one.from_day) == (other.account_number, other.relation, other.from_day)

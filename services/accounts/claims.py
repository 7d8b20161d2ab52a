"""Claims to be a supply's actual beneficiary, and which of them is the strongest (A10).

Ours, for the source names the kinds of evidence but not their order: a tenancy contract in force beats an ownership
deed, because whoever rents uses the power; any document beats a declaration, which nobody but the person confirms. A
decision of the back office beats every claim that it has seen, and a mere declaration that comes later; a document
that it has not seen beats it, or stands against it, by its own rank. Beaten once, or with its winner gone, it makes
nobody the beneficiary any more; whom it was against stay ruled out.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from contracts.accounts import Relation

ClaimBasis = Literal["declaration", "ownership-deed", "tenancy-contract", "back-office"]

MOST_CLAIMS: Final = 19
"""Claims kept of one supply (ours): with the last ruling's winner as many as a conflict can name. A document takes the
oldest declaration's place."""

MOST_RULED: Final = 60
"""Claims of the past that are known to have been decided (ours)."""

MOST_LEFT: Final = 20
"""The latest people who have handed a supply over (ours): their claims of before come some days late at most."""

_RANK: Final[dict[ClaimBasis, int]] = {
    "declaration": 1,
    "back-office": 2,
    "ownership-deed": 3,
    "tenancy-contract": 4,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One person's claim: they stand in this relation, which this shows, from this day on (Riyadh)."""

    user_id: str
    relation: Relation
    basis: ClaimBasis
    from_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The back office's decision on these claims; `winner` None: none of the claimants."""

    winner: Claim | None
    over: tuple[Claim, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """This person handed the supply over; from that day on it is another's. `is_sold`: so is the property (A12)."""

    user_id: str
    day: date
    is_sold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The claims of one supply that stand, in the order in which they came, the last ruling, and who has left."""

    standing: tuple[Claim, ...] = ()
    ruling: Ruling | None = None
    left: tuple[Left, ...] = ()


NO_CLAIMS: Final = Claims()


def strongest(claims: Claims) -> tuple[Claim, ...]:
    """The claims of the highest rank that there is. One: the beneficiary; several: a conflict, in which whom the back
    office has decided for may stand by a document as well."""
    ruling = claims.ruling
    ruled = () if ruling is None or ruling.winner is None else (ruling.winner,)
    live = (*claims.standing, *ruled)
    top = max((_rank(each, ruling) for each in live), default=0)
    highest = tuple(each for each in live if _rank(each, ruling) == top)
    return highest if len({each.user_id for each in highest}) > 1 else highest[-1:]


def left_on(claims: Claims, user_id: str) -> date | None:
    """The day on which this person handed the supply over; None: they have not."""
    left = _left(claims, user_id)
    return None if left is None else left.day


def _left(claims: Claims, user_id: str) -> Left | None:
    return next((each for each in claims.left if each.user_id == user_id), None)


def with_claim(claims: Claims, claim: Claim) -> Claims | None:
    """The claims with one more, which takes the place of the same person's on the same basis. None: there is no room.
    What the back office has seen already stays as it decided, and who has handed the supply over claims it no more by
    what was so before (A9); an ownership deed says who the owner is, whoever uses the power, until they have sold."""
    if claims.ruling is not None and claim in claims.ruling.over:
        return claims
    left = _left(claims, claim.user_id)
    if left is not None and claim.from_day < left.day and (claim.basis != "ownership-deed" or left.is_sold):
        return claims
    others = tuple(each for each in claims.standing if (each.user_id, each.basis) != (claim.user_id, claim.basis))
    if len(others) >= MOST_CLAIMS:
        least = next((each for each in others if each.basis == "declaration"), None)
        if least is None or claim.basis == "declaration":
            return None
        others = tuple(each for each in others if each is not least)
    return replace(claims, standing=(*others, claim))


def handed_over(claims: Claims, left: Left, to_user_id: str | None) -> Claims:
    """The claims without those of a person who has handed the supply over. `to_user_id`: to whom, where it is known; if
    that person had left before, they are back and may claim it by what was so before."""
    ruling = claims.ruling
    if ruling is not None and ruling.winner is not None and ruling.winner.user_id == left.user_id:
        ruling = _void(ruling, ruling.winner)
    others = tuple(each for each in claims.left if each.user_id not in (left.user_id, to_user_id))
    return Claims(
        standing=tuple(each for each in claims.standing if each.user_id != left.user_id),
        ruling=ruling,
        left=(*others, left)[-MOST_LEFT:],
    )


def succeeded(claims: Claims, contract: Claim) -> Claims:
    """The claims when a tenant has taken the supply over by this contract. Other tenancies of before its first day have
    ended with it, and what the back office decided of that time: nobody gives notice of moving out. Without room for
    one more it is claimed by nobody."""
    ruling = claims.ruling
    if ruling is not None and ruling.winner is not None and _is_before(ruling.winner, contract):
        ruling = _void(ruling, ruling.winner)
    standing = tuple(
        each for each in claims.standing if each.basis != "tenancy-contract" or not _is_before(each, contract)
    )
    rest = replace(claims, standing=standing, ruling=ruling)
    return with_claim(rest, contract) or rest


def ruled(claims: Claims, over: tuple[Claim, ...], winner: Claim | None) -> Claims:
    """The back office has decided these claims: they stand no more, and its decision does."""
    before = () if claims.ruling is None else claims.ruling.over
    return replace(
        claims,
        standing=tuple(each for each in claims.standing if each not in over),
        ruling=Ruling(winner=winner, over=(*before, *over)[-MOST_RULED:]),
    )


def without_beaten_ruling(claims: Claims, beneficiary: Claim) -> Claims:
    """Once somebody else is the beneficiary, the back office's decision is over: it does not come back with them gone,
    for it reaches into anybody's time."""
    ruling = claims.ruling
    if ruling is None or ruling.winner is None or ruling.winner.user_id == beneficiary.user_id:
        return claims
    return replace(claims, ruling=_void(ruling, ruling.winner))


def _is_before(claim: Claim, contract: Claim) -> bool:
    return claim.user_id != contract.user_id and claim.from_day < contract.from_day


def _void(ruling: Ruling, winner: Claim) -> Ruling:
    """Its winner has no more by it and may claim anew; whom it was against stay ruled out."""
    return Ruling(winner=None, over=tuple(each for each in ruling.over if each.user_id != winner.user_id))


def _rank(claim: Claim, ruling: Ruling | None) -> int:
    if claim.basis != "back-office" or ruling is None:
        return _RANK[claim.basis]
    seen = (_RANK[each.basis] for each in reversed(ruling.over) if each.basis != "back-office")
    return max(_RANK["back-office"], next(seen, 0))  # the last ones are this decision's, and all of one rank

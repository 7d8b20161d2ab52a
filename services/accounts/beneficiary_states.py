"""What a supply's beneficiary can be: nobody, somebody, or a conflict (A10); and whose use its hand-over ends."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, assert_never

from contracts.accounts_supply_internal import PartyLeft
from contracts.sealed import Secret
from services.accounts.claims import NO_CLAIMS, Claim, Claims


@dataclass(frozen=True, slots=True, kw_only=True)
class Undetermined:
    """Nobody who claims it stands. `conflicts` counts the cases of this supply so far."""

    stage: Literal["undetermined"] = "undetermined"
    account_number: Secret
    claims: Claims = NO_CLAIMS
    conflicts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Determined:
    """This claim is the strongest."""

    stage: Literal["determined"] = "determined"
    account_number: Secret
    claims: Claims
    conflicts: int
    beneficiary: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed:
    """Claims of equal weight: case number `conflicts` is with the back office, and `over` is what it was told.
    `tell_again_at`: when it is told once more; None: 0.1.0 has raised the case, and no claim has come since."""

    stage: Literal["disputed"] = "disputed"
    account_number: Secret
    claims: Claims
    conflicts: int
    over: tuple[Claim, ...]
    tell_again_at: datetime | None = None


Beneficiary = Undetermined | Determined | Disputed


def use_ends(before: Beneficiary, after: Beneficiary, left: PartyLeft) -> date | None:
    """From when on nobody uses the supply, where what it hears of a hand-over does not tell it so."""
    if left.contract_from is not None and _was_succeeded(before, after):
        return left.contract_from
    return left.day if _may_use(before, left) else None


def _was_succeeded(before: Beneficiary, after: Beneficiary) -> bool:
    """Whether the claim by which the supply knows its user has ended with the next tenant's contract, and nobody's use
    follows. While a conflict is open, whoever stood goes on until its decision (A10)."""
    had = isinstance(before, Determined) and before.beneficiary.basis != "declaration"
    match after:
        case Undetermined():
            return had
        case Determined():
            return had and after.beneficiary.basis == "declaration"
        case Disputed():
            return False
        case _:
            assert_never(after)


def _may_use(state: Beneficiary, left: PartyLeft) -> bool:
    """Whether the supply may hear behind the hand-over that who has left uses it: that crosses `PartyLeft`. What was so
    before the hand-over the supply refuses, and a deed shows no use of what somebody else has."""
    match state:
        case Undetermined():
            live: tuple[Claim, ...] = ()
        case Determined():
            live = (state.beneficiary,)
        case Disputed():
            live = state.over
        case _:
            assert_never(state)
    theirs = (each for each in live if each.user_id == left.user_id and each.from_day >= left.day)
    return any(each.basis not in ("declaration", "ownership-deed") for each in theirs)

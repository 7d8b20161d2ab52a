"""Who the actual beneficiary of a supply is, as far as messages go (N4).

Accounts alone says so; who is billed or stands in a relation is another matter. `BeneficiaryDetermined` names the
winner only; `account:<number>` remembers who that was, and tells both: the one who was it must hear that they are no
more.
"""

from dataclasses import dataclass
from typing import Literal

from contracts.decision import Decision, Facts, Incoming, decided, ignored
from contracts.notifications_broadcast_internal import BeneficiaryNoted
from contracts.transfers import BeneficiaryDetermined, BeneficiaryUndetermined


@dataclass(frozen=True, slots=True)
class SupplyUse:
    """The present actual beneficiary, None where there is none."""

    user_id: str | None
    stage: Literal["known"] = "known"


def determined(state: SupplyUse | None, incoming: Incoming[BeneficiaryDetermined], _: Facts) -> Decision[SupplyUse]:
    """A10 has a result."""
    winner, before = incoming.body.user_id, state.user_id if state is not None else None
    if before == winner:
        return ignored(state)
    number = incoming.body.account_number
    loser = () if before is None else (_noted(number, before, now=False),)
    return decided(SupplyUse(winner), *loser, _noted(number, winner, now=True))


def undetermined(state: SupplyUse | None, incoming: Incoming[BeneficiaryUndetermined], _: Facts) -> Decision[SupplyUse]:
    """Who benefited does not any more, and nobody else is known to."""
    if state is None or state.user_id is None:
        return ignored(state)
    return decided(SupplyUse(None), _noted(incoming.body.account_number, state.user_id, now=False))


def _noted(account_number: str, user_id: str, *, now: bool) -> BeneficiaryNoted:
    return BeneficiaryNoted(user_id=user_id, account_number=account_number, is_beneficiary=now)

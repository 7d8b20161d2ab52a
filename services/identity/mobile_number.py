"""The budget of codes of one mobile number, whoever asks (I14). It survives resends, new registrations and restarts."""

from dataclasses import dataclass
from typing import Final, Literal

from contracts.decision import Decision, Facts, Incoming, decided
from contracts.identity_internal import NumberCodeAsked, NumberCodeDenied, NumberCodeGranted
from services.identity.budgets import NOTHING_SPENT, BudgetReason, Spent, spend

UNPROVEN_SHARE: Final = 2  # ours: registrations have half of a number's budget


@dataclass(frozen=True, slots=True)
class Number:
    """What went to one number, which is known by its keyed hash only. `unproven`: as much of it as registrations asked
    for."""

    spent: Spent
    unproven: Spent = NOTHING_SPENT
    stage: Literal["number"] = "number"


def ask_for_code(state: Number | None, incoming: Incoming[NumberCodeAsked], facts: Facts) -> Decision[Number]:
    """At most 10 codes an hour and 50 a day (I14); one for a code that was lost is free (N10).

    Anybody may register with anybody's mobile: half is left to those to whom it is known to belong, so that a stranger
    does not keep their codes for consents and resets away (ours).
    """
    body: NumberCodeAsked = incoming.body
    before = state or Number(NOTHING_SPENT)
    granted = NumberCodeGranted(asked_by=body.asked_by, number=body.number)
    if body.replaces_lost:
        return decided(before, granted)
    spent, unproven = spend(before.spent, facts.present), before.unproven
    of_half = spend(unproven, facts.present, share=UNPROVEN_SHARE) if body.unproven else unproven
    if isinstance(spent, str):
        return _denied(before, body, spent)
    if isinstance(of_half, str):
        return _denied(before, body, of_half)
    return decided(Number(spent, of_half), granted)


def _denied(state: Number, body: NumberCodeAsked, reason: BudgetReason) -> Decision[Number]:
    return decided(state, NumberCodeDenied(asked_by=body.asked_by, number=body.number, reason=reason))

"""The budget of codes of one mobile number, whoever asks (I14). It survives resends, new registrations and restarts."""

from dataclasses import dataclass
from typing import Literal

from contracts.decision import Decision, Facts, Incoming, decided
from contracts.identity_internal import NumberCodeAsked, NumberCodeDenied, NumberCodeGranted
from services.identity.budgets import Spent, spend


@dataclass(frozen=True, slots=True)
class Number:
    """What went to one number, which is known by its keyed hash only."""

    spent: Spent
    stage: Literal["number"] = "number"


def ask_for_code(state: Number | None, incoming: Incoming[NumberCodeAsked], facts: Facts) -> Decision[Number]:
    """At most 10 codes an hour and 50 a day (I14); one for a code that was lost is free (N10)."""
    body: NumberCodeAsked = incoming.body
    before = state or Number(Spent())
    granted = NumberCodeGranted(asked_by=body.asked_by, number=body.number)
    if body.replaces_lost:
        return decided(before, granted)
    match spend(before.spent, facts.present):
        case Spent() as spent:
            return decided(Number(spent), granted)
        case reason:
            return decided(before, NumberCodeDenied(asked_by=body.asked_by, number=body.number, reason=reason))

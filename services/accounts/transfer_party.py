"""Who may do something about a transfer: its parties. To anybody else it does not exist (A8)."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import TypeVar

from contracts.decision import Decision, Facts, Incoming, Refusal
from contracts.message import CustomerCommand
from services.accounts.transfer_states import Completed, Ended, Transfer, parties_of

ABSENT = Refusal("reference-not-found", "transfer-absent")
"""No such transfer. One of other people looks exactly like this to the public (A8)."""

C = TypeVar("C", bound=CustomerCommand)
F = TypeVar("F", bound=Facts)
Step = Callable[[Transfer, Incoming[C], F], Decision[Transfer]]


def party_only(step: Step[C, F]) -> Step[C, F]:
    """For anybody but the two parties the transfer does not exist, and nothing is recorded. The other party sees it
    only once the supply has named them."""

    @wraps(step)
    def guarded(state: Transfer, incoming: Incoming[C], facts: F) -> Decision[Transfer]:
        parties = parties_of(state)
        known = (state.case.requester,) if parties is None else parties.both
        if incoming.who.user_id not in known:
            return Decision(state, refusal=replace(ABSENT, reason="transfer-of-others"), recorded=False)
        return step(state, incoming, facts)

    return guarded


def not_open(state: Transfer, reason: str = "transfer-elsewhere") -> Decision[Transfer]:
    """This step is not open to them: not yet, not any more, or the transfer is over."""
    if isinstance(state, Completed | Ended):
        return turned_down(state, "transfer-is-over", "transfer-over")
    return turned_down(state, "transfer-step-not-open", reason)


def turned_down(state: Transfer, public_reason: str, reason: str) -> Decision[Transfer]:
    """Nothing comes of a party's command. It is not recorded: one party's useless commands would take the room in which
    the other's are remembered (law 4)."""
    return Decision(state, refusal=Refusal(public_reason, reason), recorded=False)

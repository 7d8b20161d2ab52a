"""When a user's or a business's aggregate wants to be woken, and what happens then (law 10)."""

from dataclasses import replace
from datetime import datetime
from typing import Any, assert_never

from contracts.decision import Decision, Facts, Incoming, decided, ignored
from services.identity.activation import never_activated
from services.identity.addresses import addresses_overdue
from services.identity.business import Business
from services.identity.business_registration import registration_overdue
from services.identity.challenge import READ_LATE
from services.identity.policy import LINK_GRACE
from services.identity.states import (
    AcceptingTerms,
    Active,
    Claiming,
    Ended,
    GivingContact,
    ProvingApproval,
    ProvingMobile,
    Registered,
    UserState,
)


def due_at(state: UserState) -> datetime | None:
    """An unfinished registration ends, when what came in time is read (law 9); a question to the registry is not waited
    for without end."""
    match state:
        case ProvingApproval() | GivingContact() | AcceptingTerms() | ProvingMobile():
            return state.ends_at + READ_LATE
        case Registered():
            return state.look_at or state.link.valid_until + LINK_GRACE
        case Active():
            waits = (state.represents.due_at, *(wanted.until for wanted in state.asked))
            return min((each for each in waits if each is not None), default=None)
        case Claiming() | Ended():
            return None
        case _:
            assert_never(state)


def on_timer(state: UserState, _: Incoming[Any], facts: Facts) -> Decision[UserState]:
    """An abandoned registration keeps nothing personal; an unanswered question is refused."""
    due = due_at(state)
    if due is None or facts.present < due:
        return ignored(state)
    match state:
        case ProvingApproval() | GivingContact() | AcceptingTerms() | ProvingMobile():
            return decided(Ended("abandoned"))
        case Registered() if state.reported:
            # The person is a member once they hear of it, be it late: a user that had ended could never serve them.
            return decided(replace(state, look_at=facts.present + LINK_GRACE))
        case Registered():
            return never_activated(state)
        case Active():
            return registration_overdue(state, facts) or addresses_overdue(state, facts)
        case Claiming() | Ended():
            return ignored(state)
        case _:
            assert_never(state)


def business_due_at(state: Business) -> datetime | None:
    """A question to the registry is not waited for without end."""
    return min((wanted.until for wanted in state.asked), default=None)


def on_business_timer(state: Business, _: Incoming[Any], facts: Facts) -> Decision[Business]:
    """An unanswered question is refused."""
    return addresses_overdue(state, facts)

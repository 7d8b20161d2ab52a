"""Which step comes next, until when, and the refusal of any other (J2)."""

from datetime import datetime
from typing import assert_never

from contracts.decision import Decision, refused
from services.identity.states import (
    AcceptingTerms,
    Active,
    Claiming,
    Ended,
    GivingContact,
    ProvingApproval,
    ProvingMobile,
    Registered,
    Step,
    UserState,
)


def next_step(state: UserState) -> Step:
    """The step that this registration or user has before it."""
    match state:
        case ProvingApproval() | ProvingMobile() | Claiming():
            return "confirm-otp"
        case GivingContact():
            return "give-contact"
        case AcceptingTerms():
            return "accept-terms"
        case Registered():
            return "activate"
        case Active():
            return "log-in"
        case Ended():
            return "start-registration"
        case _:
            assert_never(state)


def as_of(state: UserState, at: datetime) -> UserState:
    """The state for what came in at `at`: a registration is over at its end, whether or not it was woken there."""
    match state:
        case ProvingApproval() | GivingContact() | AcceptingTerms() | ProvingMobile() if at >= state.ends_at:
            return Ended("abandoned")
        case _:
            return state


def out_of_order(state: UserState) -> Decision[UserState]:
    """Not now: the step that is missing is another one (J2)."""
    return refused(state, "step-missing", f"{state.stage}.step-out-of-order", missing_step=next_step(state))

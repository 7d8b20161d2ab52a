"""A code to a known person's mobile, for whatever purpose: who tells the mobile, and how a challenge ends (I13, A9)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, assert_never

from contracts.decision import Decision, Facts, Incoming, Refusal, decided, ignored, refused
from contracts.identity_sessions import ConsentNotGiven
from contracts.identity_sessions_internal import ContactTold, ContactWithheld
from contracts.sealed import Secret
from services.identity.challenge_states import (
    Challenge,
    Changing,
    Consenting,
    Finished,
    KnownContact,
    Resetting,
    Unopened,
)
from services.identity.code_delivery import ask_number
from services.identity.policy import PolicyFacts

NotGivenReason = Literal["time-is-over", "too-many-tries", "no-contact"]


def contact_told(state: Challenge | None, incoming: Incoming[ContactTold], facts: PolicyFacts) -> Decision[Challenge]:
    """Now the number's budget is asked (I14). What is told again changes nothing, nor does what is told of another
    user: a flow begun twice must not bring the code of one person's challenge to another's mobile."""
    told = incoming.body
    contact = KnownContact(Secret(incoming.opened("mobile")), Secret(incoming.opened("own_data")))
    match state:
        case None:
            # The person speaks to the user and to the challenge at once, and the user's word may be here first.
            return decided(Unopened(told.user_id, contact, facts.step_ends_at))
        case Resetting(contact=None) if state.user_id == told.user_id:
            opened = replace(state, contact=contact)
            return decided(opened, *ask_number(opened))
        case Consenting(mobile=None) if state.user_id == told.user_id:
            known = replace(state, mobile=contact.mobile, language=told.language)
            return decided(known, *ask_number(known))
        case Unopened() | Resetting() | Changing() | Consenting() | Finished():
            return ignored(state)
        case _:
            assert_never(state)


def contact_withheld(state: Challenge, incoming: Incoming[ContactWithheld], _: Facts) -> Decision[Challenge]:
    """A reset goes on looking like any other, and only operators learn why no code comes (I15). A consent ends."""
    match state:
        case Resetting(contact=None) if state.user_id == incoming.body.user_id:
            return refused(state, "code-not-accepted", incoming.body.reason)
        case Consenting(mobile=None) if state.user_id == incoming.body.user_id:
            return not_given(state, "no-contact")
        case _:
            return ignored(state)


def not_given(state: Consenting, reason: NotGivenReason) -> Decision[Challenge]:
    """Whoever asked for the consent learns that it will not come (A9)."""
    told = ConsentNotGiven(asked_by=state.asked_by, consent_id=state.consent_id, user_id=state.user_id, reason=reason)
    return decided(Finished("give-consent", "over", state.user_id), told)


def unsaved(state: Challenge, refusal: Refusal) -> Decision[Challenge]:
    """No, and nothing of it is remembered: this is what a challenge that does not exist answers, too."""
    return Decision(state, refusal=refusal, recorded=False)


def as_of(state: Challenge, at: datetime) -> Challenge:
    """The state for what came in at `at`: a reset is over at its end, whether or not it was woken."""
    match state:
        case Resetting() if at >= state.ends_at:
            return Finished("reset-password", "over")
        case _:
            return state


# --- time (law 10) --------------------------------------------------------------------------------------------------
READ_LATE: Final = timedelta(minutes=15)
"""What came in time and is read late still counts (law 9): commands come by other keys and lanes than the wake-up."""


def due_at(state: Challenge) -> datetime | None:
    """A challenge that nobody finishes ends by itself."""
    match state:
        case Unopened() | Resetting() | Consenting():
            return state.ends_at + READ_LATE
        case Changing() | Finished():
            return None
        case _:
            assert_never(state)


def on_timer(state: Challenge, _: Incoming[Any], facts: Facts) -> Decision[Challenge]:
    """Nothing personal is left of what has come to its end."""
    due = due_at(state)
    if due is None or facts.present < due:
        return ignored(state)
    match state:
        case Consenting():
            return not_given(state, "time-is-over")
        case Unopened() | Resetting() | Changing() | Finished():
            return decided(Finished("reset-password", "over"))
        case _:
            assert_never(state)

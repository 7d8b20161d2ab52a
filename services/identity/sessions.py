"""Ending a session (I13). A session lives in its token alone, so ending one is telling every service which."""

from datetime import timedelta
from typing import Final

from contracts.decision import Decision, Facts, Incoming, decided
from contracts.identity_sessions import LoggedOut, LogOut, SessionsEnded
from services.identity.states import UserState

LONGEST_SESSION: Final = timedelta(hours=1)
"""No setting gives a token a longer life (I11): after it an ended session need not be remembered."""


def log_out(state: UserState, incoming: Incoming[LogOut], facts: Facts) -> Decision[UserState]:
    """This session ends, with what was done under it for a business (I17). The command sent again is answered again
    from memory; a new one under the same token is refused like any other."""
    ended = SessionsEnded(
        user_id=incoming.who.person,
        session_id=incoming.who.session_id,
        ended_at=facts.present,
        forget_after=facts.present + LONGEST_SESSION,
    )
    return decided(state, ended, LoggedOut(next_step="log-in"))

"""How long a command may live (architecture, law 4)."""

from datetime import datetime, timedelta
from typing import Final

from contracts.decision import Refusal
from contracts.envelope import Envelope

COMMAND_LIFE: Final = timedelta(minutes=15)
"""A command older than this at the broker is refused, whatever its `expirytime` says (law 4)."""

SKEW_BORNE: Final = timedelta(minutes=1)
"""How far the clock of a command's sender may be ahead of the broker's."""


def expiry_of(envelope: Envelope) -> datetime:
    """The end of a command's life: as it says, at most 15 minutes after it was made."""
    latest = envelope.time + COMMAND_LIFE
    return latest if envelope.expiry_time is None else min(envelope.expiry_time, latest)


def untimely(envelope: Envelope, came_at: datetime, life_at: datetime) -> Refusal | None:
    """Why a command that came at that instant counts no longer, or not yet. `life_at` is the same instant, or that of
    its replay (law 9)."""
    if life_at > expiry_of(envelope):
        return Refusal("command-expired", "command-expired")
    if envelope.time > came_at + SKEW_BORNE:
        # One that claims to be made later outlives the memory of its id, and could have a second effect.
        return Refusal("command-expired", "command-from-the-future")
    return None

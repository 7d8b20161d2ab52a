"""Which session tokens count no more though their time is not over (I13): what a process keeps in memory of
`identity.sessions`.

A command is judged by stamps: refused if the broker took it in at or after the record that says so. Every process that
has read that record therefore judges a command alike, however often and however late it decides it.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from contracts.decision import Customer
from contracts.identity_sessions import SessionsEnded

MOST_REMEMBERED: Final = 200_000
"""Ends that a process remembers, about 60 MB: ten times what a busy hour brings. Past it the oldest make room."""

REMEMBERED_LONGER: Final = timedelta(hours=1)
"""Past `forget_after` no token of an ended session is alive, but a command that came in before may be decided late, by
a lane that lags or was down."""

ENDS_AT_MOST: Final = 50
"""Ends of one person's sessions that are told apart (ours): each took a proof of the mobile."""


class Ending(NamedTuple):
    """One record. `session_id` and `actor` are empty where it names none."""

    stamp: datetime
    user_id: str
    session_id: str
    actor: str
    ended_at: datetime
    forget_after: datetime


_Key = tuple[str, str]


def ending(said: SessionsEnded, stamp: datetime) -> Ending:
    """What a record with this stamp of the broker says."""
    # Nobody is believed who wants to be remembered longer than any token lives.
    forget_after = min(said.forget_after, stamp + timedelta(days=1))
    return Ending(stamp, said.user_id, said.session_id or "", said.actor or "", said.ended_at, forget_after)


class EndedSessions:
    """Bounded; forgets what can no longer matter."""

    def __init__(self) -> None:
        self._ends: OrderedDict[_Key, tuple[Ending, ...]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._ends)

    def learn(self, said: Ending, present: datetime) -> bool:
        """Take one in; the same again changes nothing. False if an older one had to make room."""
        self._forget(present)
        if _is_over(said, present):
            return True
        key = _key_of(said)
        known = self._ends.get(key, ())
        if said not in known:
            self._ends[key] = (*known, said)[-ENDS_AT_MOST:]
            self._ends.move_to_end(key)
        if len(self._ends) <= MOST_REMEMBERED:
            return True
        self._ends.popitem(last=False)
        return False

    def has_ended(self, customer: Customer, issued_at: datetime, now: datetime) -> bool:
        """Whether a token issued at `issued_at` counts no more for a command that came in at `now`."""
        keys: list[_Key] = [("session", customer.session_id), (customer.user_id, ""), (customer.person, "")]
        if customer.actor is not None:
            keys.append((customer.user_id, customer.actor))
        return any(_ends(each, customer, issued_at, now) for key in keys for each in self._ends.get(key, ()))

    def _forget(self, present: datetime) -> None:
        # Oldest first, and each is forgotten within a day of its stamp: nothing stays for ever behind a younger one.
        while self._ends:
            key, ends = next(iter(self._ends.items()))
            if not all(_is_over(each, present) for each in ends):
                return
            del self._ends[key]


def _ends(said: Ending, customer: Customer, issued_at: datetime, now: datetime) -> bool:
    if now < said.stamp:
        return False
    if said.session_id:
        return True
    # A token for acting is as old as the command that asked for it. One asked for between the end of the person's
    # sessions and the record that says so comes from a token that has ended, and must not outlive it (I17).
    is_of_person = customer.actor is not None and said.user_id == customer.actor
    return issued_at <= (max(said.stamp, said.ended_at) if is_of_person else said.ended_at)


def _key_of(said: Ending) -> _Key:
    # A session's id is a keyed hash: nobody else's is the same, and tokens for acting share it with their person's.
    return ("session", said.session_id) if said.session_id else (said.user_id, said.actor)


def _is_over(said: Ending, present: datetime) -> bool:
    return present > said.forget_after + REMEMBERED_LONGER

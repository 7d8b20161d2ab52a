"""One-time codes: issuing, entering, asking again (I5, I6, I9, I14, N10). Nothing here knows what a code is for."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID, uuid5

from contracts.decision import Facts
from contracts.sealed import Secret
from contracts.values.digits import compact
from services.identity.states import Code, Issued, Wanted

EntryReason = Literal["code-not-issued", "code-too-many-tries", "code-expired", "code-wrong"]
AgainReason = Literal["resend-too-soon", "codes-of-flow-used-up"]

PUBLIC_OF_AGAIN: Final[Mapping[AgainReason, str]] = {
    "resend-too-soon": "resend-too-soon",
    "codes-of-flow-used-up": "too-many-codes",
}
"""What the public hears where there is no further code."""

TRIES: Final = 5  # I14
CODES_A_FLOW: Final = 10  # I14: no registration, reset or consent can ask for more than an hour's budget

_NAMESPACE: Final = UUID("8a1d2a52-6a0e-5c1f-9d5b-3f6c0b7de1a4")


@dataclass(frozen=True, slots=True)
class CodeFacts(Facts):
    """A code, drawn in case it is needed, and how long it lives (I6: 60 s at most)."""

    digits: Secret
    life: timedelta


@dataclass(frozen=True, slots=True)
class Entry:
    """What one entry of a code came to: the code afterwards, and why it does not count."""

    code: Code
    reason: EntryReason | None


def code_id(holder: str, number: int) -> str:
    """A code's id goes to the gateway together with the number: whose code it is does not show in it (I18)."""
    return str(uuid5(_NAMESPACE, f"{holder}.{number}"))


def issue(wanted: Wanted, holder: str, facts: CodeFacts) -> Issued:
    """Issue the code that was wanted. Its issue is `facts.present` (I6)."""
    return Issued(
        number=wanted.number,
        otp_id=code_id(holder, wanted.number),
        digits=facts.digits,
        asked_at=wanted.asked_at,
        issued_at=facts.present,
        life=facts.life,
    )


def hand_over_by(issued: Issued) -> datetime:
    """Past this the code is not handed over any more (N2): who gets it then would not have its whole life."""
    return issued.issued_at + issued.life


def valid_until(issued: Issued) -> datetime:
    """Past this the code is of no use, whenever it was sent (I6)."""
    return issued.issued_at + 2 * issued.life


def is_in_time(issued: Issued, entry: datetime) -> bool:
    """I6: entry <= sending + life and <= issue + 2 lives; with no hand-over known, <= issue + life."""
    if issued.sent_at is None:
        return entry <= issued.issued_at + issued.life
    return entry <= min(issued.sent_at + issued.life, valid_until(issued))


def enter(code: Code, text: str, entry: datetime) -> Entry:
    """Judge an entry made at `entry`. A wrong one uses up a try; a late one does not (I6, I14)."""
    match code:
        case Wanted():
            return Entry(code, "code-not-issued")
        case Issued(wrong_tries=tries) if tries >= TRIES:
            return Entry(code, "code-too-many-tries")
        case Issued() if not is_in_time(code, entry):
            return Entry(code, "code-expired")
        case Issued() if not _same(code.digits, compact(text)):
            return Entry(replace(code, wrong_tries=code.wrong_tries + 1), "code-wrong")
        case Issued():
            return Entry(code, None)


def _same(digits: Secret, entered: str) -> bool:
    return hmac.compare_digest(digits.reveal().encode(), entered.encode())


def ask_again(code: Code, at: datetime, resend_after: timedelta, *, lost_waits: bool = False) -> Wanted | AgainReason:
    """Another code instead of this one.

    The minute is counted from the asking, not from the issue: else the refusal would show whether a code was ever
    issued, and so whether the identity is known (I14, I15). After a failed hand-over nobody waits (N10), but where it
    must not show that there was a code to hand over (`lost_waits`). Who has entered something has got one, or guesses:
    the next is asked for like any other.
    """
    is_lost = isinstance(code, Issued) and code.lost and code.wrong_tries == 0
    if code.number >= CODES_A_FLOW:
        return "codes-of-flow-used-up"
    if (lost_waits or not is_lost) and at < code.asked_at + resend_after:
        return "resend-too-soon"
    return Wanted(code.number + 1, at, replaces_lost=is_lost)


def handed_over(code: Code, otp_id: str, stamp: datetime) -> Code:
    """The gateway took the code: `stamp` is its sending, never before its issue (I6). First report counts."""
    match code:
        case Issued(sent_at=None) if code.otp_id == otp_id:
            return replace(code, sent_at=max(stamp, code.issued_at), lost=False)
        case _:
            return code


def not_handed_over(code: Code, otp_id: str) -> Code:
    """The code was not handed over, or nobody knows (N10). What is known to have been sent stays sent."""
    match code:
        case Issued(sent_at=None) if code.otp_id == otp_id:
            return replace(code, lost=True)
        case _:
            return code

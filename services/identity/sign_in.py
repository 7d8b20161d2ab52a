"""Logging in (I11): password, throttle (I14), one public answer in the same time (I15)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from contracts.decision import Decision, Facts, Incoming, decided, refused
from contracts.identity import LoggedIn, LogIn, UserSignedIn
from contracts.identity_internal import SignInReported
from contracts.sealed import Sealed, Secret
from contracts.values.identity_number import judge_identity
from contracts.values.public_reasons import public_reason_of
from contracts.values.rejected import Rejected
from services.identity.person import Claimed, Failures, Member, PersonState, Stranger
from services.identity.states import UserState

FREE_FAILURES: Final = 4  # I14: waiting grows from the 5th wrong password
FIRST_WAIT: Final = timedelta(seconds=30)  # ours; doubles with each further failure
LONGEST_WAIT: Final = timedelta(hours=1)  # ours
FORGOTTEN_AFTER: Final = timedelta(days=1)  # ours
MOST_DEVICES: Final = 10
"""Proven devices remembered of one person, the latest ones (ours)."""

_MOST_DOUBLINGS: Final = 10

PasswordVerdict = Literal["not-asked", "wrong", "right"]
SignInReason = Literal["throttled", "identity-unknown", "password-wrong", "not-activated"]


@dataclass(frozen=True, slots=True)
class SignInFacts(Facts):
    """What was found by computing: whether the answer's key is one, whether the password matches, and for a match the
    session's token. For strangers a stand-in hash was compared, so that the time is the same (I15). `device`: a keyed
    hash of the answer's key, by which whoever keeps that key is known again. `stronger_hash`: of the right password,
    where the one that is kept is weaker than today's (I16)."""

    key_is_good: bool
    device: str
    verdict: PasswordVerdict
    token: Secret
    expires_at: datetime
    stronger_hash: Secret | None = None


def wait_after(failures: int) -> timedelta:
    """How long nothing is tried after so many wrong passwords in a row (I14)."""
    if failures <= FREE_FAILURES:
        return timedelta(0)
    doublings = min(failures - FREE_FAILURES - 1, _MOST_DOUBLINGS)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def failures_of(state: PersonState | None, source: str, at: datetime) -> Failures:
    """Wrong passwords on this channel, or from this device, that are not forgotten yet."""
    rows = state.failures if state is not None else ()
    row = next((row for row in rows if row.source == source and at < row.last_at + FORGOTTEN_AFTER), None)
    return row or Failures(source, 0, at)


def is_throttled(state: PersonState | None, source: str, at: datetime) -> bool:
    """Whether a try at `at` comes too soon. Known and unknown identities alike; channels apart (I14, I15)."""
    failures = failures_of(state, source, at)
    wait = wait_after(failures.count)
    # Where nobody waits, a login may be older than a failure that another partition brought before it.
    return wait > timedelta(0) and at < failures.last_at + wait


def budget_of(state: PersonState | None, source: str, device: str) -> str:
    """Whose tries are counted: a device from which the person has logged in before has its own, all others of a channel
    share one. So an outsider who uses up the channel's tries does not lock the owner out (I14)."""
    return f"device:{device}" if isinstance(state, Member) and device in state.devices else source


def log_in(state: PersonState | None, incoming: Incoming[LogIn], facts: SignInFacts) -> Decision[PersonState]:
    """I11: identity number and password, only after activation.

    What is wrong whoever it is about is refused unsaved, known or unknown: the same path, the same time (I15).
    """
    identity = judge_identity(incoming.body.identity_type, incoming.opened("identity_number"))
    if isinstance(identity, Rejected):
        return refused(None, public_reason_of(identity.reason), identity.reason)
    if not facts.key_is_good:
        return refused(None, "malformed", "answer-key-not-accepted")
    person = state or Stranger()
    budget = budget_of(person, incoming.source, facts.device)
    if is_throttled(person, budget, incoming.now):
        # Unsaved: remembering each would let an outsider's flood swell the document until it is parked (I14, law 4).
        return replace(_no(person, "throttled"), recorded=False)
    match person:
        case Stranger():
            return _no(_with_failure(person, budget, incoming.now), "identity-unknown")
        case Claimed() | Member() if facts.verdict != "right":
            return _no(_with_failure(person, budget, incoming.now), "password-wrong")
        case Claimed():
            return _no(person, "not-activated")
        case Member():
            return _welcome(person, incoming, facts, budget)


def _no(person: PersonState, reason: SignInReason) -> Decision[PersonState]:
    """One public reason for all of them (I15)."""
    return refused(person, "sign-in-refused", reason)


def _welcome(person: Member, incoming: Incoming[LogIn], facts: SignInFacts, budget: str) -> Decision[PersonState]:
    others = tuple(row for row in person.failures if row.source != budget)
    devices = (*(each for each in person.devices if each != facts.device), facts.device)[-MOST_DEVICES:]
    logged_in = LoggedIn(
        token=Sealed.of(facts.token.reveal(), to=incoming.body.answer_key),
        expires_at=facts.expires_at,
        next_step="define-account" if person.has_address else "choose-address",
    )
    signed_in = SignInReported(user_id=person.user_id, channel=incoming.source, signed_in_at=incoming.now)
    known = replace(person, password_hash=facts.stronger_hash or person.password_hash, failures=others, devices=devices)
    return decided(known, logged_in, signed_in)


def report_sign_in(state: UserState, incoming: Incoming[SignInReported], _: Facts) -> Decision[UserState]:
    """The security notice begins here (N3), under the user's own id (I18)."""
    report = incoming.body
    signed_in = UserSignedIn(user_id=report.user_id, channel=report.channel, signed_in_at=report.signed_in_at)
    return decided(state, signed_in)


def _with_failure(person: PersonState, source: str, at: datetime) -> PersonState:
    failures = failures_of(person, source, at)
    others = tuple(row for row in person.failures if row.source != source and at < row.last_at + FORGOTTEN_AFTER)
    return replace(person, failures=(*others, Failures(source, failures.count + 1, at)))

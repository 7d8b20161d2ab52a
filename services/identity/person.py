"""A person, by the keyed hash of an identity number (I18): lets registrations begin, decides who the person belongs to,
and keeps the budget of codes (I14).

The person hears `StartRegistration` and `LogIn` from channels, so that an attacker brings forth one aggregate for each
identity number at most, and no flows: over its budget a registration is refused here.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from contracts.decision import Decision, Facts, Incoming, Refusal, decided, ignored, refused
from contracts.identity import RegistrationStarted, StartRegistration
from contracts.identity_internal import (
    ActivationLapsed,
    ActivationNoted,
    ActivationReported,
    AddressReported,
    ClaimGranted,
    ClaimRefused,
    PersonClaimed,
    PersonCodeAsked,
    PersonCodeDenied,
    PersonCodeGranted,
    RegistrationOpened,
)
from contracts.sealed import Sealed, Secret
from contracts.values.hijri_date import BirthDateReason, HijriDate, parse_birth_date
from contracts.values.identity_number import IdentityNumber, IdentityReason, judge_identity
from contracts.values.nationality import NationalityReason, judge_nationality
from contracts.values.public_reasons import public_reason_of
from contracts.values.rejected import Rejected
from contracts.values.riyadh_day import riyadh_day
from contracts.values.segment import Segment, SegmentReason, parse_segment
from services.identity.budgets import SpentBySource, spend_of_source
from services.identity.policy import PolicyFacts

StatedReason = SegmentReason | NationalityReason | IdentityReason | BirthDateReason


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong passwords in a row on one channel, or from one device that was proven before (I14)."""

    source: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Stranger:
    """Nobody has proven to be this person, who may not even exist."""

    codes: tuple[SpentBySource, ...] = ()
    failures: tuple[Failures, ...] = ()
    stage: Literal["stranger"] = "stranger"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A user has proven both mobiles and has not activated yet. Another one who proves both takes the person over: it
    is the same human, who cannot read the first one's e-mail. `claim_ends_at` is for 0.1.0, which waits for it."""

    user_id: str
    password_hash: Secret
    claim_ends_at: datetime
    codes: tuple[SpentBySource, ...] = ()
    failures: tuple[Failures, ...] = ()
    stage: Literal["claimed"] = "claimed"


@dataclass(frozen=True, slots=True)
class Member:
    """The person's user is active and may log in (I11). Tokens issued up to `sessions_ended_at` count no more (I13).
    `devices`: those from which they have logged in since the password was chosen, the latest ones (I14)."""

    user_id: str
    password_hash: Secret
    has_address: bool = False
    codes: tuple[SpentBySource, ...] = ()
    failures: tuple[Failures, ...] = ()
    sessions_ended_at: datetime | None = None
    devices: tuple[str, ...] = ()
    stage: Literal["member"] = "member"


PersonState = Stranger | Claimed | Member


@dataclass(frozen=True, slots=True)
class OpeningFacts(Facts):
    """The keyed ids of a registration that begins (I18)."""

    person: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Stated:
    """What was stated, in canonical form (I1-I4)."""

    nationality: str
    identity: IdentityNumber
    birth_date: HijriDate


# --- the beginning (I1-I5) ------------------------------------------------------------------------------------------
def start_registration(
    state: PersonState | None, incoming: Incoming[StartRegistration], facts: OpeningFacts
) -> Decision[PersonState]:
    """I1-I4: judge what is stated. The answer is the same for known and unknown identities (I15).

    What cannot be true of anybody is refused unsaved, so that it costs nothing and takes the same time for everybody.
    """
    if parse_segment(incoming.body.segment) is Segment.BUSINESS:
        # I17: a business is registered by an active individual, with RegisterBusiness.
        return refused(None, "individual-first", "business-needs-an-individual", missing_step="log-in")
    stated = judge_stated(incoming)
    if isinstance(stated, Rejected):
        return refused(None, public_reason_of(stated.reason), stated.reason)
    before = state or Stranger()
    codes = spend_of_source(before.codes, incoming.source, facts.present)
    if isinstance(codes, str):
        # Unsaved, as a throttled login is: a flood leaves nothing in the owner's document (I14).
        return Decision(before, refusal=Refusal("too-many-codes", codes), recorded=False)
    opened = RegistrationOpened(
        user_id=facts.user_id,
        person=facts.person,
        channel=incoming.source,
        segment=Segment.INDIVIDUAL,
        nationality=stated.nationality,
        identity_type=stated.identity.type_code,
        identity_number=Sealed.of(stated.identity.text),
        birth_date=Sealed.of(stated.birth_date.text),
        language=incoming.body.language,
    )
    return decided(replace(before, codes=codes), RegistrationStarted(next_step="confirm-otp"), opened)


def judge_stated(incoming: Incoming[StartRegistration]) -> Stated | Rejected[StatedReason]:
    """Segment, nationality, identity and birth date, in the order in which they are asked (I1-I4)."""
    body: StartRegistration = incoming.body
    segment = parse_segment(body.segment)
    if isinstance(segment, Rejected):
        return Rejected(segment.reason)
    nationality = judge_nationality(segment, body.nationality)
    if isinstance(nationality, Rejected):
        return Rejected(nationality.reason)
    identity = judge_identity(body.identity_type, incoming.opened("identity_number"), segment)
    if isinstance(identity, Rejected):
        return Rejected(identity.reason)
    birth_date = parse_birth_date(incoming.opened("birth_date"), riyadh_day(incoming.now))
    if isinstance(birth_date, Rejected):
        return Rejected(birth_date.reason)
    return Stated(nationality or "", identity, birth_date)


def ask_for_code(state: PersonState, incoming: Incoming[PersonCodeAsked], facts: Facts) -> Decision[PersonState]:
    """Another code of a registration or reset, out of its channel's budget (I14); one for a lost code is free (N10)."""
    body: PersonCodeAsked = incoming.body
    granted = PersonCodeGranted(asked_by=body.asked_by, number=body.number)
    if body.replaces_lost:
        return decided(state, granted)
    codes = spend_of_source(state.codes, body.channel, facts.present)
    if isinstance(codes, str):
        return decided(state, PersonCodeDenied(asked_by=body.asked_by, number=body.number, reason=codes))
    return decided(replace(state, codes=codes), granted)


# --- whose the person is --------------------------------------------------------------------------------------------
def claim(state: PersonState, incoming: Incoming[PersonClaimed], facts: PolicyFacts) -> Decision[PersonState]:
    """The last user to prove both mobiles has the person, until one activates (I10)."""
    user = incoming.body.user_id
    if incoming.body.withdrawn:
        return _withdrawn(state, user)
    match state:
        case Claimed(user_id=holder) | Member(user_id=holder) if holder == user:
            return decided(state, ClaimGranted(user_id=user))
        case Stranger() | Claimed():
            return _grant(state, incoming, facts)
        case Member():
            return decided(state, ClaimRefused(user_id=user))


def _withdrawn(state: PersonState, user: str) -> Decision[PersonState]:
    """The holder did not activate in time: no password stays behind, and what outsiders have used up is remembered."""
    match state:
        case Claimed(user_id=holder) if holder == user:
            return decided(Stranger(codes=state.codes, failures=state.failures))
        case _:
            return ignored(state)


def _grant(state: Stranger | Claimed, incoming: Incoming[PersonClaimed], facts: PolicyFacts) -> Decision[PersonState]:
    claimed = Claimed(
        user_id=incoming.body.user_id,
        password_hash=Secret(incoming.opened("password_hash")),
        claim_ends_at=facts.present + facts.policy.claim_life,
        codes=state.codes,
        failures=state.failures,
    )
    return decided(claimed, ClaimGranted(user_id=incoming.body.user_id))


def note_activation(state: PersonState, incoming: Incoming[ActivationReported], _: Facts) -> Decision[PersonState]:
    """The holder's link was opened: from now on they may log in (I10, I11). Again changes nothing. The person may be
    another user's meanwhile."""
    user = incoming.body.user_id
    match state:
        case Claimed(user_id=holder) if holder == user:
            member = Member(user, state.password_hash, codes=state.codes, failures=state.failures)
            return decided(member, ActivationNoted(user_id=user))
        case Member(user_id=holder) if holder == user:
            return decided(state, ActivationNoted(user_id=user))
        case _:
            return decided(state, ActivationLapsed(user_id=user))


def note_address(state: PersonState, incoming: Incoming[AddressReported], _: Facts) -> Decision[PersonState]:
    """The user has a national address (I12)."""
    match state:
        case Member(user_id=holder) if holder == incoming.body.user_id:
            return decided(replace(state, has_address=True))
        case _:
            return ignored(state)

"""Registering a business (I1, I3, I17) as its user's aggregate decides it: judge, ask the registry, claim the business.

The user hears the command, so that one user's budget bounds what the registry is asked and which businesses come into
being.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal

from contracts.decision import Decision, Facts, Incoming, Refusal, decided, ignored, refused
from contracts.identity_business import BusinessRegistered, RegisterBusiness
from contracts.identity_business_internal import BusinessClaimed, BusinessDenied, BusinessGranted
from contracts.registry import AuthorityAsked, AuthorityConfirmed, AuthorityNotConfirmed
from contracts.sealed import Sealed, Secret
from contracts.values.identity_number import IdentityNumber, IdentityReason, judge_identity
from contracts.values.public_reasons import public_reason_of
from contracts.values.rejected import Rejected
from contracts.values.segment import Segment, SegmentReason, parse_segment
from services.identity.acting import INDIVIDUALS_ONLY, unsaved
from services.identity.addresses import NOT_SIGNED_IN
from services.identity.policy import PolicyFacts
from services.identity.representation import (
    MOST_BUSINESSES,
    REGISTRATIONS_A_DAY,
    UNANSWERED_AT_ONCE,
    KnownBusiness,
    Registering,
)
from services.identity.states import Active, UserState

LONGEST_NAME: Final = 200  # ours, in characters

StatedBusinessReason = SegmentReason | IdentityReason | Literal["segment-not-business", "business-name-malformed"]
BudgetReason = Literal["businesses-used-up", "registrations-a-day-used-up", "too-many-registrations-unanswered"]


@dataclass(frozen=True, slots=True)
class RegisteringFacts(PolicyFacts):
    """The id of the business with the stated number, if it is one."""

    business_id: str


@dataclass(frozen=True, slots=True)
class StatedBusiness:
    """What was stated, in canonical form (I1, I3)."""

    unified_number: str
    name: str


def judge_stated_business(incoming: Incoming[RegisterBusiness]) -> StatedBusiness | Rejected[StatedBusinessReason]:
    """Segment, unified number and name, in this order. A business states no nationality (I2): there is no field."""
    segment = parse_segment(incoming.body.segment)
    if isinstance(segment, Rejected):
        return Rejected(segment.reason)
    if segment is not Segment.BUSINESS:
        return Rejected("segment-not-business")
    number = judge_identity(incoming.body.identity_type, incoming.opened("identity_number"), Segment.BUSINESS)
    if not isinstance(number, IdentityNumber):
        return Rejected(number.reason)
    name = " ".join(incoming.opened("name").split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        return Rejected("business-name-malformed")
    return StatedBusiness(number.text, name)


def register_business(
    state: UserState, incoming: Incoming[RegisterBusiness], facts: RegisteringFacts
) -> Decision[UserState]:
    """I17: an active individual registers a business, if the registry says that they may act for it (ours)."""
    if incoming.who.actor is not None:
        return unsaved(state, INDIVIDUALS_ONLY)
    if not isinstance(state, Active):
        return Decision(state, refusal=NOT_SIGNED_IN)
    stated = judge_stated_business(incoming)
    if isinstance(stated, Rejected):
        return refused(state, _public(stated.reason), stated.reason)
    if state.represents.knows(facts.business_id):
        return refused(state, "business-already-registered", "already-authorised")
    reason = _used_up(state, facts)
    if reason is not None:
        public = "not-available-now" if reason == "too-many-registrations-unanswered" else "too-many-businesses"
        return unsaved(state, Refusal(public, reason))
    return _ask_registry(state, incoming, facts, stated)


def _ask_registry(
    state: Active, incoming: Incoming[RegisterBusiness], facts: RegisteringFacts, stated: StatedBusiness
) -> Decision[UserState]:
    registering = Registering(
        command_id=incoming.id,
        business_id=facts.business_id,
        unified_number=Secret(stated.unified_number),
        name=Secret(stated.name),
        until=facts.present + facts.policy.authority_wait,
    )
    represents = replace(
        state.represents,
        registering=(*state.represents.registering, registering),
        tries=(*state.represents.recent_tries(facts.present), facts.present),
    )
    asked = AuthorityAsked(
        asked_by=state.declared.user,
        identity_type=state.declared.identity_type,
        identity_number=Sealed.of(state.declared.identity_number.reveal()),
        unified_number=Sealed.of(stated.unified_number),
    )
    return decided(replace(state, represents=represents), asked)


def _used_up(state: Active, facts: RegisteringFacts) -> BudgetReason | None:
    represents = state.represents
    if len(represents.known) + len(represents.registering) >= MOST_BUSINESSES:
        return "businesses-used-up"
    if len(represents.recent_tries(facts.present)) >= REGISTRATIONS_A_DAY:
        return "registrations-a-day-used-up"
    if len(represents.registering) >= UNANSWERED_AT_ONCE:
        return "too-many-registrations-unanswered"
    return None


def _public(reason: StatedBusinessReason) -> str:
    match reason:
        case "segment-not-business":
            return "segment-not-accepted"
        case "business-name-malformed":
            return "business-name-not-accepted"
        case _:
            return public_reason_of(reason)


# --- the registry's answer ------------------------------------------------------------------------------------------
def authority_confirmed(state: UserState, incoming: Incoming[AuthorityConfirmed], _: Facts) -> Decision[UserState]:
    """The business itself decides whether it is registered already. A late or a second answer changes nothing."""
    registering = _registering(state, incoming.correlation_id)
    if not isinstance(state, Active) or registering is None or registering.until is None:
        return ignored(state)
    others = state.represents.without_registering(registering.command_id)
    confirmed = replace(others, registering=(*others.registering, replace(registering, until=None)))
    claimed = BusinessClaimed(
        business_id=registering.business_id,
        user_id=state.declared.user_id,
        unified_number=Sealed.of(registering.unified_number.reveal()),
        name=Sealed.of(registering.name.reveal()),
        email=Sealed.of(state.contact.email.reveal()),
        mobile=Sealed.of(state.contact.mobile.reveal()),
        language=state.declared.language,
    )
    return decided(replace(state, represents=confirmed), claimed)


def authority_not_confirmed(
    state: UserState, incoming: Incoming[AuthorityNotConfirmed], _: Facts
) -> Decision[UserState]:
    """No, no such business, or no such person: the registry does not say which, and nor do we."""
    registering = _registering(state, incoming.correlation_id)
    if registering is None or registering.until is None:
        return ignored(state)
    return _ended(state, registering, "authority-not-confirmed", "registry-denied")


def registration_overdue(state: Active, facts: Facts) -> Decision[UserState] | None:
    """The registry did not answer in time: the first overdue registration is refused. None: there is none."""
    overdue = state.represents.overdue(facts.present)
    return None if overdue is None else _ended(state, overdue, "not-available-now", "registry-silent")


# --- the business's answer ------------------------------------------------------------------------------------------
def business_granted(state: UserState, incoming: Incoming[BusinessGranted], _: Facts) -> Decision[UserState]:
    """Registered: the command is answered."""
    registering = _registering(state, incoming.correlation_id)
    if not isinstance(state, Active) or registering is None:
        return ignored(state)
    known = KnownBusiness(registering.business_id, registering.name)
    represents = state.represents.without_registering(registering.command_id).with_known(known)
    answer = BusinessRegistered(business_id=registering.business_id, next_step="act-for")
    return decided(replace(state, represents=represents), answer)


def business_denied(state: UserState, incoming: Incoming[BusinessDenied], _: Facts) -> Decision[UserState]:
    """It is registered already. That may be said, as the registry confirms this person's authority; not by whom."""
    registering = _registering(state, incoming.correlation_id)
    if registering is None:
        return ignored(state)
    return _ended(state, registering, "business-already-registered", "registered-by-another")


def _registering(state: UserState, command_id: str) -> Registering | None:
    return state.represents.registering_by(command_id) if isinstance(state, Active) else None


def _ended(state: UserState, registering: Registering, public_reason: str, reason: str) -> Decision[UserState]:
    match state:
        case Active():
            rest = replace(state, represents=state.represents.without_registering(registering.command_id))
            refusal = Refusal(
                public_reason,
                reason,
                command_id=registering.command_id,
                command_type=RegisterBusiness.type_name,
            )
            return Decision(rest, refusal=refusal)
        case _:
            return ignored(state)

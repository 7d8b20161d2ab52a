"""How a code gets to whoever waits for one: budgets (I14), issue, hand-over (I6). The same for a registration, a
password reset and a consent."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from contracts.decision import Decision, Facts, Incoming, decided, ignored, refused
from contracts.identity import OtpPurpose, OtpRequested
from contracts.identity_internal import (
    NumberCodeAsked,
    NumberCodeDenied,
    NumberCodeGranted,
    PersonCodeAsked,
    PersonCodeDenied,
    PersonCodeGranted,
)
from contracts.notifications import OtpHandedOver, OtpNotHandedOver
from contracts.sealed import Sealed, Secret
from services.identity.challenge_states import Challenge, Consenting, Language, Resetting
from services.identity.one_time_code import (
    CodeFacts,
    hand_over_by,
    handed_over,
    issue,
    not_handed_over,
    valid_until,
)
from services.identity.states import AcceptingTerms, Code, Issued, ProvingApproval, ProvingMobile, UserState, Wanted

Holder = UserState | Challenge
"""Whatever may wait for a code."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a holder's code goes, and what it is for. `holder` is its aggregate's id."""

    holder: str
    purpose: OtpPurpose
    mobile: Secret
    language: Language


def destination(state: Holder) -> Destination | None:
    """None where no code is awaited, or no mobile is known (yet)."""
    match state:
        case ProvingApproval(declared=declared, approved_mobile=Secret() as mobile):
            return Destination(declared.user, "approve-registration", mobile, declared.language)  # I5
        case ProvingMobile(declared=declared, contact=contact):
            return Destination(declared.user, "confirm-mobile", contact.mobile, declared.language)  # I9
        case Resetting(challenge=challenge, contact=contact) if contact is not None:
            return Destination(challenge, "reset-password", contact.mobile, state.language)
        case Consenting(challenge=challenge, mobile=Secret() as mobile):
            return Destination(challenge, "give-consent", mobile, state.language)
        case _:
            return None


# --- the budgets (I14) ----------------------------------------------------------------------------------------------
def ask_person(state: ProvingApproval | ProvingMobile, wanted: Wanted) -> PersonCodeAsked:
    """A registration's first code was paid for when it began; each further one asks the person, then the number. While
    it is hidden whether there is such a person, a lost code is paid for as one that never was (I15)."""
    declared = state.declared
    return PersonCodeAsked(
        person=declared.person,
        asked_by=declared.user,
        number=wanted.number,
        channel=declared.channel,
        replaces_lost=wanted.replaces_lost and isinstance(state, ProvingMobile),
    )


def ask_number(state: Holder) -> tuple[NumberCodeAsked, ...]:
    """Ask the budget of the number to which the awaited code would go; nothing while none is known."""
    to = destination(state)
    match state:
        case ProvingApproval(code=code) | ProvingMobile(code=code) | Resetting(code=code) | Consenting(code=code):
            if to is None:
                return ()
            lost = isinstance(code, Wanted) and code.replaces_lost
            asked = NumberCodeAsked(
                mobile=Sealed.of(to.mobile.reveal()),
                asked_by=to.holder,
                number=code.number,
                replaces_lost=lost,
                unproven=isinstance(state, ProvingApproval | ProvingMobile),
            )
            return (asked,)
        case _:
            return ()


def person_granted(state: Holder, incoming: Incoming[PersonCodeGranted], _: Facts) -> Decision[Holder]:
    """The person's budget allows this code; now the number's is asked."""
    match state:
        case ProvingApproval() | ProvingMobile() | Resetting() if _is_awaited(state.code, incoming.body.number):
            return decided(state, *ask_number(state))
        case _:
            return ignored(state)


def person_denied(state: Holder, incoming: Incoming[PersonCodeDenied], _: Facts) -> Decision[Holder]:
    """No code is sent, and only operators learn why (I15)."""
    return _denied(state, incoming.body.number, f"person.{incoming.body.reason}")


def number_denied(state: Holder, incoming: Incoming[NumberCodeDenied], _: Facts) -> Decision[Holder]:
    """No code is sent, and only operators learn why (I15)."""
    return _denied(state, incoming.body.number, f"number.{incoming.body.reason}")


def _denied(state: Holder, number: int, reason: str) -> Decision[Holder]:
    match state:
        case ProvingApproval() | ProvingMobile() | Resetting() | Consenting() if _is_awaited(state.code, number):
            return refused(state, "too-many-codes", reason)
        case _:
            return ignored(state)


def _is_awaited(code: Code, number: int) -> bool:
    return isinstance(code, Wanted) and code.number == number


# --- issue and hand-over (I6) ---------------------------------------------------------------------------------------
def number_granted(state: Holder, incoming: Incoming[NumberCodeGranted], facts: CodeFacts) -> Decision[Holder]:
    """Issue the code and have it sent, unless nobody could enter it any more (N2)."""
    to = destination(state)
    match state:
        case (
            ProvingApproval(code=Wanted() as wanted)
            | ProvingMobile(code=Wanted() as wanted)
            | Resetting(code=Wanted() as wanted)
            | Consenting(code=Wanted() as wanted)
        ) if to is not None and wanted.number == incoming.body.number and facts.present < state.ends_at:
            issued = issue(wanted, to.holder.partition(":")[2], facts)
            return decided(replace(state, code=issued), _requested(issued, to))
        case _:
            return ignored(state)


def _requested(issued: Issued, to: Destination) -> OtpRequested:
    return OtpRequested(
        otp_id=issued.otp_id,
        purpose=to.purpose,
        mobile=Sealed.of(to.mobile.reveal()),
        code=Sealed.of(issued.digits.reveal()),
        language=to.language,
        issued_at=issued.issued_at,
        hand_over_by=hand_over_by(issued),
        valid_until=valid_until(issued),
    )


def otp_handed_over(state: Holder, incoming: Incoming[OtpHandedOver], _: Facts) -> Decision[Holder]:
    """The broker's stamp of this message is the code's sending (I6)."""
    return _heard_of(state, lambda code: handed_over(code, incoming.body.otp_id, incoming.now))


def otp_not_handed_over(state: Holder, incoming: Incoming[OtpNotHandedOver], _: Facts) -> Decision[Holder]:
    """The customer may ask again at once and without penalty (N10)."""
    return _heard_of(state, lambda code: not_handed_over(code, incoming.body.otp_id))


def _heard_of(state: Holder, changed: Callable[[Code], Code]) -> Decision[Holder]:
    """News of a code is for whoever waits for one, also while the contact is given again."""
    match state:
        case (
            AcceptingTerms(code=Issued() as code)
            | ProvingApproval(code=code)
            | ProvingMobile(code=code)
            | Resetting(code=code)
            | Consenting(code=code)
        ):
            return decided(replace(state, code=changed(code)))
        case _:
            return ignored(state)

"""How a registration gets its codes: approved mobile from the registry (I5), budgets (I14), issue, hand-over (I6)."""

from dataclasses import replace
from typing import Literal

from contracts.decision import Decision, Facts, Incoming, decided, ignored, refused
from contracts.identity import OtpPurpose, OtpRequested
from contracts.identity_internal import (
    NumberCodeAsked,
    NumberCodeDenied,
    NumberCodeGranted,
    PersonCodeAsked,
    PersonCodeDenied,
    PersonCodeGranted,
    RegistrationOpened,
)
from contracts.notifications import OtpHandedOver, OtpNotHandedOver
from contracts.registry import ApprovedMobileAbsent, ApprovedMobileAsked, ApprovedMobileFound
from contracts.sealed import Sealed, Secret
from contracts.values.hijri_date import HijriDate, parse_hijri_date
from contracts.values.mobile import Mobile, parse_mobile
from services.identity.one_time_code import (
    CodeFacts,
    hand_over_by,
    handed_over,
    issue,
    not_handed_over,
    valid_until,
)
from services.identity.policy import PolicyFacts
from services.identity.states import Code, Declared, Issued, ProvingApproval, ProvingMobile, UserState, Wanted

RegistryReason = Literal["approved-mobile-malformed", "no-approved-mobile"]


# --- the approved mobile (I5) ---------------------------------------------------------------------------------------
def open_registration(
    state: UserState | None, incoming: Incoming[RegistrationOpened], facts: PolicyFacts
) -> Decision[UserState]:
    """Begin, and ask the registry which mobile the person has approved (I5). A flow's id serves once."""
    if state is not None:
        return refused(state, "step-missing", "flow-used-before")
    declared = _declared(incoming)
    wanted = Wanted(number=1, asked_at=facts.present)
    asked = ApprovedMobileAsked(
        asked_by=declared.user,
        identity_type=declared.identity_type,
        identity_number=Sealed.of(declared.identity_number.reveal()),
        birth_date=Sealed.of(declared.birth_date.reveal()),
    )
    return decided(ProvingApproval(declared, facts.present + facts.policy.registration_life, wanted), asked)


def _declared(incoming: Incoming[RegistrationOpened]) -> Declared:
    body: RegistrationOpened = incoming.body
    birth_date = parse_hijri_date(incoming.opened("birth_date"))
    gregorian = birth_date.gregorian.isoformat() if isinstance(birth_date, HijriDate) else ""
    return Declared(
        user_id=body.user_id,
        person=body.person,
        channel=body.channel,
        segment=body.segment,
        nationality=body.nationality,
        identity_type=body.identity_type,
        identity_number=Secret(incoming.opened("identity_number")),
        birth_date=Secret(incoming.opened("birth_date")),  # I4: the triple as declared, and
        birth_date_gregorian=Secret(gregorian),  # I4: the day it is
        language=body.language,
    )


def approved_mobile_found(state: UserState, incoming: Incoming[ApprovedMobileFound], _: Facts) -> Decision[UserState]:
    """The registry names the mobile (I5). What it names after a first answer changes nothing."""
    match state:
        case ProvingApproval(approved_mobile=None, registry_denied=False):
            mobile = parse_mobile(incoming.opened("mobile"))
            if not isinstance(mobile, Mobile):
                return _no_code(replace(state, registry_denied=True), "approved-mobile-malformed")
            known = replace(state, approved_mobile=Secret(mobile.text))
            return decided(known, _ask_number(known.declared, mobile.text, known.code))
        case _:
            return ignored(state)


def approved_mobile_absent(state: UserState, _: Incoming[ApprovedMobileAbsent], __: Facts) -> Decision[UserState]:
    """No code ever comes; only the operators' audit says why (I15)."""
    match state:
        case ProvingApproval(approved_mobile=None, registry_denied=False):
            return _no_code(replace(state, registry_denied=True), "no-approved-mobile")
        case _:
            return ignored(state)


def _no_code(state: UserState, reason: RegistryReason) -> Decision[UserState]:
    return refused(state, "code-not-accepted", reason)


def _ask_number(declared: Declared, mobile: str, code: Code) -> NumberCodeAsked:
    return NumberCodeAsked(
        mobile=Sealed.of(mobile),
        user_id=declared.user_id,
        number=code.number,
        replaces_lost=isinstance(code, Wanted) and code.replaces_lost,
    )


# --- the budgets (I14) ----------------------------------------------------------------------------------------------
def ask_person(declared: Declared, wanted: Wanted) -> PersonCodeAsked:
    """A registration's first code was paid for when it began; each further one asks the person, then the number."""
    return PersonCodeAsked(
        person=declared.person,
        user_id=declared.user_id,
        number=wanted.number,
        channel=declared.channel,
        replaces_lost=wanted.replaces_lost,
    )


def person_granted(state: UserState, incoming: Incoming[PersonCodeGranted], _: Facts) -> Decision[UserState]:
    """The person's budget allows this code; now the number's is asked."""
    match state:
        case ProvingApproval(approved_mobile=Secret() as mobile) if _is_awaited(state.code, incoming.body.number):
            return decided(state, _ask_number(state.declared, mobile.reveal(), state.code))
        case ProvingMobile() if _is_awaited(state.code, incoming.body.number):
            return decided(state, _ask_number(state.declared, state.contact.mobile.reveal(), state.code))
        case _:
            return ignored(state)


def person_denied(state: UserState, incoming: Incoming[PersonCodeDenied], _: Facts) -> Decision[UserState]:
    """No code is sent, and only operators learn why (I15)."""
    return _denied(state, incoming.body.number, f"person.{incoming.body.reason}")


def number_denied(state: UserState, incoming: Incoming[NumberCodeDenied], _: Facts) -> Decision[UserState]:
    """No code is sent, and only operators learn why (I15)."""
    return _denied(state, incoming.body.number, f"number.{incoming.body.reason}")


def _denied(state: UserState, number: int, reason: str) -> Decision[UserState]:
    match state:
        case ProvingApproval() | ProvingMobile() if _is_awaited(state.code, number):
            return refused(state, "too-many-codes", reason)
        case _:
            return ignored(state)


def _is_awaited(code: Code, number: int) -> bool:
    return isinstance(code, Wanted) and code.number == number


# --- issue and hand-over (I6) ---------------------------------------------------------------------------------------
def number_granted(state: UserState, incoming: Incoming[NumberCodeGranted], facts: CodeFacts) -> Decision[UserState]:
    """Issue the code and have it sent: the first to the approved mobile (I5), the second to the one just given (I9)."""
    match state:
        case ProvingApproval(code=Wanted() as wanted, approved_mobile=Secret() as mobile) if (
            wanted.number == incoming.body.number
        ):
            issued = issue(wanted, state.declared.user_id, facts)
            requested = _requested(issued, "approve-registration", mobile, state.declared)
            return decided(replace(state, code=issued), requested)
        case ProvingMobile(code=Wanted() as wanted) if wanted.number == incoming.body.number:
            issued = issue(wanted, state.declared.user_id, facts)
            requested = _requested(issued, "confirm-mobile", state.contact.mobile, state.declared)
            return decided(replace(state, code=issued), requested)
        case _:
            return ignored(state)


def _requested(issued: Issued, purpose: OtpPurpose, mobile: Secret, declared: Declared) -> OtpRequested:
    return OtpRequested(
        otp_id=issued.otp_id,
        purpose=purpose,
        mobile=Sealed.of(mobile.reveal()),
        code=Sealed.of(issued.digits.reveal()),
        language=declared.language,
        issued_at=issued.issued_at,
        hand_over_by=hand_over_by(issued),
        valid_until=valid_until(issued),
    )


def otp_handed_over(state: UserState, incoming: Incoming[OtpHandedOver], _: Facts) -> Decision[UserState]:
    """The broker's stamp of this message is the code's sending (I6)."""
    match state:
        case ProvingApproval() | ProvingMobile():
            return decided(replace(state, code=handed_over(state.code, incoming.body.otp_id, incoming.now)))
        case _:
            return ignored(state)


def otp_not_handed_over(state: UserState, incoming: Incoming[OtpNotHandedOver], _: Facts) -> Decision[UserState]:
    """The customer may ask again at once and without penalty (N10)."""
    match state:
        case ProvingApproval() | ProvingMobile():
            return decided(replace(state, code=not_handed_over(state.code, incoming.body.otp_id)))
        case _:
            return ignored(state)

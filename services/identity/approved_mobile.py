"""A registration asks the registry which mobile the person has approved (I5)."""

from dataclasses import replace
from typing import Literal

from contracts.decision import Decision, Facts, Incoming, decided, ignored, refused
from contracts.identity_internal import RegistrationOpened
from contracts.registry import ApprovedMobileAbsent, ApprovedMobileAsked, ApprovedMobileFound
from contracts.sealed import Sealed, Secret
from contracts.values.hijri_date import HijriDate, parse_hijri_date
from contracts.values.mobile import Mobile, parse_mobile
from services.identity.code_delivery import ask_number
from services.identity.policy import PolicyFacts
from services.identity.states import Declared, ProvingApproval, UserState, Wanted
from services.identity.steps import as_of

RegistryReason = Literal["approved-mobile-malformed", "no-approved-mobile"]


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
    return decided(ProvingApproval(declared, facts.step_ends_at, wanted), asked)


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
    """The registry names the mobile (I5). What it names after a first answer, or after the registration's end, changes
    nothing."""
    match as_of(state, incoming.now):
        case ProvingApproval(approved_mobile=None, registry_denied=False) as waiting:
            mobile = parse_mobile(incoming.opened("mobile"))
            if not isinstance(mobile, Mobile):
                return _no_code(replace(waiting, registry_denied=True), "approved-mobile-malformed")
            known = replace(waiting, approved_mobile=Secret(mobile.text))
            return decided(known, *ask_number(known))
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

"""A registration's steps from the first code to the claim of the person (I6-I9). Any other order is refused (J2)."""

from dataclasses import replace

from contracts.decision import Decision, Incoming, Refusal, decided, refused
from contracts.identity import (
    AcceptTerms,
    ConfirmOtp,
    ContactGiven,
    GiveContact,
    OtpConfirmed,
    OtpResent,
    ResendOtp,
    TermsAccepted,
)
from contracts.identity_internal import PersonClaimed
from contracts.sealed import Sealed
from services.identity.code_delivery import ask_person
from services.identity.contact import ContactFacts, judge_contact
from services.identity.one_time_code import CODES_A_FLOW, PUBLIC_OF_AGAIN, AgainReason, ask_again, enter
from services.identity.policy import PolicyFacts, TermsVersion
from services.identity.states import (
    AcceptingTerms,
    Active,
    Claiming,
    Code,
    Contact,
    Ended,
    GivingContact,
    Issued,
    ProvingApproval,
    ProvingMobile,
    Registered,
    TermsEvidence,
    UserState,
    Wanted,
)
from services.identity.steps import as_of, out_of_order

NOT_BEGUN = Refusal("step-missing", "registration-not-begun", missing_step="start-registration")
"""The refusal of a step in a flow that nobody has begun (J2)."""


# --- entering and asking again (I6, I9, I14) ------------------------------------------------------------------------
def confirm_otp(state: UserState, incoming: Incoming[ConfirmOtp], facts: PolicyFacts) -> Decision[UserState]:
    """Judge the code of this flow. Operators see why it does not count, the public sees one reason (I15)."""
    state = as_of(state, incoming.now)
    match state:
        case ProvingApproval() | ProvingMobile():
            entry = enter(state.code, incoming.opened("code"), incoming.now)
            if entry.reason is not None:
                return refused(replace(state, code=entry.code), "code-not-accepted", entry.reason)
            return _confirmed(state, incoming, facts)
        case Ended():
            return out_of_order(state)
        case GivingContact() | AcceptingTerms() | Claiming() | Registered() | Active():
            return refused(state, "code-not-accepted", "code-used")


def _confirmed(
    state: ProvingApproval | ProvingMobile, incoming: Incoming[ConfirmOtp], facts: PolicyFacts
) -> Decision[UserState]:
    match state:
        case ProvingApproval():
            after = GivingContact(state.declared, facts.step_ends_at, codes=state.code.number)
            return decided(after, OtpConfirmed(next_step="give-contact"))
        case ProvingMobile():
            claiming = Claiming(state.declared, state.contact, state.terms, command_id=incoming.id)
            claimed = PersonClaimed(
                person=state.declared.person,
                user_id=state.declared.user_id,
                password_hash=Sealed.of(state.password_hash.reveal()),
            )
            return decided(claiming, claimed)


def resend_otp(state: UserState, incoming: Incoming[ResendOtp], facts: PolicyFacts) -> Decision[UserState]:
    """Another code in this flow (I14). Answered here and now, before the budgets are asked: else the time of the answer
    would show whether a code was ever sent. It costs the person as much where no mobile is known or the code was lost:
    else the budget's end would show which (I15)."""
    state = as_of(state, incoming.now)
    match state:
        case ProvingApproval() | ProvingMobile():
            hidden = isinstance(state, ProvingApproval)
            wanted = ask_again(state.code, incoming.now, facts.policy.resend_after, lost_waits=hidden)
            if not isinstance(wanted, Wanted):
                return refused(state, PUBLIC_OF_AGAIN[wanted], wanted)
            after = replace(state, code=wanted, ends_at=facts.step_ends_at)
            return decided(after, OtpResent(next_step="confirm-otp"), ask_person(after, wanted))
        case GivingContact() | AcceptingTerms() | Claiming() | Registered() | Active() | Ended():
            return out_of_order(state)


# --- contact, password, terms (I7, I8) ------------------------------------------------------------------------------
def give_contact(state: UserState, incoming: Incoming[GiveContact], facts: ContactFacts) -> Decision[UserState]:
    """I7: e-mail, mobile, password. May be given again until the second code is right: a mobile is easily mistyped."""
    state = as_of(state, incoming.now)
    match state:
        case GivingContact() | AcceptingTerms() | ProvingMobile():
            judged = judge_contact(state, incoming, facts)
            if not isinstance(judged, Contact):
                return refused(state, judged.public_reason, judged.reason)
            accepting = AcceptingTerms(
                declared=state.declared,
                ends_at=facts.step_ends_at,
                codes=state.code.number if isinstance(state, ProvingMobile) else state.codes,
                contacts=1 if isinstance(state, GivingContact) else state.contacts + 1,
                contact=judged,
                password_hash=facts.password_hash,
                code=None if isinstance(state, GivingContact) else _code_so_far(state, judged),
            )
            return decided(accepting, ContactGiven(next_step="accept-terms"))
        case ProvingApproval() | Claiming() | Registered() | Active() | Ended():
            return out_of_order(state)


def _code_so_far(state: AcceptingTerms | ProvingMobile, contact: Contact) -> Code | None:
    """A code that is lost, whenever that is heard, excuses the next one to the same mobile only (N10): else whoever
    gives a mobile that no gateway takes would pay with it for codes to anybody (I14). So of a code to another mobile
    nothing is kept but that it was asked for."""
    if isinstance(state.code, Issued) and contact.mobile != state.contact.mobile:
        return Wanted(state.code.number, state.code.asked_at)
    return state.code


def accept_terms(state: UserState, incoming: Incoming[AcceptTerms], facts: PolicyFacts) -> Decision[UserState]:
    """I8: keep the evidence; then a second code goes to the mobile just given (I9). Another one than asked for before
    comes no sooner (I14)."""
    state = as_of(state, incoming.now)
    if not isinstance(state, AcceptingTerms):
        return out_of_order(state)
    body: AcceptTerms = incoming.body
    reason = _terms_fault(TermsVersion(body.version, body.language, body.text_hash), facts.policy.terms)
    if reason is not None:
        return refused(state, "terms-version-unknown", reason)
    if state.codes >= CODES_A_FLOW:
        return refused(state, "too-many-codes", "codes-of-flow-used-up")
    wanted: Wanted | AgainReason = Wanted(state.codes + 1, facts.present)
    if state.code is not None:
        wanted = ask_again(state.code, incoming.now, facts.policy.resend_after)
    if not isinstance(wanted, Wanted):
        return refused(state, PUBLIC_OF_AGAIN[wanted], wanted)
    evidence = TermsEvidence(body.version, body.language, body.text_hash, incoming.now, incoming.source)
    proving = ProvingMobile(
        declared=state.declared,
        ends_at=facts.step_ends_at,
        code=wanted,
        contacts=state.contacts,
        contact=state.contact,
        password_hash=state.password_hash,
        terms=evidence,
    )
    return decided(proving, TermsAccepted(next_step="confirm-otp"), ask_person(proving, wanted))


def _terms_fault(stated: TermsVersion, in_force: tuple[TermsVersion, ...]) -> str | None:
    same_text = [t for t in in_force if (t.version, t.language) == (stated.version, stated.language)]
    if not any(t.version == stated.version for t in in_force):
        return "terms-version-unknown"
    if not same_text:
        return "terms-language-unknown"
    return None if stated in same_text else "terms-text-differs"

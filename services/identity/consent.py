"""Consents by code (A9): accounts asks, the person enters the code that came to their mobile, accounts is told."""

from dataclasses import replace
from typing import Any, Final, Literal, assert_never

from contracts.decision import Decision, Facts, Incoming, Refusal, decided, ignored, refused
from contracts.identity_sessions import (
    ConfirmConsent,
    ConsentAsked,
    ConsentCodeResent,
    ConsentConfirmed,
    ConsentGiven,
    ResendConsentCode,
)
from contracts.identity_sessions_internal import ConsentContactAsked
from services.identity.challenge import not_given, unsaved
from services.identity.challenge_states import Challenge, Changing, Consenting, Finished, Resetting, Unopened
from services.identity.code_delivery import ask_number
from services.identity.ids import consent_aggregate
from services.identity.one_time_code import CODES_A_FLOW, PUBLIC_OF_AGAIN, TRIES, ask_again, enter
from services.identity.policy import PolicyFacts
from services.identity.states import Issued, Wanted

NO_SUCH_CONSENT: Final = Refusal("not-found", "consent-unknown")
"""The refusal of what nobody asked for. Somebody else's looks the same."""

ConsentReason = Literal["consent-of-another", "not-acting-for-the-party", "code-used", "consent-over"]


def ask_consent(state: Challenge | None, incoming: Incoming[ConsentAsked], facts: PolicyFacts) -> Decision[Challenge]:
    """Somebody's consent is asked for. What is known already changes nothing."""
    if state is not None:
        return ignored(state)
    asked = incoming.body
    consenting = Consenting(
        challenge=consent_aggregate(asked.consent_id),
        asked_by=asked.asked_by,
        consent_id=asked.consent_id,
        user_id=asked.user_id,
        purpose=asked.purpose,
        ends_at=asked.ends_at,
        code=Wanted(number=1, asked_at=facts.present),
        acting_for=asked.acting_for,
    )
    return decided(consenting, ConsentContactAsked(challenge=consenting.challenge, user_id=asked.user_id))


def confirm_consent(state: Challenge, incoming: Incoming[ConfirmConsent], _: Facts) -> Decision[Challenge]:
    """The right code in time (I6), from whom it was sent to: the consent is given, at the stamp of the code's entry."""
    consent = _own(state, incoming)
    if not isinstance(consent, Consenting):
        return consent
    if incoming.now >= consent.ends_at:
        return refused(consent, "code-not-accepted", "consent-over")
    entry = enter(consent.code, incoming.opened("code"), incoming.now)
    if entry.reason is not None:
        return _not_accepted(replace(consent, code=entry.code), entry.reason)
    given = ConsentGiven(
        asked_by=consent.asked_by,
        consent_id=consent.consent_id,
        user_id=consent.user_id,
        given_at=incoming.now,
        channel=incoming.source,
    )
    finished = Finished("give-consent", "used", consent.user_id)
    return decided(finished, ConsentConfirmed(consent_id=consent.consent_id), given)


def _not_accepted(state: Consenting, reason: str) -> Decision[Challenge]:
    refusal = Refusal("code-not-accepted", reason)
    used_up = isinstance(state.code, Issued) and state.code.wrong_tries >= TRIES and state.code.number >= CODES_A_FLOW
    if used_up:
        # The last try of the last code: nothing can come any more (I14).
        return replace(not_given(state, "too-many-tries"), refusal=refusal)
    return Decision(state, refusal=refusal)


def resend_consent_code(
    state: Challenge, incoming: Incoming[ResendConsentCode], facts: PolicyFacts
) -> Decision[Challenge]:
    """Another code for this consent (I14), paid for by the number's budget."""
    consent = _own(state, incoming)
    if not isinstance(consent, Consenting):
        return consent
    if incoming.now >= consent.ends_at:
        return refused(consent, "code-not-accepted", "consent-over")
    wanted = ask_again(consent.code, incoming.now, facts.policy.resend_after)
    if not isinstance(wanted, Wanted):
        return refused(consent, PUBLIC_OF_AGAIN[wanted], wanted)
    again = replace(consent, code=wanted)
    return decided(again, ConsentCodeResent(next_step="confirm-consent"), *ask_number(again))


def _own(state: Challenge, incoming: Incoming[Any]) -> Consenting | Decision[Challenge]:
    """The asker's own consent while it is open, or what is answered instead. A stranger's is as if absent."""
    who = incoming.who
    match state:
        case Consenting() | Finished(purpose="give-consent") if state.user_id not in {who.user_id, who.person}:
            return unsaved(state, replace(NO_SUCH_CONSENT, reason="consent-of-another"))
        case Consenting(acting_for=str(business)) if who.user_id != business:
            # I17: whoever was removed in the meantime has no such token any more, and consents for nobody.
            return unsaved(state, replace(NO_SUCH_CONSENT, reason="not-acting-for-the-party"))
        case Consenting():
            return state
        case Finished(purpose="give-consent", why=why):
            return refused(state, "code-not-accepted", "code-used" if why == "used" else "consent-over")
        case Unopened() | Resetting() | Changing() | Finished():
            return unsaved(state, NO_SUCH_CONSENT)
        case _:
            assert_never(state)

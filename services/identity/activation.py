"""From the claim of the person to an active user (I9, I10)."""

import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import Final, Literal

from contracts.decision import Decision, Facts, Incoming, Refusal, decided, ignored
from contracts.identity import (
    ActivateUser,
    ActivationAccepted,
    ActivationLinkRequested,
    ConfirmOtp,
    ContactProven,
    OtpConfirmed,
    UserActivated,
    UserRegistered,
)
from contracts.identity_internal import (
    ActivationLapsed,
    ActivationNoted,
    ActivationReported,
    ClaimGranted,
    ClaimRefused,
    PersonClaimed,
)
from contracts.sealed import Sealed, Secret
from contracts.values.public_texts import Text
from services.identity.ids import KeyedHash, linked_user
from services.identity.policy import PolicyFacts
from services.identity.states import Active, Claiming, Declared, Ended, Link, Registered, UserState

NO_SUCH_LINK: Final = Refusal("link-not-accepted", "link-unknown")
"""The refusal of a token that names nobody (I10)."""

LinkReason = Literal["link-of-ended-registration", "link-not-issued", "link-wrong", "link-expired"]

SUCCESS: Final = Text(
    "تم تفعيل حسابك في حسابي. يمكنك الآن تسجيل الدخول.",
    "Your Hesabi account is active. You can sign in now.",
)
"""What the channel shows after activation (I10)."""


@dataclass(frozen=True, slots=True)
class LinkFacts(PolicyFacts):
    """The random part of an activation link, drawn in case it is needed."""

    link_secret: Secret


def the_linked_user(incoming: Incoming[ActivateUser], keyed_hash: KeyedHash) -> str:
    """The user whom the token names."""
    return linked_user(incoming.opened("activation_token"), keyed_hash)


def claim_granted(state: UserState, _: Incoming[ClaimGranted], facts: LinkFacts) -> Decision[UserState]:
    """Registered (I10). This answers the `ConfirmOtp` that began the claim."""
    if not isinstance(state, Claiming):
        return ignored(state)
    declared, contact = state.declared, state.contact
    token = f"{declared.user_id}.{facts.link_secret.reveal()}"
    link = Link(hash_of(token), facts.present + facts.policy.link_life)  # I10: 24 h, stored hashed
    email, language = Sealed.of(contact.email.reveal()), declared.language
    return decided(
        Registered(declared, contact, state.terms, link),
        OtpConfirmed(next_step="activate"),
        UserRegistered(user_id=declared.user_id, segment=declared.segment, language=language),
        ContactProven(
            user_id=declared.user_id, email=email, mobile=Sealed.of(contact.mobile.reveal()), language=language
        ),
        ActivationLinkRequested(
            user_id=declared.user_id,
            email=email,
            activation_token=Sealed.of(token),
            language=language,
            valid_until=link.valid_until,
        ),
    )


def claim_refused(state: UserState, _: Incoming[ClaimRefused], __: Facts) -> Decision[UserState]:
    """The person is registered already. That may be said: the caller holds the person's approved mobile."""
    if not isinstance(state, Claiming):
        return ignored(state)
    refusal = Refusal(
        "already-registered", "person-claimed", command_id=state.command_id, command_type=ConfirmOtp.type_name
    )
    return Decision(Ended("already-registered"), refusal=refusal)


def activate_user(state: UserState, incoming: Incoming[ActivateUser], _: Facts) -> Decision[UserState]:
    """I10: only this activates. Answered once the person's aggregate knows, so that a login right after it succeeds."""
    if not isinstance(state, Registered | Active):
        return _no(state, "link-of-ended-registration" if isinstance(state, Ended) else "link-not-issued")
    if not hmac.compare_digest(state.link.token_hash, hash_of(incoming.opened("activation_token"))):
        return _no(state, "link-wrong")
    match state:
        case Active():
            return decided(state, _accepted())
        case Registered() if not state.reported and incoming.now > state.link.valid_until:
            return _no(state, "link-expired")
        case Registered():
            reported = ActivationReported(person=state.declared.person, user_id=state.declared.user_id)
            return decided(replace(state, reported=True), reported)


def _no(state: UserState, reason: LinkReason) -> Decision[UserState]:
    # Unsaved: whoever knows a user's id can name it in a token, and must leave nothing in that user's document (I14).
    return Decision(state, refusal=Refusal("link-not-accepted", reason), recorded=False)


def activation_noted(state: UserState, _: Incoming[ActivationNoted], __: Facts) -> Decision[UserState]:
    """Active. Each `ActivateUser` that was waiting has its answer; `UserActivated` is published once."""
    match state:
        case Registered():
            active = Active(state.declared, state.contact, state.terms, state.link)
            activated = UserActivated(user_id=state.declared.user_id, text_ar=SUCCESS.ar, text_en=SUCCESS.en)
            return decided(active, _accepted(), activated)
        case Active():
            return decided(state, _accepted())
        case _:
            return ignored(state)


def activation_lapsed(state: UserState, incoming: Incoming[ActivationLapsed], _: Facts) -> Decision[UserState]:
    """The person is another user's by now: this one ends. Each `ActivateUser` that was waiting has its answer."""
    refusal = Refusal(
        "link-not-accepted",
        "link-of-ended-registration",
        command_id=incoming.correlation_id,
        command_type=ActivateUser.type_name,
    )
    match state:
        case Registered():
            # The claim is not withdrawn: the person is another's.
            return Decision(Ended("never-activated"), (_contact_withdrawn(state.declared),), refusal=refusal)
        case Ended():
            return Decision(state, refusal=refusal)
        case _:
            return ignored(state)


def never_activated(state: Registered) -> Decision[UserState]:
    """Nobody opened the link in time: nothing personal is left, neither here nor with whoever was told of it."""
    declared = state.declared
    claim = PersonClaimed(person=declared.person, user_id=declared.user_id, password_hash=Sealed.of(""), withdrawn=True)
    return decided(Ended("never-activated"), claim, _contact_withdrawn(declared))


def _contact_withdrawn(declared: Declared) -> ContactProven:
    nothing = Sealed.of("")
    return ContactProven(
        user_id=declared.user_id, email=nothing, mobile=nothing, language=declared.language, withdrawn=True
    )


def _accepted() -> ActivationAccepted:
    return ActivationAccepted(next_step="log-in", text_ar=SUCCESS.ar, text_en=SUCCESS.en)


def hash_of(token: str) -> str:
    """SHA-256 in hex. The token carries 256 random bits, so that a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()

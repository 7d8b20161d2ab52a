"""Acting for a business (I17): a token whose `sub` is the business and whose `act.sub` is the person (RFC 8693)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from contracts.decision import Decision, Incoming, Refusal, decided
from contracts.identity_business import ActFor, ActingFor
from contracts.sealed import Sealed, Secret
from services.identity.business import Business
from services.identity.ids import KeyedHash, named_business, party_aggregate, user_aggregate
from services.identity.policy import PolicyFacts

INDIVIDUALS_ONLY: Final = Refusal("individual-only", "acting-already", missing_step="log-in")
"""The refusal of what a person does for themselves, under a token for acting."""

NOT_ACTING: Final = Refusal("step-missing", "not-acting", missing_step="act-for")
"""The refusal of what only a business does, under an individual's token (J2)."""

NO_LONGER_AUTHORISED: Final = Refusal("sign-in-needed", "actor-not-authorised", missing_step="log-in")
"""The refusal under a token whose person was removed; every service refuses it as ended soon after (I13)."""

NO_SUCH_BUSINESS: Final = Refusal("business-not-found", "business-unknown")
"""The refusal where there is no such business. A stranger's looks the same (I15)."""


@dataclass(frozen=True, slots=True)
class ActingFacts(PolicyFacts):
    """Whether the answer can be sealed to its asker, and for an authorised person the token, else nothing."""

    key_is_good: bool
    token: Secret
    expires_at: datetime


# --- which aggregate ------------------------------------------------------------------------------------------------
def the_party(incoming: Incoming[Any], _: KeyedHash) -> str:
    """The user or the business whom the verified token speaks for."""
    return party_aggregate(incoming.who.user_id)


def the_individual(incoming: Incoming[Any], _: KeyedHash) -> str:
    """The individual at the other end, for whomever they act."""
    return user_aggregate(incoming.who.person)


def the_principal(incoming: Incoming[Any], _: KeyedHash) -> str:
    """The business of a token for acting. For an individual's there is none: absent."""
    return named_business(incoming.who.user_id)


def the_business(incoming: Incoming[Any], _: KeyedHash) -> str:
    """The business that the message names."""
    return named_business(incoming.body.business_id)


# --- deciding -------------------------------------------------------------------------------------------------------
def act_for(state: Business, incoming: Incoming[ActFor], facts: ActingFacts) -> Decision[Business]:
    """I17: only an authorised person, as an individual. Everybody else's leaves no trace in the business's document."""
    if incoming.who.actor is not None:
        return unsaved(state, INDIVIDUALS_ONLY)
    if not state.is_authorised(incoming.who.user_id):
        return unsaved(state, Refusal("business-not-found", "not-an-authorised-person"))
    if not facts.key_is_good:
        return unsaved(state, Refusal("malformed", "answer-key-not-accepted"))
    acting = ActingFor(
        token=Sealed.of(facts.token.reveal(), to=incoming.body.answer_key),
        expires_at=facts.expires_at,
        next_step="choose-address" if state.address is None else "define-account",
    )
    return decided(state, acting)


def unsaved(state: Any, refusal: Refusal) -> Decision[Any]:
    """No, and nothing of it is remembered: what a stranger sends must not swell the document (law 4)."""
    return Decision(state, refusal=refusal, recorded=False)

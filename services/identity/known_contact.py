"""A user, or a business, tells a challenge where they are reached (I13, A9, I17)."""

import hmac
import json
from collections.abc import Sequence
from typing import Literal

from contracts.decision import Decision, Facts, Incoming, decided
from contracts.identity import LanguageCode
from contracts.identity_sessions_internal import (
    ConsentContactAsked,
    ContactTold,
    ContactWithheld,
    ResetContactAsked,
)
from contracts.sealed import Sealed, Secret
from services.identity.business import Business
from services.identity.contact import personal_data
from services.identity.states import Active, UserState

Asked = ResetContactAsked | ConsentContactAsked
WithheldReason = Literal["no-active-user", "birth-date-differs"]


def tell_for_reset(state: UserState, incoming: Incoming[ResetContactAsked], _: Facts) -> Decision[UserState]:
    """I13: only who knows the person's birth date gets a code sent. Nothing is remembered of a stranger's question but
    that it was asked."""
    asked = incoming.body
    if not isinstance(state, Active):
        return decided(state, _withheld(asked, "no-active-user"))
    if not hmac.compare_digest(state.declared.birth_date.reveal(), incoming.opened("birth_date")):
        return decided(state, _withheld(asked, "birth-date-differs"))
    own_data = personal_data(state.declared, state.contact)
    return decided(state, _told(asked, state.contact.mobile, state.declared.language, own_data))


def tell_for_consent(
    state: UserState | Business | None, incoming: Incoming[ConsentContactAsked], _: Facts
) -> Decision[UserState | Business]:
    """A9: the proven mobile of an active user; of a business, that of the person by whom it is reached (I17)."""
    asked = incoming.body
    match state:
        case Active():
            return decided(state, _told(asked, state.contact.mobile, state.declared.language))
        case Business():
            reached = state.persons[0]
            return decided(state, _told(asked, reached.mobile, reached.language))
        case _:
            return Decision(state, (_withheld(asked, "no-active-user"),))


def _told(asked: Asked, mobile: Secret, language: LanguageCode, own_data: Sequence[str] = ()) -> ContactTold:
    return ContactTold(
        challenge=asked.challenge,
        user_id=asked.user_id,
        mobile=Sealed.of(mobile.reveal()),
        own_data=Sealed.of(json.dumps(own_data)),
        language=language,
    )


def _withheld(asked: Asked, reason: WithheldReason) -> ContactWithheld:
    return ContactWithheld(challenge=asked.challenge, user_id=asked.user_id, reason=reason)

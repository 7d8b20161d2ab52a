"""What the decisions on a forgotten password are given as facts (law 2): ids, and a hash only where it will count."""

from dataclasses import dataclass
from datetime import datetime

from contracts.decision import Incoming
from contracts.identity_sessions import ConfirmPasswordReset, StartPasswordReset
from contracts.sealed import Secret
from services.identity.challenge_states import Challenge
from services.identity.effects import IdentityEffects
from services.identity.ids import person_id, reset_aggregate
from services.identity.password_reset import ResetFacts, ResetOpeningFacts, confirm_reset
from services.identity.person import PersonState
from services.identity.policy import Policy

_NOTHING = Secret("")


@dataclass(frozen=True, slots=True)
class PreparingReset:
    """The `prepare` of the messages of a password reset."""

    policy: Policy

    async def opening(
        self,
        _state: PersonState | None,
        incoming: Incoming[StartPasswordReset],
        effects: IdentityEffects,
        present: datetime,
    ) -> ResetOpeningFacts:
        """The keyed ids of a reset that begins (I18)."""
        person = person_id(incoming.body.identity_type, incoming.opened("identity_number"), effects.keyed_hash)
        return ResetOpeningFacts(present, person, reset_aggregate(incoming.subject, effects.keyed_hash))

    async def password(
        self, state: Challenge, incoming: Incoming[ConfirmPasswordReset], effects: IdentityEffects, present: datetime
    ) -> ResetFacts:
        """The hash of a password that will be taken, by the decision's own word; nothing is hashed for any other, so
        that guessing codes costs no hashes."""
        facts = ResetFacts(present, self.policy, effects.common_passwords, _NOTHING)
        if confirm_reset(state, incoming, facts).refusal is not None:
            return facts
        hashed = await effects.hash_password(incoming.opened("password"))
        return ResetFacts(present, self.policy, effects.common_passwords, hashed)

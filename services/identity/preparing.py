"""What decisions are given as facts (law 2): computed and drawn here, before they decide. Nothing calls outside.

Where the state already says no, the expensive part is left out (law 2). The decision's own rules say whether it does.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contracts.decision import Customer, Incoming
from contracts.identity import GiveContact, LogIn, StartRegistration
from contracts.sealed import Secret
from contracts.values.identity_number import IdentityNumber, judge_identity
from services.identity.activation import LinkFacts
from services.identity.addresses import AskerFacts
from services.identity.contact import ContactFacts, judge_contact
from services.identity.effects import IdentityEffects
from services.identity.ids import person_id, user_id
from services.identity.one_time_code import CodeFacts
from services.identity.password import LONGEST, normal_form
from services.identity.person import Claimed, Member, OpeningFacts, PersonState
from services.identity.policy import Policy, PolicyFacts
from services.identity.sign_in import SignInFacts, budget_of, is_throttled
from services.identity.states import AcceptingTerms, Contact, GivingContact, ProvingMobile, UserState
from services.identity.steps import as_of

_NOTHING = Secret("")


@dataclass(frozen=True, slots=True)
class Preparing:
    """The `prepare` of each message that needs more than the clock."""

    policy: Policy

    async def policy_only(
        self, _state: Any, _incoming: Incoming[Any], _effects: IdentityEffects, present: datetime
    ) -> PolicyFacts:
        """The operator's settings."""
        return PolicyFacts(present, self.policy)

    async def opening(
        self, _state: Any, incoming: Incoming[StartRegistration], effects: IdentityEffects, present: datetime
    ) -> OpeningFacts:
        """The keyed ids of a new registration (I18)."""
        number = incoming.opened("identity_number")
        person = person_id(incoming.body.identity_type, number, effects.keyed_hash)
        return OpeningFacts(present, person, user_id(incoming.subject, effects.keyed_hash))

    async def code(
        self, _state: Any, _incoming: Incoming[Any], effects: IdentityEffects, present: datetime
    ) -> CodeFacts:
        """A code, drawn in case it is issued."""
        return CodeFacts(present, effects.draw_code(), self.policy.code_life)

    async def link(
        self, _state: Any, _incoming: Incoming[Any], effects: IdentityEffects, present: datetime
    ) -> LinkFacts:
        """The random part of an activation link, drawn in case it is needed."""
        return LinkFacts(present, self.policy, effects.draw_link_secret())

    async def asker(
        self, _state: Any, incoming: Incoming[Any], effects: IdentityEffects, present: datetime
    ) -> AskerFacts:
        """Whether the answer can be sealed to its asker."""
        return AskerFacts(present, self.policy, effects.is_public_key(incoming.body.answer_key))

    async def contact(
        self, state: UserState, incoming: Incoming[GiveContact], effects: IdentityEffects, present: datetime
    ) -> ContactFacts:
        """The hash of a password that will be taken; nothing is hashed for one that will not."""
        facts = ContactFacts(present, self.policy, effects.common_passwords, _NOTHING)
        state = as_of(state, incoming.now)
        if not isinstance(state, GivingContact | AcceptingTerms | ProvingMobile):
            return facts
        if not isinstance(judge_contact(state, incoming, facts), Contact):
            return facts
        hashed = await effects.hash_password(incoming.opened("password"))
        return ContactFacts(present, self.policy, effects.common_passwords, hashed)

    async def sign_in(
        self, state: PersonState | None, incoming: Incoming[LogIn], effects: IdentityEffects, present: datetime
    ) -> SignInFacts:
        """Compare the password: known and unknown identities take the same path and the same time (I15)."""
        key_is_good = effects.is_public_key(incoming.body.answer_key)
        device = effects.keyed_hash("device", incoming.body.answer_key)
        unasked = SignInFacts(present, key_is_good, device, "not-asked", _NOTHING, present)
        identity = judge_identity(incoming.body.identity_type, incoming.opened("identity_number"))
        password = incoming.opened("password")
        if not isinstance(identity, IdentityNumber) or not key_is_good:
            return unasked
        if (
            is_throttled(state, budget_of(state, incoming.source, device), incoming.now)
            or len(normal_form(password)) > LONGEST
        ):
            return unasked
        known = state.password_hash if isinstance(state, Claimed | Member) else None
        if not await effects.password_matches(password, known):
            return SignInFacts(present, key_is_good, device, "wrong", _NOTHING, present)
        token, expires_at = self._session(state, incoming, effects, present)
        stronger = None
        if isinstance(state, Member) and effects.is_weak(state.password_hash):
            # I16: only now is the password here, and known to be right.
            stronger = await effects.hash_password(password)
        return SignInFacts(present, key_is_good, device, "right", token, expires_at, stronger)

    def _session(
        self, state: PersonState | None, incoming: Incoming[LogIn], effects: IdentityEffects, present: datetime
    ) -> tuple[Secret, datetime]:
        issued_at = present.replace(microsecond=0)  # tokens count whole seconds
        if not isinstance(state, Member):
            return _NOTHING, issued_at + self.policy.session_life
        if state.sessions_ended_at is not None and issued_at <= state.sessions_ended_at:
            # A login in the very second in which all sessions ended would end with them (I13): it counts from the next.
            issued_at = state.sessions_ended_at.replace(microsecond=0) + timedelta(seconds=1)
        expires_at = issued_at + self.policy.session_life
        # Law 4: deciding again gives the same. Channels choose a command's id, and may give two persons the same one.
        session_id = effects.keyed_hash("session", f"{state.user_id}\n{incoming.id}")
        customer = Customer(state.user_id, session_id, incoming.source)
        return Secret(effects.sign_session(customer, issued_at, expires_at)), expires_at

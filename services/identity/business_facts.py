"""What decisions about businesses are given as facts (law 2): keyed ids, and the token of somebody who may act."""

from dataclasses import dataclass
from datetime import datetime

from contracts.decision import Customer, Incoming
from contracts.identity_business import ActFor, AddAuthorisedPerson, RegisterBusiness, ReplaceAuthorisedPerson
from contracts.sealed import Secret
from services.identity.acting import ActingFacts
from services.identity.authorised_persons import InvitationFacts
from services.identity.business import Business
from services.identity.business_registration import RegisteringFacts, StatedBusiness, judge_stated_business
from services.identity.effects import IdentityEffects
from services.identity.ids import business_id, person_id
from services.identity.policy import Policy
from services.identity.states import UserState

_NOTHING = Secret("")


@dataclass(frozen=True, slots=True)
class PreparingBusinesses:
    """The `prepare` of messages about businesses."""

    policy: Policy

    async def registering(
        self, _state: UserState, incoming: Incoming[RegisterBusiness], effects: IdentityEffects, present: datetime
    ) -> RegisteringFacts:
        """The keyed id of the business; none for a number that is none."""
        stated = judge_stated_business(incoming)
        stated_id = business_id(stated.unified_number, effects.keyed_hash) if isinstance(stated, StatedBusiness) else ""
        return RegisteringFacts(present, self.policy, stated_id)

    async def inviting(
        self,
        _state: Business,
        incoming: Incoming[AddAuthorisedPerson] | Incoming[ReplaceAuthorisedPerson],
        effects: IdentityEffects,
        present: datetime,
    ) -> InvitationFacts:
        """The person with the stated number (I18)."""
        number = incoming.opened("identity_number")
        return InvitationFacts(present, self.policy, person_id(incoming.body.identity_type, number, effects.keyed_hash))

    async def acting(
        self, state: Business, incoming: Incoming[ActFor], effects: IdentityEffects, present: datetime
    ) -> ActingFacts:
        """The token of an authorised person, of a session's life. Nothing is signed for anybody else."""
        who = incoming.who
        key_is_good = effects.is_public_key(incoming.body.answer_key)
        # Issued when it was asked for: what ends the person's sessions in between ends this one, too (I13).
        issued_at = incoming.now.replace(microsecond=0)  # tokens count whole seconds
        # Its life counts from there, too: past it services forget what ended (I13), however late this is decided.
        expires_at = issued_at + self.policy.session_life
        if who.actor is not None or not key_is_good or not state.is_authorised(who.user_id):
            return ActingFacts(present, self.policy, key_is_good, _NOTHING, expires_at)
        # The session goes on under another name, so that logging out of it ends this token, too (I13).
        customer = Customer(state.business_id, who.session_id, who.channel, actor=who.user_id)
        token = Secret(effects.sign_session(customer, issued_at, expires_at))
        return ActingFacts(present, self.policy, key_is_good, token, expires_at)

"""A forgotten password (I13): a code to the proven mobile, then a new password, then every session ends.

Three aggregates: the person lets a reset begin and keeps the password; the challenge hears the commands of the flow,
waits for the code and answers; the user knows birth date and mobile and speaks to the others. Whoever names a person
that nobody is, or another birth date, meets the same answers in the same time (I15): the challenge exists all the same,
its code is never issued, and nothing is hashed for anybody but the holder of the right code.
"""

import json
from dataclasses import dataclass, replace
from typing import Final, assert_never

from contracts.decision import Decision, Facts, Incoming, Refusal, decided, ignored, refused
from contracts.identity_internal import PersonCodeAsked
from contracts.identity_sessions import (
    ConfirmPasswordReset,
    PasswordChanged,
    PasswordReset,
    PasswordResetStarted,
    ResendResetCode,
    ResetCodeResent,
    SessionsEnded,
    StartPasswordReset,
)
from contracts.identity_sessions_internal import (
    PasswordChosen,
    PasswordReplaced,
    ResetContactAsked,
    ResetOpened,
    ResetSettled,
)
from contracts.sealed import Sealed, Secret
from contracts.values.hijri_date import parse_birth_date
from contracts.values.identity_number import judge_identity
from contracts.values.public_reasons import public_reason_of
from contracts.values.rejected import Rejected
from contracts.values.riyadh_day import riyadh_day
from services.identity.budgets import spend_of_source
from services.identity.challenge import as_of, unsaved
from services.identity.challenge_states import Challenge, Changing, Consenting, Finished, Resetting, Unopened
from services.identity.code_delivery import ask_number
from services.identity.one_time_code import PUBLIC_OF_AGAIN, ask_again, enter
from services.identity.password import Blocked, judge_password, public_password_reason
from services.identity.person import Member, PersonState, Stranger
from services.identity.policy import PolicyFacts
from services.identity.sessions import LONGEST_SESSION
from services.identity.states import UserState, Wanted

NOT_BEGUN: Final = Refusal("step-missing", "reset-not-begun", missing_step="start-password-reset")
"""The refusal of a step in a reset that nobody has begun (J2)."""

NOBODYS: Final = Refusal("code-not-accepted", "person-not-member")
"""What operators hear of a reset for whom no user is: no code will come (I15)."""


@dataclass(frozen=True, slots=True)
class ResetOpeningFacts(Facts):
    """The keyed ids of a reset that begins (I18)."""

    person: str
    challenge: str


@dataclass(frozen=True, slots=True)
class ResetFacts(PolicyFacts):
    """The common passwords, and the new password's Argon2id hash: empty where the command is refused before hashing."""

    common_passwords: frozenset[str]
    password_hash: Secret


# --- the person: may it begin? (I14) --------------------------------------------------------------------------------
def start_reset(
    state: PersonState | None, incoming: Incoming[StartPasswordReset], facts: ResetOpeningFacts
) -> Decision[PersonState]:
    """Known and unknown alike: what cannot be true of anybody and what is over the budget is refused unsaved."""
    identity = judge_identity(incoming.body.identity_type, incoming.opened("identity_number"))
    if isinstance(identity, Rejected):
        return refused(None, public_reason_of(identity.reason), identity.reason)
    birth_date = parse_birth_date(incoming.opened("birth_date"), riyadh_day(incoming.now))
    if isinstance(birth_date, Rejected):
        return refused(None, public_reason_of(birth_date.reason), birth_date.reason)
    before = state or Stranger()
    codes = spend_of_source(before.codes, incoming.source, facts.present)
    if isinstance(codes, str):
        # The same budget as a registration's: an outsider who knows the number has it only once (I14).
        return Decision(before, refusal=Refusal("too-many-codes", codes), recorded=False)
    user_id = before.user_id if isinstance(before, Member) else None
    opened = ResetOpened(
        challenge=facts.challenge,
        person=facts.person,
        user_id=user_id,
        channel=incoming.source,
        language=incoming.body.language,
    )
    asked = ResetContactAsked(
        challenge=facts.challenge,
        # Nobody is asked where there is no member: sealing takes longer than all the rest, so it is done for all (I15).
        user_id=user_id or facts.challenge.partition(":")[2],
        birth_date=Sealed.of(birth_date.text),
    )
    return decided(replace(before, codes=codes), PasswordResetStarted(next_step="confirm-reset"), opened, asked)


# --- the challenge: code and password -------------------------------------------------------------------------------
def open_reset(state: Challenge | None, incoming: Incoming[ResetOpened], facts: PolicyFacts) -> Decision[Challenge]:
    """Begin to wait for a code. A flow's id serves once."""
    body = incoming.body
    if state is not None and not isinstance(state, Unopened):
        return refused(state, "step-missing", "flow-used-before")
    resetting = Resetting(
        challenge=body.challenge,
        person=body.person,
        user_id=body.user_id,
        channel=body.channel,
        language=body.language,
        ends_at=facts.step_ends_at,
        code=Wanted(number=1, asked_at=facts.present),
        contact=state.contact if state is not None and state.user_id == body.user_id else None,
    )
    return decided(resetting, *ask_number(resetting))


def resend_reset_code(state: Challenge, incoming: Incoming[ResendResetCode], facts: PolicyFacts) -> Decision[Challenge]:
    """Another code (I14), answered before any budget is asked, as a registration's is. It costs the person as much
    and is as long in coming where none was or will be sent: else minute and budget would show who is known (I15)."""
    state = as_of(state, incoming.now)
    if not isinstance(state, Resetting):
        return _no_longer(state)
    wanted = ask_again(state.code, incoming.now, facts.policy.resend_after, lost_waits=True)
    if not isinstance(wanted, Wanted):
        return refused(state, PUBLIC_OF_AGAIN[wanted], wanted)
    asked = PersonCodeAsked(
        person=state.person,
        asked_by=state.challenge,
        number=wanted.number,
        channel=state.channel,
        replaces_lost=False,
    )
    again = replace(state, code=wanted, ends_at=facts.step_ends_at)
    return decided(again, ResetCodeResent(next_step="confirm-reset"), asked)


def confirm_reset(state: Challenge, incoming: Incoming[ConfirmPasswordReset], facts: ResetFacts) -> Decision[Challenge]:
    """The code first, which is cheap; then the password (I16).

    A password that is not taken does not burn the code: it stays good for its life and its tries, so that its holder
    chooses again without another SMS.
    """
    state = as_of(state, incoming.now)
    if not isinstance(state, Resetting):
        return _no_longer(state)
    entry = enter(state.code, incoming.opened("code"), incoming.now)
    if entry.reason is not None or state.user_id is None or state.contact is None:
        return refused(replace(state, code=entry.code), "code-not-accepted", entry.reason or "code-not-issued")
    own_data = tuple(json.loads(state.contact.own_data.reveal()))
    blocked = Blocked(facts.common_passwords, facts.policy.company_words, own_data)
    fault = judge_password(incoming.opened("password"), blocked)
    if fault is not None:
        return refused(state, public_password_reason(fault), fault)
    chosen = PasswordChosen(
        challenge=state.challenge,
        person=state.person,
        user_id=state.user_id,
        password_hash=Sealed.of(facts.password_hash.reveal()),
    )
    return decided(Changing(state.user_id, command_id=incoming.id), chosen)


def _no_longer(state: Unopened | Changing | Consenting | Finished) -> Decision[Challenge]:
    match state:
        case Changing() | Finished(purpose="reset-password", why="used"):
            return refused(state, "code-not-accepted", "code-used")
        case Finished(purpose="reset-password"):
            return refused(state, "code-not-accepted", "reset-over")
        case Unopened() | Consenting() | Finished():
            return unsaved(state, NOT_BEGUN)
        case _:
            assert_never(state)


def reset_settled(state: Challenge, incoming: Incoming[ResetSettled], _: Facts) -> Decision[Challenge]:
    """The answer to the `ConfirmPasswordReset` that waits (J3)."""
    if not isinstance(state, Changing):
        return ignored(state)
    if incoming.body.replaced:
        return decided(Finished("reset-password", "used"), PasswordReset(next_step="log-in"))
    refusal = Refusal(
        "code-not-accepted",
        "person-not-member",
        command_id=state.command_id,
        command_type=ConfirmPasswordReset.type_name,
    )
    return Decision(Finished("reset-password", "failed"), refusal=refusal)


# --- the person: from now on this password --------------------------------------------------------------------------
def take_password(state: PersonState, incoming: Incoming[PasswordChosen], facts: Facts) -> Decision[PersonState]:
    """The hash is replaced, wrong passwords are forgotten, and tokens issued until now count no more."""
    chosen = incoming.body
    if not isinstance(state, Member) or state.user_id != chosen.user_id:
        return decided(state, ResetSettled(challenge=chosen.challenge, replaced=False))
    changed = replace(
        state,
        password_hash=Secret(incoming.opened("password_hash")),
        failures=(),
        sessions_ended_at=facts.present,
        devices=(),
    )
    told = PasswordReplaced(challenge=chosen.challenge, user_id=chosen.user_id, changed_at=facts.present)
    return decided(changed, told)


# --- the user: says so to the others (I18) --------------------------------------------------------------------------
def tell_password_changed(state: UserState, incoming: Incoming[PasswordReplaced], _: Facts) -> Decision[UserState]:
    """Every session of the person ends (I13), and the security notice begins here (N3)."""
    told = incoming.body
    ended = SessionsEnded(
        user_id=told.user_id, ended_at=told.changed_at, forget_after=told.changed_at + LONGEST_SESSION
    )
    changed = PasswordChanged(user_id=told.user_id, changed_at=told.changed_at)
    return decided(state, ended, changed, ResetSettled(challenge=told.challenge, replaced=True))

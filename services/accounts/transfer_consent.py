"""Both parties consent to a transfer by a code to their own mobile, in any order, or one of them does not (A9)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid5

from contracts.decision import Decision, Incoming, decided, ignored
from contracts.identity_sessions import ConsentAsked, ConsentGiven, ConsentNotGiven
from contracts.transfers import ConsentCodeSent, ConsentToTransfer, DeclineTransfer, TransferDeclined
from contracts.values.riyadh_day import riyadh_day
from services.accounts.transfer_case import Agreement, Consent, OpenConsent, TransferFacts
from services.accounts.transfer_news import news_of
from services.accounts.transfer_party import not_open, party_only, turned_down
from services.accounts.transfer_questions import question_of
from services.accounts.transfer_states import AwaitingConsents, CheckingDues, Transfer
from services.accounts.transfer_undo import end

NEXT_AFTER: Final = timedelta(seconds=60)
"""A person's next consent, and with it a code, comes no sooner (I14)."""

MOST_CODES: Final = 20
"""Consents asked for in one transfer (ours): each is an aggregate of identity's that this one hears (law 4)."""

_NAMESPACE: Final = UUID("3f1f9d4e-6d2b-5c3a-9a55-7a4de0a1c9b6")


@party_only
def consent_to_transfer(state: Transfer, incoming: Incoming[ConsentToTransfer], _: TransferFacts) -> Decision[Transfer]:
    """A9: a party asks for the code by which to consent; again: another one. For a business its authorised person does,
    by a code of their own (I17)."""
    party = incoming.who.user_id
    match state:
        case AwaitingConsents() if any(each.party == party for each in state.given):
            return not_open(state, "consented-already")
        case AwaitingConsents() if incoming.now >= state.until:
            return not_open(state, "consent-time-is-over")
        case AwaitingConsents() if state.codes_sent >= MOST_CODES:
            return turned_down(state, "too-many-codes", "too-many-consents-asked")
        case AwaitingConsents() if _was_just_asked(state, incoming):
            return turned_down(state, "resend-too-soon", "consent-asked-within-a-minute")
        case AwaitingConsents():
            return _asked(state, incoming)
        case _:
            return not_open(state)


def _was_just_asked(state: AwaitingConsents, incoming: Incoming[ConsentToTransfer]) -> bool:
    asked = (each.asked_at for each in state.open if each.person == incoming.who.person)
    return any(at is not None and incoming.now < at + NEXT_AFTER for at in asked)


def _asked(state: AwaitingConsents, incoming: Incoming[ConsentToTransfer]) -> Decision[Transfer]:
    consent = OpenConsent(
        consent_id=str(uuid5(_NAMESPACE, f"{state.case.aggregate}/{incoming.id}")),
        party=incoming.who.user_id,
        person=incoming.who.person,
        asked_at=incoming.now,
    )
    asked = ConsentAsked(
        asked_by=state.case.aggregate,
        consent_id=consent.consent_id,
        user_id=consent.person,
        acting_for=None if consent.person == consent.party else consent.party,
        purpose="transfer",
        ends_at=state.until,
    )
    changed = replace(state, open=(*state.open, consent), codes_sent=state.codes_sent + 1)
    return decided(changed, ConsentCodeSent(consent_id=consent.consent_id, next_step="confirm-consent"), asked)


def note_consent(state: Transfer, incoming: Incoming[ConsentGiven], facts: TransferFacts) -> Decision[Transfer]:
    """A9: identity has seen the right code. What was entered in time counts; the second consent sets the day."""
    match state:
        case AwaitingConsents() if incoming.body.given_at <= state.until:
            consent = _consent(state, incoming.body)
            if consent is None:
                return ignored(state)
            changed = replace(state, given=(*state.given, consent))
            return _agreed(changed, facts) if len(changed.given) == len(state.parties.both) else decided(changed)
        case _:
            return ignored(state)


def note_no_consent(state: Transfer, incoming: Incoming[ConsentNotGiven], _: TransferFacts) -> Decision[Transfer]:
    """It will not come under this id; the party may ask for another code."""
    match state:
        case AwaitingConsents():
            rest = tuple(each for each in state.open if each.consent_id != incoming.body.consent_id)
            return ignored(state) if rest == state.open else decided(replace(state, open=rest))
        case _:
            return ignored(state)


@party_only
def decline_transfer(state: Transfer, incoming: Incoming[DeclineTransfer], facts: TransferFacts) -> Decision[Transfer]:
    """A9: the other party says no, until both have consented."""
    if incoming.who.user_id == state.case.requester:
        return not_open(state, "requester-declines")
    match state:
        case AwaitingConsents():
            declined = end(state, "declined", "declined-by-other-party", facts.present)
            return declined.and_send(TransferDeclined(reference=state.case.record.reference))
        case _:
            return not_open(state)


def _consent(state: AwaitingConsents, given: ConsentGiven) -> Consent | None:
    """A consent that was asked for, of the person it was asked of, of a party who has not consented yet."""
    asked = (given.consent_id, given.user_id)
    open_one = next((each for each in state.open if (each.consent_id, each.person) == asked), None)
    if open_one is None or any(each.party == open_one.party for each in state.given):
        return None
    return Consent(party=open_one.party, person=open_one.person, given_at=given.given_at)


def _agreed(state: AwaitingConsents, facts: TransferFacts) -> Decision[Transfer]:
    day = max(_day_after(state.given, facts.waits.days_ahead), state.earliest_day)
    agreement = Agreement(parties=state.parties, day=day)
    checking = CheckingDues(case=state.case, agreement=agreement, due_at=facts.present + facts.waits.answer)
    return decided(checking, question_of(checking), *news_of(checking, facts.present))


def _day_after(consents: Iterable[Consent], days_ahead: int) -> date:
    last = max(each.given_at for each in consents)
    return riyadh_day(last) + timedelta(days=days_ahead)

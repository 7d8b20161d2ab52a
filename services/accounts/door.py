"""The door of every request: what a customer must have first, and how much they may ask for (A8, A11, J2)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from contracts.accounts_request_internal import RequestNoted
from contracts.decision import Decision, Facts, Incoming, Refusal, decided, ignored
from contracts.values.public_reasons import public_reason_of
from contracts.values.reference_number import parse_reference
from contracts.values.rejected import Rejected
from services.accounts.customer import DefinedAccount, KnownCustomer, KnownRequest, RequestStep

LIMIT_PERIOD = timedelta(days=30)
MOST_IN_PERIOD = 60
"""Requests that one customer may begin within 30 days (ours); reports of danger are counted apart."""

MOST_URGENT_IN_PERIOD = 20
MOST_KEPT = 150
"""Requests that a customer's document keeps; the oldest that have ended go first. Only a report of danger makes one go
that is open (A16)."""

MOST_STEPS = 12
"""States of one request that the customer's document keeps; the first and the latest ones."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a customer asks for. `one_open`: a definition may have one open request of this kind; `urgent`: danger;
    `party`: only for who has a confirmed relation to the supply, for anybody may define any account; `party_then`:
    also for who was billed for it once, for debt stays with the person (A18)."""

    kind: str
    one_open: bool = False
    urgent: bool = False
    party: bool = False
    party_then: bool = False


def judge_request(
    state: KnownCustomer | None, typed_reference: str, wanted: Wanted, reference: str, now: datetime
) -> DefinedAccount | Refusal:
    """The definition that a request is for, or the first reason against it.

    `typed_reference` is the definition's as the customer wrote it, `reference` the number that the request would have,
    `now` the command's stamp. Refuse with `turned_away`.
    """
    if state is None or state.region is None:  # A11
        return Refusal("step-missing", "national-address-missing", "choose-address")
    if not state.definitions:
        return Refusal("step-missing", "no-account-defined", "define-account")
    parsed = parse_reference(typed_reference)
    if isinstance(parsed, Rejected):
        return Refusal(public_reason_of(parsed.reason), parsed.reason)
    definition = next((each for each in state.definitions if each.reference == parsed), None)
    if definition is None:
        return Refusal("reference-not-found", "no-definition-of-theirs")
    return _objection(state, definition, wanted, reference, now) or definition


def _objection(
    state: KnownCustomer, definition: DefinedAccount, wanted: Wanted, reference: str, now: datetime
) -> Refusal | None:
    account = definition.identifier
    is_known = account in state.confirmed or (wanted.party_then and state.has_left(account))
    if wanted.party and not is_known:  # A10, A18
        return Refusal("relation-not-confirmed", "relation-not-confirmed")
    under = [each for each in state.requests if each.definition_reference == definition.reference]
    if wanted.one_open and any(each.kind == wanted.kind and not each.final for each in under):
        return Refusal("already-requested", "request-of-this-kind-open")
    lately = [
        each for each in state.requests if each.requested_at > now - LIMIT_PERIOD and each.urgent == wanted.urgent
    ]
    if len(lately) >= (MOST_URGENT_IN_PERIOD if wanted.urgent else MOST_IN_PERIOD):
        return Refusal("too-many-requests", "too-many-requests-in-30-days")
    is_full = len(state.requests) >= MOST_KEPT and not any(each.final for each in state.requests)
    if is_full and not wanted.urgent:
        return Refusal("too-many-requests", "too-many-open-requests")
    if reference in state.references:
        return Refusal("command-id-reused", "reference-taken")
    return None


def turned_away(state: KnownCustomer | None, refusal: Refusal) -> Decision[KnownCustomer]:
    """The door stays shut. What a limit refuses is not recorded, so that asking on and on swells no document."""
    return Decision(state, refusal=refusal, recorded=refusal.public_reason != "too-many-requests")


def filed(
    state: KnownCustomer, definition: DefinedAccount, wanted: Wanted, reference: str, first: RequestStep
) -> KnownCustomer:
    """The customer with one more request, in its first state. Of too many the oldest that has ended goes, else
    the oldest."""
    request = KnownRequest(
        reference=reference,
        definition_reference=definition.reference,
        kind=wanted.kind,
        urgent=wanted.urgent,
        state=first.state,
        requested_at=first.at,
        history=(first,),
    )
    kept = state.requests
    if len(kept) >= MOST_KEPT:
        oldest = next((each for each in kept if each.final), kept[0])
        kept = tuple(each for each in kept if each is not oldest)
    return replace(state, requests=(*kept, request))


def note_request(state: KnownCustomer, incoming: Incoming[RequestNoted], _: Facts) -> Decision[KnownCustomer]:
    """A8: a request has come to another state. One that is no longer kept is no longer noted."""
    note = incoming.body
    known = next((each for each in state.requests if each.reference == note.reference), None)
    step = RequestStep(state=note.state, at=note.at)
    if known is None or known.history[-1].state == step.state:
        return ignored(state)
    history = (*known.history, step)
    if len(history) > MOST_STEPS:
        history = (history[0], *history[-MOST_STEPS + 1 :])
    now = replace(known, state=note.state, final=note.final, history=history)
    return decided(replace(state, requests=tuple(now if each is known else each for each in state.requests)))

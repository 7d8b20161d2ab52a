"""The statement of requests and relations as data, and what a person's requests did in a month (R3).

Every request is an aggregate of its own, so a person's document hears from none of them: one collector a person and
month does (law 4), and a statement asks the collectors.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal

from contracts.decision import Decision, Facts, Incoming, answered, decided, ignored
from contracts.reports_internal import MovesGiven, MovesWanted, RequestMoves, StateReached
from contracts.requests import RequestMoved
from contracts.values.riyadh_day import riyadh_day
from services.reports.period import Period
from services.reports.relation_gate import KnownRelation

MOST_REQUESTS_A_MONTH: Final = 150
"""Requests of one person of which a month remembers something (ours): accounts takes 60 in 30 days, and as many may end
that were made before."""

MOST_STATES: Final = 12
"""States of one request that a month remembers, the latest (ours)."""

A_PART: Final = 20
"""Requests in one message: what fits it (law 7)."""

MOST_REQUESTS: Final = 250
MOST_STATES_IN_ALL: Final = 1_000
"""What one statement lists (ours): what fits its document. The oldest are left out, which is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateAt:
    """A state and when it was reached."""

    state: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRequest:
    """One request and the states it has come to, in order. `final`: no other will follow."""

    reference: str
    definition_reference: str
    account_number: str
    kind: str
    final: bool
    states: tuple[StateAt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsMonth:
    """What a person's requests did in one Riyadh month."""

    stage: Literal["collecting"] = "collecting"
    requests: tuple[KnownRequest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Requests that did something in the period or were open at its beginning, oldest first, each with its whole
    history up to the end of the period, as far as a year back; relations as they stood at `made_at`. `left_out`: how
    often there was no room for one."""

    reference: str = field(repr=False)
    period: Period
    made_at: datetime
    requests: tuple[KnownRequest, ...]
    left_out: int
    relations: tuple[KnownRelation, ...]


def collector_of(event: RequestMoved) -> str:
    """The collector's id: the person and the event's own Riyadh month, so that a copy finds the same."""
    return month_id(event.user_id, f"{riyadh_day(event.at):%Y-%m}")


def month_id(user_id: str, month: str) -> str:
    """The id of a person's month."""
    return f"requests:{user_id}.{month}"


def collect_move(state: RequestsMonth | None, incoming: Incoming[RequestMoved], _: Facts) -> Decision[RequestsMonth]:
    """Keep the state that the request has come to; of a flood the first ones."""
    month, moved = state or RequestsMonth(), incoming.body
    reached = StateAt(state=moved.state, at=moved.at)
    known = next((each for each in month.requests if each.reference == moved.reference), None)
    if known is None and len(month.requests) >= MOST_REQUESTS_A_MONTH:
        return ignored(state)
    if known is not None and reached in known.states:
        return ignored(state)
    request = known or KnownRequest(
        reference=moved.reference,
        definition_reference=moved.definition_reference,
        account_number=moved.account_number,
        kind=moved.kind,
        final=False,
        states=(),
    )
    after = replace(request, final=request.final or moved.final, states=(*request.states, reached)[-MOST_STATES:])
    if known is None:
        return decided(replace(month, requests=(*month.requests, after)))
    return decided(replace(month, requests=tuple(after if each is known else each for each in month.requests)))


def give_moves(state: RequestsMonth | None, incoming: Incoming[MovesWanted], _: Facts) -> Decision[RequestsMonth]:
    """A part of the month; nothing for a month without a document. Nothing is recorded."""
    wanted = incoming.body
    requests = state.requests if state is not None else ()
    begin = wanted.part * A_PART
    given = MovesGiven(
        report_id=wanted.report_id,
        month=wanted.month,
        part=wanted.part,
        requests=tuple(map(_said, requests[begin : begin + A_PART])),
        more=len(requests) > begin + A_PART,
    )
    return answered(state, given)


def merged(known: Iterable[KnownRequest], more: Iterable[RequestMoves]) -> tuple[KnownRequest, ...]:
    """Requests with what another month says of them; saying it twice changes nothing."""
    by_reference = {each.reference: each for each in known}
    for said in more:
        states = (StateAt(state=each.state, at=each.at) for each in said.states)
        before = by_reference.get(said.reference)
        each_once = dict.fromkeys((*(before.states if before else ()), *states))
        by_reference[said.reference] = KnownRequest(
            reference=said.reference,
            definition_reference=said.definition_reference,
            account_number=said.account_number,
            kind=said.kind,
            final=said.final or (before is not None and before.final),
            states=tuple(sorted(each_once, key=lambda each: each.at)),  # of one instant: as the month told them
        )
    return tuple(by_reference.values())


def bounded(
    requests: Iterable[KnownRequest], period: Period
) -> tuple[tuple[KnownRequest, ...], tuple[KnownRequest, ...]]:
    """As many requests as fit, oldest first, and those that are left out: what was over before the period makes room
    for the others, and the older for the later."""
    in_order = sorted(
        requests, key=lambda each: (not was_over(each, period), each.states[-1].at, each.reference), reverse=True
    )
    kept, states = list[KnownRequest](), 0
    for request in in_order[:MOST_REQUESTS]:
        states += len(request.states)
        if states > MOST_STATES_IN_ALL:
            break
        kept.append(request)
    left_out = tuple(in_order[len(kept) :])
    kept.sort(key=lambda each: (each.states[0].at, each.reference))
    return tuple(kept), left_out


def was_over(request: KnownRequest, period: Period) -> bool:
    """Whether it came to its end before the period: it is on no statement of that."""
    return request.final and riyadh_day(request.states[-1].at) < period.first


def of_period(requests: Iterable[KnownRequest], period: Period) -> tuple[KnownRequest, ...]:
    """Requests as they stood at the end of the period, without those that were over before it began or came later."""
    found = []
    for request in requests:
        until = tuple(each for each in request.states if riyadh_day(each.at) <= period.last)
        shown = replace(request, final=request.final and len(until) == len(request.states), states=until)
        if until and not was_over(shown, period):
            found.append(shown)
    return tuple(found)


def _said(request: KnownRequest) -> RequestMoves:
    return RequestMoves(
        reference=request.reference,
        definition_reference=request.definition_reference,
        account_number=request.account_number,
        kind=request.kind,
        final=request.final,
        states=tuple(StateReached(state=each.state, at=each.at) for each in request.states),
    )

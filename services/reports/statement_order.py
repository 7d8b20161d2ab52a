"""One ordered statement: asks the months' collectors, part by part, and is made once (R3)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from contracts.decision import Decision, Facts, Incoming, Outgoing, decided, ignored
from contracts.message import TimerElapsed
from contracts.reports import ReportMade
from contracts.reports_internal import (
    DocumentCompleted,
    MovesGiven,
    MovesWanted,
    ReportDeclined,
    StatementOrdered,
)
from services.reports.order_states import Declined, ReportFacts
from services.reports.period import Period
from services.reports.relation_gate import KnownRelation
from services.reports.statement import KnownRequest, Statement, bounded, merged, of_period, was_over

MONTHS_BACK: Final = 12
"""Months before the period in which the history of a request still open is looked for (ours)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPart:
    """A part of a month that has not answered yet."""

    month: str
    part: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """Ordered; the `missing` parts have not answered yet. `over`: references of requests for which there was no room
    and no need, since they were over before the period. An older month that tells of one does not open it again."""

    stage: Literal["gathering"] = "gathering"
    user_id: str
    acted_by: str | None
    period: Period
    relations: tuple[KnownRelation, ...]
    missing: tuple[MissingPart, ...]
    requests: tuple[KnownRequest, ...] = ()
    left_out: int = 0
    over: tuple[str, ...] = ()
    give_up_at: datetime
    correlation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementMade:
    """Made, and fetched so many times. The link's secret is kept as its SHA-256 only (R8)."""

    stage: Literal["statement-made"] = "statement-made"
    user_id: str
    report: Statement
    link_hash: str
    expires_at: datetime
    fetched: int = 0


StatementState = Gathering | StatementMade | Declined


def order_statement(
    state: StatementState | None, incoming: Incoming[StatementOrdered], facts: ReportFacts
) -> Decision[StatementState]:
    """Ask every month of the period, and the year before it: what is still open may have begun there."""
    if state is not None:
        return ignored(state)
    order = incoming.body
    period = Period(order.first_day, order.last_day)
    asked = Period(period.earlier(MONTHS_BACK).first, period.last)
    missing = tuple(MissingPart(month=f"{month.first:%Y-%m}", part=0) for month in asked.months())
    gathering = Gathering(
        user_id=order.user_id,
        acted_by=order.acted_by,
        period=period,
        relations=tuple(
            KnownRelation(
                account_number=each.account_number,
                relation=each.relation,
                basis=each.basis,
                from_day=each.from_day,
                last_day=each.last_day,
            )
            for each in order.relations
        ),
        missing=missing,
        give_up_at=facts.give_up_at,
        correlation_id=incoming.correlation_id,
    )
    return decided(gathering, *(_wanted(order.report_id, gathering, part) for part in missing))


def take_moves(state: StatementState, incoming: Incoming[MovesGiven], facts: ReportFacts) -> Decision[StatementState]:
    """Keep a part, ask for the next one of its month; with the last part the statement is made. A part is taken
    once."""
    given = incoming.body
    part = MissingPart(month=given.month, part=given.part)
    if not isinstance(state, Gathering) or part not in state.missing:
        return ignored(state)
    following = (MissingPart(month=given.month, part=given.part + 1),) if given.more else ()
    told = (each for each in given.requests if each.reference not in state.over)
    requests, left_out = bounded(merged(state.requests, told), state.period)
    gathered = replace(
        state,
        missing=(*(each for each in state.missing if each != part), *following),
        requests=requests,
        over=(*state.over, *(each.reference for each in left_out if was_over(each, state.period))),
        left_out=state.left_out + len(of_period(left_out, state.period)),  # what was over before would not stand on it
    )
    if gathered.missing:
        return decided(gathered, *(_wanted(given.report_id, gathered, each) for each in following))
    return _made(gathered, given.report_id, facts)


def requests_silent(state: Gathering, incoming: Incoming[TimerElapsed], facts: Facts) -> Decision[StatementState]:
    """The months did not answer in time: the command is answered all the same (J3)."""
    if facts.present < state.give_up_at:
        return ignored(state)
    report_id = incoming.body.aggregate.removeprefix("report:")
    declined = ReportDeclined(report_id=report_id, user_id=state.user_id, reason="requests-did-not-come")
    return decided(
        Declined(user_id=state.user_id, reason="requests-did-not-come"), Outgoing(declined, state.correlation_id)
    )


def _made(state: Gathering, report_id: str, facts: ReportFacts) -> Decision[StatementState]:
    statement = Statement(
        reference=facts.reference,
        period=state.period,
        made_at=facts.present,
        requests=of_period(state.requests, state.period),
        left_out=state.left_out,
        relations=tuple(each for each in state.relations if _meets(each, state.period)),
    )
    made = StatementMade(
        user_id=state.user_id, report=statement, link_hash=facts.link_hash, expires_at=facts.expires_at
    )
    completed = DocumentCompleted(report_id=report_id, user_id=state.user_id, expires_at=facts.expires_at)
    announced = ReportMade(
        user_id=state.user_id,
        acted_by=state.acted_by,
        report_id=report_id,
        kind="statement",
        version=1,
        made_at=facts.present,
    )
    return decided(made, *(Outgoing(message, state.correlation_id) for message in (completed, announced)))


def _wanted(report_id: str, state: Gathering, part: MissingPart) -> MovesWanted:
    return MovesWanted(report_id=report_id, user_id=state.user_id, month=part.month, part=part.part)


def _meets(relation: KnownRelation, period: Period) -> bool:
    return relation.from_day <= period.last and (relation.last_day is None or period.first <= relation.last_day)

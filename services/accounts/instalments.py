"""A plan of instalments: asked for, quoted from billing's dues, accepted, agreed by billing (A14).

The command that asked is answered by the customer's aggregate, which got it; the one that accepts, from here (J3).
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from contracts.accounts_request_internal import PlanDenialReason, PlanDenied, PlanFiled, PlanQuoted
from contracts.billing import AccountUnknown, DuesAsked, DuesFound, PlanAgreed, PlanOrdered, PlanPart, PlanRefused
from contracts.decision import Decision, Facts, Incoming, Outgoing, Refusal, decided, ignored, refused
from contracts.message import TimerElapsed
from contracts.requests import AcceptInstalments, Instalment, InstalmentPlanAgreed, InstalmentsAgreed
from contracts.sealed import Secret
from contracts.values.riyadh_day import riyadh_day
from services.accounts.addressing import aggregate_named
from services.accounts.instalment_plan import PlannedPart, planned
from services.accounts.instalment_states import (
    Asking,
    Closed,
    ClosedState,
    InForce,
    InstalmentFacts,
    Ordered,
    Plan,
    Quoted,
)
from services.accounts.request_news import RequestRecord, moved

INSTALMENTS = "instalments"
PLAN_ABSENT = Refusal("reference-not-found", "plan-absent")
"""No such plan. Another person's looks exactly like this to the public (A8)."""

READ_LATE: Final = timedelta(minutes=15)
"""A quote accepted in time counts though it is read late (law 9): the acceptance has another key than the wake-up."""

_CLOSED_BY: Final[dict[PlanDenialReason, ClosedState]] = {
    "nothing-due": "nothing-due",
    "parts-too-small": "parts-too-small",
    "dues-not-found": "not-available",
    "billing-silent": "not-available",
}


def open_plan(state: Plan | None, incoming: Incoming[PlanFiled], facts: InstalmentFacts) -> Decision[Plan]:
    """A14: what does this person owe on this account?"""
    if state is not None:
        return ignored(state)
    filing = incoming.body
    record = RequestRecord(
        user_id=filing.user_id,
        acted_by=filing.acted_by,
        account_number=Secret(filing.account_number),
        kind=INSTALMENTS,
        reference=filing.reference,
        definition_reference=filing.definition_reference,
    )
    asking = Asking(
        record=record,
        parts=filing.parts,
        command_id=incoming.correlation_id,
        answer_key=filing.asker_key,
        give_up_at=facts.present + facts.terms.billing_wait,
    )
    question = DuesAsked(
        asked_by=aggregate_named("plan", filing.reference),
        account_number=filing.account_number,
        user_id=filing.user_id,
        relation=filing.relation,
    )
    return decided(asking, question, *moved(record, "asked", final=False, at=filing.filed_at))


def quote_plan(state: Plan, incoming: Incoming[DuesFound], facts: InstalmentFacts) -> Decision[Plan]:
    """A14: the dues in parts that add up to them."""
    match state:
        case Asking() if incoming.correlation_id == state.command_id:
            total = _owed(state, incoming.body)
            if total is None:
                return _denied(state, "dues-not-found", incoming.now)
            if total == 0:
                return _denied(state, "nothing-due", incoming.now)
            if total // state.parts < facts.terms.smallest_part_halalas:
                return _denied(state, "parts-too-small", incoming.now)
            return _quoted(state, total, incoming.now, facts)
        case _:
            return ignored(state)


def refuse_unknown_account(state: Plan, incoming: Incoming[AccountUnknown], _: Facts) -> Decision[Plan]:
    """Billing has no such account any more."""
    match state:
        case Asking() if incoming.correlation_id == state.command_id:
            return _denied(state, "dues-not-found", incoming.now)
        case _:
            return ignored(state)


def accept_plan(state: Plan, incoming: Incoming[AcceptInstalments], facts: InstalmentFacts) -> Decision[Plan]:
    """A14: the quoted plan, as it was quoted. Billing must agree."""
    if incoming.who.user_id != state.record.user_id:
        return Decision(state, refusal=replace(PLAN_ABSENT, reason="plan-of-another"), recorded=False)
    match state:
        case Quoted() if incoming.now < state.valid_until:
            news = moved(replace(state.record, acted_by=incoming.who.actor), "accepted", final=False, at=incoming.now)
            return _ordered(state, incoming, facts).and_send(*news)
        case Quoted():
            return refused(state, "quote-expired", "quote-past-its-time")
        case Ordered(command_id=None):
            return _ordered(state, incoming, facts)
        case Asking() | Ordered():
            return refused(state, "not-available-now", "plan-waits-for-billing", "accept-instalments")
        case InForce():
            return refused(state, "already-requested", "plan-in-force")
        case Closed(state="expired"):
            return refused(state, "quote-expired", "quote-closed")
        case Closed(state="refused"):
            # Whoever was told to try again may hear it here first.
            return refused(state, "plan-not-agreed", "billing-refused-the-plan")
        case Closed():
            return refused(state, "not-found", "plan-closed")
        case _:
            assert_never(state)


def agree_plan(state: Plan, incoming: Incoming[PlanAgreed], _: Facts) -> Decision[Plan]:
    """A14: the plan is in force. Billing's word counts however late it comes."""
    match state:
        case Ordered() if incoming.body.order_id == state.record.reference:
            agreed = InForce(
                record=state.record, total_halalas=state.total_halalas, parts=state.parts, agreed_at=incoming.now
            )
            event = InstalmentPlanAgreed(
                user_id=state.record.user_id,
                account_number=state.record.account_number.reveal(),
                reference=state.record.reference,
                total_halalas=state.total_halalas,
                parts=_schedule(state.parts),
                agreed_at=incoming.now,
            )
            news = moved(state.record, "agreed", final=True, at=incoming.now)
            decision: Decision[Plan] = decided(agreed, event, *news)
            if state.command_id is None:
                return decision
            answer = Outgoing(InstalmentsAgreed(reference=state.record.reference), state.command_id)
            return decision.and_send(answer)
        case _:
            return ignored(state)


def refuse_plan(state: Plan, incoming: Incoming[PlanRefused], _: Facts) -> Decision[Plan]:
    """Billing does not agree, for instance because something has been paid meanwhile. A new quote may be asked for."""
    match state:
        case Ordered() if incoming.body.order_id == state.record.reference:
            closed = Closed(record=state.record, state="refused")
            news = moved(state.record, "refused", final=True, at=incoming.now)
            if state.command_id is None:
                return decided(closed, *news)
            refusal = Refusal(
                "plan-not-agreed", "billing-refused-the-plan", None, state.command_id, AcceptInstalments.type_name
            )
            return Decision(closed, news, refusal=refusal)
        case _:
            return ignored(state)


def settle_plan(state: Plan, _: Incoming[TimerElapsed], facts: Facts) -> Decision[Plan]:
    """Billing has been silent, or a quote has had its time."""
    due = plan_due_at(state)
    if due is None or facts.present < due:
        return ignored(state)
    match state:
        case Asking():
            return _denied(state, "billing-silent", facts.present)
        case Quoted():
            closed = Closed(record=state.record, state="expired")
            return decided(closed, *moved(state.record, "expired", final=True, at=facts.present))
        case Ordered(command_id=str(command)):
            refusal = Refusal(
                "not-available-now",
                "billing-silent-about-the-plan",
                "accept-instalments",
                command,
                AcceptInstalments.type_name,
            )
            return Decision(replace(state, command_id=None), refusal=refusal)
        case _:
            return ignored(state)


def plan_due_at(state: Plan) -> datetime | None:
    """When a plan wants to be woken."""
    match state:
        case Asking():
            return state.give_up_at
        case Quoted():
            return state.valid_until + READ_LATE
        case Ordered():
            return state.give_up_at if state.command_id is not None else None
        case InForce() | Closed():
            return None
        case _:
            assert_never(state)


def _owed(state: Asking, found: DuesFound) -> int | None:
    """What this person owes on this account; None if billing's answer does not fit the question or itself (A18)."""
    fits = (found.user_id, found.account_number) == (state.record.user_id, state.record.account_number.reveal())
    adds_up = sum(due.amount_halalas for due in found.dues) == found.total_halalas
    return found.total_halalas if fits and adds_up else None


def _quoted(state: Asking, total: int, at: datetime, facts: InstalmentFacts) -> Decision[Plan]:
    parts = planned(total, state.parts, riyadh_day(facts.present))
    valid_until = facts.present + facts.terms.quote_holds
    quoted = Quoted(record=state.record, total_halalas=total, parts=parts, valid_until=valid_until)
    news = PlanQuoted(
        user_id=state.record.user_id,
        reference=state.record.reference,
        total_halalas=total,
        parts=_schedule(parts),
        valid_until=valid_until,
        asker_key=state.answer_key,
    )
    return decided(quoted, Outgoing(news, state.command_id), *moved(state.record, "quoted", final=False, at=at))


def _denied(state: Asking, reason: PlanDenialReason, at: datetime) -> Decision[Plan]:
    closed = Closed(record=state.record, state=_CLOSED_BY[reason])
    news = PlanDenied(
        user_id=state.record.user_id, reference=state.record.reference, reason=reason, asker_key=state.answer_key
    )
    return decided(closed, Outgoing(news, state.command_id), *moved(state.record, closed.state, final=True, at=at))


def _ordered(state: Quoted | Ordered, incoming: Incoming[AcceptInstalments], facts: InstalmentFacts) -> Decision[Plan]:
    ordered = Ordered(
        record=state.record,
        total_halalas=state.total_halalas,
        parts=state.parts,
        command_id=incoming.id,
        give_up_at=facts.present + facts.terms.billing_wait,
    )
    order = PlanOrdered(
        asked_by=aggregate_named("plan", state.record.reference),
        order_id=state.record.reference,
        account_number=state.record.account_number.reveal(),
        user_id=state.record.user_id,
        parts=tuple(PlanPart(due_date=part.due_date, amount_halalas=part.amount_halalas) for part in state.parts),
        total_halalas=state.total_halalas,
    )
    return decided(ordered, order)


def _schedule(parts: tuple[PlannedPart, ...]) -> tuple[Instalment, ...]:
    return tuple(
        Instalment(number=number, due_date=part.due_date, amount_halalas=part.amount_halalas)
        for number, part in enumerate(parts, start=1)
    )

"""One request on its way through the steps of its kind (A15-A17): filed, worked on by the back office, ended.

The steps are data. The back office brings a request from state to state, the customer may take it back while its state
allows that. A silent back office changes nothing and loses nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never

from contracts.accounts_request_internal import RequestFiled
from contracts.back_office import CaseOpened, CaseProgressed, CaseWithdrawn, DangerReported
from contracts.decision import Decision, Facts, Incoming, Refusal, decided, ignored, refused
from contracts.message import Message, TimerElapsed
from contracts.requests import RequestWithdrawn, WithdrawRequest
from contracts.sealed import Sealed, Secret
from services.accounts.addressing import aggregate_named
from services.accounts.cases import TELL_AGAIN_AFTER
from services.accounts.customer import RequestStep
from services.accounts.request_kind import WITHDRAWN, KindFacts
from services.accounts.request_news import RequestRecord, moved

REQUEST_ABSENT = Refusal("reference-not-found", "request-absent")
"""No such request. Another person's looks exactly like this to the public (A8)."""

MOST_EARLY_STEPS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Early:
    """The back office was quicker than our own filing: danger reaches it by a lane of its own (A16)."""

    stage: Literal["early"] = "early"
    steps: tuple[RequestStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """In one of its kind's states. `tell_again_at`: when the back office is told once more, while it has not shown by
    any step that it knows; `urgent`: by which lane."""

    stage: Literal["open"] = "open"
    record: RequestRecord
    state: str
    urgent: bool
    form: Secret
    tell_again_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """In a final state. The form is gone."""

    stage: Literal["ended"] = "ended"
    record: RequestRecord
    state: str
    ended_at: datetime


Request = Early | Open | Ended


def open_request(state: Request | None, incoming: Incoming[RequestFiled], facts: KindFacts) -> Decision[Request]:
    """A15-A17: the back office gets the case, unless it has it already by the urgent lane."""
    match state:
        case None | Early():
            filing = incoming.body
            record = RequestRecord(
                user_id=filing.user_id,
                acted_by=filing.acted_by,
                account_number=Secret(filing.account_number),
                kind=filing.kind,
                reference=filing.reference,
                definition_reference=filing.definition_reference,
            )
            opened = Open(
                record=record,
                state=filing.state,
                urgent=filing.urgent,
                form=Secret(incoming.opened("form")),
                tell_again_at=facts.present + TELL_AGAIN_AFTER,
            )
            cases = () if filing.urgent else (_case_of(opened),)
            news = moved(record, filing.state, final=False, at=filing.filed_at)
            return _caught_up(opened, () if state is None else state.steps, (*cases, *news), facts)
        case Open() | Ended():
            return ignored(state)
        case _:
            assert_never(state)


def progress_request(state: Request | None, incoming: Incoming[CaseProgressed], facts: KindFacts) -> Decision[Request]:
    """The back office has done a step. One that the kind's steps do not allow changes nothing and is for the audit."""
    step = RequestStep(state=incoming.body.step, at=incoming.now)
    match state:
        case None:
            return decided(Early(steps=(step,)))
        case Early():
            return ignored(state) if len(state.steps) >= MOST_EARLY_STEPS else decided(_with(state, step))
        case Open() | Ended():
            if step.state == state.state:
                return ignored(state)
            return _progressed(state, step, facts)
        case _:
            assert_never(state)


def withdraw_request(state: Request, incoming: Incoming[WithdrawRequest], facts: KindFacts) -> Decision[Request]:
    """The customer takes the request back while its state allows it (J2: too late is too late)."""
    if isinstance(state, Early) or incoming.who.user_id != state.record.user_id:
        return Decision(state, refusal=replace(REQUEST_ABSENT, reason="request-of-another"), recorded=False)
    match state:
        case Open() if facts.kind is not None and facts.kind.may_be_withdrawn(state.state):
            reference = state.record.reference
            ended = Ended(record=state.record, state=WITHDRAWN, ended_at=incoming.now)
            record = replace(state.record, acted_by=incoming.who.actor)
            return decided(
                ended,
                RequestWithdrawn(reference=reference),
                CaseWithdrawn(asked_by=aggregate_named("request", reference), case_id=reference),
                *moved(record, WITHDRAWN, final=True, at=incoming.now),
            )
        case Open():
            return refused(state, "not-to-be-withdrawn", "state-not-withdrawable")
        case Ended():
            return refused(state, "not-to-be-withdrawn", "request-ended")
        case _:
            assert_never(state)


def tell_again(state: Request, _: Incoming[TimerElapsed], facts: Facts) -> Decision[Request]:
    """The back office has not shown that it knows of the case; it knows the case by its id, if it does."""
    due = tell_again_at(state)
    if not isinstance(state, Open) or due is None or facts.present < due:
        return ignored(state)
    return decided(replace(state, tell_again_at=facts.present + TELL_AGAIN_AFTER), _case_of(state))


def tell_again_at(state: Request) -> datetime | None:
    """When a request wants to be woken."""
    return state.tell_again_at if isinstance(state, Open) else None


def kind_of(state: Request | None) -> str | None:
    """The code of the request's kind, once it is filed."""
    return state.record.kind if isinstance(state, Open | Ended) else None


def _case_of(opened: Open) -> CaseOpened | DangerReported:
    record, form = opened.record, Sealed.of(opened.form.reveal())
    asker, account = aggregate_named("request", record.reference), record.account_number.reveal()
    if opened.urgent:
        return DangerReported(
            asked_by=asker, case_id=record.reference, user_id=record.user_id, account_number=account, form=form
        )
    return CaseOpened(
        asked_by=asker,
        case_id=record.reference,
        kind=record.kind,
        user_id=record.user_id,
        account_number=account,
        form=form,
    )


def _with(state: Early, step: RequestStep) -> Early:
    return replace(state, steps=(*state.steps, step))


def _caught_up(
    opened: Open, steps: tuple[RequestStep, ...], messages: tuple[Message, ...], facts: KindFacts
) -> Decision[Request]:
    """What the back office did before the filing, in its order; what its kind does not allow is left out."""
    state: Request = opened
    for step in steps:
        if isinstance(state, Open):
            after = _progressed(state, step, facts)
            state = after.state or state
            messages = (*messages, *(m for m in after.messages if isinstance(m, Message)))
    return decided(state, *messages)


def _progressed(state: Open | Ended, step: RequestStep, facts: KindFacts) -> Decision[Request]:
    if isinstance(state, Ended):
        return refused(state, "malformed", "step-after-the-end")
    if facts.kind is None:
        return refused(state, "malformed", "step-of-an-unknown-kind")
    if not facts.kind.allows(state.state, step.state):
        return refused(state, "malformed", "step-not-allowed")
    final = facts.kind.is_final(step.state)
    news = moved(state.record, step.state, final=final, at=step.at)
    if final:
        return decided(Ended(record=state.record, state=step.state, ended_at=step.at), *news)
    return decided(replace(state, state=step.state, tell_again_at=None), *news)

"""A customer submits a request, or reports danger (A15-A17). The customer's aggregate judges it and lets it begin."""

import json

from contracts.accounts_request_internal import RequestFiled
from contracts.back_office import DangerReported
from contracts.decision import Decision, Incoming, Refusal, decided
from contracts.requests import ReportDanger, RequestAccepted, SubmitRequest
from contracts.sealed import Sealed, Secret
from services.accounts.addressing import aggregate_named
from services.accounts.customer import DefinedAccount, KnownCustomer, RequestStep
from services.accounts.door import Wanted, filed, judge_request, turned_away
from services.accounts.request_form import FormRejected, SubmissionFacts
from services.accounts.request_kind import OfferedKind, RequestKinds


def submit_request(
    state: KnownCustomer | None, incoming: Incoming[SubmitRequest], facts: SubmissionFacts
) -> Decision[KnownCustomer]:
    """A15-A17: what is missing comes first (J2), then the kind, then the form."""
    return _begun(state, incoming, facts, incoming.body.kind)


def report_danger(
    state: KnownCustomer | None, incoming: Incoming[ReportDanger], facts: SubmissionFacts
) -> Decision[KnownCustomer]:
    """A16: danger. The back office hears of it from here, without another hop; the request's own aggregate follows."""
    decision = _begun(state, incoming, facts, facts.kind.kind if facts.kind is not None else "")
    if decision.refusal is not None:
        return decision
    filing = next(message for message in decision.messages if isinstance(message, RequestFiled))
    report = DangerReported(
        asked_by=aggregate_named("request", filing.reference),
        case_id=filing.reference,
        user_id=filing.user_id,
        account_number=filing.account_number,
        form=filing.form,
    )
    return Decision(decision.state, (report, *decision.messages))


def _begun(
    state: KnownCustomer | None,
    incoming: Incoming[SubmitRequest] | Incoming[ReportDanger],
    facts: SubmissionFacts,
    kind: str,
) -> Decision[KnownCustomer]:
    offered, urgent = facts.kind, isinstance(incoming.body, ReportDanger)
    wanted = Wanted(kind, urgent=urgent)
    if offered is not None:
        then = offered.party_month is not None
        wanted = Wanted(kind, one_open=offered.one_open, urgent=urgent, party=offered.party, party_then=then)
    judged = judge_request(state, incoming.body.reference, wanted, facts.reference, incoming.now)
    if isinstance(judged, Refusal):
        return turned_away(state, judged)
    if offered is None:
        return turned_away(state, Refusal("request-kind-not-offered", "request-kind-unknown"))
    if offered.urgent is not urgent:
        return turned_away(state, Refusal("request-kind-not-offered", "danger-on-the-ordinary-lane"))
    if not isinstance(facts.form, Secret):
        return turned_away(state, Refusal("form-not-accepted", _fault_of(facts.form)))
    assert state is not None  # a stranger has been turned away for want of an address
    if not _is_theirs(state, judged, offered, facts.form):
        return turned_away(state, Refusal("bill-not-theirs", "not-liable-in-that-month"))
    changed = filed(state, judged, wanted, facts.reference, RequestStep(state=offered.first, at=incoming.now))
    accepted = RequestAccepted(reference=facts.reference, state=offered.first)
    filing = RequestFiled(
        user_id=incoming.who.user_id,
        acted_by=incoming.who.actor,
        account_number=judged.identifier.reveal(),
        kind=offered.kind,
        reference=facts.reference,
        definition_reference=judged.reference,
        state=offered.first,
        urgent=urgent,
        form=Sealed.of(facts.form.reveal()),
        filed_at=incoming.now,
    )
    return decided(changed, accepted, filing)


def _is_theirs(state: KnownCustomer, definition: DefinedAccount, offered: OfferedKind, form: Secret) -> bool:
    """A3, A18: who has left asks for the bills of their own time, and for no other party's."""
    if offered.party_month is None or not state.has_left(definition.identifier):
        return True
    return state.was_liable_in(definition.identifier, json.loads(form.reveal())[offered.party_month])


def _fault_of(form: FormRejected | None) -> str:
    return form.reason if form is not None else "form-not-json"


def kind_wanted(incoming: Incoming[SubmitRequest] | Incoming[ReportDanger], kinds: RequestKinds) -> OfferedKind | None:
    """The kind that a command asks for; danger's is not in the command."""
    return kinds.urgent if isinstance(incoming.body, ReportDanger) else kinds.offered.get(incoming.body.kind)

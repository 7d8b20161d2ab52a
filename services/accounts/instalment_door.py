"""A customer asks to pay in instalments: the door, and the late answer to the command (A14, J3)."""

from typing import Final

from contracts.accounts_request_internal import PlanDenialReason, PlanDenied, PlanFiled, PlanQuoted
from contracts.decision import Decision, Facts, Incoming, Refusal, decided
from contracts.requests import InstalmentsQuoted, RequestInstalments
from services.accounts.customer import KnownCustomer, RequestStep
from services.accounts.door import Wanted, filed, judge_request, turned_away
from services.accounts.instalments import INSTALMENTS
from services.accounts.reference import ReferenceFacts

WANTED: Final = Wanted(INSTALMENTS)
"""Quotes are free: somebody may compare several. Of two accepted plans for one debt billing refuses the second."""

_PUBLIC: Final[dict[PlanDenialReason, str]] = {
    "nothing-due": "nothing-due",
    "parts-too-small": "instalments-too-small",
    "dues-not-found": "not-available-now",
    "billing-silent": "not-available-now",
}


def request_instalments(
    state: KnownCustomer | None, incoming: Incoming[RequestInstalments], facts: ReferenceFacts
) -> Decision[KnownCustomer]:
    """A14: the plan's own aggregate asks billing; the answer to this command follows."""
    judged = judge_request(state, incoming.body.reference, WANTED, facts.reference, incoming.now)
    if isinstance(judged, Refusal):
        return turned_away(state, judged)
    assert state is not None  # a stranger has been turned away for want of an address
    first = RequestStep(state="asked", at=incoming.now)
    filing = PlanFiled(
        user_id=incoming.who.user_id,
        acted_by=incoming.who.actor,
        account_number=judged.identifier.reveal(),
        relation=judged.relation,
        reference=facts.reference,
        definition_reference=judged.reference,
        parts=incoming.body.parts,
        filed_at=incoming.now,
    )
    return decided(filed(state, judged, WANTED, facts.reference, first), filing)


def give_quote(state: KnownCustomer, incoming: Incoming[PlanQuoted], _: Facts) -> Decision[KnownCustomer]:
    """The one answer to the command that asked (J3): its id has come all the way as the correlation."""
    quote = incoming.body
    answer = InstalmentsQuoted(
        reference=quote.reference,
        total_halalas=quote.total_halalas,
        parts=quote.parts,
        valid_until=quote.valid_until,
    )
    return decided(state, answer)


def give_no_quote(state: KnownCustomer, incoming: Incoming[PlanDenied], _: Facts) -> Decision[KnownCustomer]:
    """The one answer to the command that asked (J3): why there is no plan."""
    reason = incoming.body.reason
    public = _PUBLIC[reason]
    refusal = Refusal(public, reason, None, incoming.correlation_id, RequestInstalments.type_name)
    return Decision(state, refusal=refusal)

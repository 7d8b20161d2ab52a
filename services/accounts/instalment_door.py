"""A customer asks to pay in instalments: the door, and the late answer to the command (A14, J3)."""

from typing import Final

from contracts import accounts_v1
from contracts.accounts_request_internal import PlanDenialReason, PlanDenied, PlanFiled, PlanQuoted
from contracts.decision import Decision, Facts, Incoming, Refusal, decided
from contracts.message import Answer
from contracts.requests import InstalmentsQuoted, Quote, RequestInstalments
from services.accounts.amounts import sealed_amounts
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
    state: KnownCustomer | None,
    incoming: Incoming[RequestInstalments | accounts_v1.RequestInstalments],
    facts: ReferenceFacts,
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
        asker_key=incoming.body.answer_key if isinstance(incoming.body, RequestInstalments) else None,
    )
    return decided(filed(state, judged, WANTED, facts.reference, first), filing)


def give_quote(state: KnownCustomer, incoming: Incoming[PlanQuoted], _: Facts) -> Decision[KnownCustomer]:
    """The one answer to the command that asked (J3): its id has come all the way as the correlation."""
    return decided(state, _answer(incoming.body))


def give_no_quote(state: KnownCustomer, incoming: Incoming[PlanDenied], _: Facts) -> Decision[KnownCustomer]:
    """The one answer to the command that asked (J3): why there is no plan."""
    reason = incoming.body.reason
    public = _PUBLIC[reason]
    command = accounts_v1.RequestInstalments if incoming.body.asker_key is None else RequestInstalments
    refusal = Refusal(public, reason, None, incoming.correlation_id, command.type_name)
    return Decision(state, refusal=refusal)


def _answer(news: PlanQuoted) -> Answer:
    """Law 1: sealed to the asker, unless the command was of the version that cannot open it."""
    if news.asker_key is None:
        return accounts_v1.InstalmentsQuoted(
            reference=news.reference, total_halalas=news.total_halalas, parts=news.parts, valid_until=news.valid_until
        )
    quote = Quote(total_halalas=news.total_halalas, parts=news.parts)
    sealed = sealed_amounts(quote, news.asker_key)
    return InstalmentsQuoted(reference=news.reference, quote=sealed, valid_until=news.valid_until)

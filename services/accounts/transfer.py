"""A transfer begins (A9, A12, A13): its evidence is checked, then the supply is reserved, which names the other party.

    evidence -> supply -> consents -> dues -> closing reading -> running bill -> billing's holder change -> moved

Every step is a decision of its own, in the module of its name: `transfer_consent`, `transfer_closing`,
`transfer_moving`; `transfer_undo` takes back, `transfer_timer` lets nobody wait for ever.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final, Literal

from contracts.accounts import TransferKind
from contracts.accounts_supply_internal import SupplyDenied, SupplyGranted
from contracts.accounts_transfer_internal import TransferFiled
from contracts.decision import Decision, Incoming, decided, ignored, refused
from contracts.registry import EvidenceAsked, EvidenceConfirmed, EvidenceNotConfirmed
from contracts.sealed import Sealed, Secret
from contracts.values.riyadh_day import riyadh_day
from services.accounts.possible_day import EARLIEST_DAY
from services.accounts.request_news import RequestRecord
from services.accounts.transfer_case import Case, Parties, TransferFacts
from services.accounts.transfer_news import consents_wanted, news_of
from services.accounts.transfer_questions import question_of
from services.accounts.transfer_states import AwaitingConsents, CheckingEvidence, ReservingSupply, Transfer
from services.accounts.transfer_undo import end

EVIDENCE: Final[dict[TransferKind, Literal["ownership-deed", "tenancy-contract"]]] = {
    "ownership": "ownership-deed",  # A12
    "subscriber": "tenancy-contract",  # A13
}
"""Kinds of transfer that need a document, and which."""


def open_transfer(
    state: Transfer | None, incoming: Incoming[TransferFiled], facts: TransferFacts
) -> Decision[Transfer]:
    """The customer's aggregate has let this transfer begin."""
    if state is not None:
        return ignored(state)
    case = _case_of(incoming.body)
    evidence = EVIDENCE.get(case.kind)
    if evidence is None:
        reserving = _reserving(case, facts)
        return decided(reserving, question_of(reserving), *news_of(reserving, facts.present))
    checking = CheckingEvidence(case=case, due_at=facts.present + facts.waits.evidence)
    asked = EvidenceAsked(
        asked_by=case.aggregate,
        evidence_kind=evidence,
        document_number=Sealed.of(incoming.opened("document_number")),  # passed on, not kept
        account_number=case.account_number,
        user_id=case.requester,
    )
    return decided(checking, asked, *news_of(checking, facts.present))


def accept_evidence(state: Transfer, incoming: Incoming[EvidenceConfirmed], facts: TransferFacts) -> Decision[Transfer]:
    """A12, A13: the registry confirms the document, from a day on; one that is not valid yet moves nothing."""
    match state:
        case CheckingEvidence() if incoming.body.valid_from > riyadh_day(facts.present):
            return end(state, "failed", "evidence-not-yet-valid", facts.present)
        case CheckingEvidence() if incoming.body.valid_from < EARLIEST_DAY:
            return refused(state, "not-available-now", "impossible-day")
        case CheckingEvidence():
            is_contract = EVIDENCE.get(state.case.kind) == "tenancy-contract"
            case = replace(state.case, contract_from=incoming.body.valid_from if is_contract else None)
            reserving = _reserving(case, facts)
            return decided(reserving, question_of(reserving))
        case _:
            return ignored(state)


def reject_evidence(state: Transfer, _: Incoming[EvidenceNotConfirmed], facts: TransferFacts) -> Decision[Transfer]:
    """A12, A13: the registry does not confirm it, and does not say why."""
    match state:
        case CheckingEvidence():
            return end(state, "failed", "evidence-not-confirmed", facts.present)
        case _:
            return ignored(state)


def take_supply(state: Transfer, incoming: Incoming[SupplyGranted], facts: TransferFacts) -> Decision[Transfer]:
    """The supply is this transfer's, and the other party is known: both are asked to consent."""
    match state:
        case ReservingSupply():
            parties = _parties(state.case, incoming.body)
            if parties is None:
                return end(state, "failed", "other-party-unknown", facts.present)
            awaiting = AwaitingConsents(
                case=state.case,
                parties=parties,
                earliest_day=incoming.body.present_from_day + timedelta(days=1),
                until=facts.present + facts.waits.consents,
                due_at=facts.present + facts.waits.consents + facts.waits.answer,
            )
            return decided(awaiting, *consents_wanted(awaiting), *news_of(awaiting, facts.present))
        case _:
            return ignored(state)


def do_without_supply(state: Transfer, incoming: Incoming[SupplyDenied], facts: TransferFacts) -> Decision[Transfer]:
    """The supply is not to be had."""
    match state:
        case ReservingSupply():
            return end(state, "failed", incoming.body.reason, facts.present)
        case _:
            return ignored(state)


def _reserving(case: Case, facts: TransferFacts) -> ReservingSupply:
    return ReservingSupply(case=case, due_at=facts.present + facts.waits.answer)


def _parties(case: Case, granted: SupplyGranted) -> Parties | None:
    """The subscriber who leaves hands over to the owner; everybody else takes over from the party who is liable now."""
    if case.kind == "subscription-end":  # A13
        incoming, outgoing = granted.owner_user_id, case.requester
    else:
        incoming, outgoing = case.requester, granted.present_user_id
    return None if incoming in (None, outgoing) else Parties(incoming=incoming, outgoing=outgoing)


def _case_of(filed: TransferFiled) -> Case:
    record = RequestRecord(
        user_id=filed.user_id,
        acted_by=filed.acted_by,
        account_number=Secret(filed.account_number),
        kind=filed.kind,
        reference=filed.reference,
        definition_reference=filed.definition_reference,
    )
    return Case(record=record, kind=filed.kind, relation=filed.relation)

"""A document that shows who benefits from a supply is checked with the registry (A10).

The document is neither sent nor kept: its number comes sealed, goes on sealed to the registry and is forgotten. What
stays is the result of the check, as the state of a request with its own reference (A8).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts.accounts_supply_internal import EvidenceFiled, EvidenceShown
from contracts.decision import Decision, Facts, Incoming, Refusal, decided, ignored, refused
from contracts.message import TimerElapsed
from contracts.registry import EvidenceAsked, EvidenceConfirmed, EvidenceNotConfirmed
from contracts.requests import EvidenceKind, GiveEvidence, RequestAccepted
from contracts.sealed import Sealed, Secret
from contracts.values.document_number import judge_document_number
from contracts.values.public_reasons import public_reason_of
from contracts.values.rejected import Rejected
from contracts.values.riyadh_day import riyadh_day
from services.accounts.addressing import aggregate_named
from services.accounts.customer import KnownCustomer, RequestStep
from services.accounts.door import Wanted, filed, judge_request, turned_away
from services.accounts.possible_day import EARLIEST_DAY
from services.accounts.reference import ReferenceFacts
from services.accounts.request_news import RequestRecord, moved

KIND = "beneficiary-evidence"
CHECKING = "checking"
WANTED = Wanted(KIND)

Outcome = Literal["confirmed", "not-confirmed", "not-yet-in-force", "not-checked"]
"""`not-yet-in-force`: the document is true from a later day on. `not-checked`: the registry has not answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckingEvidence:
    """The registry has been asked; it may take its time until `give_up_at`."""

    stage: Literal["checking"] = "checking"
    record: RequestRecord
    evidence_kind: EvidenceKind
    give_up_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedEvidence:
    """The check is over."""

    stage: Literal["checked"] = "checked"
    record: RequestRecord
    evidence_kind: EvidenceKind
    outcome: Outcome


Evidence = CheckingEvidence | CheckedEvidence


@dataclass(frozen=True, slots=True)
class EvidenceFacts(Facts):
    """`give_up_at`: until when the registry is waited for."""

    give_up_at: datetime


def give_evidence(
    state: KnownCustomer | None, incoming: Incoming[GiveEvidence], facts: ReferenceFacts
) -> Decision[KnownCustomer]:
    """A10, A11: a document for one of the customer's own definitions."""
    command = incoming.body
    definition = judge_request(state, command.reference, WANTED, facts.reference, incoming.now)
    if isinstance(definition, Refusal):
        return turned_away(state, definition)
    assert state is not None  # judge_request refuses whoever is not known
    number = judge_document_number(incoming.opened("document_number"))
    if isinstance(number, Rejected):
        return refused(state, public_reason_of(number.reason), number.reason)
    file = EvidenceFiled(
        reference=facts.reference,
        definition_reference=definition.reference,
        account_number=definition.identifier.reveal(),
        user_id=incoming.who.user_id,
        acted_by=incoming.who.actor,
        evidence_kind=command.evidence_kind,
        document_number=Sealed.of(number),
        filed_at=incoming.now,
    )
    changed = filed(state, definition, WANTED, facts.reference, RequestStep(state=CHECKING, at=incoming.now))
    return decided(changed, RequestAccepted(reference=facts.reference, state=CHECKING), file)


def ask_registry(state: Evidence | None, incoming: Incoming[EvidenceFiled], facts: EvidenceFacts) -> Decision[Evidence]:
    """A10: the registry is asked once; the number is not kept, so it cannot be asked again."""
    if state is not None:
        return ignored(state)
    file = incoming.body
    record = RequestRecord(
        user_id=file.user_id,
        acted_by=file.acted_by,
        account_number=Secret(file.account_number),
        kind=KIND,
        reference=file.reference,
        definition_reference=file.definition_reference,
    )
    question = EvidenceAsked(
        asked_by=aggregate_named("evidence", file.reference),
        evidence_kind=file.evidence_kind,
        document_number=Sealed.of(incoming.opened("document_number")),
        account_number=file.account_number,
        user_id=file.user_id,
    )
    checking = CheckingEvidence(record=record, evidence_kind=file.evidence_kind, give_up_at=facts.give_up_at)
    return decided(checking, question, *moved(record, CHECKING, final=False, at=file.filed_at))


def take_confirmation(state: Evidence, incoming: Incoming[EvidenceConfirmed], _: Facts) -> Decision[Evidence]:
    """A10: the document is true. One that is in force only later shows nothing yet."""
    if not isinstance(state, CheckingEvidence):
        return ignored(state)
    valid_from = incoming.body.valid_from
    if valid_from < EARLIEST_DAY:
        return refused(state, "not-available-now", "impossible-day")
    if valid_from > riyadh_day(incoming.now):
        return _checked(state, "not-yet-in-force", incoming.now)
    shown = EvidenceShown(
        account_number=state.record.account_number.reveal(),
        user_id=state.record.user_id,
        evidence_kind=state.evidence_kind,
        valid_from=valid_from,
    )
    return _checked(state, "confirmed", incoming.now).and_send(shown)


def take_denial(state: Evidence, incoming: Incoming[EvidenceNotConfirmed], _: Facts) -> Decision[Evidence]:
    """A10: the registry knows no such document for this person and this supply."""
    if not isinstance(state, CheckingEvidence):
        return ignored(state)
    return _checked(state, "not-confirmed", incoming.now)


def give_up_on_registry(state: Evidence, _: Incoming[TimerElapsed], facts: Facts) -> Decision[Evidence]:
    """The registry has not answered: the customer sees it and may give the number again."""
    if not isinstance(state, CheckingEvidence) or facts.present < state.give_up_at:
        return ignored(state)
    return _checked(state, "not-checked", facts.present)


def due_at(state: Evidence) -> datetime | None:
    """When a check wants to be woken."""
    return state.give_up_at if isinstance(state, CheckingEvidence) else None


def _checked(state: CheckingEvidence, outcome: Outcome, at: datetime) -> Decision[Evidence]:
    checked = CheckedEvidence(record=state.record, evidence_kind=state.evidence_kind, outcome=outcome)
    return decided(checked, *moved(state.record, outcome, final=True, at=at))

"""What accounts knows of one customer: whether the national address is up to date, the accounts they have defined, and
what they have asked for. It holds nothing of anybody else, so nothing of anybody else can be shown (A3)."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from contracts.accounts import DefinitionAdmitted, DefinitionClaimed, DefinitionDenied, DenialReason, Relation
from contracts.accounts_supply_internal import BeneficiaryLodged, RelationNoted, SupplyLodged
from contracts.decision import Decision, Facts, Incoming, decided
from contracts.identity import NationalAddressSaved
from contracts.sealed import Secret

MOST_DEFINITIONS = 50
"""Accounts that one person may define (ours); keeps the document small and its senders few (law 4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinedAccount:
    """One completed definition (A7)."""

    flow_id: str
    reference: str
    identifier_kind: str
    identifier: Secret
    relation: Relation
    is_actual_beneficiary: bool
    defined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestStep:
    """A request came to this state at this instant (A8)."""

    state: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRequest:
    """Any request under a definition, with its own reference, state and history (A8). `final`: it has ended."""

    reference: str
    definition_reference: str
    kind: str
    urgent: bool = False
    state: str
    final: bool = False
    requested_at: datetime
    history: tuple[RequestStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WasLiable:
    """A time, both days included, in which this person was billed for an account that they have left since (A18)."""

    account: Secret
    from_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCustomer:
    """`region` (1-8) is None until the national address has been saved (I12). `confirmed`: the numbers of the accounts
    to which somebody else has confirmed this person's relation, and it has not ended (A18). `was_liable`: whose bills
    were theirs once, whoever has the account now."""

    stage: Literal["known"] = "known"
    region: int | None = None
    definitions: tuple[DefinedAccount, ...] = ()
    requests: tuple[KnownRequest, ...] = ()
    confirmed: tuple[Secret, ...] = ()
    was_liable: tuple[WasLiable, ...] = ()

    @property
    def references(self) -> frozenset[str]:
        """Every reference number of this customer."""
        defined = {each.reference for each in self.definitions}
        return frozenset(defined | {each.reference for each in self.requests})

    def has_left(self, account: Secret) -> bool:
        """Whether this account was billed to them once and is not theirs any more."""
        return account not in self.confirmed and any(each.account == account for each in self.was_liable)

    def was_liable_in(self, account: Secret, month: str) -> bool:
        """Whether a day of this month, written as 2026-02, lies in a time in which they were billed for the account."""
        times = (each for each in self.was_liable if each.account == account)
        return any(_month_of(each.from_day) <= month <= _month_of(each.last_day) for each in times)


def note_address(
    state: KnownCustomer | None, incoming: Incoming[NationalAddressSaved], _: Facts
) -> Decision[KnownCustomer]:
    """The national address is up to date, which services and requests need (A11)."""
    return decided(replace(state or KnownCustomer(), region=incoming.body.region))


def note_relation(state: KnownCustomer, incoming: Incoming[RelationNoted], _: Facts) -> Decision[KnownCustomer]:
    """A18: the relation to an account has been confirmed, or has ended. Whoever has one has defined the account."""
    note, account = incoming.body, Secret(incoming.body.account_number)
    others = tuple(each for each in state.confirmed if each != account)
    elsewhere = tuple(each for each in state.was_liable if each.account != account)
    times = (WasLiable(account=account, from_day=each.from_day, last_day=each.last_day) for each in note.was_liable)
    confirmed = (*others, account) if note.holds else others
    return decided(replace(state, confirmed=confirmed, was_liable=(*elsewhere, *times)))


def take_in_definition(
    state: KnownCustomer | None, incoming: Incoming[DefinitionClaimed], _: Facts
) -> Decision[KnownCustomer]:
    """A7: an account is defined once by one person; two persons may define the same one (A10 settles that later)."""
    customer, claim = state or KnownCustomer(), incoming.body
    before = next((each for each in customer.definitions if each.flow_id == claim.flow_id), None)
    if before is not None:
        return decided(customer, _admitted(before))
    reason = _denial_of(customer, claim)
    if reason is not None:
        return decided(customer, DefinitionDenied(flow_id=claim.flow_id, reason=reason))
    defined = DefinedAccount(
        flow_id=claim.flow_id,
        reference=claim.reference,
        identifier_kind=claim.identifier_kind,
        identifier=Secret(claim.identifier),
        relation=claim.relation,
        is_actual_beneficiary=claim.is_actual_beneficiary,
        defined_at=claim.claimed_at,
    )
    changed = replace(customer, definitions=(*customer.definitions, defined))
    return decided(changed, _admitted(defined), *_lodged(claim))


def _month_of(day: date) -> str:
    return day.isoformat()[:7]


def _denial_of(customer: KnownCustomer, claim: DefinitionClaimed) -> DenialReason | None:
    same = (claim.identifier_kind, Secret(claim.identifier))
    if any((each.identifier_kind, each.identifier) == same for each in customer.definitions):
        return "already-defined"
    if len(customer.definitions) >= MOST_DEFINITIONS:
        return "too-many-definitions"
    if claim.reference in customer.references:
        return "command-id-reused"
    return None


def _admitted(defined: DefinedAccount) -> DefinitionAdmitted:
    return DefinitionAdmitted(flow_id=defined.flow_id, reference=defined.reference, defined_at=defined.defined_at)


def _lodged(claim: DefinitionClaimed) -> tuple[SupplyLodged, BeneficiaryLodged]:
    """What the person has declared is for others to confirm: their relation (A18), and who benefits (A4, A10)."""
    supply = SupplyLodged(
        account_number=claim.identifier,
        user_id=claim.user_id,
        relation=claim.relation,
        reference=claim.reference,
        defined_at=claim.claimed_at,
    )
    beneficiary = BeneficiaryLodged(
        account_number=claim.identifier,
        user_id=claim.user_id,
        relation=claim.relation,
        is_actual_beneficiary=claim.is_actual_beneficiary,
        reference=claim.reference,
        defined_at=claim.claimed_at,
    )
    return supply, beneficiary

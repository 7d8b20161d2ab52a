"""What accounts' decisions are given from outside their messages: reference numbers and how long to wait (law 2)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from contracts.accounts_request_internal import RequestFiled
from contracts.decision import Incoming
from contracts.values.reference_number import ReferenceNumber, reference_number
from services.accounts.customer import KnownCustomer
from services.accounts.dues import DuesFacts
from services.accounts.evidence import EvidenceFacts
from services.accounts.instalment_states import InstalmentFacts, InstalmentTerms
from services.accounts.reference import ReferenceFacts
from services.accounts.request import Request, kind_of
from services.accounts.request_form import SubmissionFacts, read_form
from services.accounts.request_kind import KindFacts, RequestKinds
from services.accounts.submitting import kind_wanted
from services.accounts.supply import SupplyFacts
from services.chassis.service import Prepare


@dataclass(frozen=True, slots=True)
class AccountsEffects:
    """`reference_key`: at least 32 secret bytes (A20). Raises ValueError for fewer. `kinds`: the requests on offer."""

    reference_key: bytes = field(repr=False)
    kinds: RequestKinds

    def __post_init__(self) -> None:
        reference_number(self.reference_key, "")

    def reference_for(self, command: Incoming[Any]) -> ReferenceNumber:
        """The reference number that this command would have (A20). Whose command it is counts, too: channels choose
        ids, and what one person asks for must never bear the number of what another one did."""
        return reference_number(self.reference_key, f"{command.who.user_id}\n{command.id}")


async def prepare_reference(
    _: object, incoming: Incoming[Any], effects: AccountsEffects, present: datetime
) -> ReferenceFacts:
    """The reference number that this command would have."""
    return ReferenceFacts(present, effects.reference_for(incoming))


def prepare_dues(wait: timedelta) -> Prepare:
    """Until when billing is waited for."""

    async def prepare(_: object, __: Incoming[Any], ___: AccountsEffects, present: datetime) -> DuesFacts:
        return DuesFacts(present, present + wait)

    return prepare


def prepare_party(wait: timedelta) -> Prepare:
    """How long billing's first word about a party is waited for."""

    async def prepare(_: object, __: Incoming[Any], ___: AccountsEffects, present: datetime) -> SupplyFacts:
        return SupplyFacts(present, wait)

    return prepare


def prepare_evidence(wait: timedelta) -> Prepare:
    """Until when the registry is waited for."""

    async def prepare(_: object, __: Incoming[Any], ___: AccountsEffects, present: datetime) -> EvidenceFacts:
        return EvidenceFacts(present, present + wait)

    return prepare


async def prepare_submission(
    state: KnownCustomer | None, incoming: Incoming[Any], effects: AccountsEffects, present: datetime
) -> SubmissionFacts:
    """The kind asked for and its form, read and checked; not for somebody who may not ask for anything yet (J2)."""
    reference = effects.reference_for(incoming)
    kind = kind_wanted(incoming, effects.kinds)
    if kind is None or state is None or not state.definitions:
        return SubmissionFacts(present, reference, kind, None)
    return SubmissionFacts(present, reference, kind, read_form(incoming.opened("form"), kind))


async def prepare_kind(
    state: Request | None, incoming: Incoming[Any], effects: AccountsEffects, present: datetime
) -> KindFacts:
    """The kind of the request that this message is about."""
    code = incoming.body.kind if isinstance(incoming.body, RequestFiled) else kind_of(state)
    return KindFacts(present, effects.kinds.offered.get(code or ""))


def prepare_instalments(terms: InstalmentTerms) -> Prepare:
    """The terms of instalments (A14)."""

    async def prepare(_: object, __: Incoming[Any], ___: AccountsEffects, present: datetime) -> InstalmentFacts:
        return InstalmentFacts(present, terms)

    return prepare

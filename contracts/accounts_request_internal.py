"""What the aggregates of accounts tell each other about requests of every kind (A8, A14-A17)."""

from typing import Annotated, Literal

from pydantic import AwareDatetime

from contracts.accounts import Reference
from contracts.message import Code, Event, Id, PublicKey
from contracts.requests import Parts, Schedule
from contracts.sealed import Sealed, SealedFor
from contracts.topics import ACCOUNTS_INTERNAL
from contracts.transfers import Halalas


class RequestFiled(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """The customer's aggregate has let a request of this kind begin, under this reference of its own. `form` is the
    JSON that the kind's schema accepted. `urgent`: the back office has been told already, by the urgent lane (A16)."""

    user_id: Id
    acted_by: Id | None = None
    account_number: Id
    kind: Code
    reference: Reference
    definition_reference: Reference
    state: Code
    urgent: bool
    form: Annotated[Sealed, SealedFor.ACCOUNTS]
    filed_at: AwareDatetime


class RequestNoted(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """A request, transfer, plan or claim tells the customer's aggregate its state (A8); the fields are those of
    `RequestMoved`."""

    user_id: Id
    acted_by: Id | None = None
    account_number: Id
    kind: Code
    reference: Reference
    definition_reference: Reference
    state: Code
    final: bool
    at: AwareDatetime


class PlanFiled(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """The customer's aggregate has let a plan of instalments begin (A14): the dues are to be found and divided.

    `asker_key`: the `answer_key` of the command that asked, handed through to what answers it; None of version 1."""

    user_id: Id
    acted_by: Id | None = None
    account_number: Id
    relation: Code
    reference: Reference
    definition_reference: Reference
    parts: Parts
    filed_at: AwareDatetime
    asker_key: PublicKey | None = None


PlanDenialReason = Literal["nothing-due", "parts-too-small", "dues-not-found", "billing-silent"]
"""Why no plan of instalments can be offered."""


class PlanQuoted(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """A plan has its parts; the customer's aggregate answers the command that asked for it (J3)."""

    user_id: Id
    reference: Reference
    total_halalas: Halalas
    parts: Schedule
    valid_until: AwareDatetime
    asker_key: PublicKey | None = None


class PlanDenied(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """There is no plan to offer; the customer's aggregate answers the command that asked for it (J3)."""

    user_id: Id
    reference: Reference
    reason: PlanDenialReason
    asker_key: PublicKey | None = None

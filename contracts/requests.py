"""Accounts' messages about requests: instalments, bills, complaints, outages, danger, insulation, Barq Plus, meters
(A8, A14-A17), and evidence of who benefits (A10). A kind of request is data: its form is a JSON Schema.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from contracts.accounts import ForAsker, Reference, Typed
from contracts.message import Answer, Code, Command, CustomerCommand, CustomerText, Event, Id, PublicKey
from contracts.sealed import Sealed, SealedFor
from contracts.topics import ACCOUNTS_ANSWERS, ACCOUNTS_COMMANDS, ACCOUNTS_DANGER, ACCOUNTS_EVENTS
from contracts.transfers import Halalas

Form = Annotated[Sealed, SealedFor.THIS_SERVICE]
"""Opens to a JSON object that the kind's form schema accepts; at most 16 KiB."""

FormSchema = Annotated[str, StringConstraints(min_length=2, max_length=4_000, pattern=r"^\{[^\x00]*\}$")]
EvidenceKind = Literal["tenancy-contract", "ownership-deed"]
Parts = Annotated[int, Field(ge=2, le=24)]


# --- commands -------------------------------------------------------------------------------------------------------
class AskRequestKinds(Command, service="accounts", topic=ACCOUNTS_COMMANDS):
    """Which kinds of requests are there, and what do their forms ask? Anybody may ask. Answered by
    `RequestKindsGiven`."""


class SubmitRequest(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A15-A17: a request of this kind under a definition's reference. Answered by `RequestAccepted`."""

    reference: Typed
    kind: Code
    form: Form


class ReportDanger(CustomerCommand, service="accounts", topic=ACCOUNTS_DANGER):
    """A16: danger, such as a fallen line, on the urgent lane. Answered by `RequestAccepted`."""

    reference: Typed
    form: Form


class WithdrawRequest(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A request of one's own is taken back while its steps still allow it. Answered by `RequestWithdrawn`."""

    reference: Typed


class RequestInstalments(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS, version=2):
    """A14: what is due from this person, in parts. Billing is asked for the dues; answered by `InstalmentsQuoted`."""

    reference: Typed
    parts: Parts
    answer_key: PublicKey


class AcceptInstalments(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A14: the quoted plan, by its own reference. Billing must agree; answered by `InstalmentsAgreed`."""

    reference: Typed


class GiveEvidence(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A10: this person benefits from the supply behind a definition's reference; the document's number is checked with
    the registry and not kept. Answered by `RequestAccepted`; the result is `BeneficiaryDetermined` or
    `BeneficiaryDisputed`."""

    reference: Typed
    evidence_kind: EvidenceKind
    document_number: Annotated[Sealed, SealedFor.THIS_SERVICE]


# --- answers --------------------------------------------------------------------------------------------------------
class RequestState(BaseModel):
    """One state that requests of a kind may come to, with what the customer reads. `withdrawable`: the customer may
    take a request in this state back."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    state: Code
    text_ar: CustomerText
    text_en: CustomerText
    final: bool
    withdrawable: bool


class RequestKind(BaseModel):
    """One kind as channels show it. `form_schema` is JSON Schema 2020-12; each field's label in both languages is its
    `x-title`. `urgent`: it is sent as `ReportDanger`, every other kind as `SubmitRequest`."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    kind: Code
    title_ar: CustomerText
    title_en: CustomerText
    urgent: bool
    form_schema: FormSchema
    states: Annotated[tuple[RequestState, ...], Field(max_length=20)]


class RequestKindsGiven(Answer, service="accounts", topic=ACCOUNTS_ANSWERS):
    """Every kind that can be submitted."""

    kinds: Annotated[tuple[RequestKind, ...], Field(max_length=20)]


class RequestAccepted(Answer, service="accounts", topic=ACCOUNTS_ANSWERS):
    """The request's own reference number and its first state (A8)."""

    reference: Reference
    state: Code


class RequestWithdrawn(Answer, service="accounts", topic=ACCOUNTS_ANSWERS):
    """The request is withdrawn."""

    reference: Reference


class Instalment(BaseModel):
    """One part of a plan."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    number: Annotated[int, Field(ge=1, le=24)]
    due_date: date
    amount_halalas: Halalas


Schedule = Annotated[tuple[Instalment, ...], Field(min_length=1, max_length=24)]


class Quote(BaseModel):
    """The parts add up to `total_halalas` exactly."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    total_halalas: Halalas
    parts: Schedule


class InstalmentsQuoted(Answer, service="accounts", topic=ACCOUNTS_ANSWERS, version=2):
    """A14: a plan to accept until `valid_until`. `reference`: the plan's own. `quote` opens to JSON
    `{total_halalas, parts}`: the parts, each `{number, due_date, amount_halalas}`, add up to the total exactly."""

    reference: Reference
    quote: ForAsker
    valid_until: AwareDatetime


class InstalmentsAgreed(Answer, service="accounts", topic=ACCOUNTS_ANSWERS):
    """Billing has agreed to the plan."""

    reference: Reference


# --- events ---------------------------------------------------------------------------------------------------------
class RequestMoved(Event, service="accounts", topic=ACCOUNTS_EVENTS):
    """Any request, transfer, plan or claim has come to a state (A8): one event a state, the first included.

    `user_id` is whose request it is; `acted_by` the authorised person who acted for that business (I17), else None.
    `final`: no other state will follow."""

    user_id: Id
    acted_by: Id | None = None
    account_number: Id
    kind: Code
    reference: Reference
    definition_reference: Reference
    state: Code
    final: bool
    at: AwareDatetime


class InstalmentPlanAgreed(Event, service="accounts", topic=ACCOUNTS_EVENTS):
    """A14: a plan is in force, with its schedule."""

    user_id: Id
    account_number: Id
    reference: Reference
    total_halalas: Halalas
    parts: Schedule
    agreed_at: AwareDatetime

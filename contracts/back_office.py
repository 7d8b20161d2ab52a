"""What accounts gives the back office to work on, and what comes back (A10, A15-A17). J1: only conflicting claims wait
for an employee; everything else is progress on what a customer asked for."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.message import Code, Event, Id
from contracts.sealed import Sealed, SealedFor
from contracts.topics import BACK_OFFICE_ANSWERS, BACK_OFFICE_REQUESTS, BACK_OFFICE_URGENT

Form = Annotated[Sealed, SealedFor.BACK_OFFICE]


class CaseOpened(Event, service="back-office", topic=BACK_OFFICE_REQUESTS):
    """A customer's request. `user_id`: who asks, which is not always who has the account: whoever has defined it may
    complain. `form` opens to the JSON that the customer gave. `case_id` is the request's reference. A case that the
    back office has not taken up within days is opened again under the same `case_id`."""

    asked_by: Id
    case_id: Id
    kind: Code
    user_id: Id
    account_number: Id
    form: Form


class DangerReported(Event, service="back-office", topic=BACK_OFFICE_URGENT):
    """A report of danger, on the urgent lane (A16), by `user_id`; anybody who has defined the account may report it."""

    asked_by: Id
    case_id: Id
    user_id: Id
    account_number: Id
    form: Form


class CaseWithdrawn(Event, service="back-office", topic=BACK_OFFICE_REQUESTS):
    """`case_id` needs no more work: the customer has taken the request back, or a conflict is over or has become
    another case."""

    asked_by: Id
    case_id: Id


class Claim(BaseModel):
    """One claim to be a supply's actual beneficiary."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    user_id: Id
    relation: Code
    basis: Code
    from_day: date


class ConflictRaised(Event, service="back-office", topic=BACK_OFFICE_REQUESTS):
    """A10: claims of equal weight on one supply. One person may stand in it twice, by an earlier decision and by a
    document. A case that is not settled within days is raised again under the same `case_id`: a decision that was
    given is given again, or another one if it was refused."""

    asked_by: Id
    case_id: Id
    account_number: Id
    claims: Annotated[tuple[Claim, ...], Field(min_length=2, max_length=20)]


class CaseProgressed(Event, service="back-office", topic=BACK_OFFICE_ANSWERS):
    """A request has come to the next step of its kind, such as `assigned` or `resolved`."""

    asked_by: Id
    case_id: Id
    step: Code


class ConflictSettled(Event, service="back-office", topic=BACK_OFFICE_ANSWERS):
    """A10: the back office's decision; None: none of the claimants. A decision from a day that has not come is refused
    for operators to see, and the case stays open."""

    asked_by: Id
    case_id: Id
    user_id: Id | None
    from_day: date
    grounds: Literal["documents", "visit", "withdrawn"]

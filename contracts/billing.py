"""What accounts asks billing and what comes back."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.message import Code, Event, Id
from contracts.topics import BILLING_ANSWERS, BILLING_REQUESTS


class DuesAsked(Event, service="billing", topic=BILLING_REQUESTS):
    """What does this person owe on this account? Only this party's dues are asked for and given (A5, A18).

    `asked_by` is the id of the aggregate that asks; every answer repeats it and this question's correlation id."""

    asked_by: Id
    account_number: Id
    user_id: Id
    relation: Code


class Due(BaseModel):
    """One amount due: what for, its period, halalas, due date."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    what_for: Code
    period_from: date
    period_to: date
    amount_halalas: Annotated[int, Field(ge=0, le=10**12)]
    due_date: date


class DuesFound(Event, service="billing", topic=BILLING_ANSWERS):
    """The amounts due from that person on that account, as of an instant (A5). An empty list means nothing is due.

    `total_halalas` is billing's own sum, by which the reader sees that nothing is missing."""

    asked_by: Id
    account_number: Id
    user_id: Id
    as_of: AwareDatetime
    dues: Annotated[tuple[Due, ...], Field(max_length=100)]
    total_halalas: Annotated[int, Field(ge=0, le=10**14)]


class AccountUnknown(Event, service="billing", topic=BILLING_ANSWERS):
    """Billing has no such account."""

    asked_by: Id
    account_number: Id
    user_id: Id

"""What accounts and reports ask billing and what comes back. `asked_by` is the id of the aggregate that asks; every
answer repeats it and the question's correlation id."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.message import Code, Event, Id
from contracts.topics import (
    BILLING_ANSWERS,
    BILLING_REQUESTS,
    BILLING_STATEMENT_REQUESTS,
    BILLING_STATEMENTS,
)

Halalas = Annotated[int, Field(ge=0, le=10**14)]


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


# --- who is the party of an account (A10, A18) ----------------------------------------------------------------------
class PartyAsked(Event, service="billing", topic=BILLING_REQUESTS):
    """Is this user the party whom billing bills for this account?"""

    asked_by: Id
    account_number: Id
    user_id: Id


class PartyFound(Event, service="billing", topic=BILLING_ANSWERS):
    """Yes or no about this user; nothing about anybody else. No, too, where billing has no such account. `since`: the
    first day, when yes."""

    asked_by: Id
    account_number: Id
    user_id: Id
    is_party: bool
    since: date | None = None


# --- moving an account (A9) -----------------------------------------------------------------------------------------
class RunningBillAsked(Event, service="billing", topic=BILLING_REQUESTS):
    """What has run up on this account since its last bill? `day`: the first one of the incoming party; billing answers
    for the whole running period in which it lies, or which it ends."""

    asked_by: Id
    account_number: Id
    day: date


class RunningBillFound(Event, service="billing", topic=BILLING_ANSWERS):
    """`amount_halalas` for the whole running period `period_from` to `period_to` (both included), in which
    `opening_wh` to `latest_wh` stood on the register."""

    asked_by: Id
    account_number: Id
    period_from: date
    period_to: date
    amount_halalas: Halalas
    opening_wh: Annotated[int, Field(ge=0, le=10**15)]
    latest_wh: Annotated[int, Field(ge=0, le=10**15)]


class HolderChangeOrdered(Event, service="billing", topic=BILLING_REQUESTS):
    """Bill `to_user_id` from `day` on, and `from_user_id` for what was before, with the running bill split in these two
    parts. What `from_user_id` owes stays with them (A18)."""

    asked_by: Id
    order_id: Id
    account_number: Id
    from_user_id: Id
    to_user_id: Id
    day: date
    from_share_halalas: Halalas
    to_share_halalas: Halalas


class HolderChanged(Event, service="billing", topic=BILLING_ANSWERS):
    """Done, all of it."""

    asked_by: Id
    order_id: Id


class HolderChangeRefused(Event, service="billing", topic=BILLING_ANSWERS):
    """Not done, nothing of it."""

    asked_by: Id
    order_id: Id
    reason: Code


class HolderChangeWithdrawn(Event, service="billing", topic=BILLING_REQUESTS):
    """Undo this order, or never do it. Answered by `HolderChangeUndone`, or by `HolderChanged` under this question's
    correlation id if it cannot be undone; a `HolderChanged` under the order's says only that billing got that far."""

    asked_by: Id
    order_id: Id


class HolderChangeUndone(Event, service="billing", topic=BILLING_ANSWERS):
    """The order has no effect, now and later."""

    asked_by: Id
    order_id: Id


# --- instalments (A14) ----------------------------------------------------------------------------------------------
class PlanPart(BaseModel):
    """One part of a plan."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    due_date: date
    amount_halalas: Halalas


class PlanOrdered(Event, service="billing", topic=BILLING_REQUESTS):
    """This person pays what is due in these parts."""

    asked_by: Id
    order_id: Id
    account_number: Id
    user_id: Id
    parts: Annotated[tuple[PlanPart, ...], Field(min_length=1, max_length=24)]
    total_halalas: Halalas


class PlanAgreed(Event, service="billing", topic=BILLING_ANSWERS):
    """The plan is in force."""

    asked_by: Id
    order_id: Id


class PlanRefused(Event, service="billing", topic=BILLING_ANSWERS):
    """Billing does not agree, for instance because the dues have changed."""

    asked_by: Id
    order_id: Id
    reason: Code


# --- statements of account, for reports (R2) ------------------------------------------------------------------------
class StatementAsked(Event, service="billing", topic=BILLING_STATEMENT_REQUESTS):
    """What was billed to and paid by this user on this account, both days included?"""

    asked_by: Id
    account_number: Id
    user_id: Id
    first_day: date
    last_day: date


class StatementEntry(BaseModel):
    """A bill (adds to what is owed) or a payment (takes from it)."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    day: date
    kind: Literal["bill", "payment"]
    what_for: Code
    amount_halalas: Halalas


Balance = Annotated[int, Field(ge=-(10**14), le=10**14)]


class StatementFound(Event, service="billing", topic=BILLING_STATEMENTS):
    """Balances are what the user owed (below 0: a credit) before the first and after the last entry, by billing's own
    books: opening + bills - payments = closing, or the report is not made (R2)."""

    asked_by: Id
    account_number: Id
    user_id: Id
    opening_halalas: Balance
    entries: Annotated[tuple[StatementEntry, ...], Field(max_length=400)]
    closing_halalas: Balance
    as_of: AwareDatetime

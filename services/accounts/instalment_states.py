"""How far a plan of instalments has come (A14).

Asking -> Quoted -> Ordered -> InForce        ends: Closed (nothing due, not to be had, expired, refused)
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from contracts.decision import Facts
from services.accounts.instalment_plan import PlannedPart
from services.accounts.request_news import RequestRecord

ClosedState = Literal["nothing-due", "parts-too-small", "not-available", "expired", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalmentTerms:
    """Until when billing is waited for, how long a quote holds, and the smallest part in halalas (ours)."""

    billing_wait: timedelta
    quote_holds: timedelta
    smallest_part_halalas: int


@dataclass(frozen=True, slots=True)
class InstalmentFacts(Facts):
    """The terms in force."""

    terms: InstalmentTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Billing has been asked what this person owes, on behalf of a command that the customer's aggregate answers.
    `answer_key`: the key it named, to which the answer is sealed; None of version 1."""

    stage: Literal["asking"] = "asking"
    record: RequestRecord
    parts: int
    command_id: str
    answer_key: str | None = None
    give_up_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """To accept until `valid_until`."""

    stage: Literal["quoted"] = "quoted"
    record: RequestRecord
    total_halalas: int
    parts: tuple[PlannedPart, ...]
    valid_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """Billing has been asked to agree. It may have agreed even if nothing was heard of it, so there is no way back from
    here but billing's word. `command_id`: who waits for the answer; None once they were told to try again."""

    stage: Literal["ordered"] = "ordered"
    record: RequestRecord
    total_halalas: int
    parts: tuple[PlannedPart, ...]
    command_id: str | None
    give_up_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """Billing has agreed."""

    stage: Literal["in-force"] = "in-force"
    record: RequestRecord
    total_halalas: int
    parts: tuple[PlannedPart, ...]
    agreed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """No plan came of it, and why."""

    stage: Literal["closed"] = "closed"
    record: RequestRecord
    state: ClosedState


Plan = Asking | Quoted | Ordered | InForce | Closed

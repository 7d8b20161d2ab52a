"""What accounts' decisions are given from outside their messages: reference numbers and how long to wait (law 2)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from contracts.decision import Incoming
from contracts.values.reference_number import reference_number
from services.accounts.dues import DuesFacts
from services.accounts.reference import ReferenceFacts
from services.chassis.service import Prepare


@dataclass(frozen=True, slots=True)
class AccountsEffects:
    """`reference_key`: at least 32 secret bytes (A20). Raises ValueError for fewer."""

    reference_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        reference_number(self.reference_key, "")


async def prepare_reference(
    _: object, incoming: Incoming[Any], effects: AccountsEffects, present: datetime
) -> ReferenceFacts:
    """The reference number that this command would have."""
    return ReferenceFacts(present, reference_number(effects.reference_key, incoming.id))


def prepare_dues(wait: timedelta) -> Prepare:
    """Until when billing is waited for."""

    async def prepare(_: object, __: Incoming[Any], ___: AccountsEffects, present: datetime) -> DuesFacts:
        return DuesFacts(present, present + wait)

    return prepare

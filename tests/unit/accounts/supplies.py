"""Situations of one supply: whose it is, who wants it, who says to benefit from it."""

from datetime import date, timedelta
from typing import Any

from contracts.accounts_supply_internal import SupplyLodged, SupplyMoved, SupplyWanted
from contracts.billing import PartyFound
from contracts.operations import TIMER_ELAPSED
from contracts.sealed import Secret
from contracts.transfers import RelationEnded
from services.accounts.relations import Interval, Relations
from services.accounts.supply import FreeSupply, HeldSupply, Reservation, SupplyFacts
from tests.scenario import NOON, arriving
from tests.unit.accounts.situations import ACCOUNT, FAHAD, NOURA, REFERENCE

SARA = "user-sara"
SUPPLY = f"supply:{ACCOUNT}"
WAIT = timedelta(seconds=30)
SINCE = date(2023, 3, 1)
MOVING_DAY = date(2026, 3, 2)
TRANSFER, OTHER_TRANSFER = "transfer:T1", "transfer:T2"
FACTS = SupplyFacts(NOON, WAIT)

OWNER = Interval(user_id=NOURA.user_id, relation="owner", basis="billing", from_day=SINCE)
TENANT = Interval(user_id=FAHAD.user_id, relation="tenant", basis="transfer", from_day=MOVING_DAY, transfer=TRANSFER)
NEW_SUPPLY = FreeSupply(account_number=Secret(ACCOUNT))
OWNED = FreeSupply(account_number=Secret(ACCOUNT), relations=Relations(liable=(OWNER,), owner_user_id=NOURA.user_id))
RESERVED = (Reservation(user_id=FAHAD.user_id, at=NOON),)
HELD = HeldSupply(
    account_number=Secret(ACCOUNT),
    relations=OWNED.relations,
    reserved=RESERVED,
    transfer=TRANSFER,
    kind="actual-account",
)


def lodged(user_id: str = NOURA.user_id) -> Any:
    """This person has defined the account."""
    body = SupplyLodged.model_validate(
        {
            "account_number": ACCOUNT,
            "user_id": user_id,
            "relation": "owner",
            "reference": REFERENCE,
            "defined_at": NOON,
        }
    )
    return arriving(body, source="accounts", subject=f"customer:{user_id}")


def party_found(user_id: str = NOURA.user_id, **changes: Any) -> Any:
    """Billing: yes, since 2023-03-01."""
    said = {"asked_by": SUPPLY, "account_number": ACCOUNT, "user_id": user_id, "is_party": True, "since": SINCE}
    return arriving(PartyFound.model_validate(said | changes), source="billing", subject=SUPPLY)


def wanted(transfer: str = TRANSFER, user_id: str = FAHAD.user_id, kind: str = "actual-account") -> Any:
    """A transfer asks for the supply."""
    body = {"account_number": ACCOUNT, "transfer": transfer, "user_id": user_id, "kind": kind}
    return arriving(SupplyWanted.model_validate(body), source="accounts", subject=transfer)


def moved(transfer: str = TRANSFER, to_user_id: str = FAHAD.user_id, day: date = MOVING_DAY) -> Any:
    """A transfer is done."""
    body = SupplyMoved(account_number=ACCOUNT, transfer=transfer, to_user_id=to_user_id, relation="tenant", day=day)
    return arriving(body, source="accounts", subject=transfer)


def timer() -> Any:
    """The supply is woken."""
    return arriving(TIMER_ELAPSED["accounts"](aggregate=SUPPLY), source="accounts", subject=SUPPLY)


def ended(user_id: str, relation: str, last_day: date) -> RelationEnded:
    said = {"user_id": user_id, "account_number": ACCOUNT, "relation": relation, "last_day": last_day}
    return RelationEnded.model_validate(said)


def gone(user_id: str, last_day: date) -> tuple[RelationEnded, ...]:
    """Who stands in no relation any more is in neither kind of it."""
    return ended(user_id, "owner", last_day), ended(user_id, "tenant", last_day)

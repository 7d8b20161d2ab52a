"""What is known of a person: defined accounts, address, relations to supplies, and the reports they have ordered (A11,
A18, J2).

A report reports back to its customer, which alone heard the command and so alone answers it (J3). Every report is a
sender of its own: the daily limit keeps their number small, and the document forgets those of more than a month ago
(law 4).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from contracts.accounts import AccountDefined
from contracts.decision import Decision, Facts, Incoming, Refusal, decided, ignored
from contracts.identity import NationalAddressSaved
from contracts.transfers import RelationConfirmed, RelationEnded
from services.reports.relation_gate import KnownRelation, with_confirmed, with_ended

ABSENT: Final = Refusal("step-missing", "customer-unknown", missing_step="choose-address")
"""Nothing is known of this person yet: the address is the first step that is missing (J2)."""

OrderKind = Literal["consumption", "payment", "statement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A report under way and the command it will answer."""

    report_id: str
    command_id: str
    answer_key: str
    kind: OrderKind = "consumption"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportsCustomer:
    """The accounts this person has defined, their relations to supplies, whether their address is there, what they
    ordered in the last day."""

    stage: Literal["known"] = "known"
    accounts: tuple[str, ...] = ()
    relations: tuple[KnownRelation, ...] = ()
    has_address: bool = False
    under_way: tuple[Order, ...] = ()
    ordered_at: tuple[datetime, ...] = ()


def note_account(
    state: ReportsCustomer | None, incoming: Incoming[AccountDefined], _: Facts
) -> Decision[ReportsCustomer]:
    """The account is defined: the step order of A11. It opens nothing by itself (A10)."""
    customer = state or ReportsCustomer()
    number = incoming.body.account_number
    if number in customer.accounts:
        return ignored(customer)
    return decided(replace(customer, accounts=(*customer.accounts, number)))


def note_address(
    state: ReportsCustomer | None, _: Incoming[NationalAddressSaved], __: Facts
) -> Decision[ReportsCustomer]:
    """The national address is up to date (I12, A11)."""
    customer = state or ReportsCustomer()
    return ignored(customer) if customer.has_address else decided(replace(customer, has_address=True))


def note_relation(
    state: ReportsCustomer | None, incoming: Incoming[RelationConfirmed], _: Facts
) -> Decision[ReportsCustomer]:
    """From that day on the person may see what the supply consumed (A10, A18)."""
    customer, said = state or ReportsCustomer(), incoming.body
    confirmed = KnownRelation(
        account_number=said.account_number, relation=said.relation, basis=said.basis, from_day=said.from_day
    )
    relations = with_confirmed(customer.relations, confirmed)
    return ignored(customer) if relations == customer.relations else decided(replace(customer, relations=relations))


def note_relation_end(
    state: ReportsCustomer | None, incoming: Incoming[RelationEnded], _: Facts
) -> Decision[ReportsCustomer]:
    """After that day the person sees nothing more of the supply; what was theirs stays (A18)."""
    customer, said = state or ReportsCustomer(), incoming.body
    relations = with_ended(customer.relations, said.account_number, said.relation, said.last_day)
    return ignored(customer) if relations == customer.relations else decided(replace(customer, relations=relations))

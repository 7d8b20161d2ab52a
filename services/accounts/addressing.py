"""Which aggregate of accounts a message is for (law 3). A reference names an aggregate as it is typed, without its
hyphens; one that is none names an aggregate that never exists."""

from collections.abc import Callable
from typing import Any

from contracts.decision import Incoming
from contracts.values.reference_number import parse_reference
from contracts.values.rejected import Rejected

AggregateOf = Callable[[Incoming[Any], object], str]


def aggregate_named(kind: str, reference: str) -> str:
    """The aggregate with this reference number, such as `request:7K3M0QXZ91TC`."""
    return f"{kind}:{reference.replace('-', '')}"


def the_reference_typed(kind: str) -> AggregateOf:
    """A customer's command is for the aggregate of this kind whose reference they typed."""

    def aggregate_of(incoming: Incoming[Any], _: object) -> str:
        reference = parse_reference(incoming.body.reference)
        return f"{kind}:none" if isinstance(reference, Rejected) else aggregate_named(kind, reference)

    return aggregate_of


def the_reference_named(kind: str) -> AggregateOf:
    """An internal message is for the aggregate of this kind whose reference it carries."""
    return lambda incoming, _: aggregate_named(kind, incoming.body.reference)


def the_flow(incoming: Incoming[Any], _: object) -> str:
    """A customer's command is for the definition whose flow it is keyed by."""
    return f"definition:{incoming.subject}"


def the_flow_named(incoming: Incoming[Any], _: object) -> str:
    """An internal message names the flow it is for."""
    return f"definition:{incoming.body.flow_id}"


def the_customer(incoming: Incoming[Any], _: object) -> str:
    """The person whom the verified session token speaks for."""
    return f"customer:{incoming.who.user_id}"


def the_user_named(incoming: Incoming[Any], _: object) -> str:
    """An event names the person it is about."""
    return f"customer:{incoming.body.user_id}"


def the_account_named(kind: str) -> AggregateOf:
    """An internal message is for the aggregate of this kind that keeps the account which it names."""
    return lambda incoming, _: f"{kind}:{incoming.body.account_number}"

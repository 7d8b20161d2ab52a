"""The types of message that a service reads, and what follows from a type alone (architecture, laws 7 and 12).

Worked out once: every record would pay for it otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.message import Command, CustomerCommand, Message, Nudge, TimerElapsed
from contracts.operations import (
    NUDGE,
    ORDERS_ABOUT_LETTERS,
    TIMER_ELAPSED,
    DropDeadLetter,
    DropParkedLetters,
    ReplayDeadLetter,
    UnparkAggregate,
)
from contracts.topics import CHANNELS, OPERATORS
from services.chassis.service import Route, Service

OperatorsOrder = ReplayDeadLetter | DropDeadLetter | DropParkedLetters | UnparkAggregate


@dataclass(frozen=True, slots=True)
class Known:
    """One type. `is_internal`: the service's own wake-ups and nudges."""

    message: type[Message]
    route: Route | None
    topic: str
    writers: frozenset[str]
    has_seals: bool
    is_command: bool
    is_customers: bool
    is_internal: bool
    is_order: bool

    @classmethod
    def of(cls, message: type[Message], route: Route | None) -> "Known":
        """Look at the type."""
        return cls(
            message=message,
            route=route,
            topic=message.topic.name,
            writers=writers_of(message),
            has_seals=bool(message.sealed_fields),
            is_command=issubclass(message, Command),
            is_customers=issubclass(message, CustomerCommand),
            is_internal=issubclass(message, TimerElapsed | Nudge),
            is_order=issubclass(message, OperatorsOrder),
        )


def known_types(service: Service) -> Mapping[str, Known]:
    """Those of the service's routes and those that every service has, by their names on the bus."""
    read = [(route.message, route) for route in service.routes]
    own = [(message, None) for message in _own_types(service.name)]
    return {message.type_name: Known.of(message, route) for message, route in [*read, *own]}


def _own_types(service: str) -> tuple[type[Message], ...]:
    return (TIMER_ELAPSED[service], NUDGE[service], *(each[service] for each in ORDERS_ABOUT_LETTERS))


def writers_of(message: type[Message]) -> frozenset[str]:
    """Who may write this message: a writer of its topic; commands come from channels and operators only, and nothing
    else comes from them."""
    people = CHANNELS | OPERATORS
    writers = frozenset(message.topic.writers)
    return writers & people if issubclass(message, Command) else writers - people

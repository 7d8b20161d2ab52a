"""What a service tells the loop: its lanes, its kinds of aggregate, and which message leads to which decision.

`service.py` of each service fills these types and nothing else; it is the service's table of contents.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from contracts.decision import Decision, Facts, Incoming, Refusal
from contracts.message import Message
from contracts.topics import Topic

KeyedHash = Callable[[str, str], str]
"""`keyed_hash(purpose, text)`: 32 lower-case hex digits under the service's own secret (I18)."""

AggregateOf = Callable[[Incoming[Any], KeyedHash], str]
Decide = Callable[[Any, Incoming[Any], Any], Decision[Any]]
Prepare = Callable[[Any, Incoming[Any], Any, datetime], Awaitable[Facts]]
Perform = Callable[[Any], Awaitable[Message]]
OutcomeOf = Callable[[Message], str]
NotBegun = Callable[[Any], Message]


@dataclass(frozen=True, slots=True)
class Lane:
    """A topic, a subscriber and a consumer group `service.name` of its own (law 14). As long as an `urgent` lane has
    something to do, the others of its process take short turns. A batch has `most` records: where each costs much, few,
    since nobody is answered, and no partition moves, before all of a batch are decided."""

    name: str
    topic: Topic
    urgent: bool = False
    most: int = 500


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of aggregate: documents `name:...` whose state is `state` (a union of frozen types with a literal
    `stage`).

    `due_at` says when the state wants to be woken (law 10); `on_timer` decides the wake-up. A message that came in time
    may be decided after it: it has another key, or comes by another lane. If it is still to count, ask to be woken
    later. `is_large`: its documents may have hundreds of KB; few of them are in memory at once.
    """

    name: str
    state: Any
    due_at: Callable[[Any], datetime | None] | None = None
    on_timer: Decide | None = None
    prepare_timer: Prepare | None = None
    is_large: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """One message, the one aggregate it is for (`kind:...`), and the decision.

    `creates`: the message may meet an absent aggregate (state None) and bring it into being; a decision that leaves
    None saves nothing. For other messages an absent aggregate is refused with `absent` without a save (law 3).
    """

    message: type[Message]
    aggregate_of: AggregateOf
    decide: Decide
    prepare: Prepare | None = None
    creates: bool = False
    absent: Refusal = Refusal("not-found", "aggregate-absent")


@runtime_checkable
class TimedEffects(Protocol):
    """Effects whose calls look at the time: the chassis gives them the corrected clock (law 9). By a machine's own that
    is wrong, a call would count as too late, or begin when its end is not awaited any more (law 8)."""

    clock: Callable[[], datetime]


def _made(_: Message) -> str:
    return "made"


@dataclass(frozen=True, slots=True)
class Service:
    """A whole service. `effects` is handed to every `prepare`; `perform` maps an effect's type to the call that it
    means; `outcome_of` says what a call came to, for operators: a constant of the code. `not_begun` is the report of a
    call that stood in line when the process stopped; without it such a call is still made if there is time."""

    name: str
    lanes: tuple[Lane, ...]
    kinds: tuple[Kind, ...]
    routes: tuple[Route, ...]
    effects: Any
    perform: Mapping[type, Perform]
    outcome_of: OutcomeOf = _made
    not_begun: NotBegun | None = None

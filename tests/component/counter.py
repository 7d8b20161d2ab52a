"""A service for the chassis's own tests: it counts. Its messages are not part of the catalogue."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from contracts import topics
from contracts.decision import Decision, Facts, Incoming, Outgoing, Refusal, answered, decided, ignored, refused
from contracts.message import Answer, Command, CustomerCommand, Event, Text
from contracts.sealed import Sealed, SealedFor, Secret
from contracts.topics import Topic
from services.chassis.service import Kind, Lane, Route, Service


class Add(Command):
    """Add to the counter that is the message's subject."""

    type_name: ClassVar[str] = "hesabi.accounts.Add.v1"
    service: ClassVar[str] = "accounts"
    topic: ClassVar[Topic] = topics.ACCOUNTS_COMMANDS
    amount: Annotated[int, Field(ge=-1000, le=1000)]
    wake_after_ms: int = 0
    note: Annotated[Sealed | None, SealedFor.THIS_SERVICE] = None
    remark: Text | None = None


class Ask(Command):
    """Ask for the total: a query."""

    type_name: ClassVar[str] = "hesabi.accounts.Ask.v1"
    service: ClassVar[str] = "accounts"
    topic: ClassVar[Topic] = topics.ACCOUNTS_COMMANDS


class Mine(CustomerCommand):
    """Add to the counter of the customer who has logged in."""

    type_name: ClassVar[str] = "hesabi.accounts.Mine.v1"
    service: ClassVar[str] = "accounts"
    topic: ClassVar[Topic] = topics.ACCOUNTS_COMMANDS
    amount: int


class Heard(Event):
    """News of another service, for the counter that is its subject."""

    type_name: ClassVar[str] = "hesabi.identity.Heard.v1"
    service: ClassVar[str] = "identity"
    topic: ClassVar[Topic] = topics.IDENTITY_EVENTS
    amount: int


class Added(Answer):
    """The answer to `Add` and `Ask`."""

    type_name: ClassVar[str] = "hesabi.accounts.Added.v1"
    service: ClassVar[str] = "accounts"
    topic: ClassVar[Topic] = topics.ACCOUNTS_ANSWERS
    total: int


class Counted(Event):
    """What was added."""

    type_name: ClassVar[str] = "hesabi.accounts.Counted.v1"
    service: ClassVar[str] = "accounts"
    topic: ClassVar[Topic] = topics.ACCOUNTS_EVENTS
    amount: int


class CallMade(Event):
    """The result of a call."""

    type_name: ClassVar[str] = "hesabi.accounts.CallMade.v1"
    service: ClassVar[str] = "accounts"
    topic: ClassVar[Topic] = topics.ACCOUNTS_INTERNAL
    amount: int


NOTHING = Secret("")


@dataclass(frozen=True)
class Count:
    """The one state."""

    total: int
    note: Secret = NOTHING
    wake_at: datetime | None = None
    woken: int = 0
    calls: int = 0
    owed: str | None = None
    stage: Literal["count"] = "count"


@dataclass(frozen=True)
class Call:
    """A call that leaves the house."""

    amount: int


class Bug(Exception):
    """A decision's bug."""


def add(state: Count | None, message: Incoming[Add], facts: Facts) -> Decision[Count]:
    """13 is refused, 666 is a bug, 100 makes a call, 300 makes one and is answered when it has reported."""
    amount = message.body.amount
    if amount == 13:
        return refused(state, "not-available-now", "unlucky")
    if amount == 666:
        raise Bug
    count = state or Count(0)
    wake_at = facts.present + timedelta(milliseconds=message.body.wake_after_ms) if message.body.wake_after_ms else None
    note = Secret(message.opened("note")) if message.body.note is not None else count.note
    count = replace(count, total=count.total + amount, wake_at=wake_at, note=note)
    effects = (Call(amount),) if amount in {100, 300} else ()
    if amount == 300:
        return decided(replace(count, owed=message.id), Counted(amount=amount), effects=effects)
    return decided(count, Added(total=count.total), Counted(amount=amount), effects=effects)


def ask(state: Count | None, message: Incoming[Ask], facts: Facts) -> Decision[Count]:
    """A query: nothing changes."""
    assert state is not None
    return answered(state, Added(total=state.total))


def call_made(state: Count | None, message: Incoming[CallMade], facts: Facts) -> Decision[Count]:
    """The call has reported."""
    assert state is not None
    called = replace(state, calls=state.calls + 1, owed=None)
    return decided(called, *((Outgoing(Added(total=state.total), state.owed),) if state.owed else ()))


def heard(state: Count | None, message: Incoming[Heard], facts: Facts) -> Decision[Count]:
    """News count, too."""
    count = state or Count(0)
    return decided(replace(count, total=count.total + message.body.amount), Counted(amount=message.body.amount))


def mine(state: Count | None, message: Incoming[Mine], facts: Facts) -> Decision[Count]:
    """A customer's own."""
    count = state or Count(0)
    count = replace(count, total=count.total + message.body.amount)
    return decided(count, Added(total=count.total), Counted(amount=message.body.amount))


def wake(state: Count | None, message: Incoming[Any], facts: Facts) -> Decision[Count]:
    """A timer: early ones are ignored."""
    if state is None or state.wake_at is None or facts.present < state.wake_at:
        return ignored(state)
    return decided(replace(state, wake_at=None, woken=state.woken + 1), Counted(amount=0))


async def make_call(effect: Call) -> CallMade:
    """The call."""
    return CallMade(amount=effect.amount)


def counter_service() -> Service:
    """The table of contents."""

    def of_subject(message: Incoming[Any], keyed_hash: Any) -> str:
        return f"count:{message.subject}"

    def of_customer(message: Incoming[Any], keyed_hash: Any) -> str:
        return f"count:{message.who.user_id}"

    def of_sender(message: Incoming[Any], keyed_hash: Any) -> str:
        return message.subject

    return Service(
        name="accounts",
        lanes=(
            Lane("ordinary", topics.ACCOUNTS_COMMANDS),
            Lane("internal", topics.ACCOUNTS_INTERNAL),
            Lane("news", topics.IDENTITY_EVENTS),
            Lane("replay", topics.REPLAY["accounts"]),
        ),
        kinds=(Kind("count", Count, due_at=lambda state: state.wake_at, on_timer=wake),),
        routes=(
            Route(Add, of_subject, add, creates=True),
            Route(Ask, of_subject, ask, absent=Refusal("not-found", "no-such-counter")),
            Route(CallMade, of_sender, call_made),
            Route(Heard, of_subject, heard, creates=True),
            Route(Mine, of_customer, mine, creates=True),
        ),
        effects=None,
        perform={Call: make_call},
    )

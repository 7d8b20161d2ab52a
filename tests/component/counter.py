"""A service for the chassis's own tests: it counts. Its messages are not part of the catalogue."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from contracts import topics
from contracts.decision import Decision, Facts, Incoming, Refusal, answered, decided, ignored, refused
from contracts.message import Answer, Command, Event
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


class Ask(Command):
    """Ask for the total: a query."""

    type_name: ClassVar[str] = "hesabi.accounts.Ask.v1"
    service: ClassVar[str] = "accounts"
    topic: ClassVar[Topic] = topics.ACCOUNTS_COMMANDS


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


@dataclass(frozen=True)
class Count:
    """The one state."""

    total: int
    note: Secret = Secret("")
    wake_at: datetime | None = None
    woken: int = 0
    calls: int = 0
    stage: Literal["count"] = "count"


@dataclass(frozen=True)
class Call:
    """A call that leaves the house."""

    amount: int


class Bug(Exception):
    """A decision's bug."""


def add(state: Count | None, message: Incoming[Add], facts: Facts) -> Decision[Count]:
    """13 is refused, 666 is a bug, 100 makes a call."""
    amount = message.body.amount
    if amount == 13:
        return refused(state, "not-available-now", "unlucky")
    if amount == 666:
        raise Bug
    count = state or Count(0)
    wake_at = facts.present + timedelta(milliseconds=message.body.wake_after_ms) if message.body.wake_after_ms else None
    note = Secret(message.opened("note")) if message.body.note is not None else count.note
    count = replace(count, total=count.total + amount, wake_at=wake_at, note=note)
    effects = (Call(amount),) if amount == 100 else ()
    return decided(count, Added(total=count.total), Counted(amount=amount), effects=effects)


def ask(state: Count | None, message: Incoming[Ask], facts: Facts) -> Decision[Count]:
    """A query: nothing changes."""
    assert state is not None
    return answered(state, Added(total=state.total))


def call_made(state: Count | None, message: Incoming[CallMade], facts: Facts) -> Decision[Count]:
    """The call has reported."""
    assert state is not None
    return decided(replace(state, calls=state.calls + 1))


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

    def of_sender(message: Incoming[Any], keyed_hash: Any) -> str:
        return message.subject

    return Service(
        name="accounts",
        lanes=(Lane("ordinary", topics.ACCOUNTS_COMMANDS), Lane("internal", topics.ACCOUNTS_INTERNAL)),
        kinds=(Kind("count", Count, due_at=lambda state: state.wake_at, on_timer=wake),),
        routes=(
            Route(Add, of_subject, add, creates=True),
            Route(Ask, of_subject, ask, absent=Refusal("not-found", "no-such-counter")),
            Route(CallMade, of_sender, call_made),
        ),
        effects=None,
        perform={Call: make_call},
    )

"""Messages that every service has in its own name: refusals, their audit, wake-ups, nudges, dead letters."""

from types import new_class
from typing import Annotated, TypeVar, cast

from pydantic import Field

from contracts import message, topics
from contracts.message import Code, Event, Id
from contracts.sealed import Sealed, SealedFor
from contracts.topics import Topic

T = TypeVar("T", bound=message.Message)

_COMMANDS = {
    "identity": topics.IDENTITY_COMMANDS,
    "accounts": topics.ACCOUNTS_COMMANDS,
    "notifications": topics.NOTIFICATIONS_COMMANDS,
    "reports": topics.REPORTS_COMMANDS,
}
_ANSWERS = {
    "identity": topics.IDENTITY_ANSWERS,
    "accounts": topics.ACCOUNTS_ANSWERS,
    "notifications": topics.NOTIFICATIONS_ANSWERS,
    "reports": topics.REPORTS_ANSWERS,
}


class DeadLetter(Event):
    """A record, or a message of a parked aggregate, put aside (law 7): where it stood, why, and the whole of it
    sealed to the service that put it aside. `original` opens to JSON with base64 `key`, `value` and `headers`."""

    reason: Code
    source_topic: Id
    epoch: Annotated[int, Field(ge=1, le=10**6)]
    partition: Annotated[int, Field(ge=0, le=10**6)]
    offset: Annotated[int, Field(ge=0, le=2**63 - 1)]
    aggregate: Id | None = None
    original: Annotated[Sealed, SealedFor.THIS_SERVICE]


class AggregateParked(Event):
    """The third failure of one aggregate: its messages are dead letters, in order, until it is replayed (law 7)."""

    aggregate: Id
    reason: Code


def _each(base: type[T], topic_of: dict[str, Topic]) -> dict[str, type[T]]:
    return {
        service: cast(
            "type[T]",
            new_class(
                base.__name__,
                (base,),
                {"service": service, "topic": topic},
                lambda body: body.update(__module__=__name__),
            ),
        )
        for service, topic in topic_of.items()
    }


COMMAND_REFUSED = _each(message.CommandRefused, _ANSWERS)
REFUSAL_RECORDED = _each(message.RefusalRecorded, topics.AUDIT)
TIMER_ELAPSED = _each(message.TimerElapsed, _COMMANDS)
NUDGE = _each(message.Nudge, _COMMANDS)
DEAD_LETTER = _each(DeadLetter, topics.DEAD_LETTERS)
AGGREGATE_PARKED = _each(AggregateParked, topics.AUDIT)
COMMANDS_TOPIC = _COMMANDS
"""The topic on which a service hears commands, and its own timers and nudges."""

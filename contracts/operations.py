"""Messages that every service has in its own name: refusals, their audit, wake-ups, nudges, dead letters, and what
operators order about dead letters."""

from types import new_class
from typing import Annotated, TypeVar, cast

from pydantic import Field, StringConstraints

from contracts import message, topics
from contracts.message import Answer, Code, Command, Event, Id
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


Number = Annotated[int, Field(ge=1, le=2**63 - 1)]
Epoch = Annotated[int, Field(ge=1, le=10**6)]
Partition = Annotated[int, Field(ge=0, le=10**6)]
Offset = Annotated[int, Field(ge=0, le=2**63 - 1)]
Why = Annotated[
    str,
    StringConstraints(min_length=3, max_length=200, pattern=r"^[0-9]{0,7}([^\x00-\x1f@0-9\u0660-\u0669][0-9]{0,7})*$"),
]
"""Why an operator does something, in 3 to 200 characters of their own. Without `@` and without eight digits in a row;
the command line also refuses numbers that are written with blanks or hyphens."""

Operator = Annotated[str, StringConstraints(max_length=64, pattern=r"^[a-z][a-z0-9._-]{0,63}$")]
"""The account name of the operator who orders something."""


class DeadLetter(Event):
    """A record, or a message of a parked aggregate, put aside (law 7): where it stood, why, and the whole of it
    sealed to the service that put it aside. `original` opens to JSON with base64 `key`, `value` and `headers`.
    `message_type` is given where it is one of the catalogue's."""

    reason: Code
    source_topic: Id
    epoch: Epoch
    partition: Partition
    offset: Offset
    aggregate: Id | None = None
    message_type: Id | None = None
    original: Annotated[Sealed, SealedFor.THIS_SERVICE]


class AggregateParked(Event):
    """The third failure of one aggregate: its messages are dead letters, in order, until it is replayed (law 7)."""

    aggregate: Id
    reason: Code


class ReplayDeadLetter(Command):
    """By an operator: decide the record of a dead letter after all (law 7). `original` is the letter's own, as it is
    sealed there. A parked aggregate's letters have their `sequence`: they are decided in that order, and the key is the
    aggregate; other letters have `<epoch>.<topic>.<partition>.<offset>` as key. Answered by `OrderDone`, told by
    `DeadLetterReplayed`."""

    letter_id: Id
    source_topic: Id
    epoch: Epoch
    partition: Partition
    offset: Offset
    aggregate: Id | None = None
    sequence: Number | None = None
    original: Annotated[Sealed, SealedFor.THIS_SERVICE]
    operator: Operator
    why: Why


class DropDeadLetter(Command):
    """By an operator: this dead letter of a record is not to be replayed. The key is
    `<epoch>.<topic>.<partition>.<offset>`. Answered by `OrderDone`, told by `DeadLetterDropped`."""

    letter_id: Id
    source_topic: Id
    epoch: Epoch
    partition: Partition
    offset: Offset
    operator: Operator
    why: Why


class DropParkedLetters(Command):
    """By an operator: these dead letters of a parked aggregate, from `first` to `last` in its order, are not to be
    replayed. The key is the aggregate. Answered by `OrderDone`, told by `ParkedLettersDropped`."""

    aggregate: Id
    first: Number
    last: Number
    operator: Operator
    why: Why


class UnparkAggregate(Command):
    """By an operator: everything that was put aside for this aggregate has been replayed or dropped, let it go on
    (law 7). The key is the aggregate. Answered by `OrderDone`, told by `AggregateUnparked`."""

    aggregate: Id
    operator: Operator
    why: Why


class OrderDone(Answer):
    """What an operator ordered has been done. `outcome` as `DeadLetterReplayed` has it, or `dropped`, or `unparked`."""

    outcome: Code


class DeadLetterReplayed(Event):
    """What became of a dead letter's record (law 7). `outcome` is `decided`, `ignored`, `answered`, `answered-again` or
    `refused`, as of any message; `duplicate`: its stream had gone past it, and nothing was done; `put-aside` or
    `dead-letter`: it is a dead letter again; `skipped`: no use is made of such a message any more."""

    letter_id: Id
    source_topic: Id
    epoch: Epoch
    partition: Partition
    offset: Offset
    aggregate: Id | None = None
    sequence: Number | None = None
    outcome: Code
    operator: Operator
    why: Why


class DeadLetterDropped(Event):
    """A dead letter that will not be replayed."""

    letter_id: Id
    source_topic: Id
    epoch: Epoch
    partition: Partition
    offset: Offset
    operator: Operator
    why: Why


class ParkedLettersDropped(Event):
    """Dead letters of a parked aggregate that will not be replayed."""

    aggregate: Id
    first: Number
    last: Number
    operator: Operator
    why: Why


class AggregateUnparked(Event):
    """The aggregate is no longer parked: what comes for it is decided again (law 7)."""

    aggregate: Id
    operator: Operator
    why: Why


class SkipRecords(message.Message):
    """By an operator: of these records of a partition, those that cannot be read may be passed over. What can be read
    is read. The order stands for 15 minutes. Told by `RecordSkipped`."""

    source_topic: Id
    epoch: Epoch
    partition: Partition
    first_offset: Offset
    last_offset: Offset
    operator: Operator
    why: Why


class RecordSkipped(Event):
    """An unreadable record was passed over by an operator's order, whose id is the correlation id: what stood there is
    not known and was not decided."""

    lane: Code
    source_topic: Id
    epoch: Epoch
    partition: Partition
    offset: Offset
    operator: Operator
    why: Why


def _each(base: type[T], topic_of: dict[str, Topic]) -> dict[str, type[T]]:
    return {
        service: cast(
            "type[T]",
            new_class(
                base.__name__,
                (base,),
                {"service": service, "topic": topic},
                lambda body: body.update(__module__=__name__, __doc__=base.__doc__),
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
REPLAY_DEAD_LETTER = _each(ReplayDeadLetter, topics.REPLAY)
DROP_DEAD_LETTER = _each(DropDeadLetter, topics.REPLAY)
DROP_PARKED_LETTERS = _each(DropParkedLetters, topics.REPLAY)
UNPARK_AGGREGATE = _each(UnparkAggregate, topics.REPLAY)
ORDERS_ABOUT_LETTERS = (REPLAY_DEAD_LETTER, DROP_DEAD_LETTER, DROP_PARKED_LETTERS, UNPARK_AGGREGATE)
"""Each by service, as those above."""

ORDER_DONE = _each(OrderDone, _ANSWERS)
DEAD_LETTER_REPLAYED = _each(DeadLetterReplayed, topics.AUDIT)
DEAD_LETTER_DROPPED = _each(DeadLetterDropped, topics.AUDIT)
PARKED_LETTERS_DROPPED = _each(ParkedLettersDropped, topics.AUDIT)
AGGREGATE_UNPARKED = _each(AggregateUnparked, topics.AUDIT)
SKIP_RECORDS = _each(SkipRecords, topics.ORDERS)
RECORD_SKIPPED = _each(RecordSkipped, topics.AUDIT)
COMMANDS_TOPIC = _COMMANDS
"""The topic on which a service hears commands, and its own timers and nudges."""

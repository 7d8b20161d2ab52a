"""The words in which a service decides (architecture, law 2): what comes in, what is known, what goes out.

A decision is a pure function `decide(state, message, facts) -> Decision`. It never raises on bad input: "no" is
`refused(...)`. These types live beside the messages because domain modules import only the standard library and
`contracts`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic, TypeVar

from contracts.message import Message

S = TypeVar("S")
M_co = TypeVar("M_co", bound=Message, covariant=True)


@dataclass(frozen=True, slots=True)
class Customer:
    """Who a verified session token speaks for.

    `actor`: the authorised person (a user's id) who acts, where `user_id` is a business (I17); None: an individual, who
    acts for themselves. Whoever asks "whose is this?" compares `user_id`; whoever asks "who did it?" looks at `person`.
    """

    user_id: str
    session_id: str
    channel: str
    actor: str | None = None

    @property
    def person(self) -> str:
        """The individual at the other end: the actor, or the user."""
        return self.actor or self.user_id


@dataclass(slots=True)  # not frozen: that takes four times as long, and each message read has one
class Incoming(Generic[M_co]):
    """A message as a decision sees it.

    `now` is the broker's stamp (UTC): it judges what the message claims (law 9). `subject` is the sending aggregate
    or flow. `correlation_id` is the id of the command that began it all; for a command, its own id.
    """

    body: M_co
    id: str
    source: str
    subject: str
    correlation_id: str
    now: datetime
    customer: Customer | None = None
    opener: Callable[[str], str] | None = field(default=None, repr=False, compare=False)

    def opened(self, field_name: str) -> str:
        """The text of a sealed field addressed to this service. Broken seals never reach a decision's own branches:
        the chassis refuses the message with `seal-not-opened`."""
        if self.opener is None:
            raise TypeError("this message was built without the means to open its seals")
        return self.opener(field_name)

    @property
    def who(self) -> Customer:
        """The customer of a `CustomerCommand`; the chassis has refused the command if there is none."""
        if self.customer is None:
            raise TypeError("only customers' commands have a customer")
        return self.customer


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision may know besides state and message. `present`: the corrected wall clock (UTC), from which the
    lives that we grant start (law 9). Decisions that need more declare a subclass, filled by their `prepare`."""

    present: datetime


@dataclass(slots=True)  # as `Incoming`
class Outgoing:
    """A message out, where its correlation is not the one of the message that caused it (an answer given later)."""

    body: Message
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A "no" (J4): public reason with its customer text, precise reason for operators, the step that is missing (J2).

    `command_id` and `command_type` are given where the refused command is not the message now decided (a late answer).
    """

    public_reason: str
    reason: str
    missing_step: str | None = None
    command_id: str | None = None
    command_type: str | None = None


@dataclass(slots=True)  # as `Incoming`
class Decision(Generic[S]):
    """The new state and what follows from it.

    `messages` go out in order through the outbox; `effects` are calls that leave the house, made once after the save
    (law 8). `recorded=False` is for queries: nothing is saved, the messages are sent as they are (law 1).
    """

    state: S | None
    messages: tuple[Message | Outgoing, ...] = ()
    effects: tuple[object, ...] = ()
    refusal: Refusal | None = None
    recorded: bool = True

    def and_send(self, *messages: Message | Outgoing) -> "Decision[S]":
        """The same decision with more messages."""
        return replace(self, messages=self.messages + messages)


def decided(state: S, *messages: Message | Outgoing, effects: tuple[object, ...] = ()) -> Decision[S]:
    """Yes: this is the new state and these messages follow."""
    return Decision(state, messages, effects)


def refused(state: S | None, public_reason: str, reason: str, missing_step: str | None = None) -> Decision[S]:
    """No, with `state` as it is afterwards (a wrong code, for example, uses up a try)."""
    return Decision(state, refusal=Refusal(public_reason, reason, missing_step))


def answered(state: S | None, *messages: Message) -> Decision[S]:
    """The answer to a query: nothing changes and nothing is recorded."""
    return Decision(state, messages, recorded=False)


def ignored(state: S | None) -> Decision[S]:
    """The message has no meaning in this state (a late receipt, an early timer) and changes nothing."""
    return Decision(state)

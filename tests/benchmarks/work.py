"""The work that every contender does: messages that add to one of many counters, in three rows.

(a) a plain event, one event out; (b) a customer's command with a sealed token, an answer and an event out; (c) the same
with two more sealed fields.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from contracts import topics
from contracts.message import Answer, CustomerCommand, Event
from contracts.sealed import Sealed, SealedFor
from contracts.topics import Topic

Row = Literal["a", "b", "c"]
AGGREGATES: Final = 2000
ACCOUNTS: Final = tuple(f"a{number}" for number in range(AGGREGATES))
STATE_TEXT: Final = "x" * 900
"""Filler that brings a document to the 1-2 KB of a real one."""


class Noted(Event):
    """Row (a)."""

    type_name: ClassVar[str] = "hesabi.billing.Noted.v1"
    service: ClassVar[str] = "billing"
    topic: ClassVar[Topic] = topics.BILLING_ANSWERS
    account: str
    amount: int


class Pay(CustomerCommand):
    """Row (b), on a topic of its own."""

    type_name: ClassVar[str] = "hesabi.accounts.Pay.v1"
    service: ClassVar[str] = "accounts"
    topic: ClassVar[Topic] = topics.IDENTITY_CREDENTIALS
    account: str
    amount: int


class PayPrivately(Pay):
    """Row (c), on the topic on which every service hears its timers: it comes last, so that no other row meets it."""

    type_name: ClassVar[str] = "hesabi.accounts.PayPrivately.v1"
    topic: ClassVar[Topic] = topics.ACCOUNTS_COMMANDS
    name: Annotated[Sealed, SealedFor.THIS_SERVICE]
    card: Annotated[Sealed, SealedFor.THIS_SERVICE]


class Paid(Answer):
    """The answer of rows (b) and (c)."""

    type_name: ClassVar[str] = "hesabi.accounts.Paid.v1"
    service: ClassVar[str] = "accounts"
    topic: ClassVar[Topic] = topics.ACCOUNTS_ANSWERS
    total: int


class Counted(Event):
    """The event of all rows."""

    type_name: ClassVar[str] = "hesabi.accounts.Counted.v1"
    service: ClassVar[str] = "accounts"
    topic: ClassVar[Topic] = topics.ACCOUNTS_EVENTS
    account: str
    amount: int


@dataclass(frozen=True)
class Account:
    """The one state."""

    total: int
    filler: str = STATE_TEXT
    stage: Literal["account"] = "account"


MESSAGE_OF: Final[dict[Row, type[Noted] | type[Pay]]] = {"a": Noted, "b": Pay, "c": PayPrivately}
WRITER_OF: Final[dict[Row, str]] = {"a": "billing", "b": "web", "c": "web"}

"""A made-up run: a small ledger and the extract of topics and collections that belongs to it, all in order."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from contracts.accounts import (
    AccountDefined,
    CompleteDefinition,
    DefinitionAdmitted,
    DefinitionClaimed,
    DefinitionCompleted,
    InquireReference,
    ReferenceFound,
)
from contracts.envelope import Envelope
from contracts.identity import OtpRequested
from contracts.message import Message
from contracts.metering import IntervalReadings
from contracts.notifications import AskContactChannels, ContactChannelsGiven, MessageDelivered
from contracts.operations import DEAD_LETTER
from tests.chaos.evidence import Evidence, Outbox, Said
from tests.chaos.hostile import Explained
from tests.chaos.ledger import Entry

NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)
NOW_MS: Final = int(NOW.timestamp() * 1000)
LETTER: Final = Explained("identity", "identity.commands", 2, 7, "envelope")
METER: Final = "meter:40000000001:2026-02"
CUSTOMER: Final = "customer:user-1"
DEFINITION: Final = "definition:flow-2"


def said(message: type[Message], id: str, body: object = None, **envelope: Any) -> Said:
    """A record on the message's topic; what is not said is that of a channel's command. `at_s`: seconds after NOW."""
    at_s = envelope.pop("at_s", 0.0)
    given: dict[str, Any] = {"source": "web", "subject": "flow-1", "time": NOW} | envelope
    whole = Envelope(id=id, type=message.type_name, **given)
    return Said(message.topic.name, 0, 0, NOW_MS + int(at_s * 1000), whole, json.dumps(body or {}).encode())


def caused(message: type[Message], id: str, by: str, body: object = None, **envelope: Any) -> Said:
    """A record that a service says because of a command."""
    given: dict[str, Any] = {"source": message.service, "causation_id": by, "correlation_id": by} | envelope
    return said(message, id, body, **given)


def entry(message: type[Message], id: str, key: str = "flow-1") -> Entry:
    """A ledger entry that the broker has acknowledged."""
    topic = message.topic.name
    return Entry(id, message.type_name, topic, key, NOW_MS, 1, [(topic, 0, 0)])


def reading(id: str, version: int) -> Said:
    """A day block of the meter."""
    body = {"account_number": "40000000001", "day": "2026-02-01", "version": version}
    return said(IntervalReadings, id, body, source="metering", subject="40000000001")


def letter(explained: Explained = LETTER, id: str = "letter-1", sequence: int = 1) -> Said:
    """The dead letter of a record."""
    body = {
        "reason": explained.reason,
        "source_topic": explained.topic,
        "partition": explained.partition,
        "offset": explained.offset,
    }
    at = f"1.{explained.topic}.{explained.partition}.{explained.offset}"
    return said(DEAD_LETTER[explained.service], id, body, source=explained.service, subject=at, sequence=None)


CONTACTS: Final = {"customer_line": "92000222"}
FOUND: Final = {"inquiry": "sealed.once"}
DEFINED: Final = caused(AccountDefined, "defined", "complete", subject=DEFINITION, sequence=1)

RECORDS: Final[Sequence[Said]] = (
    said(AskContactChannels, "contacts"),
    caused(ContactChannelsGiven, "contacts-given", "contacts", CONTACTS),
    said(InquireReference, "inquire"),
    caused(ReferenceFound, "found", "inquire", FOUND),
    said(CompleteDefinition, "complete", subject="flow-2"),
    caused(DefinitionClaimed, "claimed", "complete"),
    caused(DefinitionAdmitted, "admitted", "complete"),
    DEFINED,
    caused(DefinitionCompleted, "completed", "complete", {"reference": "AAAA"}),
    reading("reading-1", 1),
    reading("reading-2", 2),
    said(OtpRequested, "otp", {"otp_id": "otp-1"}, source="identity", subject="user:1", sequence=1),
    said(MessageDelivered, "delivered", {"message_id": "otp-1"}, source="notifications", subject="delivery:otp-1"),
    letter(),
)

CLEAN: Final = Evidence(
    ledger={
        each.id: each
        for each in (
            entry(AskContactChannels, "contacts"),
            entry(InquireReference, "inquire"),
            entry(CompleteDefinition, "complete", "flow-2"),
            entry(IntervalReadings, "reading-1"),
            entry(IntervalReadings, "reading-2"),
        )
    },
    said=RECORDS,
    states={
        "accounts": {DEFINITION: {"stage": "complete"}, CUSTOMER: {"definitions": [{"reference": "AAAA"}]}},
        "reports": {METER: {"days": [{"day": "2026-02-01", "version": 2}], "edition": 2}},
    },
    outboxes={"accounts": {DEFINITION: [Outbox("completed", "accounts.commands", 0, 5)]}},
    committed={("accounts", "accounts.commands", 0): 6},
    bills={"otp-1": 1},
    explained=frozenset({LETTER}),
)


def without(*ids: str) -> Evidence:
    """The run, with these records missing on their topics."""
    return replace(CLEAN, said=[each for each in RECORDS if each.envelope.id not in ids])


def with_more(*records: Said) -> Evidence:
    """The run, with these records behind the others."""
    return replace(CLEAN, said=[*RECORDS, *records])


def with_state(service: str, aggregate: str, state: object) -> Evidence:
    """The run, with another state in a collection; None: the document is not there."""
    states = {name: dict(known) for name, known in CLEAN.states.items()}
    states[service].pop(aggregate)
    if state is not None:
        states[service][aggregate] = state  # type: ignore[assignment]
    return replace(CLEAN, states=states)

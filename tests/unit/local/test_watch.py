from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from contracts.envelope import Envelope, EnvelopeRejected, to_headers
from contracts.operations import AGGREGATE_UNPARKED
from deploy.cli.letters import Deed, read_record
from deploy.local.watch import envelope_of

LONGEST = "broadcast:" + "b" * 90


@dataclass
class Record:
    """A record of an audit."""

    subject: str
    topic: str = "accounts.audit"
    timestamp: int = 1_772_352_000_000
    value: bytes = b""

    @property
    def key(self) -> bytes:
        """The sender's name."""
        return self.subject.encode()

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        """The envelope."""
        type_name, now = "hesabi.accounts.AggregateUnparked.v1", datetime(2026, 3, 1, tzinfo=UTC)
        return to_headers(Envelope("a-1", "accounts", type_name, self.subject, now, sequence=1))


@pytest.mark.parametrize(
    ("subject", "seen"),
    [(LONGEST, LONGEST), ("parked:count:f1", "parked:count:f1"), (f"parked:{LONGEST}", LONGEST)],
    ids=["its-own", "parked", "parked-and-long"],
)
def test_law7_what_a_parked_aggregate_says_is_heard_however_long_its_name_is(subject: str, seen: str) -> None:
    envelope = envelope_of(Record(subject))
    assert isinstance(envelope, Envelope)
    assert (envelope.subject, envelope.sequence) == (seen, 1)


def test_a_name_that_is_too_long_is_nobodys() -> None:
    assert isinstance(envelope_of(Record(f"{LONGEST}b")), EnvelopeRejected)
    assert isinstance(envelope_of(Record(f"parked:{LONGEST}b")), EnvelopeRejected)


def test_law7_a_deed_about_a_long_name_is_read_by_the_tool_for_letters() -> None:
    event = AGGREGATE_UNPARKED["accounts"](aggregate=LONGEST, operator="sami", why="corrected")
    deed = read_record(Record(f"parked:{LONGEST}", value=event.model_dump_json().encode()))
    assert isinstance(deed, Deed)
    assert deed.body == event

"""What a record looks like in a trace."""

from contracts.envelope import Envelope, from_headers
from tests.fakes.log import FakeRecord

SHOWN_OF_A_BODY = 160


def line_of(record: FakeRecord) -> str:
    """Topic, place, message, who sent it, and the beginning of what it says."""
    envelope = from_headers(record.key, record.headers)
    place = f"{record.topic}[{record.partition}]@{record.offset}"
    if not isinstance(envelope, Envelope):
        return f"{place} no envelope"
    number = f"#{envelope.sequence}" if envelope.sequence is not None else ""
    cause = f" <- {envelope.causation_id}" if envelope.causation_id else ""
    body = (record.value or b"").decode(errors="replace")[:SHOWN_OF_A_BODY]
    name = envelope.type.split(".")[2] if envelope.type.count(".") >= 2 else envelope.type
    return f"{place} {name} {envelope.source}/{envelope.subject}{number} id {envelope.id}{cause} {body}"

"""The `cloudevents` package judges the envelope, in both directions."""

from datetime import UTC, datetime, timedelta

from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event, to_binary_event
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import Envelope, from_headers, to_headers

IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,99}", fullmatch=True)
INSTANTS = st.builds(
    lambda milliseconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds),
    st.integers(0, 10**12),
)
ENVELOPES = st.builds(
    Envelope,
    id=IDS,
    source=st.sampled_from(["web", "identity", "call-centre"]),
    type=st.just("hesabi.identity.LogIn.v1"),
    subject=IDS,
    time=INSTANTS,
    correlation_id=st.none() | IDS,
    causation_id=st.none() | IDS,
    expiry_time=st.none() | INSTANTS,
    sequence=st.none() | st.integers(1, 10**18 - 1),
)


@given(ENVELOPES)
def test_what_we_write_the_package_reads(envelope: Envelope) -> None:
    message = KafkaMessage(dict(to_headers(envelope)), envelope.subject.encode(), b'{"a": 1}')

    event = from_binary_event(message)

    assert (event.get_id(), event.get_source(), event.get_type()) == (envelope.id, envelope.source, envelope.type)
    assert (event.get_subject(), event.get_time()) == (envelope.subject, envelope.time)
    assert event.get_specversion() == "1.0"
    assert event.get_datacontenttype() == "application/json"
    assert event.get_data() == {"a": 1}
    assert event.get_extension("correlationid") == envelope.correlation_id
    assert event.get_extension("causationid") == envelope.causation_id
    assert event.get_extension("partitionkey") == envelope.subject
    expected = None if envelope.sequence is None else str(envelope.sequence)
    assert event.get_extension("sequence") == expected


@given(ENVELOPES)
def test_what_the_package_writes_we_read(envelope: Envelope) -> None:
    extensions = {
        "correlationid": envelope.correlation_id,
        "causationid": envelope.causation_id,
        "expirytime": envelope.expiry_time,
        "sequence": envelope.sequence,
    }
    attributes = {
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "time": envelope.time,
        "datacontenttype": "application/json",
        **{name: value for name, value in extensions.items() if value is not None},
    }
    message = to_binary_event(CloudEvent(attributes, {"a": 1}), key_mapper=lambda event: event.get_subject())

    read = from_headers(str(message.key).encode(), list(message.headers.items()))

    assert read == envelope


@given(ENVELOPES)
def test_what_we_write_we_read(envelope: Envelope) -> None:
    headers: list[tuple[str, bytes | None]] = [*to_headers(envelope)]

    assert from_headers(envelope.subject.encode(), headers) == envelope

"""From a raw record to a message: whatever stands in it, one clear outcome (laws 4, 7 and 12)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import Envelope, to_headers
from contracts.operations import TIMER_ELAPSED
from contracts.topics import ACCOUNTS_COMMANDS, IDENTITY_EVENTS
from services.chassis.arrival import Arrival, Decoder, Skipped, Undecodable
from services.chassis.command_life import expiry_of
from services.chassis.keys import KeyUnknown
from services.chassis.service import Service
from tests.component.counter import Add, Heard, counter_service
from tests.fakes.log import FakeRecord
from tests.fakes.world import NOON, fake_opener, fake_token, keyed_hash, with_route

HEARD: dict[str, Any] = {"type_name": Heard.type_name, "source": "identity", "topic": "identity.events"}


def decoder(service: Service | None = None) -> Decoder:
    return Decoder(service or counter_service(), keyed_hash, fake_opener, fake_token)


def record(
    value: bytes | None = b'{"amount":1}',
    *,
    type_name: str = Add.type_name,
    source: str = "web",
    topic: str = "accounts.commands",
    subject: str = "f1",
    **attributes: Any,
) -> FakeRecord:
    envelope = Envelope("id-1", source, type_name, subject, **({"time": NOON} | attributes))
    stamp, headers = int(NOON.timestamp() * 1000), tuple(to_headers(envelope))
    return FakeRecord(topic, 3, 17, stamp, subject.encode(), value, headers)


def read(raw: FakeRecord, service: Service | None = None) -> Any:
    topic = IDENTITY_EVENTS if raw.topic == "identity.events" else ACCOUNTS_COMMANDS
    return decoder(service).read(raw, topic, NOON)


def test_law4_streams_of_our_own_count_by_sequence_and_all_others_by_offset() -> None:
    def stream_of(raw: FakeRecord) -> tuple[str | None, int]:
        arrival = read(raw)
        return arrival.stream, arrival.number

    assert stream_of(record(**HEARD, sequence=5)) == ("identity/f1/identity.events", 5)
    assert stream_of(record(**HEARD)) == ("1/identity.events/3", 17)
    assert stream_of(record(sequence=5)) == ("1/accounts.commands/3", 17)  # a channel counts nothing for us


def test_law5_timers_are_numbered_by_their_place_beside_commands() -> None:
    timer = record(b'{"aggregate":"count:f9"}', type_name=TIMER_ELAPSED["accounts"].type_name, source="accounts")
    arrival = read(timer)
    assert (arrival.stream, arrival.number, arrival.aggregate) == ("timers/1/accounts.commands/3", 17, "count:f9")


def test_law4_a_forged_timer_leaves_no_stream_of_its_own() -> None:
    """A channel writes the topic, too, and can say whatever it likes: subject and sequence count nothing."""
    forged = record(
        b'{"aggregate":"count:f9"}',
        type_name=TIMER_ELAPSED["accounts"].type_name,
        source="accounts",
        sequence=2**40,
        subject="anything",
    )
    arrival = read(forged)
    assert (arrival.stream, arrival.number) == ("timers/1/accounts.commands/3", 17)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (record(b"{}"), "body-malformed"),
        (record(None), "body-malformed"),
        (record(b""), "body-malformed"),
        (record(b" " * 65_537), "body-too-large"),
        (record(type_name="hesabi.accounts.Nothing.v1"), "type-unknown"),
        (record(type_name=Heard.type_name, source="identity"), "type-unknown"),
        (record(source="nobody"), "writer-not-permitted"),
        (record(source="accounts"), "writer-not-permitted"),
        (record(**HEARD | {"source": "web"}), "writer-not-permitted"),
        (replace(record(), headers=()), "envelope"),
        (replace(record(), headers=(("ce_id", None),)), "envelope"),
        (replace(record(), headers=(("ce_id", b"\xff"),)), "envelope"),
        (replace(record(), key=None), "envelope"),
        (
            record(b'{"aggregate":"nothing:1"}', type_name=TIMER_ELAPSED["accounts"].type_name, source="accounts"),
            "aggregate-malformed",
        ),
    ],
)
def test_law7_what_cannot_be_decoded_says_why(raw: FakeRecord, reason: str) -> None:
    outcome = read(raw)
    assert isinstance(outcome, Undecodable)
    assert outcome.reason == reason


def test_law13_an_unknown_type_on_an_event_topic_is_skipped() -> None:
    assert isinstance(read(record(**HEARD | {"type_name": "hesabi.identity.New.v1"})), Skipped)


@pytest.mark.parametrize("aggregate", ["", "nothing:1", "count:" + "x" * 100, "count:ق", "count:a b", "count:$"])
def test_trap30_only_what_is_fit_for_an_id_reaches_the_database(aggregate: str) -> None:
    outcome = read(record(), with_route(counter_service(), Add, aggregate_of=lambda *_: aggregate))
    assert isinstance(outcome, Undecodable)
    assert outcome.reason == "aggregate-malformed"


@pytest.mark.parametrize("error", [KeyError("note"), ValueError(), RuntimeError()])
def test_law7_a_record_that_breaks_the_search_for_its_aggregate_does_not_stop_the_lane(error: Exception) -> None:
    def aggregate_of(*_: Any) -> str:
        raise error

    outcome = read(record(), with_route(counter_service(), Add, aggregate_of=aggregate_of))
    assert isinstance(outcome, Undecodable)


def test_law7_a_key_that_is_not_learnt_yet_is_machinery() -> None:
    def aggregate_of(*_: Any) -> str:
        raise KeyUnknown

    with pytest.raises(KeyUnknown):
        read(record(), with_route(counter_service(), Add, aggregate_of=aggregate_of))


def test_law4_a_command_lives_15_minutes_at_most() -> None:
    def life(expiry: timedelta | None) -> timedelta:
        given_time = None if expiry is None else NOON + expiry
        return expiry_of(Envelope("i", "web", "t", "f", NOON, expiry_time=given_time)) - NOON

    assert life(None) == life(timedelta(hours=1)) == timedelta(minutes=15)
    assert life(timedelta(seconds=5)) == timedelta(seconds=5)


@pytest.mark.parametrize(
    ("made", "expiry", "reason"),
    [
        (timedelta(), timedelta(), None),
        (timedelta(minutes=-15), None, None),
        (timedelta(minutes=-15, milliseconds=-1), None, "command-expired"),
        (timedelta(seconds=-2), timedelta(milliseconds=-1), "command-expired"),
        (timedelta(minutes=1), None, None),
        (timedelta(minutes=1, milliseconds=1), None, "command-from-the-future"),
    ],
)
def test_law4_the_stamp_judges_when_a_command_came(
    made: timedelta, expiry: timedelta | None, reason: str | None
) -> None:
    attributes: dict[str, Any] = {"time": NOON + made} | ({} if expiry is None else {"expiry_time": NOON + expiry})
    arrival = read(record(**attributes))
    assert (arrival.obstacle.reason if arrival.obstacle else None) == reason


def test_J3_the_same_body_of_another_type_is_another_command() -> None:
    arrival = read(record())
    other = replace(arrival, envelope=replace(arrival.envelope, type="hesabi.accounts.Other.v1"))
    assert other.digest != arrival.digest


def test_events_do_not_expire() -> None:
    assert read(record(**HEARD, time=NOON - timedelta(days=9))).obstacle is None


@given(
    key=st.none() | st.binary(max_size=20),
    value=st.none() | st.binary(max_size=60) | st.just(b'{"amount":1}'),
    headers=st.lists(
        st.tuples(
            st.sampled_from(["ce_id", "ce_type", "ce_source", "ce_time", "ce_specversion", "content-type", "x", ""]),
            st.none() | st.binary(max_size=20) | st.sampled_from([h[1] for h in record().headers]),
        ),
        max_size=9,
    ),
)
def test_law7_nothing_in_a_record_makes_the_decoder_raise(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    for extra in ((), record().headers):
        raw = replace(record(), key=key, value=value, headers=[*headers, *extra])
        assert isinstance(read(raw), Arrival | Undecodable | Skipped)

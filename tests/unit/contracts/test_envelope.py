"""Every way in which a record is no message of ours. Reading never raises."""

from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import (
    MAX_HEADER_LENGTH,
    MAX_HEADERS,
    Envelope,
    EnvelopeReason,
    EnvelopeRejected,
    from_headers,
    rfc3339,
    to_headers,
)

Header = tuple[str, bytes | None]

NOON = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
KEY = b"flow-1"
GOOD: list[Header] = [*to_headers(Envelope("c-1", "web", "hesabi.identity.LogIn.v1", "flow-1", NOON, sequence=3))]


def with_header(name: str, value: bytes | None) -> list[Header]:
    """The good headers with one of another value."""
    return [*without(name), (name, value)]


def without(name: str) -> list[Header]:
    """The good headers less one."""
    return [header for header in GOOD if header[0] != name]


REJECTED: dict[str, tuple[EnvelopeReason, bytes | None, list[Header]]] = {
    "no headers": ("header-missing", KEY, []),
    "missing id": ("header-missing", KEY, without("ce_id")),
    "missing source": ("header-missing", KEY, without("ce_source")),
    "missing type": ("header-missing", KEY, without("ce_type")),
    "missing time": ("header-missing", KEY, without("ce_time")),
    "missing specversion": ("header-missing", KEY, without("ce_specversion")),
    "null header": ("header-malformed", KEY, with_header("ce_id", None)),
    "empty header": ("header-malformed", KEY, with_header("ce_id", b"")),
    "header that is not UTF-8": ("header-malformed", KEY, with_header("ce_id", b"\xff\xfe")),
    "header with NUL": ("header-malformed", KEY, with_header("ce_type", b"a\x00b")),
    "header with a line break": ("header-malformed", KEY, with_header("ce_type", b"a\nb")),
    "oversized header": ("header-malformed", KEY, with_header("ce_type", b"a" * (MAX_HEADER_LENGTH + 1))),
    "duplicate header": ("header-malformed", KEY, [*GOOD, ("ce_id", b"c-2")]),
    "id with a space": ("header-malformed", KEY, with_header("ce_id", b"c 1")),
    "id with a slash": ("header-malformed", KEY, with_header("ce_id", b"../c-1")),
    "id of 101 characters": ("header-malformed", KEY, with_header("ce_id", b"c" * 101)),
    "Arabic id": ("header-malformed", KEY, with_header("ce_id", "رقم".encode())),
    "correlation that is no id": ("header-malformed", KEY, with_header("ce_correlationid", b"a b")),
    "causation that is no id": ("header-malformed", KEY, with_header("ce_causationid", b"$ne")),
    "time that is none": ("header-malformed", KEY, with_header("ce_time", b"yesterday")),
    "naive time": ("header-malformed", KEY, with_header("ce_time", b"2026-03-01T09:00:00")),
    "time of a day that does not exist": ("header-malformed", KEY, with_header("ce_time", b"2026-02-30T09:00:00Z")),
    "time before all time": ("header-malformed", KEY, with_header("ce_time", b"0001-01-01T00:00:00+14:00")),
    "time after all time": ("header-malformed", KEY, with_header("ce_time", b"9999-12-31T23:59:59Z")),
    "week date": ("header-malformed", KEY, with_header("ce_time", b"2026-W09-7T09:00:00Z")),
    "naive expiry": ("header-malformed", KEY, with_header("ce_expirytime", b"2026-03-01T09:00:00")),
    "sequence 0": ("header-malformed", KEY, with_header("ce_sequence", b"0")),
    "negative sequence": ("header-malformed", KEY, with_header("ce_sequence", b"-1")),
    "sequence with a sign": ("header-malformed", KEY, with_header("ce_sequence", b"+1")),
    "Arabic-Indic sequence": ("header-malformed", KEY, with_header("ce_sequence", "٣".encode())),
    "sequence of 19 digits": ("header-malformed", KEY, with_header("ce_sequence", b"9" * 19)),
    "too many headers": ("too-many-headers", KEY, [*GOOD, *([("x", b"1")] * MAX_HEADERS)]),
    "structured mode": ("content-type-unknown", KEY, with_header("content-type", b"application/cloudevents+json")),
    "missing content type": ("content-type-unknown", KEY, without("content-type")),
    "text": ("content-type-unknown", KEY, with_header("content-type", b"text/plain")),
    "specversion 0.3": ("specversion-unknown", KEY, with_header("ce_specversion", b"0.3")),
    "no key": ("key-malformed", None, GOOD),
    "empty key": ("key-malformed", b"", GOOD),
    "key that is not UTF-8": ("key-malformed", b"\xff", GOOD),
    "key with NUL": ("key-malformed", b"a\x00", GOOD),
    "key that is no id": ("key-malformed", b"{$gt: 1}", without("ce_subject")),
    "oversized key": ("key-malformed", b"k" * 101, without("ce_subject")),
    "subject that is not the key": ("key-malformed", b"flow-2", GOOD),
}


@pytest.mark.parametrize("case", REJECTED)
def test_a_bad_record_has_one_reason(case: str) -> None:
    reason, key, headers = REJECTED[case]
    assert from_headers(key, headers) == EnvelopeRejected(reason)


def test_every_reason_is_met() -> None:
    assert {reason for reason, _, _ in REJECTED.values()} == set(get_args(EnvelopeReason))


def test_headers_of_others_are_let_be() -> None:
    headers: list[Header] = [("traceparent", None), ("x", b"\xff"), *GOOD, ("x", b"again")]
    assert isinstance(from_headers(KEY, headers), Envelope)


def test_a_content_type_may_name_its_characters() -> None:
    headers = with_header("content-type", b"application/json; charset=utf-8")
    assert isinstance(from_headers(KEY, headers), Envelope)


def test_subject_may_be_left_to_the_key() -> None:
    read = from_headers(KEY, without("ce_subject"))
    assert isinstance(read, Envelope)
    assert read.subject == "flow-1"


def test_an_instant_of_another_offset_is_read_in_utc() -> None:
    read = from_headers(KEY, with_header("ce_time", b"2026-03-01T12:00:00+03:00"))
    assert isinstance(read, Envelope)
    assert (read.time, read.time.tzinfo) == (NOON, UTC)
    assert rfc3339(read.time) == "2026-03-01T09:00:00.000Z"


@given(
    st.none() | st.binary(max_size=120),
    st.lists(
        st.tuples(
            st.sampled_from([name for name, _ in GOOD] + ["ce_correlationid", "ce_expirytime", "x"]),
            st.none()
            | st.binary(max_size=40)
            | st.sampled_from([value for _, value in GOOD if value])
            | st.datetimes().map(lambda moment: moment.isoformat().encode() + b"Z"),
        ),
        max_size=14,
    ),
)
def test_reading_never_raises(key: bytes | None, headers: list[Header]) -> None:
    read = from_headers(key, headers)
    assert isinstance(read, Envelope) or read.reason in get_args(EnvelopeReason)

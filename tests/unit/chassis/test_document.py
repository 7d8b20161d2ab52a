"""Laws 4 and 5: what a document remembers, and for how long."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from contracts.message import MAX_MESSAGE_BYTES
from contracts.topics import CATALOGUE, SEGMENT
from services.chassis.document import (
    REMEMBERED_AT_LEAST,
    REMEMBERED_AT_MOST,
    REMEMBERED_BYTES_AT_MOST,
    REMEMBERED_FOR,
    STREAM_LIFE,
    STREAMS_AT_MOST,
    Document,
    Remembered,
    changes,
    loaded,
    stored,
)
from services.chassis.instants import ms
from tests.first_copies import envelope_of
from tests.store_suite import NOON, entry, full


def test_law4_a_number_not_above_the_highest_is_a_duplicate_for_ever() -> None:
    document = Document("count:1")
    assert not document.has_decided("s", 1)
    document.remember_number("s", 5, NOON)
    assert [document.has_decided("s", n) for n in (1, 5, 6)] == [True, True, False]
    assert not document.has_decided("another", 1)


def test_law4_streams_make_room_only_when_the_log_has_long_dropped_their_records() -> None:
    document = Document("count:1")
    for n in range(STREAMS_AT_MOST + 20):
        document.remember_number(f"s{n}", 1, NOON)
    assert len(document.numbers) == STREAMS_AT_MOST + 20
    document.remember_number("late", 1, NOON + STREAM_LIFE)
    assert set(document.numbers) == {"late"}


@given(st.lists(st.sampled_from(["a", "b"]), max_size=30))
def test_law4_sequences_count_from_1_without_gap_for_each_topic(topics: list[str]) -> None:
    document = Document("count:1")
    given_out: dict[str, list[int]] = {"a": [], "b": []}
    for topic in topics:
        given_out[topic].append(document.next_sequence(topic))
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in given_out.values())


@given(st.lists(st.integers(0, 400), min_size=1, max_size=60))
def test_law4_commands_that_are_alive_and_the_last_16_are_remembered(pauses_s: list[int]) -> None:
    document, now, made = Document("count:1"), NOON, list[tuple[str, datetime]]()
    for n, pause_s in enumerate(pauses_s):
        now += timedelta(seconds=pause_s)
        document.remember_command(f"c{n}", b"digest", now)
        made.append((f"c{n}", now))
    must = {name for name, at in made if now - at <= REMEMBERED_FOR} | {n for n, _ in made[-REMEMBERED_AT_LEAST:]}
    assert set(document.commands) == must


def test_J3_answers_belong_to_the_command_that_they_answer() -> None:
    document = Document("count:1")
    document.remember_command("c", b"digest", NOON)
    document.remember_answer("c", entry(1))
    document.remember_answer("forgotten", entry(2))
    assert document.commands["c"].entries() == [entry(1)]
    assert set(document.commands) == {"c"}


def test_a_draft_leaves_the_loaded_one_as_it_was() -> None:
    document, before = full(), full()
    draft = document.draft()
    assert draft == document
    draft.remember_number("new", 1, NOON)
    draft.next_sequence("accounts.events")
    draft.remember_command("new", b"d", NOON)
    draft.remember_answer("c", entry(9))
    draft.outbox.clear()
    draft.state, draft.due_at, draft.data_key = "new", None, None
    assert document == before


def test_what_is_stored_is_what_is_loaded() -> None:
    fields = {"_id": "count:full", "version": 3, **stored(full(), NOON, 5)}
    assert loaded(fields) == replace(full(), version=3)
    assert (fields["written_minute"], fields["partition"]) == (NOON.replace(second=0, microsecond=0), 5)


def test_law5_a_write_moves_its_document_to_its_minute_and_leaves_the_same_one_alone() -> None:
    """The audit reads each document some minutes after its last write."""
    draft = loaded({"_id": "count:full", "version": 3, **stored(full(), NOON, 5)}).draft()
    minute = NOON.replace(second=0, microsecond=0)
    assert changes(draft, NOON, 5) == {}
    assert changes(draft, NOON + timedelta(minutes=1), 5) == {"written_minute": minute + timedelta(minutes=1)}


def test_an_entry_goes_out_with_all_that_its_readers_go_by() -> None:
    record = entry(7).record("accounts", "count:1")
    envelope = envelope_of(record)
    assert (envelope.id, envelope.source, envelope.subject, envelope.sequence) == ("id-7", "accounts", "count:1", 7)
    assert (envelope.correlation_id, envelope.causation_id, envelope.time) == ("c", "c", NOON)
    assert (record.topic, record.key, record.value) == ("accounts.events", b"count:1", b'{"amount":1}')


def test_law4_a_number_is_remembered_for_longer_than_any_record_can_come_again() -> None:
    assert max(topic.retention for topic in CATALOGUE.values() if not topic.compacted) + SEGMENT < STREAM_LIFE


def test_J3_a_command_that_is_answered_at_once_and_later_hears_both_again() -> None:
    document = Document("count:1")
    document.remember_command("c", b"digest", NOON)
    for number in (1, 2):
        document.remember_answer("c", entry(number))
    assert document.commands["c"].entries() == [entry(1), entry(2)]


def test_law4_room_for_a_command_comes_with_the_age_of_the_thousandth_last_and_of_no_older_one() -> None:
    """More than that are remembered by what an earlier release wrote."""
    document = Document("count:1")
    for n in range(REMEMBERED_AT_MOST + 1):
        at = ms(NOON) + (n > 0)
        document.commands[f"c{n}"] = Remembered(f"c{n}", b"digest", at, [])
    full_until = NOON + REMEMBERED_FOR + timedelta(milliseconds=1)
    assert not document.has_room_for_command(full_until)
    assert document.has_room_for_command(full_until + timedelta(milliseconds=1))


def test_law4_the_answers_of_remembered_commands_are_bounded_in_bytes() -> None:
    """Debts on a hundred bills: a thousand of such answers would be more than the database takes in one document."""
    document, large = Document("count:1"), replace(entry(), body=b"x" * 20_000, is_answer=True)
    for number in range(REMEMBERED_AT_MOST):
        if not document.has_room_for_command(NOON):
            break
        document.remember_command(f"c-{number}", b"d" * 16, NOON)
        document.remember_answer(f"c-{number}", large)
    kept = sum(len(each.body) for command in document.commands.values() for each in command.entries())
    assert REMEMBERED_BYTES_AT_MOST <= kept < REMEMBERED_BYTES_AT_MOST + 2 * len(large.body)
    assert document.has_room_for_command(NOON + 2 * REMEMBERED_FOR)
    few = Document("count:1")
    for number in range(REMEMBERED_AT_LEAST):
        few.remember_command(f"c-{number}", b"d" * 16, NOON)
        few.remember_answer(f"c-{number}", replace(large, body=b"x" * MAX_MESSAGE_BYTES * 8))
    assert few.has_room_for_command(NOON)

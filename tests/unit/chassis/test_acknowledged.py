"""Law 5: when an entry is known to be on the log."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.chassis import acknowledged
from services.chassis.acknowledged import Acknowledged
from tests.store_suite import entry

CAUSE = (1, "accounts.commands", 3)


def test_law5_an_entry_is_known_when_this_process_saw_its_acknowledgement() -> None:
    known = Acknowledged()
    known.note("count:1", entry(1))
    assert known.knows("count:1", entry(1))
    assert not known.knows("count:1", entry(2))
    assert not known.knows("count:2", entry(1))
    assert not known.knows("count:1", replace(entry(1), topic="accounts.audit")), "each topic counts for itself"


@pytest.mark.parametrize(("committed", "proven"), [(None, False), (17, False), (18, True), (99, True)])
def test_law5_an_entry_is_proven_when_the_group_has_committed_past_its_cause(
    committed: int | None, proven: bool
) -> None:
    known = Acknowledged({} if committed is None else {CAUSE: committed})
    assert known.knows("count:1", entry(1)) is proven
    assert not Acknowledged({(2, *CAUSE[1:]): 99}).proves(entry(1))  # another life of the topic


def test_law5_what_a_skipped_record_caused_is_proven_by_no_commit() -> None:
    known = Acknowledged({CAUSE: 99}, spoils=lambda cause: cause.offset == entry(1).cause.offset)
    assert not known.knows("count:1", entry(1))
    known.note("count:1", entry(1))
    assert known.knows("count:1", entry(1)), "an acknowledgement that this process saw still counts"


def test_law5_what_was_queued_long_ago_is_proven_by_a_commit_on_any_partition() -> None:
    """What is younger may be of a process that has lost its partition, and decided after that commit."""
    known = Acknowledged()
    known.learn({CAUSE: 18}, entry(1).time)
    assert not known.proves(entry(1))
    later = entry(1).time + timedelta(milliseconds=1)
    known.learn({CAUSE: 17}, later)
    assert not known.proves(entry(1))
    known.learn({CAUSE: 18}, later)
    assert known.proves(entry(1))
    known.spoils = lambda _: True
    assert not known.proves(entry(1))


def test_law5_what_has_left_the_outbox_needs_no_memory() -> None:
    known = Acknowledged()
    for number in (1, 2):
        known.note("count:1", entry(number))
    known.forget("count:1", [entry(2)])
    assert (known.knows("count:1", entry(1)), known.knows("count:1", entry(2))) == (False, True)
    known.forget("count:1", [])
    known.forget("count:nobody", [])
    assert not known._seen


def test_law5_the_longest_untouched_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acknowledged, "AGGREGATES_AT_MOST", 2)
    known = Acknowledged()
    for aggregate in ("count:1", "count:2", "count:1", "count:3"):
        known.note(aggregate, entry(1))
    assert [known.knows(f"count:{n}", entry(1)) for n in (1, 2, 3)] == [True, False, True]

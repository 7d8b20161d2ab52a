"""A poll takes what has come since the last batch began, and loses nothing of what it has in hand (trap 42)."""

from typing import Any

import pytest
from aiokafka.consumer.subscription_state import ManualSubscription

from services.chassis import consumer as consumer_module
from tests.eventually import eventually
from tests.unit.chassis.fetching import NAMES, FakeBroker, Open, Reading, stored


@pytest.fixture
async def reading(opened: Open, monkeypatch: pytest.MonkeyPatch) -> Reading:
    """A batch of one is under way; two more have been fetched beside it, and another three have come since."""
    broker = FakeBroker([])
    reading = Reading(broker, opened(broker))
    kept = broker.partitions[0]
    kept.append(stored(0, 1))
    await eventually(reading.poll, lambda count: count == 1)
    kept.append(stored(1, 2))
    await eventually(lambda: NAMES[0] in reading.consumer._fetcher._records)
    kept.append(stored(3, 3))
    monkeypatch.setattr(consumer_module, "SINCE_MS", 30_000)  # a machine that is slow finds them, too
    return reading


async def test_law14_a_batch_takes_what_has_come_since_the_last_one_began(reading: Reading) -> None:
    """Otherwise it would wait for one batch more: the client fetches no more before what it has is taken."""
    assert await reading.poll() == 6
    assert reading.of(0) == list(range(6))


async def test_law14_what_has_come_since_is_no_more_than_a_batch_takes(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await reading.poll(limit=4) == 5
    monkeypatch.undo()
    await eventually(reading.poll, lambda count: count == 6)
    assert reading.of(0) == list(range(6))


async def test_law14_trap_14_what_was_found_before_a_rebalance_is_read_again_after_it(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    def assigned_anew() -> None:
        reading.broker.on_fetch = lambda: None
        reading.consumer._subscription.assign_from_user(set(NAMES[:1]))
        reading.consumer.seek(NAMES[0], reading.broker.committed[NAMES[0]])

    reading.broker.on_fetch = assigned_anew
    assert await reading.poll() == 1
    monkeypatch.undo()
    await eventually(reading.poll, lambda count: count == 6)
    assert reading.of(0) == list(range(6))


async def test_law14_trap_14_nothing_is_handed_over_while_the_group_moves_its_partitions(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lane is idle as long as a poll looks for later records: a rebalance does not wait for it."""
    later = reading.broker.partitions[0].pop()
    # Nothing has come since: the client would wait for the rebalance's end before it handed that over.
    monkeypatch.setattr(consumer_module, "SINCE_MS", 1_000)
    reading.broker.on_fetch = lambda: monkeypatch.setattr(ManualSubscription, "_reassignment_in_progress", True)
    assert await reading.poll() == 1
    monkeypatch.undo()
    reading.broker.on_fetch = lambda: None
    reading.broker.partitions[0].append(later)
    await eventually(reading.poll, lambda count: count == 6)
    assert reading.of(0) == list(range(6))


async def test_trap_14_what_was_found_one_by_one_before_a_rebalance_is_read_again_after_it(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search for a record that cannot be read goes on meanwhile, with other partitions."""
    fetcher, consumer = reading.consumer._fetcher, reading.consumer
    fetched = fetcher.fetched_records

    async def moved(*given: Any, **options: Any) -> Any:
        found = await fetched(*given, **options)
        if found:
            consumer._subscription.assign_from_user(set(NAMES[:1]))
            consumer.seek(NAMES[0], reading.broker.committed[NAMES[0]])
        return found

    monkeypatch.setattr(fetcher, "fetched_records", moved)
    monkeypatch.setattr(consumer, "_careful_until", float("inf"))
    assert await reading.poll() == 1
    monkeypatch.undo()
    await eventually(reading.poll, lambda count: count == 6)
    assert reading.of(0) == list(range(6))


async def test_trap_19_what_is_in_hand_is_handed_over_before_a_record_that_cannot_be_fetched(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client steps over such a record by itself: going on behind it would lose what was in hand."""
    first, after, whole = reading.broker.partitions[0][-1]
    reading.broker.partitions[0][-1] = (first, after, whole[:-5])
    assert await reading.poll() == 3
    monkeypatch.undo()
    await eventually(reading.poll, lambda _: bool(reading.consumer.halts))
    reading.broker.partitions[0][-1] = (first, after, whole)
    await reading.consumer.try_again(reading.consumer.halts[NAMES[0]])
    await eventually(reading.poll, lambda count: count == 6)
    assert reading.of(0) == list(range(6))


async def test_trap_19_what_a_look_for_later_records_had_taken_when_it_met_a_bad_one_is_read_again(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = FakeBroker([], [])
    reading = Reading(broker, opened(broker))
    first, second = broker.partitions
    first.append(stored(0, 1))
    await eventually(reading.poll, lambda count: count == 1)
    first.append(stored(1, 2))
    await eventually(lambda: NAMES[0] in reading.consumer._fetcher._records)
    second.append(stored(0, 2))
    first.append(stored(3, 3, corrupt=True))
    monkeypatch.setattr(consumer_module, "SINCE_MS", 30_000)
    assert await reading.poll() == 3
    assert reading.consumer._is_astray
    monkeypatch.undo()
    await eventually(reading.poll, lambda count: count == 5 and bool(reading.consumer.halts))
    assert (reading.of(0), reading.of(1)) == ([0, 1, 2], [0, 1])

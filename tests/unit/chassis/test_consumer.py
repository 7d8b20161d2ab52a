"""One bad record costs no other and stops at most its own partition (traps 3, 18 and 19)."""

import time
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from aiokafka.consumer.group_coordinator import CoordinatorGroupRebalance
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupLoadInProgressError,
    IllegalGenerationError,
    NoError,
    NoOffsetForPartitionError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)

from services.chassis.consumer import CAREFUL_S, FETCH_MS, IDLE_FETCH_MS, NAME_TAKEN
from tests.eventually import eventually
from tests.unit.chassis.fetching import NAMES, FakeBroker, Open, Reading, stored


async def test_trap_19_a_corrupt_record_stops_its_partition_and_costs_no_other(opened: Open) -> None:
    broker = FakeBroker(
        [stored(0, 5), stored(5, 5, corrupt=True), stored(10, 5)], [stored(0, 7)], [stored(0, 2), stored(2, 1)]
    )
    reading = Reading(broker, opened(broker))
    await eventually(reading.poll, lambda count: count == 15)
    await eventually(lambda: reading.consumer.halts)
    await reading.poll()
    assert [reading.of(n) for n in range(3)] == [[0, 1, 2, 3, 4], list(range(7)), [0, 1, 2]]
    halt = reading.consumer.halts[NAMES[0]]
    assert (halt.offset, halt.unreadable) == (5, True)
    broker.partitions[1].append(stored(7, 1))
    await eventually(reading.poll, lambda count: count == 16)


async def test_trap_19_what_can_be_read_again_goes_on(opened: Open) -> None:
    broker = FakeBroker([stored(0, 2), stored(2, 2, corrupt=True)])
    reading = Reading(broker, opened(broker))
    await eventually(reading.poll, lambda _: bool(reading.consumer.halts))
    await reading.consumer.try_again(reading.consumer.halts[NAMES[0]])
    await eventually(reading.poll, lambda _: bool(reading.consumer.halts))
    broker.partitions[0][1] = stored(2, 2)
    await reading.consumer.try_again(reading.consumer.halts[NAMES[0]])
    await eventually(reading.poll, lambda count: count == 4)
    assert reading.of(0) == [0, 1, 2, 3]
    assert not reading.consumer.halts


@pytest.mark.parametrize("codec", [0, 3])
async def test_trap_3_a_header_name_that_is_not_utf_8_spoils_nothing(opened: Open, codec: int) -> None:
    batches = [stored(0, 4, bad_name_at=1, codec=codec), stored(4, 2, bad_name_at=4, codec=codec), stored(6, 1)]
    broker = FakeBroker(batches, [stored(0, 2)])
    reading = Reading(broker, opened(broker))
    await eventually(reading.poll, lambda count: count == 9)
    assert reading.of(0) == [0, 1, 2, 3, 4, 5, 6]
    assert [(r.key, r.value) for r in reading.records if r.partition == 0] == [(b"key", b"%d" % n) for n in range(7)]
    names = [r.headers[0][0] for r in reading.records if r.partition == 0]
    assert names == ["x", "\ufffd\ufffd", "x", "x", "\ufffd\ufffd", "x", "x"]
    assert not reading.consumer.halts


async def test_trap_18_an_offset_out_of_range_stops_its_partition(opened: Open) -> None:
    broker = FakeBroker([stored(10, 2)], [stored(10, 2)], begins=10)
    broker.committed[NAMES[1]] = 10
    reading = Reading(broker, opened(broker))
    await eventually(reading.poll, lambda count: count == 2 and bool(reading.consumer.halts))
    halt = reading.consumer.halts[NAMES[0]]
    assert (reading.of(0), reading.of(1)) == ([], [10, 11])
    assert (halt.offset, halt.unreadable) == (0, False)
    await reading.consumer.try_again(halt)
    await eventually(reading.poll, lambda _: NAMES[0] in reading.consumer.halts)
    broker.begins = 0
    broker.partitions[0].insert(0, stored(0, 10))
    await reading.consumer.try_again(reading.consumer.halts[NAMES[0]])
    await eventually(reading.poll, lambda count: count == 14)
    assert reading.of(0) == list(range(12)), "a broker that has come back"


async def test_trap_18_where_the_group_has_committed_nothing_a_partition_goes_nowhere(opened: Open) -> None:
    """Reading on at its beginning would decide again what is long over."""
    broker = FakeBroker([stored(0, 3)])
    consumer = opened(broker)
    broker.committed[NAMES[0]] = -1
    assert consumer._is_borne(NoOffsetForPartitionError(NAMES[0]))
    halts = dict(consumer.halts)
    await consumer.try_again(halts[NAMES[0]])
    assert consumer.halts == halts


async def test_trap_15_a_refused_poll_is_no_poll_and_loses_nothing(opened: Open) -> None:
    broker = FakeBroker([stored(0, 3)])
    reading = Reading(broker, opened(broker))
    coordinator = reading.consumer._coordinator

    def refused() -> None:
        raise GroupAuthorizationFailedError

    fine, coordinator.check_errors = coordinator.check_errors, refused
    with pytest.raises(GroupAuthorizationFailedError):
        await reading.poll()
    assert reading.consumer.polls == 0
    assert reading.consumer._is_astray, "what the client had taken by then comes again"
    coordinator.check_errors = fine
    await eventually(reading.poll, lambda count: count == 3)
    assert reading.of(0) == [0, 1, 2]


async def test_a_search_for_the_bad_record_has_an_end(opened: Open) -> None:
    broker = FakeBroker([stored(0, 3, corrupt=True)])
    reading = Reading(broker, opened(broker))
    await eventually(reading.poll, lambda _: reading.consumer._is_astray)
    assert reading.consumer._careful_until <= time.monotonic() + CAREFUL_S
    broker.partitions[0][0] = stored(0, 3)
    await eventually(reading.poll, lambda count: count == 3)
    assert not reading.consumer.halts


async def test_law14_a_fetch_waits_shortly_beside_work_and_long_where_there_is_none(opened: Open) -> None:
    """A partition that is read at the moment cannot be fetched before the fetch of the others has its answer."""
    broker = FakeBroker([stored(0, 5)], [])
    reading = Reading(broker, opened(broker))
    assert await reading.poll() == 5
    await eventually(lambda: broker.waits_ms[-1] == FETCH_MS)
    assert await reading.poll() == 5
    await eventually(lambda: broker.waits_ms[-1] == IDLE_FETCH_MS)
    broker.partitions[1].append(stored(0, 2))
    await eventually(reading.poll, lambda count: count == 7)
    await eventually(lambda: broker.waits_ms[-1] == FETCH_MS)


@pytest.mark.parametrize("step", ["perform_group_join", "_on_join_follower"])
async def test_trap_48_whose_name_another_has_taken_meanwhile_joins_anew(step: str) -> None:
    """Under its old id it would be refused for ever."""
    client = Mock(_send_req=AsyncMock(return_value=SimpleNamespace(error_code=NAME_TAKEN)))
    joining = CoordinatorGroupRebalance(client, "accounts.ordinary", 1, Mock(topics=()), [Mock(metadata=bytes)], 1, 1)
    assert await getattr(joining, step)() is None
    client.reset_generation.assert_called_once()


def member_of_a_group(reading: Reading, *answers: int) -> AsyncMock:
    """The coordinator of a member whose heartbeats are answered so."""
    coordinator = reading.consumer._coordinator
    coordinator.generation, coordinator.member_id = 5, "member-1"
    coordinator._send_req = AsyncMock(side_effect=[SimpleNamespace(error_code=code) for code in answers])
    beats: AsyncMock = coordinator._send_req
    return beats


async def with_records_in_hand(opened: Open) -> Reading:
    broker = FakeBroker([stored(0, 5)], [stored(0, 5)], [stored(0, 5)])
    reading = Reading(broker, opened(broker))
    await eventually(reading.poll, lambda count: count == 15)
    return reading


async def test_law5_what_was_read_is_held_as_long_as_the_group_counts_on_the_member(opened: Open) -> None:
    reading = await with_records_in_hand(opened)
    beats = member_of_a_group(reading, NoError.errno)
    for _ in range(2):
        assert await reading.consumer.membership.holds()
    ((beat,), _) = beats.await_args_list[0]
    assert (beat._group, beat._generation_id, beat._member_id) == ("accounts.ordinary", 5, "member-1")
    assert beats.await_count == 1
    reading.consumer._coordinator.member_id = ""
    assert reading.consumer.is_put_out
    assert not await reading.consumer.membership.holds()


async def test_law5_nothing_is_held_before_it_was_read(opened: Open) -> None:
    broker = FakeBroker([stored(0, 5)], [stored(0, 5)], [stored(0, 5)])
    reading = Reading(broker, opened(broker))
    beats = member_of_a_group(reading)
    assert not await reading.consumer.membership.holds()
    assert beats.await_count == 0


@pytest.mark.parametrize(
    ("answer", "holds"),
    [
        (NoError, True),
        (RebalanceInProgressError, False),
        (UnknownMemberIdError, False),
        (IllegalGenerationError, False),
    ],
)
async def test_law5_a_heartbeat_says_whether_the_group_counts_on_a_member(
    opened: Open, answer: Any, holds: bool
) -> None:
    reading = await with_records_in_hand(opened)
    member_of_a_group(reading, answer.errno)
    assert await reading.consumer.membership.holds() == holds
    assert reading.consumer._coordinator.member_id == "member-1"  # what follows from it is the client's own to say


async def test_law5_a_coordinator_that_loads_its_groups_is_not_believed(opened: Open) -> None:
    """It says yes to every heartbeat."""
    reading = await with_records_in_hand(opened)
    beats = member_of_a_group(reading, NoError.errno)
    reading.consumer._coordinator.fetch_committed_offsets = AsyncMock(side_effect=GroupLoadInProgressError)
    with pytest.raises(GroupLoadInProgressError):
        await reading.consumer.membership.holds()
    assert beats.await_count == 0

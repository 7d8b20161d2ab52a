"""A consumer that goes back, or takes a partition up again, does so from where nothing is lost (traps 3, 18, 19)."""

from unittest.mock import AsyncMock

import pytest
from aiokafka.errors import GroupLoadInProgressError, NoOffsetForPartitionError

from tests.eventually import eventually
from tests.unit.chassis.fetching import NAMES, FakeBroker, Open, Reading, stored


async def test_trap_3_a_way_back_that_failed_is_gone_again_before_anything_is_read(opened: Open) -> None:
    """What the client had taken in the poll that failed would never be handed over, and be committed all the same."""
    broker = FakeBroker([stored(0, 3)], [stored(0, 3)])
    reading = Reading(broker, opened(broker))
    for tp in NAMES[:2]:
        reading.consumer.seek(tp, 2)  # taken by a poll that failed then
    reading.consumer._is_astray = True
    coordinator = reading.consumer._coordinator
    fine, coordinator.fetch_committed_offsets = (
        coordinator.fetch_committed_offsets,
        AsyncMock(side_effect=GroupLoadInProgressError),
    )
    with pytest.raises(GroupLoadInProgressError):
        await reading.poll()
    coordinator.fetch_committed_offsets = fine
    await eventually(reading.poll, lambda count: count in {2, 6})  # 2: it went on behind what it had taken
    assert (reading.of(0), reading.of(1)) == ([0, 1, 2], [0, 1, 2])


async def test_trap_19_a_halt_that_is_over_does_not_move_its_partition(opened: Open) -> None:
    """Broken machinery has taken the lane back behind it meanwhile: what lies in between would be passed over."""
    broker = FakeBroker([stored(0, 5), stored(5, 5, corrupt=True)])
    reading = Reading(broker, opened(broker))
    await eventually(reading.poll, lambda _: bool(reading.consumer.halts))
    halt = reading.consumer.halts.pop(NAMES[0])
    reading.consumer.seek(NAMES[0], 3)
    await reading.consumer.try_again(halt)
    assert await reading.consumer.position(NAMES[0]) == 3


async def test_trap_18_a_partition_without_an_offset_keeps_the_client_from_looking_for_one(opened: Open) -> None:
    """It would find none, and fail again at every poll: no other partition of the lane would be read."""
    broker = FakeBroker([stored(0, 3)])
    consumer = opened(broker)
    consumer._subscription.assign_from_user(set(NAMES[:1]))
    assert consumer._is_borne(NoOffsetForPartitionError(NAMES[0]))
    state = consumer._subscription.subscription.assignment.state_value(NAMES[0])
    assert (state.has_valid_position, state.paused, [*consumer.halts]) == (True, True, NAMES[:1])

"""How a lane joins its group, and how it lets partitions go."""

import asyncio
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
import structlog
from faststream import AckPolicy

from contracts.topics import ACCOUNTS_COMMANDS
from services.chassis.acknowledged import Acknowledged
from services.chassis.lane import KafkaLane
from services.chassis.metrics import Metrics
from services.chassis.observer import ServiceObserver
from services.chassis.service import Lane
from tests.eventually import eventually
from tests.unit.chassis.test_lane_halts import TWO, Consumer, lane_of, record


async def test_trap_14_partitions_go_when_the_batch_in_flight_has_ended() -> None:
    goes_on = asyncio.Event()

    async def slow(*_: object) -> None:
        await goes_on.wait()

    of = lane_of(Consumer())
    of._settle = slow
    batch = asyncio.create_task(of._handle([record(TWO, 0)]))
    await eventually(lambda: of.busy)
    revoked = asyncio.create_task(of.on_partitions_revoked([TWO]))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not revoked.done()
    goes_on.set()
    await asyncio.gather(batch, revoked)


@pytest.mark.parametrize("is_put_out", [True, False])
async def test_law14_a_group_that_goes_on_without_its_member_is_told_of(is_put_out: bool) -> None:
    of, told = lane_of(Consumer(is_put_out=is_put_out)), list[str]()
    of._tell = lambda event, **_: told.append(event)
    await of.on_partitions_revoked([])  # at the first start
    await of.on_partitions_revoked([TWO])
    assert told == ["put_out"] * is_put_out


def test_law5_trap_18_nothing_but_a_lane_s_own_commits_moves_its_group() -> None:
    """From `latest` it would go on behind what nobody has read, where the group's offset is lost."""
    broker: Any = Mock()
    anything: Any = None
    observer = ServiceObserver(Metrics(), structlog.get_logger())
    lane = Lane("ordinary", ACCOUNTS_COMMANDS, most=7)
    KafkaLane("accounts", lane, anything, lambda _: None, Acknowledged(), observer).attach(broker, "accounts-1")
    options = broker.subscriber.call_args.kwargs
    assert options["group_instance_id"] == "accounts-1"
    assert (options["auto_offset_reset"], options["ack_policy"]) == ("none", AckPolicy.MANUAL)
    assert options["max_records"] == 7


@pytest.mark.parametrize(("high", "position", "lag"), [(None, 3, None), (7, None, None), (7, 3, 4), (3, 7, 0)])
def test_law10_what_is_not_known_of_a_partition_s_end_is_no_lag_of_nothing(
    high: int | None, position: int | None, lag: int | None
) -> None:
    """A sweep would take the partition for read to its end."""
    state = SimpleNamespace(position=position, has_valid_position=position is not None)
    consumer: Any = Consumer()
    consumer.highwater = lambda _: high
    consumer._subscription = SimpleNamespace(
        subscription=SimpleNamespace(assignment=SimpleNamespace(state_value=lambda _: state))
    )
    assert lane_of(consumer).lag() == {0: lag, 1: lag}
